/*
 * A session with PostgreSQL: one connection, one transaction a round trip.
 *
 * session_run() sends all its statements in one pipeline, which the server
 * runs as one transaction and commits at the pipeline's end: a statement that
 * fails takes the whole run back, and no transaction is ever open while
 * nobody is looking.
 *
 * A connection that was lost (the server restarted, a failover) is noticed
 * before anything is sent, and made anew.  When it breaks after the
 * statements were sent, the run fails with FAULT_UNCERTAIN: it may have been
 * committed.  Runs marked `safe` (they only read, or repeating them is
 * harmless) are repeated once on a new connection instead.
 *
 * A session belongs to one thread at a time.  Only db/ calls libpq.
 */
#ifndef DB_SESSION_H
#define DB_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/query.h"

struct config;
struct session;

/*
 * SQLSTATEs by which our own SQL (migrations/) says why it refuses; the
 * message is for the client.  Everything else that the server reports is
 * FAULT_INTERNAL, but for: unique violations (23505) FAULT_CONFLICT; foreign
 * keys (23503) FAULT_CONFLICT; serialization and deadlock (40001, 40P01),
 * shutdown and too many connections (57P0x, 53xxx), lock time-out (55P03)
 * FAULT_BUSY; statement time-out (57014) FAULT_LATE.
 */
#define SQLSTATE_REFUSED         "DI400"
#define SQLSTATE_UNAUTHENTICATED "DI401"
#define SQLSTATE_DENIED          "DI403"
#define SQLSTATE_MISSING         "DI404"
#define SQLSTATE_CONFLICT        "DI409"
#define SQLSTATE_INVALID         "DI422"
#define SQLSTATE_BUSY            "DI503"

struct session_options {
	const char *application_name;          /* "diurnal-api" */
	const char *role;                      /* database user when the
	                                        * configuration names none */
	int64_t statement_timeout;             /* µs; 0: none */
	int64_t idle_session_timeout;          /* µs; 0: none.  The server ends
	                                        * a session that says nothing
	                                        * for so long: see lock.h */
};

/*
 * Connect as the configuration says (DATABASE_URL, or POSTGRES_*; by default
 * the local socket, as ${options}' role, to the database "diurnal").  At
 * connect search_path, time zone (UTC), DateStyle, time-outs and
 * application_name are pinned, and a pooler in transaction mode is refused.
 * FAULT_BUSY if the server cannot be reached now.
 */
int session_open(const struct config *config,
    const struct session_options *options, struct session **session,
    struct failure *why);

void session_close(struct session *session);
DEFINE_RELEASE(session_release, struct session *, session_close)

/* One statement of a run, and what came of it. */
struct statement {
	const struct query *query;
	const struct bind *binds;      /* every parameter, in any order */
	size_t nbinds;
	struct rows *rows;             /* out; the caller frees it */
};

void statements_free(struct statement *statements, size_t count);

/*
 * Run ${statements} in one round trip and one transaction.  On success every
 * rows member is set and has its query's shape; SHAPE_ONE without a row is
 * FAULT_MISSING.  On failure none is set, nothing was committed (but see
 * FAULT_UNCERTAIN above), and the detail is our own SQL's message for the
 * SQLSTATEs above, or "STATEMENT: MESSAGE [SQLSTATE]" for the log.
 */
int session_run(struct session *session, struct statement *statements,
    size_t count, bool safe, struct failure *why);

/* As session_run with one statement.  ${rows} may be NULL. */
int session_one(struct session *session, const struct query *query,
    const struct bind *binds, size_t nbinds, struct rows **rows,
    struct failure *why);

/*
 * COPY and merge: run ${before}, COPY ${data} (PostgreSQL's text format,
 * ${length} bytes) by ${copy} (a COPY ... FROM STDIN without parameters),
 * then ${after}, in one transaction.  For sets too large for parameters.
 */
int session_copy(struct session *session,
    struct statement *before, size_t nbefore, const struct query *copy,
    const char *data, size_t length,
    struct statement *after, size_t nafter, struct failure *why);

/*
 * Wait at most ${patience} µs for a notification on a channel that an
 * earlier run LISTENs to, whose payload is ${payload}; others are dropped.
 * FAULT_LATE if none came, FAULT_BUSY if the connection was lost.
 */
int session_wait(struct session *session, const char *channel,
    const char *payload, int64_t patience, struct failure *why);

/*
 * True if the connection is up as far as can be told without asking the
 * server.  Never blocks.
 */
bool session_is_connected(struct session *session);

/* How often this session has connected: a run that must stay on one
 * connection (a session lock) compares it. */
uint64_t session_generation(const struct session *session);

#endif
