/*
 * A pass: refresh windows, discover, verify, plan, act; and answer those who
 * asked for one before it began:
 *
 *	{"processed": N, "actions_taken": N, "errors": N}
 *
 * counts of the organization's machines: those that could be judged, those
 * for which a command was to be sent, those that could not be looked at.
 */
#ifndef RECONCILE_PASS_H
#define RECONCILE_PASS_H

#include "base/failure.h"
#include "src/reconcile/reconciler.h"

struct lock;

/*
 * Run one, under ${lock} (LOCK_PASS).  FAULT_DENIED if the lock was lost on
 * the way: whatever was under way is left for the next pass to look at.
 */
int pass_run(const struct reconciler *reconciler, struct lock *lock,
    struct failure *why);

#endif
