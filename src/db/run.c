#include "src/db/run.h"

#include <assert.h>

#include "base/scope.h"
#include "base/text.h"
#include "src/db/rows.h"
#include "src/db/sqlstate.h"
#include "src/db/wire.h"

/* A run in progress. */
struct pipeline {
	PGconn *conn;
	struct prepared *prepared;
	int64_t silence;
	struct statement *statements;
	size_t count;
	uint64_t preparing;            /* bit i: statement i brings its own
	                                * preparation along */
	PGresult *results[SESSION_STATEMENTS_MAX];
	PGresult *error;               /* the first one */
	const char *failed;            /* the statement that it is about */
};

static_assert(SESSION_STATEMENTS_MAX <= 64, "one bit a statement");

static void
pipeline_release(struct pipeline *pipeline)
{
	for (size_t i = 0; i < pipeline->count; i++)
		PQclear(pipeline->results[i]);
	PQclear(pipeline->error);
}

static const char *
bound_value(const struct statement *statement, const char *param)
{
	for (size_t i = 0; i < statement->nbinds; i++) {
		if (text_is(statement->binds[i].name, param))
			return statement->binds[i].value;
	}
	assert(!"every parameter is bound");
	return NULL;
}

static bool
is_prepared_here(const struct pipeline *pipeline, size_t before,
    const struct query *query)
{
	for (size_t i = 0; i < before; i++) {
		if (pipeline->statements[i].query == query)
			return true;
	}
	return false;
}

static int
send_statement(struct pipeline *pipeline, size_t at)
{
	const struct statement *statement = &pipeline->statements[at];
	const struct query *query = statement->query;
	const char *values[QUERY_PARAMS_MAX];

	assert(query->nparams <= QUERY_PARAMS_MAX);
	assert(statement->nbinds == query->nparams);
	for (size_t i = 0; i < query->nparams; i++)
		values[i] = bound_value(statement, query->params[i]);
	if (!prepared_has(pipeline->prepared, query) &&
	    !is_prepared_here(pipeline, at, query)) {
		if (PQsendPrepare(pipeline->conn, query->name, query->sql, 0,
		    NULL) != 1)
			return -1;
		pipeline->preparing |= UINT64_C(1) << at;
	}
	return PQsendQueryPrepared(pipeline->conn, query->name,
	    (int)query->nparams, values, NULL, NULL, 0) == 1 ? 0 : -1;
}

/*
 * Until this has returned 0 the Sync, which comes last, has not left in full,
 * and nothing can have been committed.  That holds for a failing write, too:
 * libpq then reads, and finds either the end of the connection, which fails
 * here, or the server's parting message, which names a statement.
 */
static int
send_all(struct pipeline *pipeline)
{
	for (size_t i = 0; i < pipeline->count; i++) {
		if (send_statement(pipeline, i) != 0)
			return -1;
	}
	if (PQpipelineSync(pipeline->conn) != 1)
		return -1;
	return wire_flush(pipeline->conn, pipeline->silence);
}

static bool
is_error(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
	    status != PGRES_PIPELINE_ABORTED;
}

/* The result of one message; -1 if the connection is lost. */
static int
receive(struct pipeline *pipeline, const char *name, PGresult **result)
{
	SCOPED(result_release) PGresult *got = NULL;
	SCOPED(result_release) PGresult *end = NULL;

	if (wire_result(pipeline->conn, pipeline->silence, &got) != 0 ||
	    got == NULL)
		return -1;
	if (is_error(got)) {
		/* libpq's own report of a lost connection has no SQLSTATE;
		 * one from the server does. */
		if (PQresultErrorField(got, PG_DIAG_SQLSTATE) == NULL)
			return -1;
		if (pipeline->error == NULL) {
			pipeline->error = take(got);
			pipeline->failed = name;
		}
		if (sqlstate_is_fatal(pipeline->error))
			return -1;
	}
	if (wire_result(pipeline->conn, pipeline->silence, &end) != 0 ||
	    end != NULL)
		return -1;
	*result = take(got);
	return 0;
}

