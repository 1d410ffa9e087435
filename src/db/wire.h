/*
 * Bytes to and from the server on a non-blocking connection.  Sending never
 * stops receiving, so that two full buffers cannot wait for each other.
 *
 * ${silence}: µs without any progress after which the connection counts as
 * lost; 0 for no limit.  All return 0, or -1 once the connection is lost.
 */
#ifndef DB_WIRE_H
#define DB_WIRE_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

/* Hand everything that is queued to the kernel. */
int wire_flush(PGconn *conn, int64_t silence);

/* The next result, NULL where libpq ends a statement's results. */
int wire_result(PGconn *conn, int64_t silence, PGresult **result);

/* Wait for input until ${until} (clock_monotonic) and take it in; false once
 * that time has come. */
int wire_input(PGconn *conn, int64_t until, bool *came);

/* Is the idle ${conn} up, as far as can be told without asking the server?
 * Takes in what has come; never blocks. */
bool wire_is_up(PGconn *conn);

#endif
