#include "http/openapi.h"

#include <json-c/json.h>

#include "t/tap.h"

#define LIMIT ((size_t)4 << 20)

DEFINE_RELEASE(json_release, struct json_object *, json_object_put)

static const char *const states[] = { "RUNNING", "STOPPED", NULL };
static const struct permission policy_write = { "policy:write", "change" };

static const struct answer window = { "Window", (const struct member[]){
	{ .name = "start", .kind = MEMBER_TEXT },
	{ .name = NULL } } };

static const struct answer policy = { "Policy", (const struct member[]){
	{ .name = "id", .kind = MEMBER_UUID, .help = "its id" },
	{ .name = "description", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "state", .kind = MEMBER_TEXT, .nullable = true,
	    .choices = states },
	{ .name = "count", .kind = MEMBER_INT },
	{ .name = "rate", .kind = MEMBER_NUMBER },
	{ .name = "on", .kind = MEMBER_BOOL },
	{ .name = "at", .kind = MEMBER_TIME, .optional = true },
	{ .name = "regions", .kind = MEMBER_TEXTS, .nullable = true },
	{ .name = "tags", .kind = MEMBER_TEXT_MAP },
	{ .name = "details", .kind = MEMBER_OBJECT },
	{ .name = "place", .kind = MEMBER_PLACE },
	{ .name = "first", .kind = MEMBER_SHAPE, .shape = &window },
	{ .name = "next", .kind = MEMBER_SHAPE, .shape = &window,
	    .nullable = true },
	{ .name = "windows", .kind = MEMBER_SHAPES, .shape = &window },
	{ .name = NULL } } };

static const struct field list_fields[] = {
	{ .name = "page", .place = IN_QUERY, .kind = FIELD_INT, .low = 1,
	    .high = 100, .fallback = "1", .help = "which", .example = "2" },
	{ .name = "state", .place = IN_QUERY, .kind = FIELD_TEXT,
	    .choices = states },
	{ .name = NULL },
};

static const struct field change_fields[] = {
	{ .name = "policy_id", .place = IN_PATH, .kind = FIELD_UUID },
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .low = 1, .high = 80, .help = "its name",
	    .example = "\"nightly\"" },
	{ .name = "description", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .choices = states },
	{ .name = "password", .place = IN_BODY, .kind = FIELD_TEXT,
	    .secret = true },
	{ .name = "days", .place = IN_BODY, .kind = FIELD_INT },
	{ .name = "hours", .place = IN_BODY, .kind = FIELD_NUMBER, .low = 0,
	    .high = 24 },
	{ .name = "on", .place = IN_BODY, .kind = FIELD_BOOL,
	    .fallback = "true" },
	{ .name = "kind", .place = IN_BODY, .kind = FIELD_TEXT,
	    .fallback = "weekly" },
	{ .name = "email", .place = IN_BODY, .kind = FIELD_EMAIL },
	{ .name = "at", .place = IN_BODY, .kind = FIELD_TIME },
	{ .name = "regions", .place = IN_BODY, .kind = FIELD_TEXTS,
	    .nullable = true },
	{ .name = "schedule", .place = IN_BODY, .kind = FIELD_OBJECT },
	{ .name = "tags", .place = IN_BODY, .kind = FIELD_TEXT_MAP },
	{ .name = NULL },
};

static const struct route routes[] = {
	{ .method = "GET", .path = "/policies", .operation = "listPolicies",
	    .tag = "policies", .summary = "List", .fields = list_fields,
	    .status = 200, .answer = &policy, .answers_list = true },
	{ .method = "GET", .path = "/health", .operation = "health",
	    .tag = "system", .summary = "Alive", .status = 200 },
	{ .method = "POST", .path = "/users", .operation = "createUser",
	    .tag = "users", .summary = "Create", .caller_optional = true,
	    .status = 204 },
	{ .method = "PUT", .path = "/policies/:policy_id",
	    .operation = "changePolicy", .tag = "policies",
	    .summary = "Change", .fields = change_fields, .takes_body = true,
	    .permission = &policy_write, .missing = "Policy not found",
	    .errors = (const int[]){ 409, 429, 0 }, .status = 200,
	    .answer = &policy },
	{ .method = "DELETE", .path = "/policies/:policy_id",
	    .operation = "deletePolicy", .tag = "policies",
	    .summary = "Delete", .fields = change_fields,
	    .permission = &policy_write, .missing = "Policy not found",
	    .status = 204 },
};

static const struct openapi_info info = { "Diurnal", "1", "Starts and stops.",
	"/" };

/*
 * What stands at ${path}, members and indexes parted by blanks, without white
 * space; "-" if there is nothing.
 */
static const char *
find(struct json_object *json, const char *path, struct arena *arena)
{
	while (*path != '\0') {
		size_t length = strcspn(path, " ");
		const char *name = arena_copy(arena, path, length);

		if (json_object_is_type(json, json_type_array))
			json = json_object_array_get_idx(json,
			    strtoul(name, NULL, 10));
		else if (!json_object_object_get_ex(json, name, &json))
			return "-";
		path += length + (path[length] == ' ');
	}
	return arena_text(arena, json_object_to_json_string_ext(json,
	    JSON_C_TO_STRING_NOSLASHESCAPE));
}

