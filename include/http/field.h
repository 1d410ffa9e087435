/*
 * What a route reads, as a table: every parameter of its path and query and
 * every member of its body, with type and bounds.  Dispatch checks all of it
 * (fields_read) before the handler runs, and the OpenAPI document is printed
 * from it, so the two cannot disagree.
 */
#ifndef HTTP_FIELD_H
#define HTTP_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/problem.h"
#include "http/request.h"

struct json_object;

enum field_place { IN_PATH, IN_QUERY, IN_BODY, FIELD_PLACE_COUNT };

enum field_kind {
	FIELD_TEXT,            /* low..high: characters */
	FIELD_INT,             /* low..high: the number */
	FIELD_NUMBER,
	FIELD_BOOL,
	FIELD_UUID,
	FIELD_TIME,            /* base/clock.h's clock_parse */
	FIELD_EMAIL,           /* api.md 1.3; the domain is lower-cased */
	FIELD_TEXTS,           /* list of texts; low..high: its length */
	FIELD_OBJECT,          /* any object within the JSON bounds */
	FIELD_TEXT_MAP,        /* object of texts */
	FIELD_KIND_COUNT
};

struct field {
	const char *name;              /* NULL ends a table */
	enum field_place place;
	enum field_kind kind;
	bool required;
	bool nullable;                 /* null is allowed, and means null */
	bool empty_is_absent;          /* query text filters */
	const char *fallback;          /* the default, as request_text's form */
	int64_t low, high;             /* both 0: the kind's own bounds */
	const char *const *choices;    /* texts; NULL ends; value_error */
	/*
	 * Whatever else must hold: complain() about ${json} (of a body) or
	 * ${text} at ${place}.  Runs only on values of the right kind.
	 */
	void (*check)(const struct request *request, struct json_object *json,
	    const char *text, const struct place *place,
	    struct complaints *complaints);
	const char *help;              /* OpenAPI's description */
	const char *example;           /* as JSON */
	bool secret;                   /* OpenAPI: format password, writeOnly */
};

/* Texts and names without a bound of their own: */
#define FIELD_TEXT_MAX 4096

/*
 * Fill request->values for request->route's fields, or complain about every
 * field that is wrong.  request->json is the parsed body, if there is one.
 */
void fields_read(struct request *request, struct complaints *complaints);

/*
 * Parse the body of a route that takes one: content type, UTF-8, depth at
 * most 32, no NUL in any text, an object at the top.  One complaint if not.
 */
void body_parse(struct request *request, struct complaints *complaints);

#endif
