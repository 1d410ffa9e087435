/*
 * One HTTP request as FastCGI delivered it (RFC 3875 names, RFC 9110
 * meanings), read completely into its arena before anything looks at it.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"

struct json_object;
struct route;

/* A field of the route and what the request says for it (http/field.h). */
struct value {
	bool present;                  /* given, possibly as null */
	const char *text;              /* in the form that PostgreSQL takes;
	                                * NULL when absent or null.  Absent
	                                * with a default: the default */
	struct json_object *json;      /* of a body's member; borrowed */
};

struct path_param {
	const char *name, *value;      /* decoded */
};

#define REQUEST_PATH_PARAMS 4

struct request {
	struct arena *arena;
	const char *id;                /* X-Request-ID if fit, else ours */
	int64_t now;                   /* when it was accepted; clock.h */
	const char *method;
	const char *path;              /* decoded once (http/percent.h), less
	                                * one final slash */
	const char *query;             /* raw; "" if none */
	const char *content_type;      /* NULL if none */
	const char *body;              /* NULL if none */
	size_t body_length;
	const char *address;           /* the client's, IPv4 or IPv6; "::" if
	                                * the server did not say */
	const char *agent;             /* UTF-8; NULL if none; cut to 400
	                                * bytes */
	bool is_https;
	/* A header by its FastCGI name, "HTTP_X_API_KEY"; NULL if absent or
	 * empty.  Any bytes but NUL; lives as long as the request. */
	const char *(*header)(const struct request *request, const char *name);
	void *transport;

	/* Filled in by dispatch: */
	const struct route *route;
	struct path_param params[REQUEST_PATH_PARAMS];
	size_t nparams;
	struct json_object *json;      /* the body; freed by request_end */
	struct value *values;          /* parallel to route->fields */
};

/* The value of the route's field ${name}, which must exist. */
const struct value *request_value(const struct request *request,
    const char *name);

/* Its text; NULL when absent or null. */
const char *request_text(const struct request *request, const char *name);

/* Free what is not in the arena.  Whoever made the request calls it. */
void request_end(struct request *request);

#endif
