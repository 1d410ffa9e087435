/* The providers as a client needs them to ask for credentials. */
#include "base/text.h"
#include "exchange.h"
#include "provider/catalogue.h"
#include "routes.h"

static const char *
bool_text(bool value)
{
	return value ? "true" : "false";
}

static void
add_member(struct text *text, const char *name, const char *value)
{
	text_add_json(text, name);
	text_add_text(text, ":");
	text_add_json(text, value);
	text_add_text(text, ",");
}

static void
add_credential_field(struct text *text, const struct credential_field *field)
{
	text_add_text(text, "{");
	add_member(text, "key", field->key);
	add_member(text, "label", field->label);
	add_member(text, "type", credential_kind_name(field->kind));
	text_add_format(text, "\"required\":%s,\"secret\":%s,"
	    "\"placeholder\":\"\"}", bool_text(field->required),
	    bool_text(field->secret));
}

static void
add_credential_fields(struct text *text, const struct provider_entry *entry)
{
	const char *comma = "";

	for (size_t i = 0; i < entry->nfields; i++) {
		if (entry->fields[i].hidden)
			continue;
		text_add_text(text, comma);
		add_credential_field(text, &entry->fields[i]);
		comma = ",";
	}
}

static void
add_regions(struct text *text, const struct provider_entry *entry)
{
	for (size_t i = 0; i < entry->nregions; i++) {
		text_add_text(text, i == 0 ? "{" : ",{");
		add_member(text, "code", entry->regions[i].code);
		text_add_text(text, "\"name\":");
		text_add_json(text, entry->regions[i].name);
		text_add_text(text, "}");
	}
}

static void
add_provider(struct text *text, const struct provider_entry *entry)
{
	text_add_text(text, "{");
	add_member(text, "provider_type", entry->type);
	add_member(text, "display_name", entry->display_name);
	add_member(text, "color", entry->color);
	add_member(text, "region_label", entry->region_label);
	text_add_format(text, "\"manageable\":%s,\"credential_fields\":[",
	    bool_text(entry->manageable));
	add_credential_fields(text, entry);
	text_add_text(text, "],\"regions\":[");
	add_regions(text, entry);
	text_add_text(text, "]}");
}

static int
providers_metadata(struct exchange *exchange, struct failure *why)
{
	struct text text = { .arena = exchange->request->arena };

	(void)why;
	text_add_text(&text, "[");
	for (size_t i = 0; i < catalogue_count; i++) {
		/* The simulated cloud is not one to choose from. */
		if (catalogue_entries[i] == &catalogue_demo)
			continue;
		text_add_text(&text, i == 0 ? "" : ",");
		add_provider(&text, catalogue_entries[i]);
	}
	text_add_text(&text, "]");
	response_json(exchange->response, 200, text_get(&text));
	return 0;
}

static const char *const credential_kinds[] = {
	"text", "password", "textarea", NULL
};

static const struct member credential_members[] = {
	{ .name = "key", .kind = MEMBER_TEXT },
	{ .name = "label", .kind = MEMBER_TEXT },
	{ .name = "type", .kind = MEMBER_TEXT, .choices = credential_kinds },
	{ .name = "required", .kind = MEMBER_BOOL },
	{ .name = "secret", .kind = MEMBER_BOOL },
	{ .name = "placeholder", .kind = MEMBER_TEXT },
	{ .name = NULL }
};
static const struct answer credential = {
	"CredentialField", credential_members
};

static const struct member region_members[] = {
	{ .name = "code", .kind = MEMBER_TEXT },
	{ .name = "name", .kind = MEMBER_TEXT },
	{ .name = NULL }
};
static const struct answer region = { "Region", region_members };

static const struct member provider_members[] = {
	{ .name = "provider_type", .kind = MEMBER_TEXT },
	{ .name = "display_name", .kind = MEMBER_TEXT },
	{ .name = "color", .kind = MEMBER_TEXT },
	{ .name = "region_label", .kind = MEMBER_TEXT },
	{ .name = "manageable", .kind = MEMBER_BOOL,
	    .help = "This version can manage accounts of this provider." },
	{ .name = "credential_fields", .kind = MEMBER_SHAPES,
	    .shape = &credential },
	{ .name = "regions", .kind = MEMBER_SHAPES, .shape = &region },
	{ .name = NULL }
};
static const struct answer provider = { "Provider", provider_members };

const struct route providers_routes[] = {
	{
		.method = "GET", .path = "/api/v1/providers/metadata",
		.operation = "providers_metadata", .tag = "providers",
		.summary = "Providers, their credential fields and regions",
		.handle = providers_metadata, .status = 200,
		.answer = &provider, .answers_list = true,
	},
	{ .method = NULL }
};
