#include "src/reconcile/act.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "src/reconcile/batch.h"
#include "src/reconcile/bench.h"
#include "src/reconcile/crew.h"
#include "src/reconcile/epoch.h"

/* The steps of one account in the plan. */
struct share {
	const struct step *steps;
	size_t count;
};

struct work {
	const struct errand *errand;
	const struct share *shares;
	struct account_tally *tallies;
};

static bool
is_same_account(const struct step *a, const struct step *b)
{
	return text_is(a->account_id, b->account_id) &&
	    text_is(a->organization_id, b->organization_id);
}

static bool
is_same_command(const struct step *a, const struct step *b)
{
	return a->action == b->action && text_is(a->region, b->region) &&
	    (a->execution_id == NULL) == (b->execution_id == NULL);
}

/* How many of the steps can be one command. */
static size_t
batch_length(const struct share *share, size_t from, size_t most)
{
	size_t length = 1;

	while (length < most && from + length < share->count &&
	    is_same_command(&share->steps[from],
	    &share->steps[from + length]))
		length++;
	return length;
}

static int
give_all(struct turn *turn, const struct share *share, struct failure *why)
{
	size_t length;

	for (size_t at = 0; at < share->count && turn->over == NULL;
	    at += length) {
		length = batch_length(share, at,
		    turn->caller->provider->batch);
		if (batch_give(turn, &share->steps[at], length, why) != 0)
			return -1;
	}
	return 0;
}

static int
take_turn(struct turn *turn, const struct share *share,
    struct session *session, struct arena *arena, struct failure *why)
{
	SCOPED(caller_close) struct caller caller = { 0 };
	struct account account;
	const char *credentials;

	if (account_load(session, share->steps[0].organization_id,
	    share->steps[0].account_id, arena, &account, why) != 0 ||
	    account_unseal(turn->errand->reconciler, &account, arena,
	    &credentials, why) != 0 ||
	    caller_open(turn->errand, &account, credentials, session, arena,
	    &caller, why) != 0)
		return -1;
	turn->session = session;
	turn->account = &account;
	turn->caller = &caller;
	return give_all(turn, share, why);
}

static void
act_in_account(void *context, size_t index)
{
	struct work *work = context;
	const struct share *share = &work->shares[index];
	struct turn turn = { .errand = work->errand,
	    .tally = &work->tallies[index] };
	SCOPED(arena_release) struct arena *arena = arena_new(ACCOUNT_BYTES);
	SCOPED(loan_end) struct loan loan = { 0 };
	struct failure why = { 0 };

	turn.tally->organization_id = share->steps[0].organization_id;
	if (epoch_is_over(work->errand->epoch))
		return;
	if (loan_take(work->errand->reconciler->bench, &loan, &why) == 0 &&
	    take_turn(&turn, share, loan.session, arena, &why) == 0 &&
	    turn.over == NULL)
		return;
	LOG(LOG_WARNING, "account left alone",
	    LOG_TEXT("account", share->steps[0].account_id),
	    LOG_TEXT("reason", turn.over != NULL ? turn.over : why.detail));
}

/* ${shares} has room for one a step. */
static size_t
share_out(const struct plan *plan, struct share *shares)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (i == 0 || !is_same_account(&plan->steps[i - 1],
		    &plan->steps[i]))
			shares[count++] = (struct share){
			    .steps = &plan->steps[i] };
		shares[count - 1].count++;
	}
	return count;
}

static void
sum_up(struct tally *tally)
{
	for (size_t i = 0; i < tally->naccounts; i++) {
		tally->sum.attempted += tally->accounts[i].attempted;
		tally->sum.accepted += tally->accounts[i].accepted;
		tally->sum.failed += tally->accounts[i].failed;
	}
}

int
act(const struct errand *errand, const struct plan *plan,
    struct tally *tally, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(
	    (plan->count + 1) * sizeof(struct share));
	struct share *shares = arena_array(arena, plan->count,
	    sizeof(*shares));
	struct work work = { .errand = errand, .shares = shares };

	tally->naccounts = share_out(plan, shares);
	tally->accounts = calloc(tally->naccounts + 1,
	    sizeof(*tally->accounts));
	if (tally->accounts == NULL)
		abort();
	work.tallies = tally->accounts;
	crew_run(errand->reconciler->threads, tally->naccounts,
	    act_in_account, &work);
	sum_up(tally);
	if (epoch_is_over(errand->epoch))
		return fail(why, FAULT_DENIED, "the pass's lock was lost");
	return 0;
}

void
tally_free(struct tally *tally)
{
	free(tally->accounts);
	*tally = (struct tally){ 0 };
}
