#include "src/reconcile/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "db/session.h"
#include "src/reconcile/batch_sql.h"
#include "src/reconcile/epoch.h"

#define BATCH_BYTES ((size_t)4 << 20)

/* scheduling.md: when more than half of at least so many calls fail. */
#define CALLS_TO_JUDGE 10

#define TOKEN_BYTES 33

/* One machine's command. */
struct item {
	const struct step *step;
	const char *execution_id;
	struct failure failure;        /* FAULT_NONE: accepted */
	bool is_slowed;                /* its own backoff grows */
};

struct items {
	struct turn *turn;
	struct item *list;
	size_t count;
	struct arena *arena;
};

static const struct step *
first(const struct items *items)
{
	return items->list[0].step;
}

static void
add_step(struct text *list, size_t place, const struct step *step)
{
	text_add_format(list, "%s{\"place\":%zu,\"resource_id\":",
	    place == 0 ? "[" : ",", place);
	text_add_json(list, step->resource_id);
	text_add_text(list, ",\"state\":");
	text_add_json(list, step->state);
	text_add_format(list, ",\"rule\":%s}", step->rule);
}

static int
intend_rows(struct turn *turn, const struct step *steps, size_t count,
    struct arena *arena, struct rows **rows, struct failure *why)
{
	const struct errand *errand = turn->errand;
	struct text list = { .arena = arena };
	char deadline[CLOCK_TEXT_BYTES];
	struct statement statement;

	for (size_t i = 0; i < count; i++)
		add_step(&list, i, &steps[i]);
	text_add_text(&list, "]");
	clock_format(errand->now + turn->caller->provider->patience, deadline);
	statement = (struct statement){ .query = &batch_intend, BINDS(
	    { "organization", steps[0].organization_id },
	    { "steps", text_get(&list) },
	    { "action", action_name(steps[0].action) },
	    { "now", errand->now_text },
	    { "epoch", errand->epoch->text }, { "deadline", deadline }) };
	FAULT_POINT("act.before_intend");
	if (epoch_run(errand->epoch, turn->session, &statement, 1, false,
	    why) != 0)
		return -1;
	FAULT_POINT("act.intended");
	*rows = statement.rows;
	return 0;
}

static int
intend(struct items *items, const struct step *steps, size_t count,
    struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;

	if (intend_rows(items->turn, steps, count, items->arena, &rows,
	    why) != 0)
		return -1;
	for (size_t i = 0; i < rows_count(rows); i++) {
		int64_t place;

		if (text_to_int64(rows_text(rows, i, "place"), 0,
		    (int64_t)count - 1, &place) != 0)
			return fail(why, FAULT_INTERNAL, "no such place");
		items->list[items->count++] = (struct item){
		    .step = &steps[place], .execution_id = arena_text(
		    items->arena, rows_text(rows, i, "execution_id")) };
	}
	return 0;
}

static void
repeat(struct items *items, const struct step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		items->list[items->count++] = (struct item){
		    .step = &steps[i],
		    .execution_id = steps[i].execution_id };
}

static void
report(const struct item *item)
{
	bool accepted = item->failure.fault == FAULT_NONE;

	LOG(accepted ? LOG_INFO : LOG_WARNING,
	    accepted ? "action accepted" : "action failed",
	    LOG_TEXT("execution", item->execution_id),
	    LOG_TEXT("resource", item->step->resource_id),
	    LOG_TEXT("action", action_name(item->step->action)),
	    LOG_TEXT("reason", item->failure.detail));
}

/* ["EXECUTION", ...] of those accepted. */
static const char *
accepted_list(const struct items *items)
{
	struct text list = { .arena = items->arena };

	for (size_t i = 0; i < items->count; i++) {
		const struct item *item = &items->list[i];

		if (item->failure.fault != FAULT_NONE)
			continue;
		text_add_text(&list, list.length == 0 ? "[" : ",");
		text_add_json(&list, item->execution_id);
	}
	text_add_text(&list, list.length == 0 ? "[]" : "]");
	return text_get(&list);
}

/* [{"execution": ..., "reason": ..., "slow": ...}, ...] of those failed. */
static const char *
failed_list(const struct items *items)
{
	struct text list = { .arena = items->arena };

	for (size_t i = 0; i < items->count; i++) {
		const struct item *item = &items->list[i];

		if (item->failure.fault == FAULT_NONE ||
		    item->failure.fault == FAULT_UNCERTAIN)
			continue;
		text_add_text(&list, list.length == 0 ? "[" : ",");
		text_add_text(&list, "{\"execution\":");
		text_add_json(&list, item->execution_id);
		text_add_text(&list, ",\"reason\":");
		text_add_json(&list, account_reason(&item->failure));
		text_add_format(&list, ",\"slow\":%s}",
		    item->is_slowed ? "true" : "false");
	}
	text_add_text(&list, list.length == 0 ? "[]" : "]");
	return text_get(&list);
}

static void
tally(struct account_tally *sum, const struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		report(&items->list[i]);
		if (items->list[i].failure.fault == FAULT_NONE)
			sum->accepted++;
		else if (items->list[i].failure.fault != FAULT_UNCERTAIN)
			sum->failed++;
	}
}

/* Those of unknown outcome stay as they are, for the next pass to look. */
static int
record(struct items *items, struct failure *why)
{
	const struct turn *turn = items->turn;
	const struct errand *errand = turn->errand;
	const char *organization = first(items)->organization_id;
	struct statement statements[] = {
		{ .query = &batch_accept, BINDS(
		    { "organization", organization },
		    { "executions", accepted_list(items) },
		    { "now", errand->now_text },
		    { "epoch", errand->epoch->text }) },
		{ .query = &batch_fail, BINDS(
		    { "organization", organization },
		    { "failures", failed_list(items) },
		    { "now", errand->now_text },
		    { "epoch", errand->epoch->text }) },
	};