#define PUT "paths /policies/{policy_id} put "
#define PUT_BODY PUT "requestBody content application/json schema "
#define BODY PUT_BODY "properties "
#define POLICY "components schemas Policy properties "
#define WINDOW "{\"$ref\":\"#/components/schemas/Window\"}"

static const struct {
	const char *path, *want, *name;
} cases[] = {
	{ "openapi", "\"3.1.0\"", "the document says what it is" },
	{ "info", "{\"title\":\"Diurnal\",\"version\":\"1\","
	    "\"description\":\"Starts and stops.\"}", "the API is described" },
	{ "servers 0 url", "\"/\"", "the server is named" },
	{ "tags", "[{\"name\":\"policies\"},{\"name\":\"system\"},"
	    "{\"name\":\"users\"}]",
	    "every tag is listed once" },
	{ PUT "operationId", "\"changePolicy\"", "an operation has its id" },
	{ PUT "tags", "[\"policies\"]", "an operation has its tag" },
	{ PUT "summary", "\"Change\"", "an operation has its summary" },
	{ PUT "x-permission", "\"policy:write\"",
	    "a permission is shown" },
	{ PUT "security", "[{\"bearer\":[]},{\"apiKey\":[]}]",
	    "what is protected takes a token or a key" },
	{ "paths /health get security", "[]", "what is open takes neither" },
	{ "paths /users post security",
	    "[{},{\"bearer\":[]},{\"apiKey\":[]}]",
	    "where the caller is optional, so are token and key" },
	{ PUT "parameters", "[{\"name\":\"policy_id\",\"in\":\"path\","
	    "\"required\":true,\"schema\":{\"type\":\"string\","
	    "\"format\":\"uuid\"}}]", "a path's parameter is required" },
	{ "paths /policies get parameters 0", "{\"name\":\"page\","
	    "\"in\":\"query\",\"required\":false,\"description\":\"which\","
	    "\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,"
	    "\"default\":1},\"example\":2}",
	    "a query's parameter has bounds, default and example" },
	{ "paths /policies get parameters 1 schema enum",
	    "[\"RUNNING\",\"STOPPED\"]", "choices are listed" },
	{ "paths /policies get requestBody", "-",
	    "what takes no body has none" },
	{ PUT "requestBody required", "true", "a body is required" },
	{ PUT_BODY "required", "[\"name\"]", "required members are listed" },
	{ BODY "name", "{\"type\":\"string\",\"minLength\":1,"
	    "\"maxLength\":80,\"description\":\"its name\","
	    "\"examples\":[\"nightly\"]}", "a text has its bounds" },
	{ BODY "description", "{\"type\":[\"string\",\"null\"],"
	    "\"enum\":[\"RUNNING\",\"STOPPED\",null],\"maxLength\":4096}",
	    "null is a type and a choice" },
	{ BODY "password", "{\"type\":\"string\",\"format\":\"password\","
	    "\"maxLength\":4096,\"writeOnly\":true}",
	    "a secret is only written" },
	{ BODY "days", "{\"type\":\"integer\",\"minimum\":-2147483647,"
	    "\"maximum\":2147483647}", "an int has its kind's bounds" },
	{ BODY "hours", "{\"type\":\"number\",\"minimum\":0,\"maximum\":24}",
	    "a bound of 0 is one" },
	{ BODY "on", "{\"type\":\"boolean\",\"default\":true}",
	    "a bool's default is a bool" },
	{ BODY "kind default", "\"weekly\"", "a text's default is a text" },
	{ BODY "email", "{\"type\":\"string\",\"format\":\"email\","
	    "\"maxLength\":254}", "an address has its format" },
	{ BODY "at format", "\"date-time\"", "a time has its format" },
	{ BODY "regions", "{\"type\":[\"array\",\"null\"],\"maxItems\":1000,"
	    "\"items\":{\"type\":\"string\"}}", "a list is of texts" },
	{ BODY "schedule", "{\"type\":\"object\"}", "an object is any" },
	{ BODY "tags", "{\"type\":\"object\",\"maxProperties\":1000,"
	    "\"additionalProperties\":{\"type\":\"string\"}}",
	    "a map is of texts" },
	{ BODY "policy_id", "-", "a path's parameter is not in the body" },
	{ "paths /policies get responses 200 content application/json",
	    "{\"schema\":{\"type\":\"array\",\"items\":"
	    "{\"$ref\":\"#/components/schemas/Policy\"}}}",
	    "a list answers an array" },
	{ PUT "responses 200 content application/json schema",
	    "{\"$ref\":\"#/components/schemas/Policy\"}",
	    "an object answers its shape" },
	{ "paths /policies/{policy_id} delete responses 204",
	    "{\"description\":\"No Content\"}", "a 204 has no content" },
	{ "paths /health get responses 200",
	    "{\"description\":\"OK\",\"content\":{\"application/json\":{}}}",
	    "an answer without a shape is any JSON" },
	{ PUT "responses 409",
	    "{\"$ref\":\"#/components/responses/Conflict\"}",
	    "what a route adds is a problem" },
	{ PUT "responses 413",
	    "{\"$ref\":\"#/components/responses/ContentTooLarge\"}",
	    "a body can be too large" },
	{ PUT "responses 404",
	    "{\"$ref\":\"#/components/responses/NotFound\"}",
	    "what can be missing is a 404" },
	{ "paths /health get responses 404", "-",
	    "what cannot be missing is no 404" },
	{ "paths /health get responses 422", "-",
	    "what reads nothing is no 422" },
	{ "paths /health get responses 401", "-",
	    "what is open is no 401" },
	{ "paths /policies get responses 413", "-",
	    "what takes no body is no 413" },
	{ "components responses NotFound content application/problem+json "
	    "schema", "{\"$ref\":\"#/components/schemas/Problem\"}",
	    "a problem has its shape" },
	{ "components responses UnprocessableContent content "
	    "application/problem+json schema",
	    "{\"$ref\":\"#/components/schemas/InputProblem\"}",
	    "a 422 has a shape of its own" },
	{ "components responses BadGateway", "-",
	    "what nobody answers is not described" },
	{ "components schemas Complaint properties loc items type",
	    "[\"string\",\"integer\"]", "a place has names and indexes" },
	{ POLICY "id", "{\"type\":\"string\",\"format\":\"uuid\","
	    "\"description\":\"its id\"}", "an id has its format" },
	{ POLICY "state", "{\"type\":[\"string\",\"null\"],"
	    "\"enum\":[\"RUNNING\",\"STOPPED\",null]}",
	    "an answer's choices may be null" },
	{ POLICY "regions", "{\"type\":[\"array\",\"null\"],"
	    "\"items\":{\"type\":\"string\"}}", "a list may be null" },
	{ POLICY "first", WINDOW, "a shape is a reference" },
	{ POLICY "next", "{\"anyOf\":[" WINDOW ",{\"type\":\"null\"}]}",
	    "a shape may be null" },
	{ POLICY "windows", "{\"type\":\"array\",\"items\":" WINDOW "}",
	    "shapes are a list of references" },
	{ "components schemas Policy required",
	    "[\"id\",\"description\",\"state\",\"count\",\"rate\",\"on\","
	    "\"regions\",\"tags\",\"details\",\"place\",\"first\",\"next\","
	    "\"windows\"]", "all but optional members are always there" },
	{ "components schemas Window required", "[\"start\"]",
	    "a shape in a shape is described" },
	{ "components securitySchemes apiKey",
	    "{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"}",
	    "a key goes into its header" },
	{ "components securitySchemes bearer scheme", "\"bearer\"",
	    "a token is a bearer's" },
};

