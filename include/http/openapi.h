/*
 * The OpenAPI 3.1 document of a table of routes.
 */
#ifndef HTTP_OPENAPI_H
#define HTTP_OPENAPI_H

#include <stddef.h>

#include "base/text.h"
#include "http/route.h"

struct openapi_info {
	const char *title, *version, *description, *server;
};

/*
 * Append the document, as JSON that people can read, to ${text}: always the
 * same for the same table.  A route with a permission may also answer 400,
 * 401 and 403; one with `missing` 404; one that takes a body 413; one with a
 * body or fields 422; every one 500 and 503.  Its path's parameters must all
 * be among its fields.
 */
void openapi_print(const struct openapi_info *info,
    const struct route *routes, size_t nroutes, struct text *text);

#endif
