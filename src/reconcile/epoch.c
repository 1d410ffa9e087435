#include "src/reconcile/epoch.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "db/lock.h"
#include "db/session.h"
#include "src/reconcile/epoch_sql.h"

int
epoch_begin(struct epoch *epoch, struct lock *lock, struct session *session,
    const char *now, struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	const struct bind binds[] = { { "now", now } };
	int64_t number = 0;

	if (session_one(session, &epoch_raise, binds, COUNT_OF(binds), &rows,
	    why) != 0)
		return -1;
	if (text_to_int64(rows_text(rows, 0, "epoch"), 1, INT64_MAX,
	    &number) != 0)
		return fail(why, FAULT_INTERNAL, "the epoch is no number");
	epoch->lock = lock;
	epoch->number = number;
	snprintf(epoch->text, sizeof(epoch->text), "%" PRId64, number);
	atomic_init(&epoch->is_over, false);
	return 0;
}

/* Put the assertion first; ${all} has room for one more than ${count}. */
static void
precede(const struct epoch *epoch, struct bind *bind,
    const struct statement *statements, size_t count, struct statement *all)
{
	*bind = (struct bind){ "epoch", epoch->text };
	all[0] = (struct statement){ .query = &epoch_assert, .binds = bind,
	    .nbinds = 1 };
	for (size_t i = 0; i < count; i++)
		all[i + 1] = statements[i];
}

int
epoch_run(struct epoch *epoch, struct session *session,
    struct statement *statements, size_t count, bool safe,
    struct failure *why)
{
	struct statement all[SESSION_STATEMENTS_MAX];
	struct bind bind;

	if (epoch == NULL)
		return session_run(session, statements, count, safe, why);
	assert(count < SESSION_STATEMENTS_MAX);
	precede(epoch, &bind, statements, count, all);
	if (session_run(session, all, count + 1, safe, why) != 0) {
		if (why->fault == FAULT_DENIED)
			atomic_store(&epoch->is_over, true);
		return -1;
	}
	rows_free(all[0].rows);
	for (size_t i = 0; i < count; i++)
		statements[i].rows = all[i + 1].rows;
	return 0;
}

int
epoch_check(struct epoch *epoch, struct failure *why)
{
	if (lock_check(epoch->lock, why) == 0)
		return 0;
	why->fault = FAULT_DENIED;
	atomic_store(&epoch->is_over, true);
	return -1;
}

bool
epoch_is_over(const struct epoch *epoch)
{
	return atomic_load(&epoch->is_over);
}
