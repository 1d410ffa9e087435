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
#include "t/tap.h"

static const struct session_options db_options = {
	.application_name = "test",
	.administrator = true,
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

/* Statements of tests that need no parameters and whose rows do not matter. */
static inline int
db_do(struct session *session, const char *name, const char *sql,
    struct failure *why)
{
	const struct query query = {
		.name = name, .sql = sql, .shape = SHAPE_MANY,
	};
	struct statement statement = { .query = &query };
	int result;

	*why = (struct failure){ .fault = FAULT_NONE };
	result = session_run(session, &statement, 1, false, why);
	statements_free(&statement, 1);
	return result;
}

#endif
