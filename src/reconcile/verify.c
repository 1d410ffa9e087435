#include "src/reconcile/verify.h"

#include "base/fault.h"
#include "base/log.h"
#include "db/session.h"
#include "src/reconcile/epoch.h"
#include "src/reconcile/verify_sql.h"

static int64_t
report(const struct rows *rows, enum log_level level, const char *event)
{
	for (size_t i = 0; i < rows_count(rows); i++)
		LOG(level, event,
		    LOG_TEXT("execution", rows_text(rows, i, "execution_id")),
		    LOG_TEXT("resource", rows_text(rows, i, "resource_id")),
		    LOG_TEXT("action", rows_text(rows, i, "action")),
		    LOG_TEXT("reason", rows_text(rows, i, "reason")));
	return (int64_t)rows_count(rows);
}

int
verify(const struct errand *errand, struct session *session,
    struct verification *verification, struct failure *why)
{
	struct statement statements[] = {
		{ .query = &verify_completed,
		    BINDS({ "now", errand->now_text }) },
		{ .query = &verify_failed, BINDS({ "now", errand->now_text },
		    { "epoch", errand->epoch->text }) },
	};

	FAULT_POINT("verify.before");
	if (epoch_run(errand->epoch, session, statements,
	    COUNT_OF(statements), false, why) != 0)
		return -1;
	FAULT_POINT("verify.done");
	verification->completed = report(statements[0].rows, LOG_INFO,
	    "action completed");
	verification->failed = report(statements[1].rows, LOG_WARNING,
	    "action failed");
	statements_free(statements, COUNT_OF(statements));
	return 0;
}

