#include "provider/catalogue.h"

#include <json-c/json.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "t/tap.h"

DEFINE_RELEASE(json_release, struct json_object *, json_object_put)

static void
test_entries(void)
{
	static const struct {
		const char *type, *name, *color, *label;
		size_t nfields, nregions;
		bool manageable;
	} want[] = {
		{ "aws", "AWS", "orange", "Regions", 6, 34, true },
		{ "azure", "Azure", "blue", "Regions", 4, 42, false },
		{ "gcp", "GCP", "red", "Zones", 2, 73, false },
		{ "demo", "Demo", "gray", "Regions", 5, 3, true },
	};

	is_int((int64_t)catalogue_count, COUNT_OF(want),
	    "the catalogue holds four providers");
	for (size_t i = 0; i < COUNT_OF(want) && i < catalogue_count; i++) {
		const struct provider_entry *entry = catalogue_entries[i];

		ok(text_is(entry->type, want[i].type) &&
		    text_is(entry->display_name, want[i].name) &&
		    text_is(entry->color, want[i].color) &&
		    text_is(entry->region_label, want[i].label) &&
		    entry->manageable == want[i].manageable,
		    "%s is shown as the contract says", want[i].type);
		is_int((int64_t)entry->nfields, (int64_t)want[i].nfields,
		    "... with all its fields");
		is_int((int64_t)entry->nregions, (int64_t)want[i].nregions,
		    "... and all its regions");
		ok(catalogue_find(want[i].type) == entry,
		    "... and is found by its type");
	}
	ok(catalogue_find("AWS") == NULL && catalogue_find("") == NULL,
	    "what is not listed is not found");
}

static const char *
region_name(const struct provider_entry *entry, const char *code)
{
	for (size_t i = 0; i < entry->nregions; i++)
		if (text_is(entry->regions[i].code, code))
			return entry->regions[i].name;
	return NULL;
}

static bool
has_twins(const struct provider_entry *entry)
{
	for (size_t i = 0; i < entry->nregions; i++)
		for (size_t j = i + 1; j < entry->nregions; j++)
			if (text_is(entry->regions[i].code,
			    entry->regions[j].code))
				return true;
	return false;
}

