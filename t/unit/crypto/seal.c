#include <openssl/err.h>

#include "base/scope.h"
#include "crypto/hpke.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "t/tap.h"
#include "t/unit/crypto/hex.h"

/*
 * seal.c uses OpenSSL's HPKE where there is one, and hpke.c is the composed
 * one: where they differ, each has to open what the other sealed.
 */

static unsigned char private_key[SEAL_KEY_BYTES], public_key[SEAL_KEY_BYTES];
static struct bytes info, aad, plain;
static struct arena *arena;

static bool
is_plain(struct bytes bytes)
{
	return bytes.length == plain.length &&
	    memcmp(bytes.at, plain.at, plain.length) == 0;
}

static struct bytes
sealed_text(void)
{
	struct failure why = { 0 };
	struct bytes sealed = { 0 };

	if (seal_to(public_key, info, aad, plain, arena, &sealed, &why) != 0)
		abort();
	return sealed;
}

/* Sealed and opened again, does it come out the same? */
static bool
comes_back(struct bytes with_info, struct bytes with_aad, struct bytes text)
{
	struct bytes sealed = { 0 }, opened = { 0 };
	struct failure why = { 0 };

	return seal_to(public_key, with_info, with_aad, text, arena, &sealed,
	    &why) == 0 && seal_open(private_key, with_info, with_aad, sealed,
	    arena, &opened, &why) == 0 && opened.length == text.length &&
	    memcmp(opened.at, text.at, text.length) == 0;
}

/* Is it refused, with the right fault, and nothing written? */
static bool
is_refused(const unsigned char *key, struct bytes with_info,
    struct bytes with_aad, struct bytes sealed)
{
	struct bytes opened = bytes_of("untouched", 9);
	struct failure why = { 0 };

	return seal_open(key, with_info, with_aad, sealed, arena, &opened,
	    &why) == -1 && why.fault == FAULT_INVALID &&
	    opened.length == 9 && memcmp(opened.at, "untouched", 9) == 0;
}

static bool
is_not_sealed(const unsigned char *key, struct bytes text)
{
	struct bytes sealed = bytes_of("untouched", 9);
	struct failure why = { 0 };

	return seal_to(key, info, aad, text, arena, &sealed, &why) == -1 &&
	    why.fault == FAULT_INVALID && sealed.length == 9;
}

static void
test_round_trip(void)
{
	struct bytes sealed = sealed_text(), again = sealed_text();
	struct bytes opened = { 0 };
	struct failure why = { 0 };

	is_int((int64_t)sealed.length, (int64_t)(plain.length + SEAL_OVERHEAD),
	    "sealing adds a key and a tag");
	ok(memcmp(sealed.at, again.at, SEAL_KEY_BYTES) != 0,
	    "every sealing has an ephemeral key of its own");
	ok(seal_open(private_key, info, aad, sealed, arena, &opened,
	    &why) == 0 && is_plain(opened), "what was sealed opens again");
	ok(((const char *)opened.at)[opened.length] == '\0',
	    "there is a NUL behind it");
}

static void
test_against_composed(void)
{
	unsigned char ephemeral[BYTES_KEY], sealed[256], opened[256];
	struct bytes theirs = sealed_text(), ours = { 0 };
	struct failure why = { 0 };

	ok(hpke_open(AEAD_AES_256_GCM, private_key, info, aad, theirs,
	    opened) == 0 && is_plain(bytes_of(opened, plain.length)),
	    "the composed HPKE opens what seal_to sealed");
	random_secret(ephemeral, sizeof(ephemeral));
	hpke_seal(AEAD_AES_256_GCM, public_key, ephemeral, info, aad, plain,
	    sealed);
	ok(seal_open(private_key, info, aad, bytes_of(sealed,
	    plain.length + SEAL_OVERHEAD), arena, &ours, &why) == 0 &&
	    is_plain(ours), "seal_open opens what the composed HPKE sealed");
}

/* The vector for this suite; hpke.c beside this file says from where. */
static void
test_vector(void)
{
	struct hex key = hex("497b4502664cfea5d5af0b39934dac72"
	    "242a74f8480451e1aee7d6a53320333d");
	struct hex sealed = hex("6c93e09869df3402d7bf231bf540fadd"
	    "35cd56be14f97178f0954db94b7fc256"
	    "e5d84cd531cfb583096e7cfa9641bd3079cf3a91cda813c5"
	    "2deb5f512be9931980a41de125a925cdad859d5b7a");
	struct bytes opened = bytes_of_text("");
	struct failure why = { 0 };

	ok(seal_open(key.bytes, bytes_of_text("Ode on a Grecian Urn"),
	    bytes_of_text("Count-0"), hex_bytes(&sealed), arena, &opened,
	    &why) == 0, "a vector for this suite opens");
	is_text(opened.at, "Beauty is truth, truth beauty",
	    "it says what it should");
}

