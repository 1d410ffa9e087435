/*
 * Verify: end the executions in flight whose fate is known, by what the
 * machines show: completed, or failed because the machine is gone or because
 * the time is up.  What became of the rest, the plan decides.
 */
#ifndef RECONCILE_VERIFY_H
#define RECONCILE_VERIFY_H

#include <stdint.h>

#include "base/failure.h"
#include "src/reconcile/reconciler.h"

struct session;

struct verification {
	int64_t completed, failed;
};

int verify(const struct errand *errand, struct session *session,
    struct verification *verification, struct failure *why);

#endif
