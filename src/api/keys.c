/* API keys of the caller. */
#include "keys.h"

#include <string.h>

#include "keys_sql.h"
#include "permission.h"
#include "routes.h"
#include "setup.h"
#include "sign_in_sql.h"

void
keys_make(const struct exchange *exchange, struct new_key *key,
    struct bind binds[NEW_KEY_BINDS])
{
	struct lookup_hashes hashes;

	random_uuid(key->id);
	random_alphanumeric(key->key, RANDOM_API_KEY);
	memcpy(key->prefix, key->key, sizeof(key->prefix) - 1);
	key->prefix[sizeof(key->prefix) - 1] = '\0';
	hash_lookup(&exchange->service->lookups, LOOKUP_API_KEY, key->key,
	    &hashes);
	exchange_hash(hashes.current, key->hash);
	binds[0] = (struct bind){ "key_id", key->id };
	binds[1] = (struct bind){ "prefix", key->prefix };
	binds[2] = (struct bind){ "hash", key->hash };
}

/* The stored row, with the key itself as one member more.  The key never goes
 * to the database, so the member is put in here. */
static void
answer_with_key(struct exchange *exchange, const char *body, const char *key)
{
	size_t length = strlen(body);

	response_json(exchange->response, 200, arena_printf(
	    exchange->request->arena, "%.*s, \"key\" : \"%s\"}",
	    (int)(length - 1), body, key));
}

static int
key_create_handle(struct exchange *exchange, struct failure *why)
{
	struct new_key key;
	struct bind binds[NEW_KEY_BINDS];
	struct statement run[2];

	keys_make(exchange, &key, binds);
	run[0] = exchange_bind(exchange, &key_create, binds, NEW_KEY_BINDS);
	run[1] = exchange_bind(exchange, &key_get, binds, NEW_KEY_BINDS);
	if (exchange_run(exchange, run, COUNT_OF(run), why) != 0)
		return -1;
	answer_with_key(exchange, rows_text(run[1].rows, 0, "body"), key.key);
	statements_free(run, COUNT_OF(run));
	return 0;
}

static int
key_bootstrap_handle(struct exchange *exchange, struct failure *why)
{
	struct new_key key;
	struct bind binds[NEW_KEY_BINDS];
	const struct bind guarded = { "guarded", setup_guarded(exchange) };
	struct statement run[3];

	if (setup_check(exchange, why) != 0)
		return -1;
	keys_make(exchange, &key, binds);
	run[0] = exchange_bind(exchange, &sign_in_bootstrap, &guarded, 1);
	run[1] = exchange_bind(exchange, &key_create_bootstrap, binds,
	    NEW_KEY_BINDS);
	run[2] = exchange_bind(exchange, &key_get, binds, NEW_KEY_BINDS);
	if (exchange_run(exchange, run, COUNT_OF(run), why) != 0)
		return -1;
	answer_with_key(exchange, rows_text(run[2].rows, 0, "body"), key.key);
	statements_free(run, COUNT_OF(run));
	return 0;
}

static const struct field create_fields[] = {
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .low = 1, .high = 200 },
	{ .name = "expires_at", .place = IN_BODY, .kind = FIELD_TIME,
	    .nullable = true, .help = "Null: in 90 days." },
	{ .name = NULL }
};

static const struct field bootstrap_fields[] = {
	{ .name = "user_id", .place = IN_BODY, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

static const struct field id_fields[] = {
	{ .name = "key_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

#define KEY_MEMBERS                                                          \
	{ .name = "id", .kind = MEMBER_UUID },                               \
	{ .name = "name", .kind = MEMBER_TEXT },                             \
	{ .name = "prefix", .kind = MEMBER_TEXT },                           \
	{ .name = "created_at", .kind = MEMBER_TIME },                       \
	{ .name = "expires_at", .kind = MEMBER_TIME, .nullable = true },     \
	{ .name = "last_used_at", .kind = MEMBER_TIME, .nullable = true },   \
	{ .name = "days_until_expiry", .kind = MEMBER_INT,                   \
	    .nullable = true },                                              \
	{ .name = "expires_soon", .kind = MEMBER_BOOL }

static const struct member key_members[] = { KEY_MEMBERS, { .name = NULL } };
static const struct answer key_answer = { "ApiKey", key_members };

static const struct member new_key_members[] = {
	KEY_MEMBERS,
	{ .name = "key", .kind = MEMBER_TEXT,
	    .help = "Shown this once." },
	{ .name = NULL }
};
const struct answer new_key_answer = { "NewApiKey", new_key_members };

const struct route keys_routes[] = {
	{
		.method = "POST", .path = "/api/v1/auth/keys",
		.operation = "key_create", .tag = "auth",
		.summary = "Make an API key for oneself",
		.permission = &permission_self_write,
		.fields = create_fields, .takes_body = true,
		.handle = key_create_handle,
		.status = 200, .answer = &new_key_answer,
	},
	{
		.method = "GET", .path = "/api/v1/auth/keys",
		.operation = "key_list", .tag = "auth",
		.summary = "One's own API keys",
		.permission = &permission_self_read,
		.statement = &key_list,
		.status = 200, .answer = &key_answer, .answers_list = true,
	},
	{
		.method = "DELETE", .path = "/api/v1/auth/keys/:key_id",
		.operation = "key_delete", .tag = "auth",
		.summary = "End one of one's own API keys",
		.permission = &permission_self_write,
		.fields = id_fields, .change = &key_delete,
		.missing = "API key not found", .status = 204,
		.errors = (const int[]){ 404, 0 },
	},
	{
		.method = "POST", .path = "/api/v1/auth/keys/bootstrap",
		.operation = "key_bootstrap", .tag = "auth",
		.summary = "An API key for the only user (deprecated)",
		.fields = bootstrap_fields, .takes_body = true,
		.handle = key_bootstrap_handle,
		.status = 200, .answer = &new_key_answer,
		.errors = (const int[]){ 403, 404, 0 },
	},
	{ .method = NULL }
};