	FAULT_POINT("act.before_record");
	if (epoch_run(errand->epoch, turn->session, statements,
	    COUNT_OF(statements), false, why) != 0)
		return -1;
	FAULT_POINT("act.recorded");
	statements_free(statements, COUNT_OF(statements));
	tally(turn->tally, items);
	return 0;
}

static int
record_all(struct items *items, const struct failure *failure, bool slow,
    struct failure *why)
{
	for (size_t i = 0; i < items->count; i++) {
		items->list[i].failure = *failure;
		items->list[i].is_slowed = slow;
	}
	return record(items, why);
}

/* The account as a whole is what failed: leave it alone. */
static int
give_up(struct items *items, const char *over, struct failure *failure,
    struct failure *why)
{
	struct turn *turn = items->turn;
	struct statement statement;

	turn->over = over;
	fail_doing(failure, "%s", over);
	statement = (struct statement){ .query = &batch_blame, BINDS(
	    { "organization", turn->account->organization_id },
	    { "account", turn->account->id },
	    { "reason", account_reason(failure) },
	    { "now", turn->errand->now_text }) };
	if (epoch_run(turn->errand->epoch, turn->session, &statement, 1,
	    false, why) != 0)
		return -1;
	rows_free(statement.rows);
	return record_all(items, failure, false, why);
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same for the same executions, in whatever order. */
static void
make_token(const struct items *items, char token[TOKEN_BYTES])
{
	const char **ids = arena_array(items->arena, items->count,
	    sizeof(*ids));
	struct text text = { .arena = items->arena };
	unsigned char hash[HASH_BYTES];

	for (size_t i = 0; i < items->count; i++)
		ids[i] = items->list[i].execution_id;
	qsort(ids, items->count, sizeof(*ids), compare_texts);
	for (size_t i = 0; i < items->count; i++)
		text_add_text(&text, ids[i]);
	hash_sha256(bytes_of_text(text_get(&text)), hash);
	text_from_bytes(hash, (TOKEN_BYTES - 1) / 2, token);
}

static int
call(struct items *items, struct failure *failure)
{
	const struct caller *caller = items->turn->caller;
	const struct step *step = first(items);
	struct outcome *outcomes = arena_array(items->arena, items->count,
	    sizeof(*outcomes));
	const char **ids = arena_array(items->arena, items->count,
	    sizeof(*ids));
	char token[TOKEN_BYTES];

	for (size_t i = 0; i < items->count; i++)
		ids[i] = items->list[i].step->provider_resource_id;
	make_token(items, token);
	if (caller->provider->command(caller->account, step->action,
	    step->region, ids, items->count, token, outcomes, failure) != 0)
		return -1;
	FAULT_POINT("act.after_call");
	for (size_t i = 0; i < items->count; i++) {
		items->list[i].failure = outcomes[i].failure;
		items->list[i].is_slowed = true;
	}
	return 0;
}

static int give(struct items *items, struct failure *why);

static int
give_halves(struct items *items, struct failure *why)
{
	struct items left = *items, right = *items;

	left.count = items->count / 2;
	right.list += left.count;
	right.count -= left.count;
	if (give(&left, why) != 0)
		return -1;
	return give(&right, why);
}

/* The command as a whole failed. */
static int
handle(struct items *items, struct failure *failure, struct failure *why)
{
	struct turn *turn = items->turn;
	bool refused = failure->fault == FAULT_REFUSED ||
	    failure->fault == FAULT_DENIED;

	if (refused && items->count > 1) {
		turn->calls--;
		return give_halves(items, why);
	}
	turn->failed_calls++;
	if (failure->fault == FAULT_UNCERTAIN) {
		LOG(LOG_WARNING, "action uncertain",
		    LOG_TEXT("account", turn->account->id),
		    LOG_TEXT("reason", failure->detail));
		return 0;
	}
	if (failure->fault == FAULT_BUSY)
		return give_up(items, "throttled", failure, why);
	if (failure->fault == FAULT_UNAUTHENTICATED)
		return give_up(items, "credentials not accepted", failure,
		    why);
	return record_all(items, failure, true, why);
}

static int
leave(struct items *items, struct failure *why)
{
	struct failure failure = { 0 };

	fail(&failure, FAULT_REFUSED, "not sent: %s", items->turn->over);
	return record_all(items, &failure, false, why);
}

static int
give(struct items *items, struct failure *why)
{
	struct turn *turn = items->turn;
	struct failure failure = { 0 };

	if (turn->over == NULL && turn->calls >= CALLS_TO_JUDGE &&
	    turn->failed_calls * 2 > turn->calls)
		turn->over = "most calls to this account fail";
	if (turn->over != NULL)
		return leave(items, why);
	/* Who is stopped between this check and the call cannot be helped;
	 * the provider's own idempotence is all that is left then. */
	FAULT_POINT("act.before_call");
	if (epoch_check(turn->errand->epoch, why) != 0)
		return -1;
	turn->calls++;
	if (call(items, &failure) != 0)
		return handle(items, &failure, why);
	return record(items, why);
}

int
batch_give(struct turn *turn, const struct step *steps, size_t count,
    struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(BATCH_BYTES);
	struct items items = { .turn = turn, .arena = arena,
	    .list = arena_array(arena, count, sizeof(struct item)) };

	if (steps[0].execution_id != NULL)
		repeat(&items, steps, count);
	else if (intend(&items, steps, count, why) != 0)
		return -1;
	if (items.count == 0)
		return 0;
	turn->tally->attempted += (int64_t)items.count;
	return give(&items, why);
}