static void
test_moved(void)
{
	unsigned char other_key[SEAL_KEY_BYTES], other_public[SEAL_KEY_BYTES];
	struct bytes sealed = sealed_text();

	seal_new_keys(other_key, other_public);
	ok(is_refused(other_key, info, aad, sealed),
	    "what was sealed to another key is refused");
	ok(is_refused(private_key, aad, aad, sealed),
	    "what was sealed as something else is refused");
	ok(is_refused(private_key, info, info, sealed),
	    "what was moved from another place is refused");
	ok(is_refused(private_key, info, bytes_of(NULL, 0), sealed),
	    "what has lost its place is refused");
}

static void
test_tampering(void)
{
	struct bytes sealed = sealed_text();
	char *copy = arena_copy(arena, sealed.at, sealed.length);
	size_t changed = 0, cut = 0;

	for (size_t i = 0; i < sealed.length; i++) {
		copy[i] ^= 0x10;
		changed += is_refused(private_key, info, aad, bytes_of(copy,
		    sealed.length));
		copy[i] ^= 0x10;
		cut += is_refused(private_key, info, aad, bytes_of(copy, i));
	}
	ok(changed == sealed.length, "no byte can be changed");
	ok(cut == sealed.length, "no byte can be cut off");
	ok(ERR_peek_error() == 0,
	    "refusals leave nothing in OpenSSL's queue of errors");
}

static void
test_low_order(void)
{
	static const unsigned char points[][SEAL_KEY_BYTES] = { { 0 }, { 1 } };
	char *sealed = arena_copy(arena, sealed_text().at,
	    plain.length + SEAL_OVERHEAD);

	for (size_t i = 0; i < COUNT_OF(points); i++) {
		ok(is_not_sealed(points[i], plain),
		    "nothing is sealed to low-order point %zu", i);
		memcpy(sealed, points[i], SEAL_KEY_BYTES);
		ok(is_refused(private_key, info, aad, bytes_of(sealed,
		    plain.length + SEAL_OVERHEAD)),
		    "nothing is opened with it as encapsulated key");
	}
	ok(ERR_peek_error() == 0, "nor is anything left in the queue then");
}

static void
test_bounds(void)
{
	const size_t over = SEAL_PLAIN_MAX + SEAL_OVERHEAD + 1;
	char *big = arena_alloc(arena, over);

	ok(comes_back(info, aad, bytes_of(big, SEAL_PLAIN_MAX)),
	    "the longest secret can be sealed and opened");
	ok(is_not_sealed(public_key, bytes_of(big, SEAL_PLAIN_MAX + 1)),
	    "one byte more cannot be sealed");
	ok(is_refused(private_key, info, aad, bytes_of(big, over)),
	    "nor opened");
	ok(comes_back(info, aad, bytes_of(big, 1)), "one byte can be sealed");
	ok(is_not_sealed(public_key, bytes_of(big, 0)), "nothing cannot");
	ok(comes_back(bytes_of(big, SEAL_INFO_MAX), bytes_of(big,
	    SEAL_INFO_MAX), plain),
	    "the longest info and additional data can be used");
	ok(comes_back(bytes_of(NULL, 0), bytes_of(NULL, 0), plain),
	    "so can none at all");
}

static void
test_new_keys(void)
{
	unsigned char other[SEAL_KEY_BYTES], derived[SEAL_KEY_BYTES];
	unsigned char other_public[SEAL_KEY_BYTES];

	seal_new_keys(other, other_public);
	ok(memcmp(other, private_key, sizeof(other)) != 0 &&
	    memcmp(other_public, public_key, sizeof(other)) != 0,
	    "every key pair is a new one");
	hpke_public_key(other, derived);
	ok(memcmp(derived, other_public, sizeof(derived)) == 0,
	    "the public key is the private key's");
}

int
main(void)
{
	SCOPED(arena_release) struct arena *scoped = arena_new(1 << 21);

	arena = scoped;
	info = bytes_of_text(KEYRING_CREDENTIALS_INFO);
	aad = bytes_of_text("diurnal|o|cloud_accounts|a|credentials");
	plain = bytes_of_text("{\"secret_access_key\":\"not a real one\"}");
	seal_new_keys(private_key, public_key);
	test_new_keys();
	test_round_trip();
	test_against_composed();
	test_vector();
	test_moved();
	test_tampering();
	test_low_order();
	test_bounds();
	return tap_done();
}
