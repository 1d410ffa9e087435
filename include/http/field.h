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

/*
 * What a field holds, the bounds that ${low} and ${high} mean, and those it
 * has without them.  In a JSON string an int, number or bool is read as in a
 * query.
 */
enum field_kind {
	FIELD_TEXT,            /* characters; 0..FIELD_TEXT_MAX */
	FIELD_INT,             /* the number; that of int32_t */
	FIELD_NUMBER,          /* the number; +-FIELD_NUMBER_MAX */
	FIELD_BOOL,            /* any case of true 1 yes on y t and opposites */
	FIELD_UUID,
	FIELD_TIME,            /* base/clock.h's clock_parse */
	FIELD_EMAIL,           /* one @, no quotes, a domain with a dot that is
	                        * not reserved and becomes lower-case */
	FIELD_TEXTS,           /* list; its length; 0..FIELD_ITEMS_MAX */
	FIELD_OBJECT,          /* any object within http/json.h's bounds */
	FIELD_TEXT_MAP,        /* object; its members; 0..FIELD_ITEMS_MAX */
	FIELD_KIND_COUNT
};

#define FIELD_TEXT_MAX 4096            /* also each text in a list or map */
#define FIELD_NUMBER_MAX INT64_C(1000000000000000)
#define FIELD_ITEMS_MAX 1000
#define FIELD_JSON_MAX ((size_t)1 << 20)        /* bytes of list or object */

struct field {
	const char *name;              /* NULL ends a table */
	enum field_place place;
	enum field_kind kind;
	bool required;
	bool nullable;                 /* null is allowed, and means null */
	bool empty_is_absent;          /* query text filters */
	bool secret;                   /* OpenAPI: format password, writeOnly */
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
};

/*
 * Fill request->values for request->route's fields, or complain about every
 * field that is wrong (its value is then absent).  request->json is the parsed
 * body; members of a body that is NULL are absent.  Path parameters come from
 * request->params, query parameters from request->query: the last of several
 * counts.  Times come out as clock_format's, UUIDs and domains in lower case,
 * lists, maps and objects as JSON.
 */
void fields_read(struct request *request, struct complaints *complaints);

/*
 * Parse the body of a route that takes one into request->json, which
 * request_end frees: content type, then http/json.h's json_read_object.  One
 * complaint if it is not fit, and request->json stays NULL.
 */
void body_parse(struct request *request, struct complaints *complaints);

/* The bounds that hold for ${field}: its own or those of its kind. */
void field_bounds(const struct field *field, int64_t *low, int64_t *high);

/* "path", "query", "body" */
const char *field_place_name(enum field_place place);

#endif
