#include "src/reconcile/account.h"

#include <json-c/json.h>
#include <string.h>

#include "base/text.h"
#include "crypto/seal.h"
#include "db/session.h"
#include "src/reconcile/account_sql.h"

#define JSON_DEPTH 4

static void
json_release(struct json_object **object)
{
	json_object_put(*object);
}

static void
tokener_release(struct json_tokener **tokener)
{
	if (*tokener != NULL)
		json_tokener_free(*tokener);
}

static const struct column columns[] = {
	COLUMN(struct account, organization_id),
	COLUMN(struct account, id),
	COLUMN(struct account, provider_type),
	COLUMN(struct account, key_id),
	COLUMN(struct account, wrapped_key),
	COLUMN(struct account, sealed),
	COLUMN(struct account, is_active),
	COLUMN(struct account, is_selective),
};

int
account_load(struct session *session, const char *organization_id,
    const char *id, struct arena *arena, struct account *account,
    struct failure *why)
{
	struct statement statement = { .query = &account_load_query, BINDS(
	    { "organization", organization_id }, { "account", id }) };
	SCOPED(rows_release) struct rows *rows = NULL;

	if (session_run(session, &statement, 1, true, why) != 0)
		return -1;
	rows = statement.rows;
	if (rows_count(rows) == 0)
		return fail(why, FAULT_MISSING, "the account is gone");
	return row_read(rows, 0, columns, COUNT_OF(columns), account, arena,
	    why);
}

/* The bytes of a hex text. */
static int
decode(const char *hex, struct arena *arena, struct bytes *bytes,
    struct failure *why)
{
	size_t length = strlen(hex) / 2;
	unsigned char *decoded = arena_alloc(arena, length);

	if (text_to_bytes(hex, decoded, length) != 0)
		return fail(why, FAULT_INTERNAL, "stored bytes are broken");
	*bytes = bytes_of(decoded, length);
	return 0;
}

int
account_unseal(const struct reconciler *reconciler,
    const struct account *account, struct arena *arena,
    const char **credentials, struct failure *why)
{
	const struct keyring_place place = { .purpose = KEY_CLOUD,
	    .organization = account->organization_id,
	    .key = account->key_id };
	SCOPED(bytes_wipe_key) unsigned char key[BYTES_KEY];
	struct bytes wrapped, sealed, plain;
	char aad[KEYRING_AAD_BYTES];

	if (decode(account->wrapped_key, arena, &wrapped, why) != 0 ||
	    decode(account->sealed, arena, &sealed, why) != 0 ||
	    keyring_unwrap(&reconciler->keyring, &place, wrapped, key,
	    why) != 0)
		return fail_doing(why, "credentials cannot be opened");
	keyring_credentials_aad(account->organization_id, account->id, aad);
	if (seal_open(key, bytes_of_text(KEYRING_CREDENTIALS_INFO),
	    bytes_of_text(aad), sealed, arena, &plain, why) != 0)
		return fail_doing(why, "credentials cannot be opened");
	*credentials = plain.at;
	return 0;
}

static int
parse(const char *text, struct json_object **object, struct failure *why)
{
	SCOPED(tokener_release) struct json_tokener *tokener =
	    json_tokener_new_ex(JSON_DEPTH);

	if (tokener == NULL)
		abort();
	*object = json_tokener_parse_ex(tokener, text, (int)strlen(text));
	if (json_tokener_get_error(tokener) != json_tokener_success)
		return fail(why, FAULT_INVALID,
		    "credentials cannot be opened: they are no JSON");
	return 0;
}

int
caller_open(const struct errand *errand, const struct account *account,
    const char *credentials, struct session *session, struct arena *arena,
    struct caller *caller, struct failure *why)
{
	const struct config *config = errand->reconciler->config;
	const struct provider *provider = provider_find(
	    account->provider_type);
	const struct provider_context context = {
		.arena = arena, .session = session,
		.organization_id = account->organization_id,
		.account_id = account->id,
		.aws_endpoint_url = config->aws_endpoint_url,
		.aws_ca_bundle = config->aws_ca_bundle,
		.now = errand->now,
	};
	SCOPED(json_release) struct json_object *object = NULL;
	struct provider_account *opened = NULL;

	if (provider == NULL)
		return fail(why, FAULT_REFUSED,
		    "this version cannot manage accounts of type %.32s",
		    account->provider_type);
	if (parse(credentials, &object, why) != 0 ||
	    credentials_check(provider->entry, object, why) != 0 ||
	    provider->open(&context, object, &opened, why) != 0)
		return -1;
	*caller = (struct caller){ .provider = provider, .account = opened };
	return 0;
}

void
caller_close(struct caller *caller)
{
	if (caller->account != NULL)
		caller->provider->close(caller->account);
	*caller = (struct caller){ 0 };
}

const char *
account_reason(const struct failure *failure)
{
	return failure->fault == FAULT_INTERNAL ?
	    "something went wrong in Diurnal: see its log" : failure->detail;
}
