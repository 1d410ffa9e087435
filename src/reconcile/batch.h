/*
 * Batches of commands to one account: from intents to outcomes.
 */
#ifndef RECONCILE_BATCH_H
#define RECONCILE_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "src/reconcile/account.h"
#include "src/reconcile/act.h"
#include "src/reconcile/plan.h"
#include "src/reconcile/reconciler.h"

/* One account's turn in a pass. */
struct turn {
	const struct errand *errand;
	struct session *session;
	const struct account *account;
	const struct caller *caller;
	int64_t calls, failed_calls;   /* without those sent again in parts */
	const char *over;              /* why nothing more is sent in this
	                                * pass; NULL: go on */
	struct account_tally *tally;
};

/*
 * Give the ${count} steps, at most the provider's batch, of one region and
 * action, which are all new or all to be sent again.  Fails if the epoch is
 * over or the database fails; whatever else happens is recorded.
 */
int batch_give(struct turn *turn, const struct step *steps, size_t count,
    struct failure *why);

#endif
