/*
 * Act: give the plan's commands, accounts side by side.
 *
 * Each batch's intents are committed before its command is sent, and what
 * came of it is recorded after.  A batch that is refused as a whole is sent
 * in halves, until the machine that cannot follow stands alone.  A provider
 * that throttles us, does not know us, or fails most of our calls is left
 * alone until another pass; other accounts go on.
 */
#ifndef RECONCILE_ACT_H
#define RECONCILE_ACT_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "src/reconcile/reconciler.h"

struct plan;

/* What was done in one account. */
struct account_tally {
	const char *organization_id;   /* the plan's */
	int64_t attempted;             /* machines for which a command was
	                                * to be sent */
	int64_t accepted, failed;      /* of them; the rest is uncertain */
};

struct tally {
	struct account_tally *accounts;
	size_t naccounts;
	struct account_tally sum;
};

/*
 * Fails only with the epoch's end; what fails otherwise is recorded, and
 * logged.  ${tally} is filled in any case, and freed by tally_free().
 */
int act(const struct errand *errand, const struct plan *plan,
    struct tally *tally, struct failure *why);

void tally_free(struct tally *tally);

#endif
