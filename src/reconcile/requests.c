#include "src/reconcile/requests.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "crypto/seal.h"
#include "db/session.h"
#include "src/reconcile/account.h"
#include "src/reconcile/bench.h"
#include "src/reconcile/crew.h"
#include "src/reconcile/discover.h"
#include "src/reconcile/requests_sql.h"

/* Served side by side by one process. */
#define SERVERS 4

#define ANSWER_BYTES ((size_t)1 << 20)

struct request {
	const char *organization_id, *id, *kind;
	const char *cloud_account_id;
	const char *provider_type, *key_id, *sealed, *wrapped_key;
};

static const struct column columns[] = {
	COLUMN(struct request, organization_id),
	COLUMN(struct request, id),
	COLUMN(struct request, kind),
	COLUMN_OR_NULL(struct request, cloud_account_id),
	COLUMN_OR_NULL(struct request, provider_type),
	COLUMN_OR_NULL(struct request, key_id),
	COLUMN_OR_NULL(struct request, sealed),
	COLUMN_OR_NULL(struct request, wrapped_key),
};

/* One request being served. */
struct service {
	const struct reconciler *reconciler;
	struct session *session;
	struct arena *arena;
	const struct request *request;
	struct text answer;            /* JSON */
};

static void
answer_error(struct service *service, const char *start,
    const struct failure *failure)
{
	service->answer.length = 0;
	text_add_text(&service->answer, start);
	text_add_text(&service->answer, "\"error\":");
	text_add_json(&service->answer, account_reason(failure));
	text_add_text(&service->answer, "}");
}

static int
store_keys(struct service *service, const char *id,
    const unsigned char public_key[SEAL_KEY_BYTES],
    const unsigned char wrapped[KEYRING_WRAPPED_BYTES], struct failure *why)
{
	const struct keyring_key *kek =
	    &service->reconciler->keyring.purposes[KEY_CLOUD].current;
	char public_hex[2 * SEAL_KEY_BYTES + 1];
	char wrapped_hex[2 * KEYRING_WRAPPED_BYTES + 1];
	char kek_hex[2 * HASH_KEY_ID_BYTES + 1];
	const struct bind binds[] = {
		{ "organization", service->request->organization_id },
		{ "id", id }, { "public", public_hex },
		{ "wrapped", wrapped_hex }, { "kek", kek_hex },
	};

	text_from_bytes(public_key, SEAL_KEY_BYTES, public_hex);
	text_from_bytes(wrapped, KEYRING_WRAPPED_BYTES, wrapped_hex);
	text_from_bytes(kek->id, sizeof(kek->id), kek_hex);
	FAULT_POINT("keys.before_store");
	return session_one(service->session, &requests_make_keys, binds,
	    COUNT_OF(binds), NULL, why);
}

static int
make_keys(struct service *service, struct failure *why)
{
	SCOPED(bytes_wipe_key) unsigned char private_key[BYTES_KEY];
	SCOPED(rows_release) struct rows *rows = NULL;
	unsigned char public_key[SEAL_KEY_BYTES];
	unsigned char wrapped[KEYRING_WRAPPED_BYTES];
	struct keyring_place place = { .purpose = KEY_CLOUD,
	    .organization = service->request->organization_id };

	if (session_one(service->session, &requests_new_id, NULL, 0, &rows,
	    why) != 0)
		return -1;
	place.key = rows_text(rows, 0, "id");
	seal_new_keys(private_key, public_key);
	if (keyring_wrap(&service->reconciler->keyring, &place, private_key,
	    wrapped, why) != 0 ||
	    store_keys(service, place.key, public_key, wrapped, why) != 0)
		return -1;
	text_add_text(&service->answer, "{\"ok\":true}");
	return 0;
}

static void
serve_keys(struct service *service)
{
	struct failure why = { 0 };

	if (make_keys(service, &why) != 0)
		answer_error(service, "{\"ok\":false,", &why);
}

static struct errand
errand_begin(const struct reconciler *reconciler)
{
	struct errand errand = { .reconciler = reconciler,
	    .now = clock_now() };

	clock_format(errand.now, errand.now_text);
	return errand;
}

static int
check(struct service *service, const char **identity, struct failure *why)
{
	const struct request *request = service->request;
	const struct errand errand = errand_begin(service->reconciler);
	const struct account account = {
		.organization_id = request->organization_id,
		.id = request->cloud_account_id,
		.provider_type = request->provider_type,
		.key_id = request->key_id,
		.wrapped_key = request->wrapped_key,
		.sealed = request->sealed,
	};
	SCOPED(caller_close) struct caller caller = { 0 };
	const char *credentials;

	if (account.id == NULL || account.provider_type == NULL ||
	    account.wrapped_key == NULL || account.sealed == NULL)
		return fail(why, FAULT_INTERNAL, "the request is not whole");
	if (account_unseal(service->reconciler, &account, service->arena,
	    &credentials, why) != 0 ||
	    caller_open(&errand, &account, credentials, service->session,
	    service->arena, &caller, why) != 0)
		return -1;
	return caller.provider->check(caller.account, identity, why);
}

static void
serve_check(struct service *service)
{
	const char *identity = NULL;
	struct failure why = { 0 };

	if (check(service, &identity, &why) != 0) {
		answer_error(service, "{\"ok\":false,", &why);
		return;
	}
	text_add_text(&service->answer, "{\"ok\":true,\"identity\":");
	if (identity == NULL)
		text_add_text(&service->answer, "null");
	else
		text_add_json(&service->answer, identity);
	text_add_text(&service->answer, "}");
}

