#include <stdlib.h>

#include "base/scope.h"
#include "base/text.h"
#include "crypto/keyring.h"
#include "t/tap.h"

#define ORGANIZATION "01890a5d-ac96-774b-bcce-b302099a8057"
#define OTHER "01890a5d-ac96-774b-bcce-b302099a8058"
#define ROW "01890a5d-ac96-774b-bcce-b302099a8059"

static const unsigned char kek[BYTES_KEY] = "key-encryption key number one..";
static const unsigned char kek2[BYTES_KEY] = "key-encryption key number two..";
static const unsigned char secret[BYTES_KEY] = "the private key of someone....";

static const struct keyring_place place = {
	.purpose = KEY_CLOUD, .organization = ORGANIZATION, .key = ROW,
};

static struct bytes
all_of(const unsigned char wrapped[KEYRING_WRAPPED_BYTES])
{
	return bytes_of(wrapped, KEYRING_WRAPPED_BYTES);
}

static void
wrap(const struct keyring *keyring,
    unsigned char wrapped[KEYRING_WRAPPED_BYTES])
{
	struct failure why = { 0 };

	if (keyring_wrap(keyring, &place, secret, wrapped, &why) != 0)
		abort();
}

static bool
opens(const struct keyring *keyring, const unsigned char *wrapped)
{
	unsigned char key[BYTES_KEY] = "";
	struct failure why = { 0 };

	return keyring_unwrap(keyring, &place, all_of(wrapped), key,
	    &why) == 0 && memcmp(key, secret, sizeof(key)) == 0;
}

/* What unwrapping fails with; FAULT_NONE also if it wrote to the key. */
static enum fault
fault_of(const struct keyring *keyring, const struct keyring_place *where,
    struct bytes wrapped)
{
	unsigned char key[BYTES_KEY] = "untouched";
	struct failure why = { 0 };

	if (keyring_unwrap(keyring, where, wrapped, key, &why) == 0 ||
	    memcmp(key, "untouched", 10) != 0)
		return FAULT_NONE;
	return why.fault;
}

static void
test_round_trip(void)
{
	unsigned char wrapped[KEYRING_WRAPPED_BYTES];
	unsigned char again[KEYRING_WRAPPED_BYTES];
	struct keyring keyring = { 0 };

	keyring_set(&keyring, KEY_CLOUD, kek, NULL);
	wrap(&keyring, wrapped);
	wrap(&keyring, again);
	ok(opens(&keyring, wrapped), "a wrapped key unwraps");
	ok(memcmp(wrapped + 9, again + 9, AEAD_NONCE_BYTES) != 0,
	    "every wrapping has a nonce of its own");
	ok(keyring_is_current(&keyring, KEY_CLOUD, all_of(wrapped)),
	    "what was just wrapped is under the current key");
}

static void
test_rotation(void)
{
	unsigned char old[KEYRING_WRAPPED_BYTES], new[KEYRING_WRAPPED_BYTES];
	struct keyring before = { 0 }, during = { 0 }, after = { 0 };

	keyring_set(&before, KEY_CLOUD, kek, NULL);
	keyring_set(&during, KEY_CLOUD, kek2, kek);
	keyring_set(&after, KEY_CLOUD, kek2, NULL);
	wrap(&before, old);
	wrap(&during, new);
	ok(opens(&during, old), "what the previous key wrapped unwraps");
	ok(!keyring_is_current(&during, KEY_CLOUD, all_of(old)),
	    "it is to be rewrapped");
	ok(opens(&during, new) && opens(&after, new),
	    "what is wrapped during a rotation is under the new key");
	ok(keyring_is_current(&during, KEY_CLOUD, all_of(new)),
	    "it is not to be rewrapped");
	keyring_set(&during, KEY_CLOUD, kek2, NULL);
	is_int(fault_of(&during, &place, all_of(old)), FAULT_MISSING,
	    "a previous key that is taken away is gone");
}

static void
test_lost_key(void)
{
	unsigned char wrapped[KEYRING_WRAPPED_BYTES], key[BYTES_KEY];
	struct keyring keyring = { 0 }, other = { 0 }, empty = { 0 };
	struct failure why = { 0 };
	char id[2 * HASH_KEY_ID_BYTES + 1];

	keyring_set(&keyring, KEY_CLOUD, kek, NULL);
	keyring_set(&other, KEY_CLOUD, kek2, NULL);
	wrap(&keyring, wrapped);
	text_from_bytes(wrapped + 1, HASH_KEY_ID_BYTES, id);
	ok(keyring_unwrap(&other, &place, all_of(wrapped), key, &why) == -1 &&
	    why.fault == FAULT_MISSING, "a lost key is reported as missing");
	ok(strstr(why.detail, id) != NULL && strstr(why.detail, "cloud"),
	    "the report names its id and purpose");
	is_int(fault_of(&empty, &place, all_of(wrapped)), FAULT_MISSING,
	    "an empty keyring unwraps nothing");
	ok(!keyring_is_current(&empty, KEY_CLOUD, all_of(wrapped)),
	    "nothing is under an empty keyring's key");
	why = (struct failure){ 0 };
	memset(wrapped, 'x', sizeof(wrapped));
	ok(keyring_wrap(&empty, &place, secret, wrapped, &why) == -1 &&
	    why.fault == FAULT_MISSING && wrapped[0] == 'x',
	    "an empty keyring wraps nothing");
}

