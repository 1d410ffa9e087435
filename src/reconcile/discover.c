#include "src/reconcile/discover.h"

#include <stdatomic.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "db/session.h"
#include "src/reconcile/account.h"
#include "src/reconcile/bench.h"
#include "src/reconcile/crew.h"
#include "src/reconcile/discover_sql.h"
#include "src/reconcile/epoch.h"
#include "src/reconcile/look.h"

/* What the threads share. */
struct search {
	const struct errand *errand;
	const char *organization_id, *id;      /* the account; NULL: all */
	const struct rows *rows;       /* of the present step */
	atomic_int_fast64_t failures;
	atomic_int_fast64_t machines, created, updated;
};

static bool
is_over(const struct search *search)
{
	const struct epoch *epoch = search->errand->epoch;

	return epoch != NULL && epoch_is_over(epoch);
}

static void
report(struct search *search, const char *account, const char *region,
    const struct failure *why)
{
	atomic_fetch_add(&search->failures, 1);
	LOG(LOG_WARNING, "look failed", LOG_TEXT("account", account),
	    LOG_TEXT("region", region), LOG_TEXT("fault",
	    fault_name(why->fault)), LOG_TEXT("reason", why->detail));
}

/* Write ${query}, which says why nothing can be found in this account. */
static void
mark(const struct search *search, struct session *session,
    const struct query *query, const struct bind *binds, size_t nbinds)
{
	struct statement statement = { .query = query, .binds = binds,
	    .nbinds = nbinds };
	struct failure ignored = { 0 };

	if (epoch_run(search->errand->epoch, session, &statement, 1, false,
	    &ignored) == 0)
		rows_free(statement.rows);
}

static void
mark_unreadable(const struct search *search, struct session *session,
    const struct account *account, const struct failure *why)
{
	const struct bind binds[] = {
		{ "organization", account->organization_id },
		{ "account", account->id },
		{ "reason", account_reason(why) },
	};

	mark(search, session, &discover_unreadable, binds, COUNT_OF(binds));
}

static void
mark_failed(const struct search *search, struct session *session,
    const struct account *account, const struct failure *why)
{
	const struct bind binds[] = {
		{ "organization", account->organization_id },
		{ "account", account->id },
		{ "reason", account_reason(why) },
		{ "now", search->errand->now_text },
	};

	mark(search, session, &discover_failed, binds, COUNT_OF(binds));
}

/* The provider's regions as a JSON array; an account's own choice is known. */
static int
list_regions(const struct search *search, const struct account *account,
    const char *credentials, struct session *session, struct arena *arena,
    const char **list, struct failure *why)
{
	SCOPED(caller_close) struct caller caller = { 0 };
	const char *const *regions = NULL;
	struct text text = { .arena = arena };
	size_t nregions = 0;

	if (caller_open(search->errand, account, credentials, session, arena,
	    &caller, why) != 0)
		return -1;
	FAULT_POINT("discover.before_regions");
	if (!account->is_selective && caller.provider->regions(caller.account,
	    &regions, &nregions, why) != 0)
		return -1;
	text_add_text(&text, "[");
	for (size_t i = 0; i < nregions; i++) {
		text_add_text(&text, i == 0 ? "" : ",");
		text_add_json(&text, regions[i]);
	}
	text_add_text(&text, "]");
	*list = text_get(&text);
	return 0;
}

static int
register_regions(const struct search *search, const struct account *account,
    const char *list, struct session *session, struct failure *why)
{
	struct statement statement = { .query = &discover_regions, BINDS(
	    { "organization", account->organization_id },
	    { "account", account->id }, { "regions", list }) };

	if (epoch_run(search->errand->epoch, session, &statement, 1, false,
	    why) != 0)
		return -1;
	rows_free(statement.rows);
	return 0;
}

/* Open one account and learn its regions. */
static int
open_account(const struct search *search, const struct account *account,
    struct session *session, struct arena *arena, struct failure *why)
{
	const char *credentials, *list;

	if (account_unseal(search->errand->reconciler, account, arena,
	    &credentials, why) != 0) {
		mark_unreadable(search, session, account, why);
		return -1;
	}
	if (list_regions(search, account, credentials, session, arena, &list,
	    why) != 0) {
		mark_failed(search, session, account, why);
		return -1;
	}
	return register_regions(search, account, list, session, why);
}

