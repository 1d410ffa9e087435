/*
 * One look at one region of one account: ask the provider, compare with what
 * is known, write what differs.
 *
 * What is as it was is neither kept nor written: a machine's shown fields are
 * hashed, and the hash is compared with the stored one.  Nothing is written
 * while the provider is being asked, except that what differs goes to the
 * database in pieces if it becomes large.  A machine is gone only if a look
 * that came to its end did not see it.
 *
 * Two looks at one region never overlap: each holds a lock on it, and waits
 * some seconds for another one to end.
 */
#ifndef RECONCILE_LOOK_H
#define RECONCILE_LOOK_H

#include <stdint.h>

#include "base/failure.h"
#include "src/reconcile/account.h"
#include "src/reconcile/bench.h"
#include "src/reconcile/reconciler.h"

struct look_counts {
	int64_t total;                 /* machines seen */
	int64_t created, updated;      /* written */
};

/*
 * Look at ${region}, and record that it was seen whole, or why it was not
 * (then also when to try again); the failure is the same.  Nothing is
 * recorded if the errand's epoch is over, or the database is what failed.
 */
int look_at(const struct errand *errand, struct loan *loan,
    const struct account *account, const char *credentials,
    const char *region, struct look_counts *counts, struct failure *why);

#endif
