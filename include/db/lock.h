/*
 * The lock under which a pass runs: a PostgreSQL advisory lock on a session
 * of its own.
 *
 * It is a lease.  The server ends the lock's session when it hears nothing
 * from it for LOCK_LEASE; a holder that is stopped or cut off therefore loses
 * the lock, and another may take it.  Whoever holds it calls lock_check()
 * before each act that must not be done twice: it asks the server on the
 * lock's own session and, by asking, renews the lease.
 */
#ifndef DB_LOCK_H
#define DB_LOCK_H

#include <stdint.h>

#include "base/failure.h"
#include "base/scope.h"

struct config;
struct lock;

#define LOCK_LEASE (60 * INT64_C(1000000))

/* What can be locked; the numbers are the keys in the database. */
enum lock_kind {
	LOCK_MIGRATION = 1,
	LOCK_PASS = 2,
};

/*
 * Take it, waiting at most ${patience} µs (0: not at all).  FAULT_BUSY with
 * "another NAME is running" if someone else holds it for longer.
 */
int lock_take(const struct config *config, const char *application_name,
    enum lock_kind kind, int64_t patience, struct lock **lock,
    struct failure *why);

/* FAULT_BUSY if the lock is no longer ours. Thread-safe. */
int lock_check(struct lock *lock, struct failure *why);

void lock_release(struct lock *lock);
DEFINE_RELEASE(lock_scope, struct lock *, lock_release)

#endif
