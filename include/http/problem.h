/*
 * Errors on the wire: RFC 9457 problem+json as api.md 1.4 has it.
 */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/failure.h"
#include "http/response.h"

/* One thing that is wrong with the input. */
struct complaint {
	struct complaint *next;
	const char *loc;               /* JSON array, as text */
	const char *type;              /* api.md 1.4; static */
	const char *message;           /* never holds the offending input */
};

/* All that is wrong; start with { .arena = arena }. */
struct complaints {
	struct arena *arena;
	struct complaint *first, **last;
	size_t count;                  /* all; the first 64 are kept */
};

/*
 * Where something stands in the input: a chain from the leaf to the root,
 * built on the stack while walking down.
 */
struct place {
	const struct place *parent;    /* NULL at "body", "query", "path" */
	const char *name;              /* NULL: ${index} counts.  A name is cut
	                                * at 128 bytes when it is shown */
	size_t index;
};

void complain(struct complaints *complaints, const struct place *place,
    const char *type, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A 422 that lists the complaints, of which there is at least one. */
void problem_complaints(struct response *response,
    const struct complaints *complaints);

/*
 * The status that belongs to ${why}'s fault, with its detail; for a 5xx a
 * generic text (the caller logs the real one).  FAULT_INVALID becomes a 422
 * with one complaint at ["body", ${why}->field] or ["body"].
 */
void problem_failure(struct response *response, const struct failure *why);

/*
 * Any other than 422.  ${detail} is shown as it is; NULL stands for the status
 * phrase, or the generic text of a 5xx.  A 429 repeats it as `error`.
 *
 * All of these replace what the response held before, headers included; a 401
 * carries WWW-Authenticate and a 503 Retry-After.
 */
void problem_status(struct response *response, int status,
    const char *detail);

int fault_status(enum fault fault);

#endif
