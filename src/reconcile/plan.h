/*
 * Plan: compare every machine with the state in which it should be
 * (diurnal.decisions), and say what is to be done about those that are not.
 */
#ifndef RECONCILE_PLAN_H
#define RECONCILE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "provider/provider.h"
#include "src/reconcile/reconciler.h"

struct rows;
struct session;

/* One command to be given.  The texts are the plan's. */
struct step {
	const char *organization_id, *account_id, *region;
	enum action action;
	const char *resource_id, *provider_resource_id;
	const char *state;             /* as it was seen */
	const char *rule;              /* JSON: what decided */
	const char *execution_id;      /* NULL: a new one.  Else the intent of
	                                * an earlier pass that nobody knows to
	                                * have been sent, and which showed no
	                                * effect: to be sent again */
};

/*
 * By organization, account, first those to be sent again, region and action,
 * so that what can be one command stands together.
 */
struct plan {
	struct rows *rows;
	struct arena *arena;
	struct step *steps;
	size_t count;
	int64_t observed;              /* would be done, were the account not
	                                * in observe mode; new ones only */
	int64_t superseded;            /* executions overtaken by a change of
	                                * mind */
};

/* Also writes notes, and gives up what is no longer wanted. */
int plan_make(const struct errand *errand, struct session *session,
    struct plan *plan, struct failure *why);

/* Also right for a plan that is all zeros. */
void plan_free(struct plan *plan);

#endif
