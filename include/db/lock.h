/*
 * Locks held by a session with PostgreSQL (advisory locks), not by a
 * transaction.
 *
 * The lock under which a pass runs has a session of its own, and is a lease:
 * the server ends that session when it hears nothing from it for LOCK_LEASE;
 * a holder that is stopped or cut off therefore loses the lock, and another
 * may take it.  Whoever holds it calls lock_check() before each act that must
 * not be done twice, and at least every LOCK_LEASE / 2: it asks the server on
 * the lock's own session and, by asking, renews the lease.
 */
#ifndef DB_LOCK_H
#define DB_LOCK_H

#include <stdint.h>

#include "base/failure.h"
#include "base/scope.h"

struct config;
struct lock;
struct session;

/*
 * In µs.  Programs built with test hooks take it from the environment variable
 * DIURNAL_LOCK_LEASE if that is set.
 */
#define LOCK_LEASE (60 * INT64_C(1000000))

/* What can be locked; the numbers are the keys in the database. */
enum lock_kind {
	LOCK_MIGRATION = 1,
	LOCK_PASS = 2,
	LOCK_KIND_COUNT
};

/* "migration", "pass" */
const char *lock_kind_name(enum lock_kind kind);

/*
 * Take the reconciler's lock on a session of its own, with the rights of
 * diurnal_reconcile, waiting at most ${patience} µs (0: not at all).
 * FAULT_BUSY with "another NAME is running" if someone else holds it for
 * longer; else fails as session_open().
 */
int lock_take(const struct config *config, const char *application_name,
    enum lock_kind kind, int64_t patience, struct lock **lock,
    struct failure *why);

/*
 * FAULT_BUSY if the lock is no longer ours: from then on it never is again.
 * Thread-safe.
 */
int lock_check(struct lock *lock, struct failure *why);

void lock_release(struct lock *lock);
DEFINE_RELEASE(lock_scope, struct lock *, lock_release)

/*
 * Take a lock on the caller's own ${session}, which holds it until it is
 * closed, loses its connection or is ended by the server; it is not a lease.
 * Fails as lock_take().
 */
int lock_seize(struct session *session, enum lock_kind kind, int64_t patience,
    struct failure *why);

#endif
