/*
 * What the tests against a real server share.  The server is the one that
 * libpq's environment variables name (pg_virtualenv sets them), and who signs
 * in is its superuser.
 */
#ifndef T_DB_DB_H
#define T_DB_DB_H

#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/text.h"
#include "db/session.h"
#include "src/db/transaction.h"
#include "t/tap.h"

/* A statement of a test; it is found by its address, so it is static. */
#define QUERY(name_, shape_, sql_, ...)                                      \
	static const struct query name_ = {                                  \
		.name = #name_, .shape = (shape_), .sql = (sql_),            \
		.params = (const char *const[]){ __VA_ARGS__ },              \
		.nparams = sizeof((const char *const[]){ __VA_ARGS__ }) /    \
		    sizeof(const char *) }

static const struct session_options db_options = {
	.application_name = "test",
	.administrator = true,
	.database = "postgres",
	.statement_timeout = 20 * CLOCK_SECOND,
};

static inline bool
db_is_there(void)
{
	return getenv("PGHOST") != NULL || getenv("PGPORT") != NULL;
}

/* A session, or the end of the test. */
static inline struct session *
db_open(const struct config *config)
{
	struct failure why = { .fault = FAULT_NONE };
	struct session *session;

	if (session_open(config, &db_options, &session, &why) != 0) {
		printf("Bail out! %s\n", why.detail);
		exit(1);
	}
	return session;
}

/* Arrange something, or end the test. */
static inline void
db_do(struct session *session, const char *sql)
{
	struct failure why = { .fault = FAULT_NONE };

	if (session_script(session, sql, &why) != 0) {
		printf("Bail out! %s\n", why.detail);
		exit(1);
	}
}

/* The fault of running one statement, and why. */
static inline enum fault
db_run(struct session *session, const struct query *query, bool safe,
    struct failure *why)
{
	struct statement statement = { .query = query };

	*why = (struct failure){ .fault = FAULT_NONE };
	session_run(session, &statement, 1, safe, why);
	statements_free(&statement, 1);
	return why->fault;
}

/* The number in the column "n" of a statement's only row; -1 if it fails. */
static inline int64_t
db_number(struct session *session, const struct query *query)
{
	struct failure why = { .fault = FAULT_NONE };
	struct statement statement = { .query = query };
	int64_t number = -1;

	if (session_run(session, &statement, 1, false, &why) == 0)
		text_to_int64(rows_text(statement.rows, 0, "n"), INT64_MIN,
		    INT64_MAX, &number);
	else
		printf("# %s\n", why.detail);
	statements_free(&statement, 1);
	return number;
}

#endif
