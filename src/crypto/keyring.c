#include "crypto/keyring.h"

#include <assert.h>
#include <stdio.h>

#include "base/text.h"
#include "crypto/random.h"

#define FORMAT 1

static const struct {
	const char *name;
	const char *wrap_label, *id_label;     /* for HKDF */
} purposes[KEY_PURPOSE_COUNT] = {
	[KEY_CLOUD] = { "cloud", "diurnal cloud wrapping v1",
	    "diurnal cloud key id v1" },
};

/* What a wrapped key looks like.  All bytes, so there is no padding. */
struct wrapped {
	unsigned char format;
	unsigned char id[HASH_KEY_ID_BYTES];
	unsigned char nonce[AEAD_NONCE_BYTES];
	unsigned char sealed[BYTES_KEY + AEAD_TAG_BYTES];
};

_Static_assert(sizeof(struct wrapped) == KEYRING_WRAPPED_BYTES,
    "struct wrapped is what is stored");

const char *
keyring_purpose_name(enum key_purpose purpose)
{
	assert(purpose >= 0 && purpose < KEY_PURPOSE_COUNT);
	return purposes[purpose].name;
}

static void
derive(enum key_purpose purpose, const unsigned char kek[BYTES_KEY],
    struct keyring_key *key)
{
	hash_key_id(bytes_of(kek, BYTES_KEY), purposes[purpose].id_label,
	    key->id);
	hash_hkdf(bytes_of(kek, BYTES_KEY), bytes_of(NULL, 0),
	    bytes_of_text(purposes[purpose].wrap_label), key->wrapping,
	    sizeof(key->wrapping));
	key->present = true;
}

void
keyring_set(struct keyring *keyring, enum key_purpose purpose,
    const unsigned char current[BYTES_KEY], const unsigned char *previous)
{
	assert(purpose >= 0 && purpose < KEY_PURPOSE_COUNT);
	OPENSSL_cleanse(&keyring->purposes[purpose],
	    sizeof(keyring->purposes[purpose]));
	derive(purpose, current, &keyring->purposes[purpose].current);
	if (previous != NULL)
		derive(purpose, previous,
		    &keyring->purposes[purpose].previous);
}

void
keyring_wipe(struct keyring *keyring)
{
	OPENSSL_cleanse(keyring, sizeof(*keyring));
}

/* Canonical ids: what joins the parts cannot be in one of them. */
static void
build_aad(const char *organization, const char *table, const char *row,
    const char *what, char aad[KEYRING_AAD_BYTES])
{
	int length;

	assert(text_is_uuid(organization) && text_is_uuid(row));
	length = snprintf(aad, KEYRING_AAD_BYTES, "diurnal|%s|%s|%s|%s",
	    organization, table, row, what);
	assert(length > 0 && length < KEYRING_AAD_BYTES);
}

static void
place_aad(const struct keyring_place *place, char aad[KEYRING_AAD_BYTES])
{
	build_aad(place->organization, "organization_keys", place->key,
	    keyring_purpose_name(place->purpose), aad);
}

void
keyring_credentials_aad(const char *organization, const char *account,
    char aad[KEYRING_AAD_BYTES])
{
	build_aad(organization, "cloud_accounts", account, "credentials", aad);
}

int
keyring_wrap(const struct keyring *keyring,
    const struct keyring_place *place, const unsigned char key[BYTES_KEY],
    unsigned char wrapped[KEYRING_WRAPPED_BYTES], struct failure *why)
{
	const struct keyring_key *under =
	    &keyring->purposes[place->purpose].current;
	struct wrapped out = { .format = FORMAT };
	char aad[KEYRING_AAD_BYTES];

	if (!under->present)
		return fail(why, FAULT_MISSING,
		    "there is no key-encryption key for %s",
		    keyring_purpose_name(place->purpose));
	place_aad(place, aad);
	memcpy(out.id, under->id, sizeof(out.id));
	random_bytes(out.nonce, sizeof(out.nonce));
	aead_seal(AEAD_AES_256_GCM, under->wrapping, out.nonce,
	    bytes_of_text(aad), bytes_of(key, BYTES_KEY), out.sealed);
	memcpy(wrapped, &out, sizeof(out));
	return 0;
}

/* The key of that id; NULL if the keyring has none. */
static const struct keyring_key *
find(const struct keyring *keyring, enum key_purpose purpose,
    const unsigned char id[HASH_KEY_ID_BYTES])
{
	const struct keyring_key *keys[] = {
		&keyring->purposes[purpose].current,
		&keyring->purposes[purpose].previous,
	};

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (keys[i]->present &&
		    memcmp(keys[i]->id, id, HASH_KEY_ID_BYTES) == 0)
			return keys[i];
	return NULL;
}

static int
read_wrapped(struct bytes bytes, struct wrapped *wrapped)
{
	if (bytes.length != sizeof(*wrapped))
		return -1;
	memcpy(wrapped, bytes.at, sizeof(*wrapped));
	return wrapped->format == FORMAT ? 0 : -1;
}

static int
fail_lost(enum key_purpose purpose, const unsigned char *id,
    struct failure *why)
{
	char hex[2 * HASH_KEY_ID_BYTES + 1];

	text_from_bytes(id, HASH_KEY_ID_BYTES, hex);
	return fail(why, FAULT_MISSING, "the key-encryption key %s for %s is "
	    "not in the keyring: configure it as the current or previous one",
	    hex, keyring_purpose_name(purpose));
}

int
keyring_unwrap(const struct keyring *keyring,
    const struct keyring_place *place, struct bytes wrapped,
    unsigned char key[BYTES_KEY], struct failure *why)
{
	SCOPED(bytes_wipe_key) unsigned char plain[BYTES_KEY];
	const struct keyring_key *under;
	char aad[KEYRING_AAD_BYTES];
	struct wrapped in;

	if (read_wrapped(wrapped, &in) != 0)
		return fail(why, FAULT_INVALID,
		    "%zu bytes of an unknown form are no wrapped key",
		    wrapped.length);
	if ((under = find(keyring, place->purpose, in.id)) == NULL)
		return fail_lost(place->purpose, in.id, why);
	place_aad(place, aad);
	if (aead_open(AEAD_AES_256_GCM, under->wrapping, in.nonce,
	    bytes_of_text(aad), bytes_of(in.sealed, sizeof(in.sealed)),
	    plain) != 0)
		return fail(why, FAULT_INVALID, "the wrapped key does not "
		    "open: it was altered or belongs to another row");
	memcpy(key, plain, sizeof(plain));
	return 0;
}

bool
keyring_is_current(const struct keyring *keyring, enum key_purpose purpose,
    struct bytes wrapped)
{
	const struct keyring_key *current = &keyring->purposes[purpose].current;
	struct wrapped in;

	return current->present && read_wrapped(wrapped, &in) == 0 &&
	    memcmp(in.id, current->id, sizeof(in.id)) == 0;
}
