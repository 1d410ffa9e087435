#include "db/lock.h"

#include <pthread.h>
#include <unistd.h>

#include "t/db/db.h"

#define LEASE (CLOCK_SECOND / 2)

static const struct config here;       /* what libpq's environment says */

QUERY(end_holders, SHAPE_MANY, "select pg_terminate_backend(pid) from "
    "pg_stat_activity where application_name = 'holder'");

static int
take_pass(const char *name, int64_t patience, struct lock **lock,
    struct failure *why)
{
	*why = (struct failure){ .fault = FAULT_NONE };
	return lock_take(&here, name, LOCK_PASS, patience, lock, why);
}

static int
check(struct lock *lock, struct failure *why)
{
	*why = (struct failure){ .fault = FAULT_NONE };
	return lock_check(lock, why);
}

static void
test_exclusive(void)
{
	SCOPED(lock_scope) struct lock *first = NULL;
	SCOPED(lock_scope) struct lock *second = NULL;
	struct failure why;
	int64_t start;

	ok(take_pass("first", 0, &first, &why) == 0, "a free lock is taken");
	ok(take_pass("second", 0, &second, &why) == -1 &&
	    why.fault == FAULT_BUSY, "a lock that is held cannot be taken");
	is_text(why.detail, "another pass is running", "it says what runs");
	ok(second == NULL, "who did not get it has none");
	start = clock_monotonic();
	ok(take_pass("second", CLOCK_SECOND / 5, &second, &why) == -1 &&
	    text_is(why.detail, "another pass is running") &&
	    clock_monotonic() - start >= CLOCK_SECOND / 5,
	    "patience runs out");
	ok(check(first, &why) == 0, "the holder has not lost it");
	lock_release(take(first));
	ok(take_pass("second", 5 * CLOCK_SECOND, &second, &why) == 0,
	    "a lock that was released is free");
}

static void *
release_soon(void *lock)
{
	usleep(200000);
	lock_release(lock);
	return NULL;
}

static void
test_patience(void)
{
	SCOPED(lock_scope) struct lock *second = NULL;
	struct lock *first = NULL;
	struct failure why;
	pthread_t thread;

	if (take_pass("first", CLOCK_SECOND, &first, &why) != 0 ||
	    pthread_create(&thread, NULL, release_soon, first) != 0)
		abort();
	ok(take_pass("second", 10 * CLOCK_SECOND, &second, &why) == 0,
	    "who waits gets it when it is released");
	pthread_join(thread, NULL);
	ok(check(second, &why) == 0, "and holds it");
}

static void
test_lost(struct session *session)
{
	SCOPED(lock_scope) struct lock *holder = NULL;
	SCOPED(lock_scope) struct lock *next = NULL;
	struct failure why;

	if (take_pass("holder", CLOCK_SECOND, &holder, &why) != 0)
		abort();
	db_run(session, &end_holders, false, &why);
	ok(take_pass("next", 5 * CLOCK_SECOND, &next, &why) == 0,
	    "when the server ends the holder's session another may take it");
	ok(check(holder, &why) == -1 && why.fault == FAULT_BUSY,
	    "the holder notices");
	ok(strncmp(why.detail, "the lock is lost: ", 18) == 0,
	    "and is told so");
	lock_release(take(next));
	ok(check(holder, &why) == -1, "what is lost stays lost");
}

static void
test_lease(void)
{
	SCOPED(lock_scope) struct lock *holder = NULL;
	SCOPED(lock_scope) struct lock *next = NULL;
	struct failure why;
	bool held = true;

	setenv("DIURNAL_LOCK_LEASE", "500000", 1);
	if (take_pass("holder", CLOCK_SECOND, &holder, &why) != 0)
		abort();
	for (int i = 0; i < 8; i++) {
		usleep(LEASE / 4);
		held = held && check(holder, &why) == 0;
	}
	ok(held, "a lease that is renewed goes on");
	usleep(2 * LEASE);
	ok(take_pass("next", 0, &next, &why) == 0,
	    "a lease that is not renewed ends");
	ok(check(holder, &why) == -1, "its holder learns of it");
	unsetenv("DIURNAL_LOCK_LEASE");
}

static void
test_kinds(struct session *session)
{
	SCOPED(lock_scope) struct lock *pass = NULL;
	SCOPED(session_release) struct session *other = db_open(&here);
	struct failure why;

	if (take_pass("pass", CLOCK_SECOND, &pass, &why) != 0)
		abort();
	ok(lock_seize(session, LOCK_MIGRATION, 0, &why) == 0,
	    "locks of two kinds do not meet");
	ok(lock_seize(other, LOCK_MIGRATION, 0, &why) == -1 &&
	    text_is(why.detail, "another migration is running"),
	    "a session's own lock keeps others out");
}

int
main(void)
{
	if (!db_is_there())
		return tap_skip_all("no server: run it under pg_virtualenv");
	SCOPED(session_release) struct session *session = db_open(&here);

	test_exclusive();
	test_patience();
	test_lost(session);
	test_lease();
	test_kinds(session);
	return tap_done();
}
