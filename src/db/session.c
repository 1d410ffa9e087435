#include "db/session.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "src/db/endpoint.h"
#include "src/db/prepared.h"
#include "src/db/rows.h"
#include "src/db/run.h"
#include "src/db/session_sql.h"
#include "src/db/sqlstate.h"
#include "src/db/transaction.h"
#include "src/db/wire.h"

/* What the server may take longer than its own time-outs allow. */
#define GRACE (10 * CLOCK_SECOND)
#define COPY_CHUNK ((size_t)64 * 1024)

struct session {
	struct endpoint *endpoint;
	PGconn *conn;                  /* NULL: not connected */
	struct prepared prepared;      /* on conn */
	uint64_t generation;
	int64_t statement_timeout;
};

static void
drop(struct session *session)
{
	PQfinish(session->conn);
	session->conn = NULL;
	prepared_clear(&session->prepared);
}

/* How long ${count} statements may leave us without a word. */
static int64_t
silence(const struct session *session, size_t count)
{
	if (session->statement_timeout == 0)
		return 0;
	return (int64_t)count * session->statement_timeout + GRACE;
}

/* Run on the present connection; it is dropped when it is of no more use. */
static enum verdict
run_here(struct session *session, struct statement *statements, size_t count,
    struct failure *why)
{
	enum verdict verdict = run(session->conn, &session->prepared,
	    silence(session, count), statements, count, why);

	if (verdict != RUN_DONE && verdict != RUN_FAILED)
		drop(session);
	return verdict;
}

/*
 * A pooler answers the start-up itself, with a process id of its own making,
 * and may swallow the options in it.
 */
static int
check_server(struct session *session, struct failure *why)
{
	char pid[16];
	struct statement check = {
		.query = &session_check,
		BINDS({ "pid", pid },
		    { "search_path", ENDPOINT_SEARCH_PATH }),
	};
	SCOPED(rows_release) struct rows *rows = NULL;

	snprintf(pid, sizeof(pid), "%d", PQbackendPID(session->conn));
	if (run_here(session, &check, 1, why) != RUN_DONE)
		return -1;
	rows = check.rows;
	if (!text_is(rows_text(rows, 0, "is_direct"), "t"))
		return fail(why, FAULT_REFUSED, "a connection pooler stands "
		    "between this program and PostgreSQL: connect to the "
		    "server itself");
	if (!text_is(rows_text(rows, 0, "is_pinned"), "t"))
		return fail(why, FAULT_REFUSED, "the server did not take the "
		    "settings of the connection (options)");
	return 0;
}

static int
connect_now(struct session *session, struct failure *why)
{
	if (endpoint_connect(session->endpoint, &session->conn, why) != 0)
		return -1;
	if (check_server(session, why) != 0) {
		drop(session);
		return -1;
	}
	session->generation++;
	return 0;
}

bool
session_is_connected(struct session *session)
{
	if (session->conn != NULL && !wire_is_up(session->conn))
		drop(session);
	return session->conn != NULL;
}

static int
ensure_connected(struct session *session, struct failure *why)
{
	return session_is_connected(session) ? 0 : connect_now(session, why);
}

int
session_open(const struct config *config,
    const struct session_options *options, struct session **session,
    struct failure *why)
{
	SCOPED(session_release) struct session *new = NULL;

	new = calloc(1, sizeof(*new));
	if (new == NULL)
		abort();
	new->statement_timeout = options->statement_timeout;
	if (endpoint_new(config, options, &new->endpoint, why) != 0 ||
	    connect_now(new, why) != 0)
		return -1;
	*session = take(new);
	return 0;
}

void
session_close(struct session *session)
{
	if (session == NULL)
		return;
	drop(session);
	endpoint_free(session->endpoint);
	free(session);
}

uint64_t
session_generation(const struct session *session)
{
	return session->generation;
}

void
statements_free(struct statement *statements, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rows_free(statements[i].rows);
		statements[i].rows = NULL;
	}
}

/* Every statement's rows as its query says, or none at all. */
static int
check_shapes(struct statement *statements, size_t count, struct failure *why)
{
	for (size_t i = 0; i < count; i++) {
		if (rows_check(statements[i].rows, statements[i].query,
		    why) != 0) {
			statements_free(statements, count);
			return -1;
		}
	}
	return 0;
}

static bool
may_repeat(enum verdict verdict, bool safe)
{
	switch (verdict) {
	case RUN_STALE:
		return true;
	case RUN_TORN:
	case RUN_UNCERTAIN:
		return safe;
	case RUN_DONE:
	case RUN_FAILED:
		break;
	}
	return false;
}

