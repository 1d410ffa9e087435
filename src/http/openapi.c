#include "http/openapi.h"

#include <assert.h>

#include "http/response.h"
#include "http/schema.h"
#include "http/writer.h"

/* Every status that a route may answer with when it does not succeed. */
static const int problems[] = { 400, 401, 403, 404, 409, 413, 422, 429, 500,
	502, 503, 504 };

/* The answers' shapes that were met, in the order in which they were. */
struct shape {
	struct shape *next;
	const struct answer *answer;
};

struct document {
	struct writer writer;
	struct arena *arena;
	const struct route *routes;
	size_t nroutes;
	struct shape *shapes;
};

/* "#/components/responses/NotFound" */
static const char *
problem_name(struct arena *arena, int status)
{
	struct text name = { .arena = arena };

	for (const char *at = status_phrase(status); *at != '\0'; at++)
		if (*at != ' ')
			text_add(&name, at, 1);
	return text_get(&name);
}

static bool
is_problem(int status)
{
	for (size_t i = 0; i < COUNT_OF(problems); i++)
		if (problems[i] == status)
			return true;
	return false;
}

static bool
can_answer(const struct route *route, int status)
{
	for (const int *error = route->errors; error != NULL && *error != 0;
	    error++) {
		assert(is_problem(*error));
		if (*error == status)
			return true;
	}
	switch (status) {
	case 400:
	case 401:
	case 403:
		return route->permission != NULL;
	case 404:
		return route->missing != NULL;
	case 413:
		return route->takes_body;
	case 422:
		return route->takes_body || route->fields != NULL;
	case 500:
	case 503:
		return true;
	default:
		return false;
	}
}

static void
write_parameter(struct writer *writer, const struct field *field)
{
	writer_object(writer, NULL);
	writer_text(writer, "name", field->name);
	writer_text(writer, "in", field_place_name(field->place));
	writer_bool(writer, "required",
	    field->required || field->place == IN_PATH);
	if (field->help != NULL)
		writer_text(writer, "description", field->help);
	schema_field(writer, "schema", field);
	if (field->example != NULL)
		writer_raw(writer, "example", field->example);
	writer_object_end(writer);
}

static void
write_parameters(struct writer *writer, const struct route *route)
{
	const struct field *field = route->fields;

	writer_list(writer, "parameters");
	for (; field != NULL && field->name != NULL; field++)
		if (field->place != IN_BODY)
			write_parameter(writer, field);
	writer_list_end(writer);
}

static void
write_body_schema(struct writer *writer, const struct field *fields)
{
	const struct field *field;

	writer_object(writer, "schema");
	writer_text(writer, "type", "object");
	writer_object(writer, "properties");
	for (field = fields; field != NULL && field->name != NULL; field++)
		if (field->place == IN_BODY)
			schema_field(writer, field->name, field);
	writer_object_end(writer);
	writer_list(writer, "required");
	for (field = fields; field != NULL && field->name != NULL; field++)
		if (field->place == IN_BODY && field->required)
			writer_text(writer, NULL, field->name);
	writer_list_end(writer);
	writer_object_end(writer);
}

static void
write_body(struct writer *writer, const struct route *route)
{
	if (!route->takes_body)
		return;
	writer_object(writer, "requestBody");
	writer_bool(writer, "required", true);
	writer_object(writer, "content");
	writer_object(writer, "application/json");
	write_body_schema(writer, route->fields);
	writer_object_end(writer);
	writer_object_end(writer);
	writer_object_end(writer);
}

static void
write_success_schema(struct writer *writer, const struct route *route)
{
	writer_object(writer, "schema");
	if (route->answers_list) {
		writer_text(writer, "type", "array");
		schema_reference(writer, "items", "schemas",
		    route->answer->name);
	} else {
		schema_reference(writer, NULL, "schemas", route->answer->name);
	}
	writer_object_end(writer);
}

static void
write_success(struct writer *writer, const struct route *route)
{
	writer_object(writer, arena_printf(writer->text->arena, "%d",
	    route->status));
	writer_text(writer, "description", status_phrase(route->status));
	if (route->status != 204) {
		writer_object(writer, "content");
		writer_object(writer, "application/json");
		if (route->answer != NULL)
			write_success_schema(writer, route);
		writer_object_end(writer);
		writer_object_end(writer);
	}
	writer_object_end(writer);
}

