/*
 * Discovery: look at accounts, all their regions side by side.
 *
 * An account whose credentials cannot be opened, that does not name its
 * regions, or a region that cannot be looked at, is marked with the reason
 * and backs off; all others go on.
 */
#ifndef RECONCILE_DISCOVER_H
#define RECONCILE_DISCOVER_H

#include <stdint.h>

#include "base/failure.h"
#include "src/reconcile/reconciler.h"

/* What came of it. */
struct discovery {
	int64_t accounts, regions;     /* looked at */
	int64_t failures;              /* of them, and of accounts before */
	int64_t machines;              /* seen */
	int64_t created, updated;      /* written */
};

/*
 * Look at all active accounts and regions that are due or, if ${id} is not
 * NULL, at that one account, due or not, if it is active.  Fails only if the
 * database does or the errand's epoch is over.
 */
int discover(const struct errand *errand, const char *organization_id,
    const char *id, struct discovery *discovery, struct failure *why);

#endif
