#include "http/field.h"

#include <json-c/json.h>

#include "base/text.h"
#include "http/json.h"
#include "http/route.h"
#include "t/tap.h"

#define LIMIT ((size_t)16 << 20)

DEFINE_RELEASE(request_release, struct request *, request_end)

static const char *const roles[] = { "admin", "viewer", NULL };

static void
check_even(const struct request *request, struct json_object *json,
    const char *text, const struct place *place,
    struct complaints *complaints)
{
	(void)request;
	(void)json;
	if (strchr("02468", text[strlen(text) - 1]) == NULL)
		complain(complaints, place, "value_error", "must be even");
}

static void
check_inner(const struct request *request, struct json_object *json,
    const char *text, const struct place *place,
    struct complaints *complaints)
{
	const struct place days = { .parent = place, .name = "monday" };
	const struct place first = { .parent = &days, .index = 0 };

	(void)request;
	if (json_object_object_length(json) > 0 && strstr(text, "bad") != NULL)
		complain(complaints, &first, "value_error", "is bad");
}

/* One field of each sort; a case names the one that it is about. */
static const struct field fields[] = {
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT },
	{ .name = "code", .place = IN_BODY, .kind = FIELD_TEXT,
	    .low = 2, .high = 4 },
	{ .name = "role", .place = IN_BODY, .kind = FIELD_TEXT,
	    .choices = roles, .fallback = "viewer" },
	{ .name = "note", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .fallback = "none" },
	{ .name = "days", .place = IN_BODY, .kind = FIELD_INT,
	    .low = 1, .high = 7 },
	{ .name = "count", .place = IN_BODY, .kind = FIELD_INT },
	{ .name = "big", .place = IN_BODY, .kind = FIELD_INT,
	    .low = 0, .high = INT64_C(5000000000) },
	{ .name = "even", .place = IN_BODY, .kind = FIELD_INT,
	    .check = check_even },
	{ .name = "hours", .place = IN_BODY, .kind = FIELD_NUMBER,
	    .low = 0, .high = 24 },
	{ .name = "rate", .place = IN_BODY, .kind = FIELD_NUMBER },
	{ .name = "active", .place = IN_BODY, .kind = FIELD_BOOL },
	{ .name = "id", .place = IN_BODY, .kind = FIELD_UUID },
	{ .name = "at", .place = IN_BODY, .kind = FIELD_TIME,
	    .nullable = true },
	{ .name = "email", .place = IN_BODY, .kind = FIELD_EMAIL },
	{ .name = "regions", .place = IN_BODY, .kind = FIELD_TEXTS,
	    .low = 1, .high = 3 },
	{ .name = "schedule", .place = IN_BODY, .kind = FIELD_OBJECT,
	    .check = check_inner },
	{ .name = "tags", .place = IN_BODY, .kind = FIELD_TEXT_MAP },
	{ .name = "q_text", .place = IN_QUERY, .kind = FIELD_TEXT,
	    .empty_is_absent = true },
	{ .name = "q_int", .place = IN_QUERY, .kind = FIELD_INT,
	    .fallback = "25", .low = 1, .high = 100 },
	{ .name = "q_number", .place = IN_QUERY, .kind = FIELD_NUMBER },
	{ .name = "q_bool", .place = IN_QUERY, .kind = FIELD_BOOL },
	{ .name = "q_uuid", .place = IN_QUERY, .kind = FIELD_UUID },
	{ .name = "q_time", .place = IN_QUERY, .kind = FIELD_TIME },
	{ .name = "q_email", .place = IN_QUERY, .kind = FIELD_EMAIL },
	{ .name = NULL },
};

static const struct route route = { .fields = fields, .takes_body = true };

