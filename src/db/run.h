/*
 * One pipeline: statements, those not yet prepared with their preparation in
 * front, and a Sync, which commits.
 */
#ifndef DB_RUN_H
#define DB_RUN_H

#include <libpq-fe.h>
#include <stdint.h>

#include "base/failure.h"
#include "db/session.h"
#include "src/db/prepared.h"

enum verdict {
	RUN_DONE,              /* committed */
	RUN_FAILED,            /* the server said no; taken back */
	RUN_STALE,             /* a prepared statement was stale; taken back */
	RUN_TORN,              /* the connection broke before the commit */
	RUN_UNCERTAIN,         /* it broke; nobody knows */
};

/*
 * Run ${statements} on ${conn}, which is idle, in pipeline mode and has
 * ${prepared}.  Sets the rows only for RUN_DONE, fills ${why} for all else.
 * After RUN_STALE, RUN_TORN and RUN_UNCERTAIN the connection is of no use.
 */
enum verdict run(PGconn *conn, struct prepared *prepared, int64_t silence,
    struct statement *statements, size_t count, struct failure *why);

#endif
