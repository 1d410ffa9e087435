/*
 * The epoch of a pass: what keeps it from writing, and from calling anybody,
 * once another pass may have begun.
 */
#ifndef RECONCILE_EPOCH_H
#define RECONCILE_EPOCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

struct lock;
struct session;
struct statement;

struct epoch {
	struct lock *lock;             /* LOCK_PASS */
	int64_t number;
	char text[24];                 /* the number */
	atomic_bool is_over;           /* set once, by whoever notices */
};

/* Raise the database's epoch to a new one, which ${lock} stands for. */
int epoch_begin(struct epoch *epoch, struct lock *lock,
    struct session *session, const char *now, struct failure *why);

/*
 * session_run() as part of the epoch: if a newer one has begun, nothing is
 * written and the failure is FAULT_DENIED.  With ${epoch} NULL it is
 * session_run().
 */
int epoch_run(struct epoch *epoch, struct session *session,
    struct statement *statements, size_t count, bool safe,
    struct failure *why);

/*
 * To be called before each act that may not be done twice: FAULT_DENIED if
 * the lock is no longer ours.
 */
int epoch_check(struct epoch *epoch, struct failure *why);

/* True once any of the above has failed with FAULT_DENIED. */
bool epoch_is_over(const struct epoch *epoch);

#endif
