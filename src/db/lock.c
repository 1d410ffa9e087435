#include "db/lock.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "config.h"

#include "base/clock.h"
#include "base/text.h"
#include "db/session.h"
#include "src/db/lock_sql.h"

/* "DIUR": ours among the advisory locks of this database. */
#define LOCK_CLASS "1145656658"
#define NUMBER_BYTES 24

/* An answer takes no time; without one for so long the lock is lost. */
#define ANSWER_TIMEOUT (5 * CLOCK_SECOND)

struct lock {
	pthread_mutex_t mutex;         /* over all that follows */
	struct session *session;
	uint64_t generation;           /* of the session that took it */
	bool is_lost;
};

static const char *const names[LOCK_KIND_COUNT] = {
	[0] = "",
	[LOCK_MIGRATION] = "migration",
	[LOCK_PASS] = "pass",
};

const char *
lock_kind_name(enum lock_kind kind)
{
	return kind > 0 && kind < LOCK_KIND_COUNT ? names[kind] : "unknown";
}

static int64_t
lease(void)
{
#ifdef TEST_HOOKS
	const char *text = getenv("DIURNAL_LOCK_LEASE");
	int64_t micros;

	if (text != NULL && text_to_int64(text, 1, INT64_MAX, &micros) == 0)
		return micros;
#endif
	return LOCK_LEASE;
}

static int
busy(enum lock_kind kind, struct failure *why)
{
	*why = (struct failure){ .fault = FAULT_NONE };
	return fail(why, FAULT_BUSY, "another %s is running",
	    lock_kind_name(kind));
}

/* Wait in the server's queue, so that the lock is ours once it is free. */
static int
wait_for(struct session *session, enum lock_kind kind, const char *number,
    int64_t patience, struct failure *why)
{
	char milliseconds[NUMBER_BYTES];
	struct statement statements[] = {
		{ .query = &lock_patience_query,
		    BINDS({ "milliseconds", milliseconds }) },
		{ .query = &lock_wait_query,
		    BINDS({ "class", LOCK_CLASS }, { "kind", number }) },
	};
	int result;

	snprintf(milliseconds, sizeof(milliseconds), "%" PRId64,
	    patience / 1000 + 1);
	result = session_run(session, statements, COUNT_OF(statements), false,
	    why);
	statements_free(statements, COUNT_OF(statements));
	if (result != 0 && session_is_connected(session) &&
	    why->fault == FAULT_BUSY)
		return busy(kind, why);
	return result;
}

int
lock_seize(struct session *session, enum lock_kind kind, int64_t patience,
    struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	char number[NUMBER_BYTES];
	const struct bind binds[] = {
		{ "class", LOCK_CLASS }, { "kind", number },
	};

	assert(kind > 0 && kind < LOCK_KIND_COUNT);
	snprintf(number, sizeof(number), "%d", (int)kind);
	if (session_one(session, &lock_try_query, binds, COUNT_OF(binds), &rows,
	    why) != 0)
		return -1;
	if (text_is(rows_text(rows, 0, "is_taken"), "t"))
		return 0;
	if (patience <= 0)
		return busy(kind, why);
	return wait_for(session, kind, number, patience, why);
}

int
lock_take(const struct config *config, const char *application_name,
    enum lock_kind kind, int64_t patience, struct lock **lock,
    struct failure *why)
{
	const struct session_options options = {
		.application_name = application_name,
		.role = "diurnal_reconcile",
		.statement_timeout = patience + ANSWER_TIMEOUT,
		.idle_session_timeout = lease(),
	};
	SCOPED(lock_scope) struct lock *new = NULL;

	new = calloc(1, sizeof(*new));
	if (new == NULL || pthread_mutex_init(&new->mutex, NULL) != 0)
		abort();
	if (session_open(config, &options, &new->session, why) != 0 ||
	    lock_seize(new->session, kind, patience, why) != 0)
		return -1;
	new->generation = session_generation(new->session);
	*lock = take(new);
	return 0;
}

/* A session that connected anew is another one, without the lock. */
static int
ask(struct lock *lock, struct failure *why)
{
	if (lock->is_lost || !session_is_connected(lock->session))
		return fail(why, FAULT_BUSY, "the server has ended its "
		    "session");
	if (session_one(lock->session, &lock_ask_query, NULL, 0, NULL,
	    why) != 0)
		return -1;
	if (session_generation(lock->session) != lock->generation)
		return fail(why, FAULT_BUSY, "its session broke");
	return 0;
}

int
lock_check(struct lock *lock, struct failure *why)
{
	int result;

	pthread_mutex_lock(&lock->mutex);
	result = ask(lock, why);
	if (result != 0) {
		/* Whatever the reason, it cannot be relied on any more. */
		lock->is_lost = true;
		why->fault = FAULT_BUSY;
		fail_doing(why, "the lock is lost");
	}
	pthread_mutex_unlock(&lock->mutex);
	return result;
}

void
lock_release(struct lock *lock)
{
	if (lock == NULL)
		return;
	session_close(lock->session);
	pthread_mutex_destroy(&lock->mutex);
	free(lock);
}
