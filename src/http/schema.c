#include "http/schema.h"

static void
write_type(struct writer *writer, const char *type, bool nullable)
{
	if (!nullable) {
		writer_text(writer, "type", type);
		return;
	}
	writer_list(writer, "type");
	writer_text(writer, NULL, type);
	writer_text(writer, NULL, "null");
	writer_list_end(writer);
}

static void
write_choices(struct writer *writer, const char *const *choices, bool nullable)
{
	if (choices == NULL)
		return;
	writer_list(writer, "enum");
	for (; *choices != NULL; choices++)
		writer_text(writer, NULL, *choices);
	if (nullable)
		writer_raw(writer, NULL, "null");
	writer_list_end(writer);
}

static void
write_help(struct writer *writer, const char *help)
{
	if (help != NULL)
		writer_text(writer, "description", help);
}

/* "items" or "additionalProperties": texts. */
static void
write_texts(struct writer *writer, const char *name)
{
	writer_object(writer, name);
	writer_text(writer, "type", "string");
	writer_object_end(writer);
}

/* How a field's kind is written; the bounds' names are NULL if it has none. */
static const struct field_schema {
	const char *type, *format, *low, *high;
	const char *texts;             /* the member that describes its texts */
	bool is_bare;                  /* a default stands without quotes */
} field_schemas[FIELD_KIND_COUNT] = {
	[FIELD_TEXT] = { "string", NULL, "minLength", "maxLength", NULL,
	    false },
	[FIELD_INT] = { "integer", NULL, "minimum", "maximum", NULL, true },
	[FIELD_NUMBER] = { "number", NULL, "minimum", "maximum", NULL, true },
	[FIELD_BOOL] = { "boolean", NULL, NULL, NULL, NULL, true },
	[FIELD_UUID] = { "string", "uuid", NULL, NULL, NULL, false },
	[FIELD_TIME] = { "string", "date-time", NULL, NULL, NULL, false },
	[FIELD_EMAIL] = { "string", "email", NULL, "maxLength", NULL, false },
	[FIELD_TEXTS] = { "array", NULL, "minItems", "maxItems", "items",
	    true },
	[FIELD_OBJECT] = { "object", NULL, NULL, NULL, NULL, true },
	[FIELD_TEXT_MAP] = { "object", NULL, "minProperties", "maxProperties",
	    "additionalProperties", true },
};

static void
write_bounds(struct writer *writer, const struct field *field)
{
	const struct field_schema *schema = &field_schemas[field->kind];
	bool is_number = field->kind == FIELD_INT ||
	    field->kind == FIELD_NUMBER;
	int64_t low, high;

	field_bounds(field, &low, &high);
	if (schema->low != NULL && (is_number || low > 0))
		writer_int(writer, schema->low, low);
	if (schema->high != NULL)
		writer_int(writer, schema->high, high);
}

void
schema_field(struct writer *writer, const char *name,
    const struct field *field)
{
	const struct field_schema *schema = &field_schemas[field->kind];

	writer_object(writer, name);
	write_type(writer, schema->type, field->nullable);
	if (field->secret)
		writer_text(writer, "format", "password");
	else if (schema->format != NULL)
		writer_text(writer, "format", schema->format);
	write_choices(writer, field->choices, field->nullable);
	write_bounds(writer, field);
	if (schema->texts != NULL)
		write_texts(writer, schema->texts);
	if (field->fallback != NULL && schema->is_bare)
		writer_raw(writer, "default", field->fallback);
	else if (field->fallback != NULL)
		writer_text(writer, "default", field->fallback);
	if (field->secret)
		writer_bool(writer, "writeOnly", true);
	/* A parameter has these beside its schema. */
	if (field->place == IN_BODY) {
		write_help(writer, field->help);
		if (field->example != NULL) {
			writer_list(writer, "examples");
			writer_raw(writer, NULL, field->example);
			writer_list_end(writer);
		}
	}
	writer_object_end(writer);
}

void
schema_reference(struct writer *writer, const char *name, const char *kind,
    const char *target)
{
	struct arena *arena = writer->text->arena;

	if (name != NULL)
		writer_object(writer, name);
	writer_text(writer, "$ref", arena_printf(arena, "#/components/%s/%s",
	    kind, target));
	if (name != NULL)
		writer_object_end(writer);
}

static const struct member_schema {
	const char *type, *format;
	const char *texts;
} member_schemas[MEMBER_KIND_COUNT] = {
	[MEMBER_TEXT] = { "string", NULL, NULL },
	[MEMBER_INT] = { "integer", NULL, NULL },
	[MEMBER_NUMBER] = { "number", NULL, NULL },
	[MEMBER_BOOL] = { "boolean", NULL, NULL },
	[MEMBER_UUID] = { "string", "uuid", NULL },
	[MEMBER_TIME] = { "string", "date-time", NULL },
	[MEMBER_TEXTS] = { "array", NULL, "items" },
	[MEMBER_PLACE] = { "array", NULL, NULL },
	[MEMBER_TEXT_MAP] = { "object", NULL, "additionalProperties" },
	[MEMBER_OBJECT] = { "object", NULL, NULL },
	[MEMBER_SHAPE] = { NULL, NULL, NULL },
	[MEMBER_SHAPES] = { "array", NULL, NULL },
};

static void
write_shape(struct writer *writer, const struct member *member)
{
	if (!member->nullable) {
		schema_reference(writer, NULL, "schemas", member->shape->name);
		return;
	}
	writer_list(writer, "anyOf");
	writer_object(writer, NULL);
	schema_reference(writer, NULL, "schemas", member->shape->name);
	writer_object_end(writer);
	writer_object(writer, NULL);
	writer_text(writer, "type", "null");
	writer_object_end(writer);
	writer_list_end(writer);
}

static void
write_member(struct writer *writer, const struct member *member)
{
	const struct member_schema *schema = &member_schemas[member->kind];

	writer_object(writer, member->name);
	if (member->kind == MEMBER_SHAPE)
		write_shape(writer, member);
	else
		write_type(writer, schema->type, member->nullable);
	if (schema->format != NULL)
		writer_text(writer, "format", schema->format);
	write_choices(writer, member->choices, member->nullable);
	if (schema->texts != NULL)
		write_texts(writer, schema->texts);
	if (member->kind == MEMBER_PLACE)
		writer_raw(writer, "items",
		    "{ \"type\": [\"string\", \"integer\"] }");
	if (member->kind == MEMBER_SHAPES)
		schema_reference(writer, "items", "schemas",
		    member->shape->name);
	write_help(writer, member->help);
	writer_object_end(writer);
}

void
schema_answer(struct writer *writer, const struct answer *answer)
{
	const struct member *member;

	writer_object(writer, answer->name);
	writer_text(writer, "type", "object");
	writer_object(writer, "properties");
	for (member = answer->members; member->name != NULL; member++)
		write_member(writer, member);
	writer_object_end(writer);
	writer_list(writer, "required");
	for (member = answer->members; member->name != NULL; member++)
		if (!member->optional)
			writer_text(writer, NULL, member->name);
	writer_list_end(writer);
	writer_object_end(writer);
}
