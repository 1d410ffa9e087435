#include "ask.h"

#include "ask_sql.h"
#include "base/clock.h"
#include "base/text.h"
#include "crypto/random.h"

#define CHANNEL "diurnal_answer"

static int
send_request(struct exchange *exchange, struct statement *request,
    struct failure *why)
{
	struct arena *arena = exchange->request->arena;
	const char *slots = arena_printf(arena, "%lld",
	    (long long)exchange->service->config.waiting_workers);
	struct statement run[] = {
		*request,
		{ .query = &ask_listen },
		{ .query = &ask_take_slot, BINDS({ "slots", slots }) },
	};

	if (exchange_run(exchange, run, COUNT_OF(run), why) != 0)
		return -1;
	statements_free(run, COUNT_OF(run));
	service_wake_reconciler(exchange->service);
	return 0;
}

/* As nobody: the caller may be gone by now, and the slot must not be. */
static int
stop_waiting(struct session *session, struct failure *why)
{
	struct statement run[] = {
		{ .query = &ask_unlisten },
		{ .query = &ask_release_slot },
	};

	if (session_run(session, run, COUNT_OF(run), true, why) != 0)
		return -1;
	statements_free(run, COUNT_OF(run));
	return 0;
}

/* See what there is, come what may: a notification can be lost with its
 * connection, the answer cannot. */
static int
read_answer(struct exchange *exchange, const char *id, const char **answer,
    struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = &ask_answer,
		BINDS({ "request_id", id }) };

	if (exchange_run(exchange, &statement, 1, why) != 0)
		return -1;
	rows = statement.rows;
	if (rows_count(rows) > 0)
		*answer = arena_text(exchange->request->arena,
		    rows_text(rows, 0, "answer"));
	return 0;
}

int
ask_reconciler(struct exchange *exchange, struct statement *request,
    const char *id, int64_t patience, const char **answer,
    struct failure *why)
{
	struct failure waited = { .fault = FAULT_NONE };
	const char *found = NULL;

	patience = clock_patience(patience);
	if (send_request(exchange, request, why) != 0)
		return -1;
	session_wait(exchange->service->session, CHANNEL, id, patience,
	    &waited);
	if (stop_waiting(exchange->service->session, why) != 0 ||
	    read_answer(exchange, id, &found, why) != 0)
		return -1;
	if (found == NULL)
		return fail(why, FAULT_LATE, "The reconciler has not answered "
		    "within %lld seconds; the request goes on.",
		    (long long)(patience / CLOCK_SECOND));
	*answer = found;
	return 0;
}

int
ask_for(struct exchange *exchange, const char *kind, const char *account,
    int64_t patience, const char **answer, struct failure *why)
{
	char id[UUID_TEXT_BYTES];
	struct statement request;

	random_uuid(id);
	request = (struct statement){ .query = &ask_create, BINDS(
	    { "request_id", id }, { "kind", kind },
	    { "cloud_account_id", account }) };
	return ask_reconciler(exchange, &request, id, patience, answer, why);
}
