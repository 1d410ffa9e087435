#include "http/route.h"

#include <assert.h>

#include "base/text.h"

static size_t
segment_length(const char *segment)
{
	return strcspn(segment, "/");
}

/* Both start with the slash of their next segment, or are at their end. */
static bool
path_matches(const char *pattern, const char *path)
{
	while (*pattern != '\0') {
		if (*pattern == ':') {
			if (segment_length(path) == 0)
				return false;
			pattern += segment_length(pattern);
			path += segment_length(path);
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

/*
 * Of two patterns that match the same path: is ${pattern} the more fixed one,
 * at the first segment where they differ?
 */
static bool
is_more_fixed(const char *pattern, const char *than)
{
	while (*pattern != '\0' && *than != '\0') {
		if (*pattern == ':' && *than == ':') {
			pattern += segment_length(pattern);
			than += segment_length(than);
		} else if (*pattern == *than) {
			pattern++;
			than++;
		} else {
			return *than == ':';
		}
	}
	return false;
}

static size_t
read_params(const char *pattern, const char *path, struct arena *arena,
    struct path_param *params)
{
	size_t nparams = 0;

	for (; *pattern != '\0'; pattern++, path++) {
		size_t length = segment_length(path);

		if (*pattern != ':')
			continue;
		assert(nparams < REQUEST_PATH_PARAMS);
		params[nparams].name = arena_copy(arena, pattern + 1,
		    segment_length(pattern + 1));
		params[nparams++].value = arena_copy(arena, path, length);
		pattern += segment_length(pattern) - 1;
		path += length - 1;
	}
	return nparams;
}

static bool
is_listed(const struct route *routes, size_t nroutes, const char *path,
    const char *method)
{
	for (size_t i = 0; i < nroutes; i++)
		if (text_is(routes[i].method, method) &&
		    path_matches(routes[i].path, path))
			return true;
	return false;
}

/* Every method that the path has, once, in the table's order. */
static const char *
allowed_methods(const struct route *routes, size_t nroutes, const char *path,
    struct arena *arena)
{
	struct text text = { .arena = arena };

	for (size_t i = 0; i < nroutes; i++) {
		if (!path_matches(routes[i].path, path) ||
		    is_listed(routes, i, path, routes[i].method))
			continue;
		text_add_format(&text, "%s%s", text.length > 0 ? ", " : "",
		    routes[i].method);
	}
	return text.length > 0 ? text_get(&text) : NULL;
}

enum match
route_find(const struct route *routes, size_t nroutes, const char *method,
    const char *path, struct arena *arena, const struct route **found,
    struct path_param *params, size_t *nparams, const char **allow)
{
	const struct route *best = NULL;
	const char *methods;

	for (size_t i = 0; i < nroutes; i++)
		if (path_matches(routes[i].path, path) &&
		    text_is(routes[i].method, method) &&
		    (best == NULL || is_more_fixed(routes[i].path, best->path)))
			best = &routes[i];
	if (best != NULL) {
		*nparams = read_params(best->path, path, arena, params);
		*found = best;
		return MATCH_ROUTE;
	}
	methods = allowed_methods(routes, nroutes, path, arena);
	if (methods == NULL)
		return MATCH_NONE;
	*allow = methods;
	return MATCH_PATH;
}