static void
write_responses(struct writer *writer, const struct route *route)
{
	struct arena *arena = writer->text->arena;

	writer_object(writer, "responses");
	write_success(writer, route);
	for (size_t i = 0; i < COUNT_OF(problems); i++)
		if (can_answer(route, problems[i]))
			schema_reference(writer, arena_printf(arena, "%d",
			    problems[i]), "responses",
			    problem_name(arena, problems[i]));
	writer_object_end(writer);
}

/* One way to be let in; none at all if ${scheme} is NULL. */
static void
write_scheme(struct writer *writer, const char *scheme)
{
	writer_object(writer, NULL);
	if (scheme != NULL) {
		writer_list(writer, scheme);
		writer_list_end(writer);
	}
	writer_object_end(writer);
}

/* Either of the two credentials will do. */
static void
write_security(struct writer *writer, const struct route *route)
{
	writer_list(writer, "security");
	if (route->caller_optional)
		write_scheme(writer, NULL);
	if (route->permission != NULL || route->caller_optional) {
		write_scheme(writer, "bearer");
		write_scheme(writer, "apiKey");
	}
	writer_list_end(writer);
	if (route->permission != NULL)
		writer_text(writer, "x-permission", route->permission->name);
}

static const char *
lower_method(struct arena *arena, const char *method)
{
	char *lower = arena_text(arena, method);

	for (char *at = lower; *at != '\0'; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return lower;
}

static void
write_operation(struct document *document, const struct route *route)
{
	struct writer *writer = &document->writer;

	writer_object(writer, lower_method(document->arena, route->method));
	writer_text(writer, "operationId", route->operation);
	writer_list(writer, "tags");
	writer_text(writer, NULL, route->tag);
	writer_list_end(writer);
	writer_text(writer, "summary", route->summary);
	write_security(writer, route);
	write_parameters(writer, route);
	write_body(writer, route);
	write_responses(writer, route);
	writer_object_end(writer);
}

/* "/policies/:policy_id" as "/policies/{policy_id}" */
static const char *
template_path(struct arena *arena, const char *path)
{
	struct text text = { .arena = arena };

	while (*path != '\0') {
		size_t length = strcspn(path, "/");

		if (*path == ':')
			text_add_format(&text, "{%.*s}", (int)length - 1,
			    path + 1);
		else
			text_add(&text, path, length);
		path += length;
		if (*path == '/')
			text_add(&text, path++, 1);
	}
	return text_get(&text);
}

/* The first route that has the same ${path}. */
static size_t
first_of_path(const struct document *document, const char *path)
{
	size_t i = 0;

	while (!text_is(document->routes[i].path, path))
		i++;
	return i;
}

static void
write_paths(struct document *document)
{
	const struct route *routes = document->routes;

	writer_object(&document->writer, "paths");
	for (size_t i = 0; i < document->nroutes; i++) {
		if (first_of_path(document, routes[i].path) != i)
			continue;
		writer_object(&document->writer,
		    template_path(document->arena, routes[i].path));
		for (size_t j = i; j < document->nroutes; j++)
			if (text_is(routes[j].path, routes[i].path))
				write_operation(document, &routes[j]);
		writer_object_end(&document->writer);
	}
	writer_object_end(&document->writer);
}

static void
write_tags(struct document *document)
{
	const struct route *routes = document->routes;

	writer_list(&document->writer, "tags");
	for (size_t i = 0; i < document->nroutes; i++) {
		size_t first = 0;

		while (!text_is(routes[first].tag, routes[i].tag))
			first++;
		if (first != i)
			continue;
		writer_object(&document->writer, NULL);
		writer_text(&document->writer, "name", routes[i].tag);
		writer_object_end(&document->writer);
	}
	writer_list_end(&document->writer);
}

/* ${answer} and every shape inside it, each once. */
static void
collect_shapes(struct document *document, const struct answer *answer)
{
	struct shape **at = &document->shapes;

	if (answer == NULL)
		return;
	for (; *at != NULL; at = &(*at)->next)
		if (text_is((*at)->answer->name, answer->name)) {
			assert((*at)->answer == answer);
			return;
		}
	*at = arena_alloc(document->arena, sizeof(**at));
	(*at)->answer = answer;
	for (const struct member *member = answer->members;
	    member->name != NULL; member++)
		collect_shapes(document, member->shape);
}

static const struct answer complaint = { "Complaint",
	(const struct member[]){
	{ .name = "loc", .kind = MEMBER_PLACE, .help = "body, query or path; "
	    "then names, and indexes as numbers" },
	{ .name = "msg", .kind = MEMBER_TEXT },
	{ .name = "type", .kind = MEMBER_TEXT },
	{ .name = NULL } } };

static const struct answer problem = { "Problem", (const struct member[]){
	{ .name = "type", .kind = MEMBER_TEXT },
	{ .name = "title", .kind = MEMBER_TEXT },
	{ .name = "status", .kind = MEMBER_INT },
	{ .name = "detail", .kind = MEMBER_TEXT },
	{ .name = "error", .kind = MEMBER_TEXT, .optional = true,
	    .help = "the detail again, on 429" },
	{ .name = NULL } } };

static const struct answer input_problem = { "InputProblem",
	(const struct member[]){
	{ .name = "type", .kind = MEMBER_TEXT },
	{ .name = "title", .kind = MEMBER_TEXT },
	{ .name = "status", .kind = MEMBER_INT },
	{ .name = "detail", .kind = MEMBER_SHAPES, .shape = &complaint },
	{ .name = NULL } } };

static void
write_schemas(struct document *document)
{
	collect_shapes(document, &problem);
	collect_shapes(document, &input_problem);
	for (size_t i = 0; i < document->nroutes; i++)
		collect_shapes(document, document->routes[i].answer);
	writer_object(&document->writer, "schemas");
	for (const struct shape *at = document->shapes; at != NULL;
	    at = at->next)
		schema_answer(&document->writer, at->answer);
	writer_object_end(&document->writer);
}

static void
write_problem(struct document *document, int status)
{
	struct writer *writer = &document->writer;

	writer_object(writer, problem_name(document->arena, status));
	writer_text(writer, "description", status_phrase(status));
	writer_object(writer, "content");
	writer_object(writer, "application/problem+json");
	schema_reference(writer, "schema", "schemas",
	    status == 422 ? input_problem.name : problem.name);
	writer_object_end(writer);
	writer_object_end(writer);
	writer_object_end(writer);
}

static void
write_problems(struct document *document)
{
	writer_object(&document->writer, "responses");
	for (size_t i = 0; i < COUNT_OF(problems); i++) {
		size_t j = 0;

		while (j < document->nroutes &&
		    !can_answer(&document->routes[j], problems[i]))
			j++;
		if (j < document->nroutes)
			write_problem(document, problems[i]);
	}
	writer_object_end(&document->writer);
}

static void
write_security_schemes(struct writer *writer)
{
	writer_object(writer, "securitySchemes");
	writer_object(writer, "bearer");
	writer_text(writer, "type", "http");
	writer_text(writer, "scheme", "bearer");
	writer_text(writer, "bearerFormat", "JWT");
	writer_object_end(writer);
	writer_object(writer, "apiKey");
	writer_text(writer, "type", "apiKey");
	writer_text(writer, "in", "header");
	writer_text(writer, "name", "X-API-Key");
	writer_object_end(writer);
	writer_object_end(writer);
}

static void
write_info(struct writer *writer, const struct openapi_info *info)
{
	writer_object(writer, "info");
	writer_text(writer, "title", info->title);
	writer_text(writer, "version", info->version);
	if (info->description != NULL)
		writer_text(writer, "description", info->description);
	writer_object_end(writer);
	writer_list(writer, "servers");
	writer_object(writer, NULL);
	writer_text(writer, "url", info->server);
	writer_object_end(writer);
	writer_list_end(writer);
}

void
openapi_print(const struct openapi_info *info, const struct route *routes,
    size_t nroutes, struct text *text)
{
	struct document document = { .writer = { .text = text },
		.arena = text->arena, .routes = routes, .nroutes = nroutes };
	struct writer *writer = &document.writer;

	writer_object(writer, NULL);
	writer_text(writer, "openapi", "3.1.0");
	write_info(writer, info);
	write_tags(&document);
	write_paths(&document);
	writer_object(writer, "components");
	write_schemas(&document);
	write_problems(&document);
	write_security_schemes(writer);
	writer_object_end(writer);
	writer_object_end(writer);
	text_add_text(text, "\n");
}
