#include "http/problem.h"

#include "base/text.h"
#include "t/tap.h"

#define LIMIT ((size_t)4 << 20)

static const char *
header(const struct response *response, const char *name)
{
	for (size_t i = 0; i < response->nheaders; i++)
		if (text_is(response->headers[i].name, name))
			return response->headers[i].value;
	return NULL;
}

static void
test_status(void)
{
	static const struct {
		int status;
		const char *detail, *body, *name;
	} cases[] = {
		{ 404, "Policy not found", "{\"type\":\"about:blank\","
		    "\"title\":\"Not Found\",\"status\":404,"
		    "\"detail\":\"Policy not found\"}",
		    "a 404 looks as the contract shows it" },
		{ 405, NULL, "{\"type\":\"about:blank\","
		    "\"title\":\"Method Not Allowed\",\"status\":405,"
		    "\"detail\":\"Method Not Allowed\"}",
		    "without a detail the phrase is the detail" },
		{ 409, "say \"no\"", "{\"type\":\"about:blank\","
		    "\"title\":\"Conflict\",\"status\":409,"
		    "\"detail\":\"say \\\"no\\\"\"}",
		    "a detail is escaped" },
		{ 429, "Rate limit exceeded: 10 per 1 minute",
		    "{\"type\":\"about:blank\","
		    "\"title\":\"Too Many Requests\",\"status\":429,"
		    "\"detail\":\"Rate limit exceeded: 10 per 1 minute\","
		    "\"error\":\"Rate limit exceeded: 10 per 1 minute\"}",
		    "a 429 repeats its detail as error" },
		{ 500, NULL, "{\"type\":\"about:blank\","
		    "\"title\":\"Internal Server Error\",\"status\":500,"
		    "\"detail\":\"Something went wrong on our side.\"}",
		    "a 500 reveals nothing" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct response response = { .arena = arena };

		problem_status(&response, cases[i].status, cases[i].detail);
		is_text(response.body, cases[i].body, cases[i].name);
		ok(response.status == cases[i].status &&
		    response.body_length == strlen(cases[i].body) &&
		    text_is(response.content_type, "application/problem+json"),
		    "%d is sent as a problem", cases[i].status);
	}
}

static void
test_headers(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct response response = { .arena = arena };

	response_header(&response, "Location", "/made");
	problem_status(&response, 401, NULL);
	is_text(header(&response, "Location"), NULL,
	    "a problem drops the headers of the answer it replaces");
	is_text(header(&response, "WWW-Authenticate"), "Bearer",
	    "a 401 says how to sign in");
	problem_status(&response, 503, NULL);
	is_text(header(&response, "Retry-After"), "1",
	    "a 503 says when to try again");
	problem_status(&response, 404, NULL);
	is_int((int64_t)response.nheaders, 0, "a 404 needs no header");
}

static void
test_complaints(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct response response = { .arena = arena };
	struct complaints complaints = { .arena = arena };
	const struct place query = { .name = "query" };
	const struct place page = { .parent = &query, .name = "page" };
	const struct place body = { .name = "body" };
	const struct place list = { .parent = &body, .name = "a\"b" };
	const struct place item = { .parent = &list, .index = 3 };

	complain(&complaints, &page, "greater_than_equal",
	    "must be at least %d", 1);
	problem_complaints(&response, &complaints);
	is_int(response.status, 422, "complaints are a 422");
	is_text(response.body, "{\"type\":\"about:blank\","
	    "\"title\":\"Unprocessable Content\",\"status\":422,\"detail\":["
	    "{\"loc\":[\"query\",\"page\"],\"msg\":\"must be at least 1\","
	    "\"type\":\"greater_than_equal\"}]}",
	    "a 422 looks as the contract shows it");
	complain(&complaints, &item, "string_type", "must be a text");
	problem_complaints(&response, &complaints);
	ok(strstr(response.body, "},{\"loc\":[\"body\",\"a\\\"b\",3],") != NULL,
	    "the second complaint follows, its place escaped");
}

static void
test_many_complaints(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct complaints complaints = { .arena = arena };
	const struct place body = { .name = "body" };
	size_t kept = 0;

	for (int i = 0; i < 70; i++)
		complain(&complaints, &body, "value_error", "%d", i);
	for (struct complaint *at = complaints.first; at != NULL; at = at->next)
		kept++;
	is_int((int64_t)kept, 64, "64 complaints are kept");
	is_int((int64_t)complaints.count, 70, "all complaints are counted");
	is_text(complaints.first->message, "0", "the first come first");
}

static void
test_long_name(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct complaints complaints = { .arena = arena };
	const struct place body = { .name = "body" };
	struct text name = { .arena = arena };
	struct place place = { .parent = &body };

	/* 127 bytes and then characters of two. */
	text_add_format(&name, "%0127d", 0);
	for (int i = 0; i < 1000; i++)
		text_add_text(&name, "\xc3\xbc");
	place.name = text_get(&name);
	complain(&complaints, &place, "value_error", "x");
	is_int((int64_t)strlen(complaints.first->loc), 127 + 11,
	    "a long name is cut before the character that is too much");
}

static void
test_failure(void)
{
	static const struct {
		struct failure why;
		int status;
		const char *detail, *name;
	} cases[] = {
		{ { FAULT_INVALID, "slug", "is taken" }, 422,
		    "[{\"loc\":[\"body\",\"slug\"],\"msg\":\"is taken\","
		    "\"type\":\"value_error\"}]",
		    "what is invalid names its field" },
		{ { FAULT_INVALID, NULL, "do not fit" }, 422,
		    "[{\"loc\":[\"body\"],\"msg\":\"do not fit\","
		    "\"type\":\"value_error\"}]",
		    "what is invalid as a whole is the body's" },
		{ { FAULT_REFUSED, NULL, "last admin" }, 400,
		    "\"last admin\"", "what is refused is a 400" },
		{ { FAULT_UNAUTHENTICATED, NULL, "" }, 401,
		    "\"Unauthorized\"", "an unknown caller is a 401" },
		{ { FAULT_DENIED, NULL, "not yours" }, 403,
		    "\"not yours\"", "what is denied is a 403" },
		{ { FAULT_MISSING, NULL, "Policy not found" }, 404,
		    "\"Policy not found\"", "what is missing is a 404" },
		{ { FAULT_CONFLICT, NULL, "slug taken" }, 409,
		    "\"slug taken\"", "a conflict is a 409" },
		{ { FAULT_BUSY, NULL, "host db1 down" }, 503,
		    "\"The service is busy. Try again.\"",
		    "what is busy is a 503 without its reason" },
		{ { FAULT_LATE, NULL, "db1 slow" }, 504,
		    "\"No answer came in time.\"",
		    "what is late is a 504 without its reason" },
		{ { FAULT_UPSTREAM, NULL, "their words" }, 502,
		    "\"A service that this one needs refused.\"",
		    "what somebody else refused is a 502 without its reason" },
		{ { FAULT_UNCERTAIN, NULL, "secret" }, 500,
		    "\"Something went wrong on our side.\"",
		    "what is uncertain is a 500 without its reason" },
		{ { FAULT_INTERNAL, NULL, "secret" }, 500,
		    "\"Something went wrong on our side.\"",
		    "what is internal is a 500 without its reason" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct response response = { .arena = arena };

		problem_failure(&response, &cases[i].why);
		is_text(strstr(response.body, "\"detail\":"),
		    arena_printf(arena, "\"detail\":%s}", cases[i].detail),
		    cases[i].name);
		is_int(response.status, cases[i].status,
		    "the fault has its status");
	}
}

static void
test_faults(void)
{
	for (enum fault fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++)
		ok(fault_status(fault) >= 400, "the fault %s is an error",
		    fault_name(fault));
}

int
main(void)
{
	test_status();
	test_headers();
	test_complaints();
	test_many_complaints();
	test_long_name();
	test_failure();
	test_faults();
	return tap_done();
}