/* What ${field} has become, or every complaint. */
static const char *
outcome(const struct request *request, const struct complaints *complaints,
    const char *field)
{
	struct text text = { .arena = request->arena };
	const struct complaint *at;

	for (at = complaints->first; at != NULL; at = at->next)
		text_add_format(&text, "%s%s %s", text.length > 0 ? "; " : "",
		    at->loc, at->type);
	if (complaints->first != NULL)
		return text_get(&text);
	return request_text(request, field);
}

static const char *
read_input(struct request *request, const struct route *with,
    const char *query, const char *body, const char *field)
{
	struct complaints complaints = { .arena = request->arena };

	request->route = with;
	request->query = query;
	request->body = body;
	request->body_length = strlen(body);
	request->content_type = "application/json";
	if (body[0] != '\0')
		body_parse(request, &complaints);
	if (complaints.count == 0)
		fields_read(request, &complaints);
	return outcome(request, &complaints, field);
}

#define BODY(field, code) "[\"body\",\"" field "\"] " code
#define QUERY(field, code) "[\"query\",\"" field "\"] " code
#define UUID "01890a5d-ac96-774b-bcce-b302099a8057"

static const struct {
	const char *field, *value;     /* JSON */
	const char *result;
} body_cases[] = {
	{ "name", "\"x\"", "x" },
	{ "name", "\"\"", "" },
	{ "name", "\"\\u00fc\xf0\x9f\x98\x80\"", "\xc3\xbc\xf0\x9f\x98\x80" },
	{ "name", "5", BODY("name", "string_type") },
	{ "name", "null", BODY("name", "string_type") },
	{ "name", "true", BODY("name", "string_type") },
	{ "name", "[\"x\"]", BODY("name", "string_type") },
	{ "name", "{}", BODY("name", "string_type") },
	{ "name", "\"a\\u0000\"", BODY("name", "value_error") },
	{ "code", "\"\xc3\xbc\xc3\xbc\"", "\xc3\xbc\xc3\xbc" },
	{ "code", "\"\xc3\xbc\"", BODY("code", "value_error") },
	{ "code", "\"abcde\"", BODY("code", "value_error") },
	{ "role", "\"admin\"", "admin" },
	{ "role", "\"Admin\"", BODY("role", "value_error") },
	{ "role", "null", BODY("role", "string_type") },
	{ "note", "null", NULL },
	{ "note", "\"x\"", "x" },
	{ "days", "1", "1" },
	{ "days", "7", "7" },
	{ "days", "0", BODY("days", "greater_than_equal") },
	{ "days", "8", BODY("days", "less_than_equal") },
	{ "days", "5.0", "5" },
	{ "days", "5e0", "5" },
	{ "days", "5.5", BODY("days", "int_from_float") },
	{ "days", "1e200", BODY("days", "less_than_equal") },
	{ "days", "-1e200", BODY("days", "greater_than_equal") },
	{ "days", "\"5\"", "5" },
	{ "days", "\"05\"", "5" },
	{ "days", "\"5.0\"", BODY("days", "int_parsing") },
	{ "days", "\"\"", BODY("days", "int_parsing") },
	{ "days", "\" 5\"", BODY("days", "int_parsing") },
	{ "days", "\"-\"", BODY("days", "int_parsing") },
	{ "days", "\"99999999999999999999\"", BODY("days", "less_than_equal") },
	{ "days", "\"-99999999999999999999\"",
	    BODY("days", "greater_than_equal") },
	{ "days", "99999999999999999999", BODY("days", "value_error") },
	{ "days", "1e400", BODY("days", "value_error") },
	{ "days", "null", BODY("days", "int_type") },
	{ "days", "true", BODY("days", "int_type") },
	{ "days", "[]", BODY("days", "int_type") },
	{ "count", "2147483647", "2147483647" },
	{ "count", "-2147483647", "-2147483647" },
	{ "count", "2147483648", BODY("count", "less_than_equal") },
	{ "count", "-2147483648", BODY("count", "greater_than_equal") },
	{ "big", "5000000000", "5000000000" },
	{ "big", "5e9", "5000000000" },
	{ "big", "5000000001", BODY("big", "less_than_equal") },
	{ "even", "4", "4" },
	{ "even", "5", BODY("even", "value_error") },
	{ "even", "\"x\"", BODY("even", "int_parsing") },
	{ "hours", "7.25", "7.25" },
	{ "hours", "24", "24" },
	{ "hours", "0.0", "0.0" },
	{ "hours", "-0.5", BODY("hours", "greater_than_equal") },
	{ "hours", "24.1", BODY("hours", "less_than_equal") },
	{ "hours", "\"8.5\"", "8.5" },
	{ "hours", "\"inf\"", BODY("hours", "float_parsing") },
	{ "hours", "\"nan\"", BODY("hours", "float_parsing") },
	{ "hours", "\"0x8\"", BODY("hours", "float_parsing") },
	{ "hours", "\"\"", BODY("hours", "float_parsing") },
	{ "hours", "false", BODY("hours", "float_type") },
	{ "hours", "null", BODY("hours", "float_type") },
	{ "hours", "1e400", BODY("hours", "value_error") },
	{ "rate", "-1e15", "-1e15" },
	{ "rate", "1e16", BODY("rate", "less_than_equal") },
	{ "active", "true", "true" },
	{ "active", "false", "false" },
	{ "active", "\"True\"", "true" },
	{ "active", "\"maybe\"", BODY("active", "bool_parsing") },
	{ "active", "1", BODY("active", "bool_type") },
	{ "active", "null", BODY("active", "bool_type") },
	{ "id", "\"" UUID "\"", UUID },
	{ "id", "\"01890A5D-AC96-774B-BCCE-B302099A8057\"", UUID },
	{ "id", "\"01890a5dac96774bbcceb302099a8057\"", UUID },
	{ "id", "\"urn:uuid:" UUID "\"", UUID },
	{ "id", "\"01890a5d-ac96-774b-bcce-b302099a805\"",
	    BODY("id", "uuid_parsing") },
	{ "id", "\"\"", BODY("id", "uuid_parsing") },
	{ "id", "7", BODY("id", "uuid_type") },
	{ "at", "\"2026-03-01T13:00:00.1234567+01:00\"",
	    "2026-03-01T12:00:00.123456Z" },
	{ "at", "\"2026-03-01 12:00:00\"", "2026-03-01T12:00:00.000000Z" },
	{ "at", "\"2026-02-30T12:00:00Z\"", BODY("at", "datetime_parsing") },
	{ "at", "\"99999-01-01T00:00:00Z\"", BODY("at", "datetime_parsing") },
	{ "at", "\"soon\"", BODY("at", "datetime_parsing") },
	{ "at", "\"\"", BODY("at", "datetime_parsing") },
	{ "at", "1772366400", BODY("at", "datetime_type") },
	{ "at", "null", NULL },
	{ "email", "\"Ann.Lee+x@Example.COM\"", "Ann.Lee+x@example.com" },
	{ "email", "\"o'neil@sub.example-mail.org\"",
	    "o'neil@sub.example-mail.org" },
	{ "email", "\"j\xc3\xbcrgen@m\xc3\xbcller.de\"",
	    "j\xc3\xbcrgen@m\xc3\xbcller.de" },
	{ "email", "\"no-at\"", BODY("email", "value_error") },
	{ "email", "\"\"", BODY("email", "value_error") },
	{ "email", "\"@example.com\"", BODY("email", "value_error") },
	{ "email", "\"a@\"", BODY("email", "value_error") },
	{ "email", "\"a@b@example.com\"", BODY("email", "value_error") },
	{ "email", "\"\\\"a b\\\"@example.com\"",
	    BODY("email", "value_error") },
	{ "email", "\"a b@example.com\"", BODY("email", "value_error") },
	{ "email", "\".a@example.com\"", BODY("email", "value_error") },
	{ "email", "\"a.@example.com\"", BODY("email", "value_error") },
	{ "email", "\"a..b@example.com\"", BODY("email", "value_error") },
	{ "email", "\"a@com\"", BODY("email", "value_error") },
	{ "email", "\"a@localhost\"", BODY("email", "value_error") },
	{ "email", "\"a@x.localhost\"", BODY("email", "value_error") },
	{ "email", "\"a@printer.Local\"", BODY("email", "value_error") },
	{ "email", "\"a@x.test\"", BODY("email", "value_error") },
	{ "email", "\"a@x.invalid\"", BODY("email", "value_error") },
	{ "email", "\"a@test.example\"", "a@test.example" },
	{ "email", "\"a@b..com\"", BODY("email", "value_error") },
	{ "email", "\"a@.com\"", BODY("email", "value_error") },
	{ "email", "\"a@com.\"", BODY("email", "value_error") },
	{ "email", "\"a@-b.com\"", BODY("email", "value_error") },
	{ "email", "\"a@b-.com\"", BODY("email", "value_error") },
	{ "email", "\"a@b_c.com\"", BODY("email", "value_error") },
	{ "email", "\"a@b.com\\n\"", BODY("email", "value_error") },
	{ "email", "5", BODY("email", "string_type") },
	{ "regions", "[\"a\", \"b/c\"]", "[\"a\",\"b/c\"]" },
	{ "regions", "[]", BODY("regions", "too_short") },
	{ "regions", "[\"a\",\"b\",\"c\",\"d\"]", BODY("regions", "too_long") },
	{ "regions", "[\"a\",1,null]", "[\"body\",\"regions\",1] string_type; "
	    "[\"body\",\"regions\",2] string_type" },
	{ "regions", "\"a\"", BODY("regions", "list_type") },
	{ "regions", "{}", BODY("regions", "list_type") },
	{ "schedule", "{}", "{}" },
	{ "schedule", "{ \"a\": [1, 2.50, \"\\u00fc\"] }",
	    "{\"a\":[1,2.50,\"\xc3\xbc\"]}" },
	{ "schedule", "{\"monday\":[\"bad\"]}",
	    "[\"body\",\"schedule\",\"monday\",0] value_error" },
	{ "schedule", "[]", BODY("schedule", "dict_type") },
	{ "schedule", "\"{}\"", BODY("schedule", "dict_type") },
	{ "schedule", "null", BODY("schedule", "dict_type") },
	{ "schedule", "{\"a\":{\"b\":\"\\u0000\"}}",
	    BODY("schedule", "value_error") },
	{ "tags", "{\"k\":\"v\"}", "{\"k\":\"v\"}" },
	{ "tags", "{\"k\":1,\"l\":\"v\",\"m\":[]}",
	    "[\"body\",\"tags\",\"k\"] string_type; "
	    "[\"body\",\"tags\",\"m\"] string_type" },
	{ "tags", "[]", BODY("tags", "dict_type") },
};

