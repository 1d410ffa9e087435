/*
 * The API's surface as one table.  A route says who may call it, what it
 * reads and what it answers; dispatch (src/api/dispatch.c) enforces all of
 * that, so a handler never repeats a check and cannot forget one, and
 * openapi.c prints it.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "http/field.h"

struct exchange;
struct query;

/* What a caller must be allowed; the catalogue is api/permission.h. */
struct permission {
	const char *name;              /* "policy:write" */
	const char *help;
};

/* What an answer looks like, for the OpenAPI document. */
enum member_kind {
	MEMBER_TEXT, MEMBER_INT, MEMBER_NUMBER, MEMBER_BOOL, MEMBER_UUID,
	MEMBER_TIME, MEMBER_TEXTS, MEMBER_TEXT_MAP, MEMBER_OBJECT,
	MEMBER_PLACE,                  /* a complaint's loc */
	MEMBER_SHAPE, MEMBER_SHAPES, MEMBER_KIND_COUNT
};

struct member {
	const char *name;              /* NULL ends a table */
	enum member_kind kind;
	bool nullable;
	bool optional;                 /* may be left out */
	const struct answer *shape;    /* of MEMBER_SHAPE and MEMBER_SHAPES */
	const char *const *choices;    /* texts; NULL ends */
	const char *help;
};

struct answer {
	const char *name;              /* schema name, "Policy"; unique */
	const struct member *members;
};

struct route {
	const char *method;
	const char *path;              /* "/api/v1/policies/:policy_id" */
	const char *operation;         /* operationId */
	const char *tag, *summary;
	const struct permission *permission;   /* NULL: anyone */
	bool caller_optional;          /* anyone, but who it is counts */
	const struct field *fields;    /* NULL: none */
	bool takes_body;
	/* Rules across fields; runs only when every field is sound. */
	void (*check)(const struct request *request,
	    struct complaints *complaints);

	/*
	 * What serves it: a handler; or, if that is NULL, statements whose
	 * parameters are the fields of the same names, in one transaction:
	 * `change` writes (and records what it did) and returns a row if it
	 * found what to write; `statement` reads the answer, its column
	 * `body`.  No row from either is a 404 with `missing`.
	 */
	int (*handle)(struct exchange *exchange, struct failure *why);
	const struct query *change;    /* NULL when nothing is written */
	const struct query *statement; /* NULL when nothing is answered */
	const char *new_id;            /* bind a new UUID by this name */
	const char *missing;           /* "Policy not found" */

	int status;                    /* of success */
	const struct answer *answer;   /* NULL with 204 */
	bool answers_list;             /* a bare array of `answer` */
	bool wakes_reconciler;         /* touch the trigger after commit */
	const int *errors;             /* further statuses, ended by 0; those
	                                * that follow from the rest need not
	                                * be named (openapi.h) */
};

enum match { MATCH_NONE, MATCH_PATH, MATCH_ROUTE };

/*
 * Find what serves ${method} ${path} and fill ${params} from the path.  A
 * fixed segment beats a parameter, for the methods it has (api.md 1.1).
 * MATCH_PATH: the path exists for other methods, listed in ${allow} ("GET,
 * POST"; allocated in ${arena}).
 */
enum match route_find(const struct route *routes, size_t nroutes,
    const char *method, const char *path, struct arena *arena,
    const struct route **found, struct path_param *params, size_t *nparams,
    const char **allow);

#endif