static void
visit_account(void *context, size_t row)
{
	struct search *search = context;
	const char *id = rows_text(search->rows, row, "id");
	SCOPED(arena_release) struct arena *arena = arena_new(ACCOUNT_BYTES);
	SCOPED(loan_end) struct loan loan = { 0 };
	struct account account;
	struct failure why = { 0 };

	if (is_over(search))
		return;
	if (loan_take(search->errand->reconciler->bench, &loan, &why) != 0 ||
	    account_load(loan.session, rows_text(search->rows, row,
	    "organization_id"), id, arena, &account, &why) != 0 ||
	    open_account(search, &account, loan.session, arena, &why) != 0)
		report(search, id, NULL, &why);
}

static int
look_once(const struct search *search, size_t row, struct loan *loan,
    struct look_counts *counts, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ACCOUNT_BYTES);
	struct account account;
	const char *credentials;

	if (loan_take(search->errand->reconciler->bench, loan, why) != 0 ||
	    account_load(loan->session,
	    rows_text(search->rows, row, "organization_id"),
	    rows_text(search->rows, row, "cloud_account_id"), arena, &account,
	    why) != 0 ||
	    account_unseal(search->errand->reconciler, &account, arena,
	    &credentials, why) != 0)
		return -1;
	return look_at(search->errand, loan, &account, credentials,
	    rows_text(search->rows, row, "region"), counts, why);
}

static void
visit_region(void *context, size_t row)
{
	struct search *search = context;
	SCOPED(loan_end) struct loan loan = { 0 };
	struct look_counts counts = { 0 };
	struct failure why = { 0 };

	if (is_over(search))
		return;
	if (look_once(search, row, &loan, &counts, &why) != 0) {
		report(search, rows_text(search->rows, row,
		    "cloud_account_id"), rows_text(search->rows, row,
		    "region"), &why);
		return;
	}
	atomic_fetch_add(&search->machines, counts.total);
	atomic_fetch_add(&search->created, counts.created);
	atomic_fetch_add(&search->updated, counts.updated);
}

/* Visit all rows of ${query}; ${count} becomes how many they were. */
static int
visit(struct search *search, const struct query *query,
    void (*work)(void *context, size_t row), int64_t *count,
    struct failure *why)
{
	const struct reconciler *reconciler = search->errand->reconciler;
	SCOPED(loan_end) struct loan loan = { 0 };
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = query, BINDS(
	    { "organization", search->organization_id },
	    { "account", search->id },
	    { "now", search->errand->now_text }) };

	if (loan_take(reconciler->bench, &loan, why) != 0 ||
	    session_run(loan.session, &statement, 1, true, why) != 0)
		return -1;
	rows = statement.rows;
	loan_end(&loan);
	search->rows = rows;
	*count = (int64_t)rows_count(rows);
	crew_run(reconciler->threads, rows_count(rows), work, search);
	return 0;
}

static int
settle(const struct search *search, struct failure *why)
{
	SCOPED(loan_end) struct loan loan = { 0 };
	struct statement statement = { .query = &discover_settle, BINDS(
	    { "organization", search->organization_id },
	    { "account", search->id },
	    { "now", search->errand->now_text }) };

	if (loan_take(search->errand->reconciler->bench, &loan, why) != 0 ||
	    epoch_run(search->errand->epoch, loan.session, &statement, 1,
	    false, why) != 0)
		return -1;
	rows_free(statement.rows);
	return 0;
}

int
discover(const struct errand *errand, const char *organization_id,
    const char *id, struct discovery *discovery, struct failure *why)
{
	struct search search = { .errand = errand,
	    .organization_id = organization_id, .id = id };
	struct discovery done = { 0 };

	if (visit(&search, &discover_accounts, visit_account,
	    &done.accounts, why) != 0 ||
	    visit(&search, &discover_looks, visit_region, &done.regions,
	    why) != 0)
		return -1;
	FAULT_POINT("discover.before_settle");
	if (settle(&search, why) != 0)
		return -1;
	FAULT_POINT("discover.settled");
	done.failures = atomic_load(&search.failures);
	done.machines = atomic_load(&search.machines);
	done.created = atomic_load(&search.created);
	done.updated = atomic_load(&search.updated);
	*discovery = done;
	return 0;
}