static void
test_body(void)
{
	for (size_t i = 0; i < COUNT_OF(body_cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct request space = { .arena = arena };
		SCOPED(request_release) struct request *request = &space;
		const char *name = body_cases[i].field;
		const char *value = body_cases[i].value;

		is_text(read_input(request, &route, "",
		    arena_printf(arena, "{\"%s\":%s}", name, value), name),
		    body_cases[i].result, arena_printf(arena,
		    "a body's %s of %s is what it should be", name, value));
	}
}

static const struct {
	const char *query, *field, *result;
} query_cases[] = {
	{ "", "q_text", NULL },
	{ "q_text=a+b%2Bc", "q_text", "a b+c" },
	{ "q_text=", "q_text", NULL },
	{ "q_text", "q_text", NULL },
	{ "q_text=a=b", "q_text", "a=b" },
	{ "q%5Ftext=x", "q_text", "x" },
	{ "q_text=a&q_text=b", "q_text", "b" },
	{ "q_text=a&q_text=", "q_text", NULL },
	{ "&&q_text=a&", "q_text", "a" },
	{ "Q_TEXT=a", "q_text", NULL },
	{ "q_text=%zz", "q_text", "%zz" },
	{ "q_text=%00", "q_text", QUERY("q_text", "value_error") },
	{ "q_text=%ff", "q_text", QUERY("q_text", "value_error") },
	{ "other=%ff&%ff=1", "q_text", NULL },
	{ "", "q_int", "25" },
	{ "q_int=100", "q_int", "100" },
	{ "q_int=", "q_int", QUERY("q_int", "int_parsing") },
	{ "q_int=x", "q_int", QUERY("q_int", "int_parsing") },
	{ "q_int=1.0", "q_int", QUERY("q_int", "int_parsing") },
	{ "q_int=1%00", "q_int", QUERY("q_int", "value_error") },
	{ "q_int=0", "q_int", QUERY("q_int", "greater_than_equal") },
	{ "q_int=101", "q_int", QUERY("q_int", "less_than_equal") },
	{ "q_int=99999999999999999999", "q_int",
	    QUERY("q_int", "less_than_equal") },
	{ "q_int=x&q_int=2", "q_int", "2" },
	{ "q_number=1.5", "q_number", "1.5" },
	{ "q_number=", "q_number", QUERY("q_number", "float_parsing") },
	{ "q_bool=TRUE", "q_bool", "true" },
	{ "q_bool=1", "q_bool", "true" },
	{ "q_bool=Yes", "q_bool", "true" },
	{ "q_bool=on", "q_bool", "true" },
	{ "q_bool=y", "q_bool", "true" },
	{ "q_bool=T", "q_bool", "true" },
	{ "q_bool=false", "q_bool", "false" },
	{ "q_bool=0", "q_bool", "false" },
	{ "q_bool=NO", "q_bool", "false" },
	{ "q_bool=off", "q_bool", "false" },
	{ "q_bool=n", "q_bool", "false" },
	{ "q_bool=F", "q_bool", "false" },
	{ "q_bool=2", "q_bool", QUERY("q_bool", "bool_parsing") },
	{ "q_bool=", "q_bool", QUERY("q_bool", "bool_parsing") },
	{ "q_uuid=" UUID, "q_uuid", UUID },
	{ "q_uuid=", "q_uuid", QUERY("q_uuid", "uuid_parsing") },
	{ "q_uuid=x", "q_uuid", QUERY("q_uuid", "uuid_parsing") },
	{ "q_time=2026-03-01T12:00:00%2B00:00", "q_time",
	    "2026-03-01T12:00:00.000000Z" },
	{ "q_time=never", "q_time", QUERY("q_time", "datetime_parsing") },
	{ "q_email=a%40B.de", "q_email", "a@b.de" },
	{ "q_email=a", "q_email", QUERY("q_email", "value_error") },
	{ "q_int=x&q_bool=x&q_uuid=x", "q_int",
	    QUERY("q_int", "int_parsing") "; " QUERY("q_bool", "bool_parsing")
	    "; " QUERY("q_uuid", "uuid_parsing") },
};

static void
test_query(void)
{
	for (size_t i = 0; i < COUNT_OF(query_cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct request space = { .arena = arena };
		SCOPED(request_release) struct request *request = &space;

		is_text(read_input(request, &route, query_cases[i].query, "",
		    query_cases[i].field), query_cases[i].result,
		    arena_printf(arena, "%s of the query '%s' is what it "
		    "should be", query_cases[i].field, query_cases[i].query));
	}
}

static const struct field strict_fields[] = {
	{ .name = "policy_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true },
	{ .name = "days", .place = IN_BODY, .kind = FIELD_INT,
	    .required = true },
	{ .name = "why", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .nullable = true },
	{ .name = NULL },
};
static const struct route strict = { .fields = strict_fields };

static void
test_required(void)
{
	static const struct {
		const char *id, *body, *result, *name;
	} cases[] = {
		{ UUID, "{\"name\":\"n\",\"days\":1,\"why\":null}", "n",
		    "what is there is read" },
		{ UUID, "{\"days\":1,\"why\":null}", BODY("name", "missing"),
		    "a required member must be there" },
		{ UUID, "{\"name\":\"n\",\"days\":1}", BODY("why", "missing"),
		    "a required nullable member must be there" },
		{ "x", "{\"name\":1,\"other\":true}",
		    "[\"path\",\"policy_id\"] uuid_parsing; "
		    BODY("name", "string_type") "; " BODY("days", "missing")
		    "; " BODY("why", "missing"),
		    "all fields that are wrong are told together" },
		{ UUID, "{\"name\":\"n\",\"days\":1,\"why\":\"\",\"x\":[{}]}",
		    "n", "unknown members are ignored" },
		{ UUID, "", BODY("name", "missing") "; "
		    BODY("days", "missing") "; " BODY("why", "missing"),
		    "without a body its members are missing" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct request space = { .arena = arena, .nparams = 1,
			.params = { { "policy_id", cases[i].id } } };
		SCOPED(request_release) struct request *request = &space;

		is_text(read_input(request, &strict, "", cases[i].body,
		    "name"), cases[i].result, cases[i].name);
	}
}

static void
test_values(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct request space = { .arena = arena };
	SCOPED(request_release) struct request *request = &space;
	const struct value *value;

	read_input(request, &route, "q_text=", "{\"at\":null,\"note\":null,"
	    "\"schedule\":{\"a\":1}}", "at");
	value = request_value(request, "at");
	ok(value->present && value->text == NULL && value->json == NULL,
	    "null is present and has no text");
	value = request_value(request, "note");
	ok(value->present && value->text == NULL,
	    "null is not replaced by the default");
	value = request_value(request, "role");
	ok(!value->present && text_is(value->text, "viewer"),
	    "what is absent has its default");
	value = request_value(request, "name");
	ok(!value->present && value->text == NULL,
	    "what is absent without a default has no text");
	value = request_value(request, "schedule");
	ok(json_object_object_get(value->json, "a") != NULL,
	    "the tree of a member is at hand");
	value = request_value(request, "q_text");
	ok(!value->present, "an empty filter is absent");
	is_text(request_text(request, "q_int"), "25",
	    "a query's default is its text");
}

/* ${length} letters between ${before} and ${after}. */
static const char *
long_body(struct arena *arena, const char *before, size_t length,
    const char *after)
{
	char *filler = arena_alloc(arena, length + 1);

	memset(filler, 'a', length);
	return arena_printf(arena, "%s%s%s", before, filler, after);
}

static void
test_sizes(void)
{
	static const struct {
		const char *before;
		size_t length;
		const char *after, *field, *result, *name;
	} cases[] = {
		{ "{\"name\":\"", FIELD_TEXT_MAX + 1, "\"}", "name",
		    BODY("name", "value_error"),
		    "a text without bounds of its own is bounded" },
		{ "{\"email\":\"", 250, "@example.com\"}", "email",
		    BODY("email", "value_error"), "an address is bounded" },
		{ "{\"email\":\"a@", 64, ".com\"}", "email",
		    BODY("email", "value_error"), "a label is bounded" },
		{ "{\"regions\":[\"", FIELD_TEXT_MAX + 1, "\"]}", "regions",
		    "[\"body\",\"regions\",0] value_error",
		    "a text in a list is bounded" },
		{ "{\"tags\":{\"a\":\"", FIELD_TEXT_MAX + 1, "\"}}", "tags",
		    "[\"body\",\"tags\",\"a\"] value_error",
		    "a text in a map is bounded" },
		{ "{\"schedule\":{\"a\":\"", FIELD_JSON_MAX, "\"}}", "schedule",
		    BODY("schedule", "value_error"), "an object is bounded" },
		{ "{\"other\":\"", FIELD_JSON_MAX, "\"}",
		    "name", NULL,
		    "what nobody reads may be long" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct request space = { .arena = arena };
		SCOPED(request_release) struct request *request = &space;

		is_text(read_input(request, &route, "",
		    long_body(arena, cases[i].before, cases[i].length,
		    cases[i].after), cases[i].field), cases[i].result,
		    cases[i].name);
	}
}

static void
test_content(void)
{
	static const struct {
		const char *type, *body, *result, *name;
	} cases[] = {
		{ "application/json", "{}", "", "JSON is read" },
		{ "Application/JSON; charset=utf-8", "{}", "",
		    "a content type has parameters and any case" },
		{ "application/merge-patch+json", "{}", "",
		    "a subtype of JSON is read" },
		{ "application/+json", "{}",
		    "[\"body\"] model_attributes_type",
		    "a subtype needs a name" },
		{ "text/plain", "{}", "[\"body\"] model_attributes_type",
		    "JSON that is sent as text is refused" },
		{ "text/json", "{}", "[\"body\"] model_attributes_type",
		    "text/json is refused" },
		{ "xapplication/x+json", "{}",
		    "[\"body\"] model_attributes_type",
		    "the type is looked at from its beginning" },
		{ "application/jsonx", "{}",
		    "[\"body\"] model_attributes_type",
		    "the type is looked at to its end" },
		{ "", "{}", "[\"body\"] model_attributes_type",
		    "an empty content type is refused" },
		{ NULL, "{}", "[\"body\"] model_attributes_type",
		    "a body needs a content type" },
		{ "application/json", "", "[\"body\"] missing",
		    "an empty body is missing" },
		{ NULL, NULL, "[\"body\"] missing", "no body is missing" },
		{ "application/json", "[]",
		    "[\"body\"] model_attributes_type",
		    "a body must be an object" },
		{ "application/json", "{\"a\":}", "[\"body\",5] json_invalid",
		    "broken JSON is told with its place" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct request space = { .arena = arena,
			.content_type = cases[i].type, .body = cases[i].body,
			.body_length = cases[i].body == NULL ? 0 :
			    strlen(cases[i].body) };
		SCOPED(request_release) struct request *request = &space;
		struct complaints complaints = { .arena = arena };

		body_parse(request, &complaints);
		is_text(complaints.count == 0 ? "" :
		    outcome(request, &complaints, ""), cases[i].result,
		    cases[i].name);
		ok((request->json != NULL) == (complaints.count == 0),
		    "either there is a tree or a complaint");
	}
}

static void
test_places(void)
{
	for (enum field_place place = 0; place < FIELD_PLACE_COUNT; place++)
		ok(field_place_name(place) != NULL, "the place %s has a name",
		    field_place_name(place));
}

/* The codes of api.md for a JSON value that no kind takes, and for null. */
static void
test_kinds(void)
{
	for (enum field_kind kind = 0; kind < FIELD_KIND_COUNT; kind++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		const struct field table[] = {
			{ .name = "x", .place = IN_BODY, .kind = kind },
			{ .name = NULL },
		};
		const struct route only = { .fields = table };
		struct request space = { .arena = arena };
		SCOPED(request_release) struct request *request = &space;
		const char *result = read_input(request, &only, "",
		    "{\"x\":null}", "x");
		size_t length = strlen(result);

		ok(length > 5 && text_is(result + length - 5, "_type"),
		    "kind %d has a code for a wrong type", (int)kind);
	}
}

int
main(void)
{
	test_body();
	test_query();
	test_required();
	test_values();
	test_sizes();
	test_content();
	test_places();
	test_kinds();
	return tap_done();
}