static void
test_regions(void)
{
	static const struct {
		const struct provider_entry *entry;
		const char *code, *name;
	} cases[] = {
		{ &catalogue_aws, "us-east-1", "US East (N. Virginia)" },
		{ &catalogue_aws, "sa-east-1",
		    "South America (S\u00e3o Paulo)" },
		{ &catalogue_aws, "cn-north-1", NULL },
		{ &catalogue_azure, "eastus", "East US" },
		{ &catalogue_azure, "northcentralus", "North Central US" },
		{ &catalogue_azure, "westindia", "West India" },
		{ &catalogue_gcp, "us-central1-a", "Iowa (a)" },
		{ &catalogue_gcp, "us-central1-f", "Iowa (f)" },
		{ &catalogue_gcp, "us-central1-d", NULL },
		{ &catalogue_gcp, "us-east1-a", NULL },
		{ &catalogue_gcp, "europe-west1-d", "Belgium (d)" },
		{ &catalogue_gcp, "us-west2-c", "Los Angeles (c)" },
		{ &catalogue_gcp, "me-west1-c", "Tel Aviv (c)" },
		{ &catalogue_demo, "demo-west", "Demo West" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		is_text(region_name(cases[i].entry, cases[i].code),
		    cases[i].name, cases[i].code);
	for (size_t i = 0; i < catalogue_count; i++)
		ok(!has_twins(catalogue_entries[i]),
		    "%s lists no region twice", catalogue_entries[i]->type);
}

static void
test_fields(void)
{
	for (size_t i = 0; i < catalogue_count; i++) {
		const struct provider_entry *entry = catalogue_entries[i];

		for (size_t j = 0; j < entry->nfields; j++) {
			const struct credential_field *field =
			    &entry->fields[j];

			ok((field->kind == CREDENTIAL_TEXT) == !field->secret,
			    "%s.%s is hinted just if typed in the open",
			    entry->type, field->key);
			ok(field->max_length > 0 &&
			    !(field->hidden && field->required),
			    "... is bounded, and asked for if required");
		}
	}
	is_text(credential_kind_name(CREDENTIAL_TEXT), "text", "text");
	is_text(credential_kind_name(CREDENTIAL_PASSWORD), "password",
	    "password");
	is_text(credential_kind_name(CREDENTIAL_TEXTAREA), "textarea",
	    "textarea");
}

#define KEYS "\"access_key_id\":\"AKIA\",\"secret_access_key\":\"S3CR3T\""
#define GCP "\"project_id\":\"p\",\"service_account_json\":"

static const struct {
	const struct provider_entry *entry;
	const char *json;
	const char *detail;            /* NULL: accepted */
	const char *what;
} checks[] = {
	{ &catalogue_aws, "{" KEYS "}", NULL, "the required fields suffice" },
	{ &catalogue_aws, "{" KEYS ",\"region\":\"eu-west-1\","
	    "\"session_token\":\"t\",\"role_arn\":\"arn\","
	    "\"external_id\":\"x\"}", NULL, "hidden fields are accepted" },
	{ &catalogue_aws, "{" KEYS ",\"session_token\":null}", NULL,
	    "what is not required may be null" },
	{ &catalogue_aws, "{" KEYS ",\"session_token\":\"\"}", NULL,
	    "what is not required may be blank" },
	{ &catalogue_gcp, "{" GCP "\"{\\n\\t\\r}\"}", NULL,
	    "a textarea has lines" },
	{ &catalogue_demo, "{\"machines\":\"40\"}", NULL,
	    "demo wants the number of machines" },
	{ &catalogue_demo, "{}", "credentials: machines is missing",
	    "demo wants nothing less" },
	{ &catalogue_aws, "{\"access_key_id\":\"AKIA\"}",
	    "credentials: secret_access_key is missing",
	    "an absent required field is named" },
	{ &catalogue_aws, "{\"access_key_id\":null}",
	    "credentials: access_key_id is missing",
	    "null is as absent" },
	{ &catalogue_aws, "{\"access_key_id\":\" \\t\"}",
	    "credentials: access_key_id holds a control character",
	    "a tab is no part of a key" },
	{ &catalogue_aws, "{\"access_key_id\":\"  \"}",
	    "credentials: access_key_id is blank",
	    "a blank required field is named" },
	{ &catalogue_aws, "{\"access_key_id\":7}",
	    "credentials: access_key_id is not a text",
	    "a number is not turned into a text" },
	{ &catalogue_aws, "{\"access_key_id\":{\"a\":1}}",
	    "credentials: access_key_id is not a text",
	    "an object is no text" },
	{ &catalogue_aws, "{\"access_key_id\":\"a\\nX-Evil: 1\"}",
	    "credentials: access_key_id holds a control character",
	    "a line break cannot be smuggled into a header" },
	{ &catalogue_aws, "{\"access_key_id\":\"a\\u0000b\"}",
	    "credentials: access_key_id holds a control character",
	    "a NUL cannot hide what follows" },
	{ &catalogue_aws, "{\"access_key_id\":\"a\\u007f\"}",
	    "credentials: access_key_id holds a control character",
	    "DEL is a control character" },
	{ &catalogue_gcp, "{" GCP "\"\\u0001\"}",
	    "credentials: service_account_json holds a control character",
	    "a textarea has no other control characters" },
	{ &catalogue_aws, "{" KEYS ",\"S3CR3T2\":\"x\"}",
	    "credentials: a field that AWS does not have",
	    "an unknown field is refused, without repeating it" },
	{ &catalogue_aws, "{" KEYS ",\"region\":"
	    "\"123456789012345678901234567890123\"}",
	    "credentials: region is too long", "lengths are bounded" },
	{ &catalogue_aws, "[]", "credentials: not an object", "an array" },
	{ &catalogue_aws, "\"S3CR3T\"", "credentials: not an object",
	    "a text" },
	{ &catalogue_aws, "null", "credentials: not an object", "null" },
};

static void
test_checks(void)
{
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		SCOPED(json_release) struct json_object *credentials =
		    json_tokener_parse(checks[i].json);
		struct failure why = { 0 };
		int result = credentials_check(checks[i].entry, credentials,
		    &why);

		is_int(result, checks[i].detail == NULL ? 0 : -1,
		    checks[i].what);
		is_int(why.fault, checks[i].detail == NULL ? FAULT_NONE :
		    FAULT_REFUSED, "... with the right fault");
		is_text(why.detail, checks[i].detail == NULL ? "" :
		    checks[i].detail, "... and the right words");
	}
}

static void
test_field_is_named(void)
{
	SCOPED(json_release) struct json_object *credentials =
	    json_tokener_parse("{\"access_key_id\":\"AKIA\"}");
	struct failure why = { 0 };

	credentials_check(&catalogue_aws, credentials, &why);
	is_text(why.field, "secret_access_key",
	    "the failure points at the field");
}

int
main(void)
{
	test_entries();
	test_regions();
	test_fields();
	test_checks();
	test_field_is_named();
	return tap_done();
}
