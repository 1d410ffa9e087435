/*
 * What goes back: a status, a body that is complete, a few headers.  The
 * security headers are nginx's (nginx/headers.conf), once for pages and API.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stddef.h>

#include "base/arena.h"

#define RESPONSE_HEADERS 8

struct response {
	struct arena *arena;
	int status;                    /* 0: nothing was decided yet */
	const char *content_type;      /* NULL with no body */
	const char *body;              /* lives as long as the response */
	size_t body_length;
	struct {
		const char *name, *value;
	} headers[RESPONSE_HEADERS];
	size_t nheaders;
};

/* ${body} must live as long as the response. */
void response_json(struct response *response, int status, const char *body);

/* 204 */
void response_empty(struct response *response);

/*
 * ${name} is static; ${value} must be fit for a header: no control characters
 * (asserted), and live as long as the response.
 */
void response_header(struct response *response, const char *name,
    const char *value);

/* "Not Found" for 404 (RFC 9110's phrases); "Unknown" for what has none. */
const char *status_phrase(int status);

#endif
