/*
 * Refresh the policies' windows (policy_windows): those whose schedule, or
 * whose zone's rules, are no longer what they were computed from, and those
 * whose horizon comes to its end.
 */
#ifndef RECONCILE_REFRESH_H
#define RECONCILE_REFRESH_H

#include <stdint.h>

#include "base/failure.h"
#include "src/reconcile/reconciler.h"

struct session;

struct refreshment {
	int64_t computed;              /* policies */
	int64_t failures;              /* of them, in error: no opinion */
};

/*
 * A policy whose windows cannot be computed is marked with the reason; that
 * is no failure of ours.
 */
int refresh(const struct errand *errand, struct session *session,
    struct refreshment *refreshment, struct failure *why);

#endif