int
session_run(struct session *session, struct statement *statements,
    size_t count, bool safe, struct failure *why)
{
	enum verdict verdict;

	if (ensure_connected(session, why) != 0)
		return -1;
	verdict = run_here(session, statements, count, why);
	if (may_repeat(verdict, safe)) {
		*why = (struct failure){ .fault = FAULT_NONE };
		if (ensure_connected(session, why) != 0)
			return -1;
		verdict = run_here(session, statements, count, why);
	}
	if (verdict != RUN_DONE)
		return -1;
	return check_shapes(statements, count, why);
}

int
session_one(struct session *session, const struct query *query,
    const struct bind *binds, size_t nbinds, struct rows **rows,
    struct failure *why)
{
	struct statement statement = {
		.query = query, .binds = binds, .nbinds = nbinds,
	};

	if (session_run(session, &statement, 1, false, why) != 0)
		return -1;
	if (rows != NULL)
		*rows = take(statement.rows);
	statements_free(&statement, 1);
	return 0;
}

static int
need_connection(const struct session *session, struct failure *why)
{
	if (session->conn == NULL)
		return fail(why, FAULT_BUSY, "the connection to the database "
		    "was lost");
	return 0;
}

/* Run ${statements} with ${extra} before or behind them. */
static int
run_with(struct session *session, const struct query *extra, bool behind,
    struct statement *statements, size_t count, struct failure *why)
{
	struct statement all[SESSION_STATEMENTS_MAX] = { { .query = NULL } };
	size_t first = behind ? 0 : 1;

	assert(count < SESSION_STATEMENTS_MAX);
	for (size_t i = 0; i < count; i++)
		all[first + i] = statements[i];
	all[behind ? count : 0].query = extra;
	if (run_here(session, all, count + 1, why) != RUN_DONE) {
		drop(session);
		return -1;
	}
	if (check_shapes(all, count + 1, why) != 0) {
		drop(session);
		return -1;
	}
	rows_free(all[behind ? count : 0].rows);
	for (size_t i = 0; i < count; i++)
		statements[i].rows = all[first + i].rows;
	return 0;
}

int
session_begin(struct session *session, struct statement *statements,
    size_t count, struct failure *why)
{
	if (ensure_connected(session, why) != 0)
		return -1;
	return run_with(session, &session_begin_query, false, statements,
	    count, why);
}

int
session_commit(struct session *session, struct statement *statements,
    size_t count, struct failure *why)
{
	if (need_connection(session, why) != 0)
		return -1;
	return run_with(session, &session_commit_query, true, statements,
	    count, why);
}

/*
 * The answers to what libpq knows only outside of pipelines.  The last result
 * before ${stop} is in ${last}; -1 if the connection is lost.
 */
static int
receive_plain(struct session *session, ExecStatusType stop, PGresult **last)
{
	SCOPED(result_release) PGresult *kept = NULL;

	for (;;) {
		SCOPED(result_release) PGresult *got = NULL;
		bool is_error;

		if (wire_result(session->conn, silence(session, 1), &got) != 0)
			return -1;
		if (got == NULL)
			break;
		is_error = PQresultErrorField(got, PG_DIAG_SQLSTATE) != NULL;
		if (!is_error && PQresultStatus(got) == PGRES_FATAL_ERROR)
			return -1;
		PQclear(kept);
		kept = take(got);
		if (is_error || PQresultStatus(kept) == stop)
			break;
	}
	*last = take(kept);
	return 0;
}

static int
lost_plain(struct session *session, struct failure *why)
{
	char line[sizeof(why->detail) / 2];

	sqlstate_one_line(PQerrorMessage(session->conn), line, sizeof(line));
	return fail(why, FAULT_BUSY, "the connection to the database was "
	    "lost: %s", line);
}

/* The line of ${sql} that the error ${result} is about; 0 if none. */
static int
line_of_error(const PGresult *result, const char *sql)
{
	const char *position = PQresultErrorField(result,
	    PG_DIAG_STATEMENT_POSITION);
	int64_t characters;
	int line = 1;

	if (position == NULL ||
	    text_to_int64(position, 1, INT64_MAX, &characters) != 0)
		return 0;
	for (; *sql != '\0' && characters > 1; sql++) {
		line += *sql == '\n';
		/* Bytes that continue a character do not count. */
		characters -= ((unsigned char)sql[1] & 0xc0) != 0x80;
	}
	return line;
}

static int
script_fail(const PGresult *result, const char *sql, struct failure *why)
{
	int line = line_of_error(result, sql);
	char where[32];

	if (line == 0)
		return sqlstate_fail(result, NULL, why);
	snprintf(where, sizeof(where), "line %d", line);
	return sqlstate_fail(result, where, why);
}