static void
test_document(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct text text = { .arena = arena }, again = { .arena = arena };
	SCOPED(json_release) struct json_object *json = NULL;

	openapi_print(&info, routes, COUNT_OF(routes), &text);
	openapi_print(&info, routes, COUNT_OF(routes), &again);
	is_text(text_get(&again), text_get(&text),
	    "the same table makes the same document");
	json = json_tokener_parse(text_get(&text));
	ok(json != NULL, "the document is JSON");
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		is_text(find(json, cases[i].path, arena), cases[i].want,
		    cases[i].name);
}

/* A kind that the tables of schema.c forget has no type. */
static void
test_kinds(void)
{
	for (enum field_kind kind = 0; kind < FIELD_KIND_COUNT; kind++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct text text = { .arena = arena };
		const struct field fields[] = {
			{ .name = "x", .place = IN_BODY, .kind = kind },
			{ .name = NULL },
		};
		const struct route route = { .method = "POST", .path = "/",
			.operation = "x", .tag = "x", .summary = "x",
			.fields = fields, .takes_body = true, .status = 204 };
		SCOPED(json_release) struct json_object *json = NULL;

		openapi_print(&info, &route, 1, &text);
		json = json_tokener_parse(text_get(&text));
		ok(find(json, "paths / post requestBody content "
		    "application/json schema properties x type", arena)[0] ==
		    '"', "field kind %d has a schema", (int)kind);
	}
	for (enum member_kind kind = 0; kind < MEMBER_SHAPE; kind++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct text text = { .arena = arena };
		const struct member members[] = {
			{ .name = "x", .kind = kind }, { .name = NULL },
		};
		const struct answer answer = { "X", members };
		const struct route route = { .method = "GET", .path = "/",
			.operation = "x", .tag = "x", .summary = "x",
			.status = 200, .answer = &answer };
		SCOPED(json_release) struct json_object *json = NULL;

		openapi_print(&info, &route, 1, &text);
		json = json_tokener_parse(text_get(&text));
		ok(find(json, "components schemas X properties x type",
		    arena)[0] == '"', "member kind %d has a schema", (int)kind);
	}
}

int
main(void)
{
	test_document();
	test_kinds();
	return tap_done();
}
