#include "crypto/hpke.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/scope.h"
#include "crypto/hash.h"

DEFINE_RELEASE(pkey_release, EVP_PKEY *, EVP_PKEY_free)
DEFINE_RELEASE(pkey_ctx_release, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)

#define MODE_BASE 0x00

/* Section 7.1: 0x0020 is DHKEM(X25519, HKDF-SHA256). */
static const unsigned char kem_suite[] = { 'K', 'E', 'M', 0x00, 0x20 };

/* "HPKE" and the ids of KEM, KDF (0x0001 is HKDF-SHA256) and AEAD. */
struct suite {
	unsigned char id[10];
};

static struct suite
suite_of(enum aead aead)
{
	uint16_t id = aead_hpke_id(aead);

	return (struct suite){ { 'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01,
	    (unsigned char)(id >> 8), (unsigned char)id } };
}

/* LabeledExtract (section 4): HKDF-Extract is HMAC with the salt as key. */
static void
labeled_extract(struct bytes suite, struct bytes salt, const char *label,
    struct bytes ikm, unsigned char prk[HASH_BYTES])
{
	const struct bytes parts[] = {
		bytes_of_text("HPKE-v1"), suite, bytes_of_text(label), ikm,
	};

	hash_hmac(salt, parts, COUNT_OF(parts), prk);
}

/*
 * LabeledExpand (section 4).  Nothing here is longer than one hash, for which
 * HKDF-Expand is one HMAC of the info and the byte 1 (RFC 5869, section 2.3).
 */
static void
labeled_expand(struct bytes suite, const unsigned char prk[HASH_BYTES],
    const char *label, struct bytes info, unsigned char *out, size_t length)
{
	SCOPED(bytes_wipe_key) unsigned char block[HASH_BYTES];
	const unsigned char size[] = { 0x00, (unsigned char)length };
	const unsigned char first = 1;
	const struct bytes parts[] = {
		bytes_of(size, sizeof(size)), bytes_of_text("HPKE-v1"), suite,
		bytes_of_text(label), info, bytes_of(&first, 1),
	};

	assert(length <= sizeof(block));
	hash_hmac(bytes_of(prk, HASH_BYTES), parts, COUNT_OF(parts), block);
	memcpy(out, block, length);
}

static EVP_PKEY *
private_of(const unsigned char bytes[BYTES_KEY])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL,
	    bytes, BYTES_KEY);

	if (key == NULL)
		abort();
	return key;
}

void
hpke_public_key(const unsigned char private_key[BYTES_KEY],
    unsigned char public_key[BYTES_KEY])
{
	SCOPED(pkey_release) EVP_PKEY *key = private_of(private_key);
	size_t length = BYTES_KEY;

	if (EVP_PKEY_get_raw_public_key(key, public_key, &length) != 1 ||
	    length != BYTES_KEY)
		abort();
}

/*
 * X25519 (RFC 7748).  OpenSSL fails on an all-zero result, and on nothing
 * else once the keys are set: that is the check of RFC 9180, section 7.1.4.
 */
static int
exchange(const unsigned char private_key[BYTES_KEY],
    const unsigned char public_key[BYTES_KEY], unsigned char dh[BYTES_KEY])
{
	SCOPED(pkey_release) EVP_PKEY *ours = private_of(private_key);
	SCOPED(pkey_release) EVP_PKEY *theirs =
	    EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, public_key,
	    BYTES_KEY);
	SCOPED(pkey_ctx_release) EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL);
	size_t length = BYTES_KEY;

	if (theirs == NULL || ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, theirs) != 1)
		abort();
	if (EVP_PKEY_derive(ctx, dh, &length) == 1)
		return 0;
	ERR_clear_error();
	return -1;
}

/* ExtractAndExpand (section 4.1). */
static void
shared_secret(const unsigned char dh[BYTES_KEY],
    const unsigned char enc[HPKE_ENC_BYTES],
    const unsigned char recipient[BYTES_KEY],
    unsigned char shared[BYTES_KEY])
{
	const struct bytes suite = bytes_of(kem_suite, sizeof(kem_suite));
	SCOPED(bytes_wipe_key) unsigned char prk[HASH_BYTES];
	unsigned char context[HPKE_ENC_BYTES + BYTES_KEY];

	memcpy(context, enc, HPKE_ENC_BYTES);
	memcpy(context + HPKE_ENC_BYTES, recipient, BYTES_KEY);
	labeled_extract(suite, bytes_of(NULL, 0), "eae_prk",
	    bytes_of(dh, BYTES_KEY), prk);
	labeled_expand(suite, prk, "shared_secret",
	    bytes_of(context, sizeof(context)), shared, BYTES_KEY);
}