static void
test_moved(void)
{
	const struct keyring_place organization = { .purpose = KEY_CLOUD,
		.organization = OTHER, .key = ROW };
	const struct keyring_place row = { .purpose = KEY_CLOUD,
		.organization = ORGANIZATION, .key = OTHER };
	unsigned char wrapped[KEYRING_WRAPPED_BYTES];
	struct keyring keyring = { 0 };

	keyring_set(&keyring, KEY_CLOUD, kek, NULL);
	wrap(&keyring, wrapped);
	is_int(fault_of(&keyring, &organization, all_of(wrapped)),
	    FAULT_INVALID, "moved to another organization it does not open");
	is_int(fault_of(&keyring, &row, all_of(wrapped)), FAULT_INVALID,
	    "moved to another row it does not open");
}

static void
test_tampering(void)
{
	unsigned char wrapped[KEYRING_WRAPPED_BYTES + 1] = { 0 };
	struct keyring keyring = { 0 };
	int refused = 0;

	keyring_set(&keyring, KEY_CLOUD, kek, NULL);
	wrap(&keyring, wrapped);
	for (size_t i = 0; i < KEYRING_WRAPPED_BYTES; i++) {
		enum fault want = i > 0 && i <= HASH_KEY_ID_BYTES ?
		    FAULT_MISSING : FAULT_INVALID;

		wrapped[i] ^= 4;
		refused += fault_of(&keyring, &place, all_of(wrapped)) == want;
		wrapped[i] ^= 4;
	}
	is_int(refused, KEYRING_WRAPPED_BYTES, "no byte can be changed");
	is_int(fault_of(&keyring, &place, bytes_of(wrapped,
	    KEYRING_WRAPPED_BYTES + 1)), FAULT_INVALID,
	    "a byte too many is refused");
	is_int(fault_of(&keyring, &place, bytes_of(wrapped,
	    KEYRING_WRAPPED_BYTES - 1)), FAULT_INVALID,
	    "a byte too few is refused");
	is_int(fault_of(&keyring, &place, bytes_of(NULL, 0)), FAULT_INVALID,
	    "nothing is refused");
}

/* By the definition: what is stored may never come to mean nothing. */
static void
test_format(void)
{
	static const char aad[] = "diurnal|" ORGANIZATION
	    "|organization_keys|" ROW "|cloud";
	unsigned char wrapped[KEYRING_WRAPPED_BYTES], key[BYTES_KEY];
	unsigned char wrapping[BYTES_KEY], id[HASH_KEY_ID_BYTES];
	struct keyring keyring = { 0 };

	keyring_set(&keyring, KEY_CLOUD, kek, NULL);
	wrap(&keyring, wrapped);
	hash_hkdf(bytes_of(kek, sizeof(kek)), bytes_of(NULL, 0),
	    bytes_of_text("diurnal cloud wrapping v1"), wrapping,
	    sizeof(wrapping));
	hash_key_id(bytes_of(kek, sizeof(kek)), "diurnal cloud key id v1", id);
	is_int(wrapped[0], 1, "the format comes first");
	ok(memcmp(wrapped + 1, id, sizeof(id)) == 0,
	    "then the id of the key-encryption key");
	ok(aead_open(AEAD_AES_256_GCM, wrapping, wrapped + 9,
	    bytes_of_text(aad), bytes_of(wrapped + 21, BYTES_KEY +
	    AEAD_TAG_BYTES), key) == 0 &&
	    memcmp(key, secret, sizeof(key)) == 0,
	    "the rest is AES-256-GCM bound to table, row and purpose");
}

static void
test_credentials_aad(void)
{
	char aad[KEYRING_AAD_BYTES];

	keyring_credentials_aad(ORGANIZATION, ROW, aad);
	is_text(aad, "diurnal|" ORGANIZATION "|cloud_accounts|" ROW
	    "|credentials", "credentials are bound to their account");
	is_text(KEYRING_CREDENTIALS_INFO, "diurnal cloud credentials v1",
	    "credentials are sealed as what they always were");
}

static void
test_names(void)
{
	for (int i = 0; i < KEY_PURPOSE_COUNT; i++) {
		bool single = keyring_purpose_name(i) != NULL;

		for (int j = 0; single && j < i; j++)
			single = !text_is(keyring_purpose_name(i),
			    keyring_purpose_name(j));
		ok(single, "purpose %d has a name of its own", i);
	}
	is_text(keyring_purpose_name(KEY_CLOUD), "cloud", "cloud is cloud");
}

static void
test_wipe(void)
{
	struct keyring keyring, empty;

	memset(&empty, 0, sizeof(empty));
	keyring_set(&keyring, KEY_CLOUD, kek, kek2);
	keyring_wipe(&keyring);
	ok(memcmp(&keyring, &empty, sizeof(keyring)) == 0,
	    "nothing is left of a keyring that was wiped");
}

int
main(void)
{
	test_round_trip();
	test_rotation();
	test_lost_key();
	test_moved();
	test_tampering();
	test_format();
	test_credentials_aad();
	test_names();
	test_wipe();
	return tap_done();
}
