/*
 * What the server says went wrong, as a failure: the table behind the
 * promise in db/session.h.
 */
#ifndef DB_SQLSTATE_H
#define DB_SQLSTATE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/failure.h"

/* The fault for a SQLSTATE; FAULT_INTERNAL for any that is not listed. */
enum fault sqlstate_fault(const char *sqlstate);

/*
 * Fill ${why} from the error ${result} of ${statement} (or NULL).  Returns -1.
 * The message of an error that quotes the value of a parameter is left out.
 */
int sqlstate_fail(const PGresult *result, const char *statement,
    struct failure *why);

/* The server ended the connection with this message. */
bool sqlstate_is_fatal(const PGresult *result);

/*
 * The prepared statement has had its day: it was made under a schema that has
 * changed since, or is gone.  It did nothing, and works when prepared anew.
 */
bool sqlstate_is_stale(const PGresult *result);

/* libpq's message ${text} on one line, at most ${size} bytes with the NUL. */
void sqlstate_one_line(const char *text, char *line, size_t size);

#endif