int
hpke_encap(const unsigned char ephemeral[BYTES_KEY],
    const unsigned char recipient[BYTES_KEY],
    unsigned char enc[HPKE_ENC_BYTES], unsigned char shared[BYTES_KEY])
{
	SCOPED(bytes_wipe_key) unsigned char dh[BYTES_KEY];

	if (exchange(ephemeral, recipient, dh) != 0)
		return -1;
	hpke_public_key(ephemeral, enc);
	shared_secret(dh, enc, recipient, shared);
	return 0;
}

int
hpke_decap(const unsigned char private_key[BYTES_KEY],
    const unsigned char enc[HPKE_ENC_BYTES], unsigned char shared[BYTES_KEY])
{
	SCOPED(bytes_wipe_key) unsigned char dh[BYTES_KEY];
	unsigned char recipient[BYTES_KEY];

	if (exchange(private_key, enc, dh) != 0)
		return -1;
	hpke_public_key(private_key, recipient);
	shared_secret(dh, enc, recipient, shared);
	return 0;
}

void
hpke_schedule(enum aead aead, const unsigned char shared[BYTES_KEY],
    struct bytes info, struct hpke_schedule *schedule)
{
	const struct suite id = suite_of(aead);
	const struct bytes suite = bytes_of(id.id, sizeof(id.id));
	const struct bytes none = bytes_of(NULL, 0);
	SCOPED(bytes_wipe_key) unsigned char secret[HASH_BYTES];
	unsigned char context[1 + 2 * HASH_BYTES] = { MODE_BASE };

	labeled_extract(suite, none, "psk_id_hash", none, context + 1);
	labeled_extract(suite, none, "info_hash", info,
	    context + 1 + HASH_BYTES);
	labeled_extract(suite, bytes_of(shared, BYTES_KEY), "secret", none,
	    secret);
	labeled_expand(suite, secret, "key",
	    bytes_of(context, sizeof(context)), schedule->key,
	    aead_key_bytes(aead));
	labeled_expand(suite, secret, "base_nonce",
	    bytes_of(context, sizeof(context)), schedule->nonce,
	    sizeof(schedule->nonce));
}

int
hpke_seal(enum aead aead, const unsigned char recipient[BYTES_KEY],
    const unsigned char ephemeral[BYTES_KEY], struct bytes info,
    struct bytes aad, struct bytes plain, unsigned char *sealed)
{
	SCOPED(bytes_wipe_key) unsigned char shared[BYTES_KEY];
	struct hpke_schedule schedule;

	if (hpke_encap(ephemeral, recipient, sealed, shared) != 0)
		return -1;
	hpke_schedule(aead, shared, info, &schedule);
	aead_seal(aead, schedule.key, schedule.nonce, aad, plain,
	    sealed + HPKE_ENC_BYTES);
	OPENSSL_cleanse(&schedule, sizeof(schedule));
	return 0;
}

int
hpke_open(enum aead aead, const unsigned char private_key[BYTES_KEY],
    struct bytes info, struct bytes aad, struct bytes sealed,
    unsigned char *plain)
{
	SCOPED(bytes_wipe_key) unsigned char shared[BYTES_KEY];
	const unsigned char *enc = sealed.at;
	struct hpke_schedule schedule;
	int result;

	if (sealed.length < HPKE_OVERHEAD ||
	    hpke_decap(private_key, enc, shared) != 0)
		return -1;
	hpke_schedule(aead, shared, info, &schedule);
	result = aead_open(aead, schedule.key, schedule.nonce, aad,
	    bytes_of(enc + HPKE_ENC_BYTES, sealed.length - HPKE_ENC_BYTES),
	    plain);
	OPENSSL_cleanse(&schedule, sizeof(schedule));
	return result;
}
