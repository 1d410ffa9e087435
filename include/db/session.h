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

/* The database's name when nothing names one. */
#define SESSION_DATABASE "diurnal"

struct session_options {
	const char *application_name;          /* "diurnal-api" */
	const char *role;                      /* whose rights the session has,
	                                        * whoever the configuration
	                                        * signs in as (who must be a
	                                        * member); also who signs in
	                                        * if it names nobody.  NULL:
	                                        * the rights of who signs in */
	bool administrator;                    /* if the configuration names
	                                        * nobody, who signs in is who
	                                        * runs the program (or PGUSER),
	                                        * not ${role} */
	const char *database;                  /* instead of the configured */
	int64_t statement_timeout;             /* µs; 0: none */
	int64_t idle_session_timeout;          /* µs; 0: none.  The server ends
	                                        * a session that says nothing
	                                        * for so long: see lock.h */
};

/*
 * Connect as the configuration says: DATABASE_URL, else POSTGRES_*, else what
 * libpq's environment variables (PGHOST ...) say, else the local socket; to
 * the database "diurnal" if none is named.
 *
 * At connect, by the startup packet, search_path (diurnal, pg_temp), role,
 * time zone (UTC), DateStyle, client_encoding, time-outs, application_name
 * and more are pinned (src/db/endpoint.c); what DATABASE_URL's or PGOPTIONS'
 * `options` say of others is kept.  Then one round trip asks the server
 * whether they arrived, and which process serves us: behind a pooler it is
 * not the one that the startup announced, and the pooler is refused
 * (FAULT_REFUSED).  Session locks, LISTEN and prepared statements would
 * break behind one that pools transactions, and from outside it cannot be
 * told from other kinds.
 *
 * FAULT_BUSY if the server cannot be reached now or does not let us in;
 * FAULT_INVALID if DATABASE_URL cannot be understood.
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

#define SESSION_STATEMENTS_MAX 64

void statements_free(struct statement *statements, size_t count);

/*
 * Run at most SESSION_STATEMENTS_MAX ${statements} in one round trip and one
 * transaction.  On success every rows member is set and has its query's
 * shape.  On failure none is set, nothing was committed (but see
 * FAULT_UNCERTAIN above), and the detail is our own SQL's message for the
 * SQLSTATEs above, or "STATEMENT: MESSAGE [SQLSTATE]" for the log; the message
 * is left out where it could quote the value of a parameter.
 *
 * A row too few for SHAPE_ONE is FAULT_MISSING.  The shape can be looked at
 * only when the run is over and committed: what a missing row must take back
 * has to be refused by the SQL itself (diurnal.refuse).
 *
 * Until the last byte is sent nothing can have been committed: a connection
 * that breaks before is FAULT_BUSY, not FAULT_UNCERTAIN.  So is one that the
 * server ends in the middle of a statement and says so.
 */
int session_run(struct session *session, struct statement *statements,
    size_t count, bool safe, struct failure *why);

/* As session_run with one statement, not safe.  ${rows} may be NULL. */
int session_one(struct session *session, const struct query *query,
    const struct bind *binds, size_t nbinds, struct rows **rows,
    struct failure *why);

/*
 * COPY and merge: run ${before}, COPY ${data} (PostgreSQL's text format,
 * ${length} bytes) by ${copy} (a COPY ... FROM STDIN without parameters),
 * then ${after}, in one transaction of four round trips.  For sets too large
 * for parameters.  Fails as session_run does; never repeated, and a failure
 * ends the connection.
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
