#include "config.h"

#include "crypto/seal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/scope.h"
#include "crypto/hpke.h"
#include "crypto/random.h"

_Static_assert(SEAL_OVERHEAD == HPKE_OVERHEAD, "both are enc and tag");

#ifdef HAVE_OPENSSL_HPKE_H

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hpke.h>

DEFINE_RELEASE(pkey_release, EVP_PKEY *, EVP_PKEY_free)
DEFINE_RELEASE(ctx_release, OSSL_HPKE_CTX *, OSSL_HPKE_CTX_free)

static OSSL_HPKE_CTX *
context(int role)
{
	const OSSL_HPKE_SUITE suite = { OSSL_HPKE_KEM_ID_X25519,
		OSSL_HPKE_KDF_ID_HKDF_SHA256, OSSL_HPKE_AEAD_ID_AES_GCM_256 };
	OSSL_HPKE_CTX *ctx = OSSL_HPKE_CTX_new(OSSL_HPKE_MODE_BASE, suite,
	    role, NULL, NULL);

	if (ctx == NULL)
		abort();
	return ctx;
}

static int
seal_bytes(const unsigned char *public_key, struct bytes info,
    struct bytes aad, struct bytes plain, unsigned char *sealed)
{
	SCOPED(ctx_release) OSSL_HPKE_CTX *ctx =
	    context(OSSL_HPKE_ROLE_SENDER);
	size_t enc_length = HPKE_ENC_BYTES;
	size_t ct_length = plain.length + AEAD_TAG_BYTES;

	if (OSSL_HPKE_encap(ctx, sealed, &enc_length, public_key,
	    SEAL_KEY_BYTES, info.at, info.length) != 1) {
		ERR_clear_error();
		return -1;
	}
	if (OSSL_HPKE_seal(ctx, sealed + HPKE_ENC_BYTES, &ct_length, aad.at,
	    aad.length, plain.at, plain.length) != 1)
		abort();
	assert(enc_length == HPKE_ENC_BYTES &&
	    ct_length == plain.length + AEAD_TAG_BYTES);
	return 0;
}

static int
open_bytes(const unsigned char *private_key, struct bytes info,
    struct bytes aad, struct bytes sealed, unsigned char *plain)
{
	SCOPED(ctx_release) OSSL_HPKE_CTX *ctx =
	    context(OSSL_HPKE_ROLE_RECEIVER);
	SCOPED(pkey_release) EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(
	    NULL, "X25519", NULL, private_key, SEAL_KEY_BYTES);
	const unsigned char *enc = sealed.at;
	size_t length = sealed.length - SEAL_OVERHEAD;

	if (key == NULL)
		abort();
	if (OSSL_HPKE_decap(ctx, enc, HPKE_ENC_BYTES, key, info.at,
	    info.length) == 1 &&
	    OSSL_HPKE_open(ctx, plain, &length, aad.at, aad.length,
	    enc + HPKE_ENC_BYTES, sealed.length - HPKE_ENC_BYTES) == 1)
		return 0;
	ERR_clear_error();
	return -1;
}

#else /* OpenSSL before 3.2 */

static int
seal_bytes(const unsigned char *public_key, struct bytes info,
    struct bytes aad, struct bytes plain, unsigned char *sealed)
{
	SCOPED(bytes_wipe_key) unsigned char ephemeral[BYTES_KEY];

	random_secret(ephemeral, sizeof(ephemeral));
	return hpke_seal(AEAD_AES_256_GCM, public_key, ephemeral, info, aad,
	    plain, sealed);
}

static int
open_bytes(const unsigned char *private_key, struct bytes info,
    struct bytes aad, struct bytes sealed, unsigned char *plain)
{
	return hpke_open(AEAD_AES_256_GCM, private_key, info, aad, sealed,
	    plain);
}

#endif

void
seal_new_keys(unsigned char private_key[SEAL_KEY_BYTES],
    unsigned char public_key[SEAL_KEY_BYTES])
{
	/* Any 32 bytes will do: X25519 clears and sets the bits it needs. */
	random_secret(private_key, SEAL_KEY_BYTES);
	hpke_public_key(private_key, public_key);
}

int
seal_to(const unsigned char public_key[SEAL_KEY_BYTES], struct bytes info,
    struct bytes aad, struct bytes plain, struct arena *arena,
    struct bytes *sealed, struct failure *why)
{
	size_t length = plain.length + SEAL_OVERHEAD;
	unsigned char *bytes;

	assert(info.length <= SEAL_INFO_MAX && aad.length <= SEAL_INFO_MAX);
	if (plain.length == 0 || plain.length > SEAL_PLAIN_MAX)
		return fail(why, FAULT_INVALID,
		    "a secret of %zu bytes cannot be sealed", plain.length);
	bytes = arena_alloc(arena, length);
	if (seal_bytes(public_key, info, aad, plain, bytes) != 0)
		return fail(why, FAULT_INVALID,
		    "the public key to seal to is not a safe one");
	*sealed = bytes_of(bytes, length);
	return 0;
}

int
seal_open(const unsigned char private_key[SEAL_KEY_BYTES],
    struct bytes info, struct bytes aad, struct bytes sealed,
    struct arena *arena, struct bytes *plain, struct failure *why)
{
	size_t length = sealed.length - SEAL_OVERHEAD;
	unsigned char *bytes;

	assert(info.length <= SEAL_INFO_MAX && aad.length <= SEAL_INFO_MAX);
	if (sealed.length <= SEAL_OVERHEAD || length > SEAL_PLAIN_MAX)
		return fail(why, FAULT_INVALID,
		    "%zu bytes are no sealed secret", sealed.length);
	bytes = arena_alloc(arena, length + 1);
	if (open_bytes(private_key, info, aad, sealed, bytes) != 0) {
		OPENSSL_cleanse(bytes, length);
		return fail(why, FAULT_INVALID, "the sealed secret does not "
		    "open: it was altered, moved or sealed to another key");
	}
	*plain = bytes_of(bytes, length);
	return 0;
}
