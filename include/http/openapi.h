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

/* Append the document, as JSON that people can read, to ${text}. */
void openapi_print(const struct openapi_info *info,
    const struct route *routes, size_t nroutes, struct text *text);

#endif
