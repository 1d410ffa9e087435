#include "src/reconcile/pass.h"

#include <inttypes.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "db/lock.h"
#include "db/session.h"
#include "src/reconcile/act.h"
#include "src/reconcile/bench.h"
#include "src/reconcile/discover.h"
#include "src/reconcile/epoch.h"
#include "src/reconcile/epoch_sql.h"
#include "src/reconcile/pass_sql.h"
#include "src/reconcile/plan.h"
#include "src/reconcile/refresh.h"
#include "src/reconcile/requests_sql.h"
#include "src/reconcile/ticker.h"
#include "src/reconcile/verify.h"

/* How often the lease is renewed, whatever else goes on. */
#define PULSE (LOCK_LEASE / 12)

#define ANSWERS_BYTES ((size_t)16 << 20)

enum part { REFRESH, DISCOVER, VERIFY, PLAN, ACT, PART_COUNT };

struct pass {
	struct errand errand;
	struct epoch epoch;
	struct session *session;
	struct rows *asked;            /* requests that it answers */
	struct refreshment refreshment;
	struct discovery discovery;
	struct verification verification;
	struct plan plan;
	struct tally tally;
	int64_t ms[PART_COUNT];
};

static void
pass_release(struct pass *pass)
{
	rows_free(pass->asked);
	tally_free(&pass->tally);
	plan_free(&pass->plan);
}

static void
pulse(void *context)
{
	struct failure why = { 0 };

	/* Whoever goes on next will be told. */
	epoch_check(context, &why);
}

static int
begin(struct pass *pass, struct lock *lock, struct failure *why)
{
	const struct errand *errand = &pass->errand;
	struct statement asked = { .query = &pass_asked };
	const struct bind binds[] = { { "now", errand->now_text } };

	FAULT_POINT("pass.locked");
	if (epoch_begin(&pass->epoch, lock, pass->session, errand->now_text,
	    why) != 0)
		return -1;
	FAULT_POINT("pass.begun");
	log_context("pass", pass->epoch.text);
	if (session_one(pass->session, &pass_tend, binds, COUNT_OF(binds),
	    NULL, why) != 0 ||
	    session_run(pass->session, &asked, 1, true, why) != 0)
		return -1;
	pass->asked = asked.rows;
	return 0;
}

static int
do_part(struct pass *pass, enum part part, struct failure *why)
{
	const struct errand *errand = &pass->errand;

	switch (part) {
	case REFRESH:
		return refresh(errand, pass->session, &pass->refreshment,
		    why);
	case DISCOVER:
		return discover(errand, NULL, NULL, &pass->discovery, why);
	case VERIFY:
		return verify(errand, pass->session, &pass->verification,
		    why);
	case PLAN:
		return plan_make(errand, pass->session, &pass->plan, why);
	case ACT:
		return act(errand, &pass->plan, &pass->tally, why);
	case PART_COUNT:
		break;
	}
	return fail(why, FAULT_INTERNAL, "no such part of a pass");
}

static int
do_all(struct pass *pass, struct failure *why)
{
	for (enum part part = 0; part < PART_COUNT; part++) {
		int64_t begun = clock_monotonic();

		if (epoch_check(&pass->epoch, why) != 0 ||
		    do_part(pass, part, why) != 0)
			return -1;
		pass->ms[part] = (clock_monotonic() - begun) / 1000;
	}
	return 0;
}

static int64_t
actions_of(const struct tally *tally, const char *organization_id)
{
	int64_t actions = 0;

	for (size_t i = 0; i < tally->naccounts; i++)
		if (text_is(tally->accounts[i].organization_id,
		    organization_id))
			actions += tally->accounts[i].attempted;
	return actions;
}

static const char *
asked_list(const struct pass *pass, struct arena *arena)
{
	struct text list = { .arena = arena };

	text_add_text(&list, "[");
	for (size_t i = 0; i < rows_count(pass->asked) &&
	    list.length < ANSWERS_BYTES / 4; i++) {
		const char *organization = rows_text(pass->asked, i,
		    "organization_id");

		text_add_format(&list, "%s{\"organization\":\"%s\","
		    "\"id\":\"%s\",\"actions\":%" PRId64 "}",
		    i == 0 ? "" : ",", organization,
		    rows_text(pass->asked, i, "id"),
		    actions_of(&pass->tally, organization));
	}
	text_add_text(&list, "]");
	return text_get(&list);
}

static int
end(struct pass *pass, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ANSWERS_BYTES);
	const struct errand *errand = &pass->errand;
	struct statement statements[] = {
		{ .query = &pass_calm, BINDS({ "now", errand->now_text }) },
		{ .query = &requests_forget },
		{ .query = &epoch_end, BINDS({ "now", errand->now_text }) },
		{ .query = &pass_answer, BINDS(
		    { "asked", asked_list(pass, arena) },
		    { "epoch", pass->epoch.text }) },
	};
	size_t count = rows_count(pass->asked) > 0 ? COUNT_OF(statements) :
	    COUNT_OF(statements) - 1;

	FAULT_POINT("pass.before_end");
	if (epoch_run(&pass->epoch, pass->session, statements, count, false,
	    why) != 0)
		return -1;
	FAULT_POINT("pass.ended");
	statements_free(statements, count);
	return 0;
}

static void
report(const struct pass *pass)
{
	LOG(LOG_INFO, "pass ended",
	    LOG_INT("accounts", pass->discovery.accounts),
	    LOG_INT("regions", pass->discovery.regions),
	    LOG_INT("looks_failed", pass->discovery.failures),
	    LOG_INT("machines", pass->discovery.machines),
	    LOG_INT("created", pass->discovery.created),
	    LOG_INT("updated", pass->discovery.updated),
	    LOG_INT("windows", pass->refreshment.computed),
	    LOG_INT("completed", pass->verification.completed),
	    LOG_INT("overdue", pass->verification.failed),
	    LOG_INT("superseded", pass->plan.superseded),
	    LOG_INT("planned", (int64_t)pass->plan.count),
	    LOG_INT("observed", pass->plan.observed),
	    LOG_INT("accepted", pass->tally.sum.accepted),
	    LOG_INT("failed", pass->tally.sum.failed),
	    LOG_INT("refresh_ms", pass->ms[REFRESH]),
	    LOG_INT("discover_ms", pass->ms[DISCOVER]),
	    LOG_INT("verify_ms", pass->ms[VERIFY]),
	    LOG_INT("plan_ms", pass->ms[PLAN]),
	    LOG_INT("act_ms", pass->ms[ACT]));
}

static int
run(struct pass *pass, struct lock *lock, struct failure *why)
{
	SCOPED(ticker_scope) struct ticker *ticker = NULL;

	if (begin(pass, lock, why) != 0)
		return -1;
	ticker = ticker_start(PULSE, pulse, &pass->epoch);
	if (do_all(pass, why) != 0 || end(pass, why) != 0)
		return -1;
	report(pass);
	return 0;
}

int
pass_run(const struct reconciler *reconciler, struct lock *lock,
    struct failure *why)
{
	SCOPED(loan_end) struct loan loan = { 0 };
	SCOPED(pass_release) struct pass pass = {
		.errand = { .reconciler = reconciler, .epoch = &pass.epoch,
		    .now = clock_now() },
	};
	int result;

	clock_format(pass.errand.now, pass.errand.now_text);
	if (loan_take(reconciler->bench, &loan, why) != 0)
		return -1;
	pass.session = loan.session;
	result = run(&pass, lock, why);
	log_context("pass", NULL);
	return result;
}
