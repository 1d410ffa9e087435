#include "http/route.h"

#include "base/text.h"
#include "t/tap.h"

/* A parameter stands before the fixed segment, so that order cannot help. */
static const struct route routes[] = {
	{ .method = "GET", .path = "/" },
	{ .method = "GET", .path = "/users" },
	{ .method = "POST", .path = "/users" },
	{ .method = "PUT", .path = "/users/:user_id" },
	{ .method = "DELETE", .path = "/users/:user_id" },
	{ .method = "GET", .path = "/users/me" },
	{ .method = "PUT", .path = "/users/me" },
	{ .method = "PUT", .path = "/users/me/password" },
	{ .method = "GET", .path = "/jobs/:job_id" },
	{ .method = "POST", .path = "/jobs/trigger" },
	{ .method = "GET", .path = "/resources/:resource_id/timeline" },
	{ .method = "GET", .path = "/resources/:resource_id/:part" },
	{ .method = "GET", .path = "/resources/all/:part" },
};

static const struct {
	const char *method, *path;
	enum match match;
	const char *found;             /* the pattern, or what is allowed */
	const char *params;
} cases[] = {
	{ "GET", "/", MATCH_ROUTE, "/", "" },
	{ "GET", "/users", MATCH_ROUTE, "/users", "" },
	{ "PUT", "/users/7", MATCH_ROUTE, "/users/:user_id", "user_id=7;" },
	{ "PUT", "/users/me", MATCH_ROUTE, "/users/me", "" },
	{ "GET", "/users/me", MATCH_ROUTE, "/users/me", "" },
	{ "DELETE", "/users/me", MATCH_ROUTE, "/users/:user_id",
	    "user_id=me;" },
	{ "GET", "/jobs/trigger", MATCH_ROUTE, "/jobs/:job_id",
	    "job_id=trigger;" },
	{ "GET", "/resources/a%2Fb/timeline", MATCH_ROUTE,
	    "/resources/:resource_id/timeline", "resource_id=a%2Fb;" },
	{ "GET", "/resources/1/x", MATCH_ROUTE,
	    "/resources/:resource_id/:part", "resource_id=1;part=x;" },
	{ "GET", "/resources/all/timeline", MATCH_ROUTE,
	    "/resources/all/:part", "part=timeline;" },
	{ "PATCH", "/users", MATCH_PATH, "GET, POST", "" },
	{ "get", "/users", MATCH_PATH, "GET, POST", "" },
	{ "POST", "/users/me", MATCH_PATH, "PUT, DELETE, GET", "" },
	{ "POST", "/users/7", MATCH_PATH, "PUT, DELETE", "" },
	{ "PUT", "/jobs/trigger", MATCH_PATH, "GET, POST", "" },
	{ "GET", "/user", MATCH_NONE, NULL, "" },
	{ "GET", "/usersx", MATCH_NONE, NULL, "" },
	{ "GET", "/users/", MATCH_NONE, NULL, "" },
	{ "PUT", "/users//", MATCH_NONE, NULL, "" },
	{ "GET", "/resources//timeline", MATCH_NONE, NULL, "" },
	{ "GET", "/users/me/x", MATCH_NONE, NULL, "" },
	{ "GET", "//users", MATCH_NONE, NULL, "" },
	{ "GET", "/./users", MATCH_NONE, NULL, "" },
	{ "GET", "/x/../users", MATCH_NONE, NULL, "" },
	{ "GET", "", MATCH_NONE, NULL, "" },
	{ "GET", "*", MATCH_NONE, NULL, "" },
};

int
main(void)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
		struct path_param params[REQUEST_PATH_PARAMS];
		struct text shown = { .arena = arena };
		const struct route *found = NULL;
		const char *allow = NULL;
		size_t nparams = 0;
		enum match match = route_find(routes, COUNT_OF(routes),
		    cases[i].method, cases[i].path, arena, &found, params,
		    &nparams, &allow);

		for (size_t j = 0; j < nparams; j++)
			text_add_format(&shown, "%s=%s;", params[j].name,
			    params[j].value);
		is_int(match, cases[i].match, arena_printf(arena,
		    "%s %s is known as it should be", cases[i].method,
		    cases[i].path));
		is_text(match == MATCH_ROUTE ? found->path : allow,
		    cases[i].found, arena_printf(arena,
		    "%s %s finds what serves it", cases[i].method,
		    cases[i].path));
		is_text(text_get(&shown), cases[i].params,
		    arena_printf(arena, "%s %s has its parameters",
		    cases[i].method, cases[i].path));
	}
	return tap_done();
}