static int
receive_statement(struct pipeline *pipeline, size_t at)
{
	const struct query *query = pipeline->statements[at].query;
	SCOPED(result_release) PGresult *preparation = NULL;

	if ((pipeline->preparing & UINT64_C(1) << at) != 0) {
		if (receive(pipeline, query->name, &preparation) != 0)
			return -1;
		/* One that was skipped, because an earlier statement failed,
		 * was not prepared. */
		if (PQresultStatus(preparation) == PGRES_COMMAND_OK)
			prepared_add(pipeline->prepared, query);
	}
	return receive(pipeline, query->name, &pipeline->results[at]);
}

/*
 * What came of the Sync: a deferred constraint speaks up only here, with an
 * error and the end of its results before the Sync's own.
 */
static int
receive_sync(struct pipeline *pipeline)
{
	for (int i = 0; i < 3; i++) {
		SCOPED(result_release) PGresult *got = NULL;

		if (wire_result(pipeline->conn, pipeline->silence, &got) != 0)
			return -1;
		if (PQresultStatus(got) == PGRES_PIPELINE_SYNC)
			return 0;
		if (got == NULL)
			continue;
		if (PQresultErrorField(got, PG_DIAG_SQLSTATE) == NULL)
			return -1;
		if (pipeline->error == NULL) {
			pipeline->error = take(got);
			pipeline->failed = "commit";
		}
	}
	return -1;
}

/* Everything up to the Sync; ${answered} counts the statements that were. */
static int
receive_all(struct pipeline *pipeline, size_t *answered)
{
	for (*answered = 0; *answered < pipeline->count; ++*answered) {
		if (receive_statement(pipeline, *answered) != 0)
			return -1;
	}
	return receive_sync(pipeline);
}

static enum verdict
lost(const struct pipeline *pipeline, enum verdict verdict,
    struct failure *why)
{
	char line[sizeof(why->detail) / 2];

	sqlstate_one_line(PQerrorMessage(pipeline->conn), line, sizeof(line));
	if (verdict == RUN_TORN)
		fail(why, FAULT_BUSY, "the connection to the database was "
		    "lost, nothing was changed: %s", line);
	else
		fail(why, FAULT_UNCERTAIN, "the connection to the database "
		    "was lost, and it is not known whether what was asked "
		    "was done: %s", line);
	return verdict;
}

static void
hand_over(struct pipeline *pipeline)
{
	for (size_t i = 0; i < pipeline->count; i++)
		pipeline->statements[i].rows =
		    rows_new(take(pipeline->results[i]));
}

enum verdict
run(PGconn *conn, struct prepared *prepared, int64_t silence,
    struct statement *statements, size_t count, struct failure *why)
{
	SCOPED(pipeline_release) struct pipeline pipeline = {
		.conn = conn, .prepared = prepared, .silence = silence,
		.statements = statements, .count = count,
	};
	size_t answered = 0;
	int received;

	assert(count <= SESSION_STATEMENTS_MAX);
	if (send_all(&pipeline) != 0)
		return lost(&pipeline, RUN_TORN, why);
	received = receive_all(&pipeline, &answered);
	if (received == 0 && pipeline.error == NULL) {
		hand_over(&pipeline);
		return RUN_DONE;
	}
	/* The server's parting message instead of the Sync's result leaves
	 * open whether it had committed; any other error means it had not. */
	if (pipeline.error == NULL ||
	    (answered == count && sqlstate_is_fatal(pipeline.error)))
		return lost(&pipeline, RUN_UNCERTAIN, why);
	sqlstate_fail(pipeline.error, pipeline.failed, why);
	if (received != 0)
		return RUN_TORN;
	return sqlstate_is_stale(pipeline.error) ? RUN_STALE : RUN_FAILED;
}