/* Out of pipeline mode, run ${sql} up to a result of the status ${stop}. */
static int
start_plain(struct session *session, const char *sql, ExecStatusType stop,
    PGresult **result)
{
	if (PQexitPipelineMode(session->conn) != 1 ||
	    PQsendQuery(session->conn, sql) != 1 ||
	    wire_flush(session->conn, silence(session, 1)) != 0)
		return -1;
	return receive_plain(session, stop, result);
}

static int
script_here(struct session *session, const char *sql, struct failure *why)
{
	PGTransactionStatusType before = PQtransactionStatus(session->conn);
	SCOPED(result_release) PGresult *result = NULL;

	/* No result of a script has this status: read them all. */
	if (start_plain(session, sql, PGRES_NONFATAL_ERROR, &result) != 0)
		return lost_plain(session, why);
	if (PQresultStatus(result) == PGRES_FATAL_ERROR)
		return script_fail(result, sql, why);
	if (PQtransactionStatus(session->conn) != before)
		return fail(why, FAULT_INTERNAL, "the script begins or ends a "
		    "transaction");
	if (PQenterPipelineMode(session->conn) != 1)
		return lost_plain(session, why);
	return 0;
}

int
session_script(struct session *session, const char *sql, struct failure *why)
{
	if (need_connection(session, why) != 0)
		return -1;
	if (script_here(session, sql, why) != 0) {
		drop(session);
		return -1;
	}
	return 0;
}

/* Chunks keep what libpq holds small while the server is slower than us. */
static int
put_data(struct session *session, const char *data, size_t length)
{
	int ended;

	while (length > 0) {
		size_t chunk = length < COPY_CHUNK ? length : COPY_CHUNK;
		int put = PQputCopyData(session->conn, data, (int)chunk);

		if (put < 0 ||
		    wire_flush(session->conn, silence(session, 1)) != 0)
			return -1;
		if (put > 0) {
			data += chunk;
			length -= chunk;
		}
	}
	while ((ended = PQputCopyEnd(session->conn, NULL)) == 0) {
		if (wire_flush(session->conn, silence(session, 1)) != 0)
			return -1;
	}
	return ended == 1 ? wire_flush(session->conn, silence(session, 1)) : -1;
}

static int
put_here(struct session *session, const struct query *copy, const char *data,
    size_t length, struct failure *why)
{
	SCOPED(result_release) PGresult *ready = NULL;
	SCOPED(result_release) PGresult *done = NULL;

	if (start_plain(session, copy->sql, PGRES_COPY_IN, &ready) != 0)
		return lost_plain(session, why);
	if (PQresultStatus(ready) == PGRES_FATAL_ERROR)
		return sqlstate_fail(ready, copy->name, why);
	assert(PQresultStatus(ready) == PGRES_COPY_IN);
	if (put_data(session, data, length) != 0 ||
	    receive_plain(session, PGRES_NONFATAL_ERROR, &done) != 0)
		return lost_plain(session, why);
	if (PQresultStatus(done) == PGRES_FATAL_ERROR)
		return sqlstate_fail(done, copy->name, why);
	if (PQenterPipelineMode(session->conn) != 1)
		return lost_plain(session, why);
	return 0;
}

int
session_put(struct session *session, const struct query *copy,
    const char *data, size_t length, struct failure *why)
{
	if (need_connection(session, why) != 0)
		return -1;
	if (put_here(session, copy, data, length, why) != 0) {
		drop(session);
		return -1;
	}
	return 0;
}

int
session_copy(struct session *session, struct statement *before,
    size_t nbefore, const struct query *copy, const char *data,
    size_t length, struct statement *after, size_t nafter,
    struct failure *why)
{
	if (session_begin(session, before, nbefore, why) != 0)
		return -1;
	if (session_put(session, copy, data, length, why) != 0 ||
	    session_commit(session, after, nafter, why) != 0) {
		statements_free(before, nbefore);
		return -1;
	}
	return 0;
}

/* Take what notifications have come; true if the one waited for is there. */
static bool
is_notified(PGconn *conn, const char *channel, const char *payload)
{
	bool found = false;
	PGnotify *notify;

	while (!found && (notify = PQnotifies(conn)) != NULL) {
		found = text_is(notify->relname, channel) &&
		    text_is(notify->extra, payload);
		PQfreemem(notify);
	}
	return found;
}

int
session_wait(struct session *session, const char *channel,
    const char *payload, int64_t patience, struct failure *why)
{
	int64_t until = clock_monotonic() + patience;
	bool came = true;

	if (need_connection(session, why) != 0)
		return -1;
	while (!is_notified(session->conn, channel, payload)) {
		if (!came)
			return fail(why, FAULT_LATE, "no answer came in time");
		if (wire_input(session->conn, until, &came) != 0) {
			drop(session);
			return need_connection(session, why);
		}
	}
	return 0;
}
