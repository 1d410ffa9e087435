#include "sealing.h"

#include <assert.h>
#include <json-c/json.h>
#include <string.h>

#include "accounts_sql.h"
#include "ask.h"
#include "base/text.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/seal.h"

/* To whom credentials are sealed. */
struct recipient {
	const char *organization, *key_id, *public_key;
};

static const struct column recipient_columns[] = {
	COLUMN(struct recipient, organization),
	COLUMN(struct recipient, key_id),
	COLUMN(struct recipient, public_key),
};

bool
sealing_is_blank(const struct json_object *credentials)
{
	if (!json_object_is_type(credentials, json_type_object))
		return credentials == NULL;
	json_object_object_foreach(credentials, key, value) {
		(void)key;
		if (value == NULL)
			continue;
		if (!json_object_is_type(value, json_type_string) ||
		    strspn(json_object_get_string(value), " \t\r\n") !=
		    (size_t)json_object_get_string_len(value))
			return false;
	}
	return true;
}

static int
find_key(struct exchange *exchange, struct recipient *recipient, bool *found,
    struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = &account_key };

	if (exchange_run(exchange, &statement, 1, why) != 0)
		return -1;
	rows = statement.rows;
	*found = rows_count(rows) > 0;
	return !*found ? 0 : row_read(rows, 0, recipient_columns,
	    COUNT_OF(recipient_columns), recipient,
	    exchange->request->arena, why);
}

/* The reconciler makes an organization's key when it is first needed. */
static int
make_key(struct exchange *exchange, struct recipient *recipient,
    struct failure *why)
{
	const char *answer;
	bool found;

	if (ask_for(exchange, "keys", NULL, ASK_CHECK_PATIENCE, &answer,
	    why) != 0 || find_key(exchange, recipient, &found, why) != 0)
		return -1;
	if (!found)
		return fail(why, FAULT_BUSY, "The organization's key could "
		    "not be made; the reconciler's log says why.");
	return 0;
}

static const char *
make_hints(const struct provider_entry *provider,
    const struct json_object *credentials, struct arena *arena)
{
	struct text text = { .arena = arena };
	struct json_object *value;
	const char *separator = "{";

	for (size_t i = 0; i < provider->nfields; i++) {
		const struct credential_field *field = &provider->fields[i];

		if (field->secret || field->hidden ||
		    !json_object_object_get_ex(credentials, field->key,
			&value) || value == NULL)
			continue;
		text_add_text(&text, separator);
		text_add_json(&text, field->key);
		text_add_text(&text, ":");
		text_add_json(&text, json_object_get_string(value));
		separator = ",";
	}
	text_add_text(&text, text.length == 0 ? "{}" : "}");
	return text_get(&text);
}

static const char *
bytea_text(struct bytes bytes, struct arena *arena)
{
	char *text = arena_alloc(arena, 2 + 2 * bytes.length + 1);

	memcpy(text, "\\x", 2);
	text_from_bytes(bytes.at, bytes.length, text + 2);
	return text;
}

static int
seal(struct exchange *exchange, const struct recipient *recipient,
    const char *account, const struct json_object *credentials,
    const char **sealed, struct failure *why)
{
	struct arena *arena = exchange->request->arena;
	char aad[KEYRING_AAD_BYTES];
	unsigned char public_key[SEAL_KEY_BYTES];
	size_t length;
	/* json-c takes no const here, though it only writes its own cache. */
	union { const struct json_object *in; struct json_object *out; } json;
	const char *plain;
	struct bytes bytes;

	json.in = credentials;
	plain = json_object_to_json_string_length(json.out,
	    JSON_C_TO_STRING_PLAIN, &length);
	keyring_credentials_aad(recipient->organization, account, aad);
	if (text_to_bytes(recipient->public_key, public_key,
	    sizeof(public_key)) != 0)
		return fail(why, FAULT_INTERNAL, "public key %s is no key",
		    recipient->key_id);
	if (seal_to(public_key, bytes_of_text(KEYRING_CREDENTIALS_INFO),
	    bytes_of_text(aad), bytes_of(plain, length), arena, &bytes,
	    why) != 0)
		return -1;
	*sealed = bytea_text(bytes, arena);
	return 0;
}

/* {"ok":true,...} or {"ok":false,"error":"..."} */
static int
read_verdict(const char *answer, struct failure *why)
{
	struct json_object *json = json_tokener_parse(answer), *ok, *error;
	int result = 0;

	if (!json_object_object_get_ex(json, "ok", &ok) ||
	    !json_object_get_boolean(ok))
		result = fail(why, FAULT_REFUSED, "%s",
		    json_object_object_get_ex(json, "error", &error) ?
		    json_object_get_string(error) :
		    "The credentials could not be checked.");
	json_object_put(json);
	return result;
}

static int
check(struct exchange *exchange, const struct provider_entry *provider,
    const char *account, const struct sealing *sealing, struct failure *why)
{
	char id[UUID_TEXT_BYTES];
	struct statement request;
	const char *answer;

	random_uuid(id);
	request = (struct statement){ .query = &account_check, BINDS(
	    { "request_id", id }, { "account_id", account },
	    { "provider_type", provider->type },
	    { "key_id", sealing->key_id }, { "sealed", sealing->sealed }) };
	if (ask_reconciler(exchange, &request, id, ASK_CHECK_PATIENCE,
	    &answer, why) != 0)
		return -1;
	return read_verdict(answer, why);
}

int
sealing_take(struct exchange *exchange,
    const struct provider_entry *provider, const char *account,
    const struct json_object *credentials, struct sealing *sealing,
    struct failure *why)
{
	struct recipient recipient;
	struct sealing made;
	bool found;

	/* This also sees whether the caller may: what is wrong with the
	 * credentials is not for others. */
	if (find_key(exchange, &recipient, &found, why) != 0 ||
	    credentials_check(provider, credentials, why) != 0 ||
	    (!found && make_key(exchange, &recipient, why) != 0))
		return -1;
	made.key_id = recipient.key_id;
	made.hints = make_hints(provider, credentials,
	    exchange->request->arena);
	if (seal(exchange, &recipient, account, credentials, &made.sealed,
	    why) != 0 || check(exchange, provider, account, &made, why) != 0)
		return -1;
	*sealing = made;
	return 0;
}