/* Answer what the looks have left in the database. */
static int
answer_sync(struct service *service, const struct discovery *done,
    struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = &requests_synced, BINDS(
	    { "organization", service->request->organization_id },
	    { "account", service->request->cloud_account_id }) };

	if (session_run(service->session, &statement, 1, true, why) != 0)
		return -1;
	rows = statement.rows;
	if (rows_count(rows) == 0)
		return fail(why, FAULT_MISSING, "the account is gone");
	if (done->regions == 0 && done->failures > 0) {
		const char *error = rows_text(rows, 0, "error");

		return fail(why, FAULT_REFUSED, "%s", error == NULL ?
		    "the account could not be looked at" : error);
	}
	text_add_format(&service->answer, "{\"created\":%" PRId64
	    ",\"updated\":%" PRId64 ",\"total\":%" PRId64 ",\"errors\":",
	    done->created, done->updated, done->machines);
	text_add_text(&service->answer, rows_text(rows, 0, "errors"));
	text_add_text(&service->answer, "}");
	return 0;
}

static void
serve_sync(struct service *service)
{
	const struct errand errand = errand_begin(service->reconciler);
	struct discovery done = { 0 };
	struct failure why = { 0 };

	if (discover(&errand, service->request->organization_id,
	    service->request->cloud_account_id, &done, &why) != 0 ||
	    answer_sync(service, &done, &why) != 0)
		answer_error(service, "{", &why);
}

static const struct {
	const char *kind;
	void (*serve)(struct service *service);
} servers[] = {
	{ "keys", serve_keys },
	{ "check", serve_check },
	{ "sync", serve_sync },
};

static int
answer(struct service *service, struct failure *why)
{
	struct statement statement = { .query = &requests_answer, BINDS(
	    { "organization", service->request->organization_id },
	    { "id", service->request->id },
	    { "answer", text_get(&service->answer) }) };

	FAULT_POINT("request.before_answer");
	if (session_run(service->session, &statement, 1, true, why) != 0)
		return -1;
	FAULT_POINT("request.answered");
	rows_free(statement.rows);
	return 0;
}

static int
serve(const struct reconciler *reconciler, struct session *session,
    const struct request *request, struct arena *arena, struct failure *why)
{
	struct service service = { .reconciler = reconciler,
	    .session = session, .arena = arena, .request = request,
	    .answer = { .arena = arena } };
	int64_t begun = clock_monotonic();

	for (size_t i = 0; i < COUNT_OF(servers); i++)
		if (text_is(servers[i].kind, request->kind))
			servers[i].serve(&service);
	if (answer(&service, why) != 0)
		return -1;
	LOG(LOG_INFO, "request served", LOG_TEXT("request", request->id),
	    LOG_TEXT("kind", request->kind),
	    LOG_INT("ms", (clock_monotonic() - begun) / 1000));
	return 0;
}

/* Serve one request; ${found} tells whether there was any. */
static int
serve_next(const struct reconciler *reconciler, struct session *session,
    bool *found, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(
	    ACCOUNT_BYTES + ANSWER_BYTES);
	SCOPED(rows_release) struct rows *rows = NULL;
	struct request request = { 0 };

	if (session_one(session, &requests_claim, NULL, 0, &rows, why) != 0)
		return -1;
	*found = rows_count(rows) > 0;
	if (!*found)
		return 0;
	FAULT_POINT("request.claimed");
	if (row_read(rows, 0, columns, COUNT_OF(columns), &request, arena,
	    why) != 0)
		return -1;
	return serve(reconciler, session, &request, arena, why);
}

static void
serve_all(void *context, size_t index)
{
	const struct reconciler *reconciler = context;
	SCOPED(loan_end) struct loan loan = { 0 };
	struct failure why = { 0 };
	bool found = true;

	(void)index;
	if (loan_take(reconciler->bench, &loan, &why) == 0)
		while (found && serve_next(reconciler, loan.session, &found,
		    &why) == 0)
			continue;
	if (why.fault != FAULT_NONE)
		LOG(LOG_WARNING, "request failed",
		    LOG_TEXT("reason", why.detail));
}

static int
count_open(const struct reconciler *reconciler, int64_t *servable,
    int64_t *passes, struct failure *why)
{
	SCOPED(loan_end) struct loan loan = { 0 };
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = &requests_open };

	if (loan_take(reconciler->bench, &loan, why) != 0 ||
	    session_run(loan.session, &statement, 1, true, why) != 0)
		return -1;
	rows = statement.rows;
	if (text_to_int64(rows_text(rows, 0, "servable"), 0, INT64_MAX,
	    servable) != 0 ||
	    text_to_int64(rows_text(rows, 0, "passes"), 0, INT64_MAX,
	    passes) != 0)
		return fail(why, FAULT_INTERNAL, "a count is no number");
	return 0;
}

int
requests_serve(const struct reconciler *reconciler, struct failure *why)
{
	const char *trigger = reconciler->config->trigger_file;
	int64_t servable, passes;

	/* Before looking: what is asked for later, triggers again. */
	if (trigger != NULL)
		unlink(trigger);
	if (count_open(reconciler, &servable, &passes, why) != 0)
		return -1;
	crew_run(SERVERS, (size_t)servable, serve_all,
	    (void *)(uintptr_t)reconciler);
	return 0;
}

bool
requests_are_announced(const struct reconciler *reconciler)
{
	const char *trigger = reconciler->config->trigger_file;

	return trigger != NULL && access(trigger, F_OK) == 0;
}

int
requests_want_pass(const struct reconciler *reconciler, bool *wanted,
    struct failure *why)
{
	int64_t servable, passes;

	if (count_open(reconciler, &servable, &passes, why) != 0)
		return -1;
	*wanted = passes > 0;
	return 0;
}
