#include "src/reconcile/plan.h"

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "db/session.h"
#include "src/reconcile/epoch.h"
#include "src/reconcile/plan_sql.h"

static struct step
step_read(const struct rows *rows, size_t row)
{
	const char *action = rows_text(rows, row, "action");

	return (struct step){
		.organization_id = rows_text(rows, row, "organization_id"),
		.account_id = rows_text(rows, row, "account_id"),
		.region = rows_text(rows, row, "region"),
		.action = text_is(action, "START") ? ACTION_START :
		    ACTION_STOP,
		.resource_id = rows_text(rows, row, "resource_id"),
		.provider_resource_id = rows_text(rows, row,
		    "provider_resource_id"),
		.state = rows_text(rows, row, "state"),
		.rule = rows_text(rows, row, "rule"),
		.execution_id = rows_text(rows, row, "execution_id"),
	};
}

static void
report(const struct rows *rows, size_t row, const char *event)
{
	LOG(LOG_INFO, event,
	    LOG_TEXT("resource", rows_text(rows, row, "resource_id")),
	    LOG_TEXT("action", rows_text(rows, row, "action")),
	    LOG_TEXT("because", rows_text(rows, row, "because")));
}

static void
sort_out(struct plan *plan)
{
	for (size_t i = 0; i < rows_count(plan->rows); i++) {
		const char *verdict = rows_text(plan->rows, i, "verdict");

		if (text_is(verdict, "observe")) {
			plan->observed++;
			report(plan->rows, i, "would act");
		} else if (text_is(verdict, "supersede")) {
			plan->superseded++;
			report(plan->rows, i, "action superseded");
		} else {
			plan->steps[plan->count++] = step_read(plan->rows, i);
			report(plan->rows, i, "action decided");
		}
	}
}

int
plan_make(const struct errand *errand, struct session *session,
    struct plan *plan, struct failure *why)
{
	struct statement statements[] = {
		{ .query = &plan_settings },
		{ .query = &plan_make_query,
		    BINDS({ "now", errand->now_text },
		    { "epoch", errand->epoch->text }) },
	};
	struct plan made = { 0 };

	FAULT_POINT("plan.before");
	if (epoch_run(errand->epoch, session, statements,
	    COUNT_OF(statements), false, why) != 0)
		return -1;
	FAULT_POINT("plan.made");
	made.rows = take(statements[1].rows);
	statements_free(statements, COUNT_OF(statements));
	made.arena = arena_new((rows_count(made.rows) + 1) *
	    sizeof(struct step));
	made.steps = arena_array(made.arena, rows_count(made.rows),
	    sizeof(struct step));
	sort_out(&made);
	*plan = made;
	return 0;
}

void
plan_free(struct plan *plan)
{
	rows_free(plan->rows);
	arena_free(plan->arena);
	*plan = (struct plan){ 0 };
}
