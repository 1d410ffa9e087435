/*
 * One request being answered: what handlers work with.
 *
 * A handler reads its fields (request_text), runs its statements as the
 * caller (exchange_run) and fills the response, or fails; the failure becomes
 * a problem.  It never checks a permission or a field: the route did.
 */
#ifndef API_EXCHANGE_H
#define API_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "db/session.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/response.h"
#include "http/route.h"
#include "service.h"

/*
 * The hashes of a secret that the database is asked to find, as a bytea[] in
 * text form: the present one first, then the previous one.
 */
#define HASHES_TEXT_BYTES 160

/* What the caller showed.  A token has been verified; a key has not. */
struct credentials {
	const char *user, *organization;       /* of a token, or NULL */
	const char *key_hashes;                /* of a key, or NULL */
};

struct exchange {
	struct service *service;
	struct request *request;
	struct response *response;
	struct credentials credentials;
	struct complaints complaints;  /* about the input, for callers who may
	                                * know (api.md 1.6) */
	struct rows *answer;           /* keeps the response's body alive */
};

/*
 * Run ${statements} as the caller, in one round trip and one transaction:
 * enter() comes first, checks that the caller exists, is active and holds the
 * route's permission, and sets the tenant; a refusal there takes the rest
 * back.  A route without a permission runs as nobody.  GETs are repeated once
 * when the connection breaks, all once when a constraint is violated, and
 * then it is FAULT_CONFLICT.
 */
int exchange_run(struct exchange *exchange, struct statement *statements,
    size_t count, struct failure *why);

/*
 * Bind ${query}'s parameters to the route's fields of the same names; a
 * parameter NAME__given is whether NAME was present.  ${extra} (may be NULL)
 * binds what is no field and goes first.  In the request's arena.
 */
struct statement exchange_bind(struct exchange *exchange,
    const struct query *query, const struct bind *extra, size_t nextra);

/*
 * Answer with the route's status and the column `body` of ${rows}' only row;
 * without a row fail with FAULT_MISSING and the route's `missing`.  The
 * exchange takes ${rows} over.
 */
int exchange_answer(struct exchange *exchange, struct rows *rows,
    struct failure *why);

/*
 * Run the route's change and statement, with ${extra} bound as exchange_bind
 * does it, and answer: what a route without a handler does.
 */
int exchange_serve(struct exchange *exchange, const struct bind *extra,
    size_t nextra, struct failure *why);

/* ${hashes} for a parameter of type bytea[]. */
void exchange_hashes(const struct lookup_hashes *hashes,
    char text[HASHES_TEXT_BYTES]);

/* One hash for a parameter of type bytea. */
#define HASH_TEXT_BYTES (2 + 2 * HASH_BYTES + 1)
void exchange_hash(const unsigned char hash[HASH_BYTES],
    char text[HASH_TEXT_BYTES]);

/* What audit() notes of the request, as JSON. */
const char *exchange_describe(const struct request *request);

#endif
