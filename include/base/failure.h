/*
 * Why an operation did not happen.
 *
 * A function that can fail for the caller's or the world's reasons takes a
 * struct failure last, returns 0 or -1, and fills it once, where the cause is
 * known.  Only main loops log it and only the HTTP layer turns it into a
 * status.  Mistakes of the programmer are asserted, never reported here.
 */
#ifndef BASE_FAILURE_H
#define BASE_FAILURE_H

enum fault {
	FAULT_NONE,
	FAULT_INVALID,         /* the input is wrong: 422, exit 65 */
	FAULT_REFUSED,         /* sound, but not possible as things are: 400;
	                        * from a provider: it said no to this command */
	FAULT_UNAUTHENTICATED, /* nobody we know: 401; from a provider: it does
	                        * not accept the credentials */
	FAULT_DENIED,          /* known caller, not allowed: 403 */
	FAULT_MISSING,         /* no such thing, or not visible: 404 */
	FAULT_CONFLICT,        /* someone else was first: 409 */
	FAULT_BUSY,            /* not now, try again: 503, exit 75; from a
	                        * provider: it throttles us */
	FAULT_LATE,            /* no answer in time: 504 */
	FAULT_UPSTREAM,        /* somebody we depend on said no: 502 */
	FAULT_UNCERTAIN,       /* sent, outcome unknown: look first */
	FAULT_INTERNAL,        /* ours: 500; the detail is logged, never sent */
	FAULT_COUNT
};

struct failure {
	enum fault fault;
	const char *field;     /* static: which input, or NULL */
	char detail[480];      /* for the person who reads it; UTF-8 */
};

/*
 * Record why and return -1, so that callers can write `return fail(...)`.
 * ${why} must not hold a failure already.  A detail that is too long is cut
 * at a character's boundary.
 */
int fail(struct failure *why, enum fault fault, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Put what was being done before what went wrong: "DOING: DETAIL". */
int fail_doing(struct failure *why, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "none", "invalid", ...: for logs. */
const char *fault_name(enum fault fault);

#endif
