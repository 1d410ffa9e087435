/*
 * Inside db/: a transaction of several round trips, for what does not fit
 * into a pipeline (COPY, migrations).
 *
 * Only session_begin() makes a new connection when there is none; the others
 * fail with FAULT_BUSY then.  Every failure ends the connection, by which the
 * server takes everything back.
 */
#ifndef DB_TRANSACTION_H
#define DB_TRANSACTION_H

#include "db/session.h"

/* Begin, and run ${statements} in it. */
int session_begin(struct session *session, struct statement *statements,
    size_t count, struct failure *why);

/*
 * Run a text of several statements, in the open transaction or, if there is
 * none, as one of its own.  The failure names the line.  FAULT_INTERNAL if
 * it begins or ends a transaction itself.
 */
int session_script(struct session *session, const char *sql,
    struct failure *why);

/* COPY ${length} bytes of ${data} by ${copy}. */
int session_put(struct session *session, const struct query *copy,
    const char *data, size_t length, struct failure *why);

/* Run ${statements}, and commit. */
int session_commit(struct session *session, struct statement *statements,
    size_t count, struct failure *why);

#endif
