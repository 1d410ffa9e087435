#include "crypto/hash.h"

#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "base/scope.h"

DEFINE_RELEASE(mac_release, EVP_MAC *, EVP_MAC_free)
DEFINE_RELEASE(mac_ctx_release, EVP_MAC_CTX *, EVP_MAC_CTX_free)
DEFINE_RELEASE(kdf_release, EVP_KDF *, EVP_KDF_free)
DEFINE_RELEASE(kdf_ctx_release, EVP_KDF_CTX *, EVP_KDF_CTX_free)

static char sha256_name[] = "SHA256";

static const char *const lookup_labels[LOOKUP_COUNT] = {
	[LOOKUP_API_KEY] = "diurnal api key v1",
	[LOOKUP_REFRESH_TOKEN] = "diurnal refresh token v1",
};

void
hash_sha256(struct bytes bytes, unsigned char hash[HASH_BYTES])
{
	if (EVP_Digest(bytes.at, bytes.length, hash, NULL, EVP_sha256(),
	    NULL) != 1)
		abort();
}

void
hash_hmac(struct bytes key, const struct bytes *parts, size_t nparts,
    unsigned char mac[HASH_BYTES])
{
	SCOPED(mac_release) EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	SCOPED(mac_ctx_release) EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
		    sha256_name, 0),
		OSSL_PARAM_construct_end(),
	};
	/* NULL as a key means "the one from before" to EVP_MAC_init. */
	const unsigned char *material = key.length > 0 ? key.at :
	    (const unsigned char *)"";
	size_t length;

	if (ctx == NULL || EVP_MAC_init(ctx, material, key.length,
	    params) != 1)
		abort();
	for (size_t i = 0; i < nparts; i++)
		if (parts[i].length > 0 && EVP_MAC_update(ctx, parts[i].at,
		    parts[i].length) != 1)
			abort();
	if (EVP_MAC_final(ctx, mac, &length, HASH_BYTES) != 1 ||
	    length != HASH_BYTES)
		abort();
}

/* OSSL_PARAM is used for both directions, so it takes no const bytes. */
static OSSL_PARAM
octets(const char *name, struct bytes bytes)
{
	union { const void *given; void *wanted; } at = { .given = bytes.at };

	return OSSL_PARAM_construct_octet_string(name, at.wanted,
	    bytes.length);
}

void
hash_hkdf(struct bytes key, struct bytes salt, struct bytes info,
    unsigned char *derived, size_t length)
{
	SCOPED(kdf_release) EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	SCOPED(kdf_ctx_release) EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(hkdf);
	OSSL_PARAM params[5], *param = params;

	assert(length <= 255 * HASH_BYTES && info.length <= HASH_INFO_MAX);
	*param++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    sha256_name, 0);
	*param++ = octets(OSSL_KDF_PARAM_KEY, key);
	if (salt.length > 0)
		*param++ = octets(OSSL_KDF_PARAM_SALT, salt);
	if (info.length > 0)
		*param++ = octets(OSSL_KDF_PARAM_INFO, info);
	*param = OSSL_PARAM_construct_end();
	if (ctx == NULL || EVP_KDF_derive(ctx, derived, length, params) != 1)
		abort();
}

void
hash_key_id(struct bytes key, const char *label,
    unsigned char id[HASH_KEY_ID_BYTES])
{
	SCOPED(bytes_wipe_key) unsigned char derived[BYTES_KEY];
	unsigned char hash[HASH_BYTES];

	hash_hkdf(key, bytes_of(NULL, 0), bytes_of_text(label), derived,
	    sizeof(derived));
	hash_sha256(bytes_of(derived, sizeof(derived)), hash);
	memcpy(id, hash, HASH_KEY_ID_BYTES);
}

bool
hash_equal(const void *a, const void *b, size_t length)
{
	return CRYPTO_memcmp(a, b, length) == 0;
}

void
hash_lookup_init(struct lookup_keys *keys, const char *secret,
    const char *previous)
{
	const char *old = previous != NULL ? previous : secret;

	for (int i = 0; i < LOOKUP_COUNT; i++) {
		struct bytes label = bytes_of_text(lookup_labels[i]);

		hash_hkdf(bytes_of_text(secret), bytes_of(NULL, 0), label,
		    keys->current[i], BYTES_KEY);
		hash_hkdf(bytes_of_text(old), bytes_of(NULL, 0), label,
		    keys->previous[i], BYTES_KEY);
	}
}

void
hash_lookup_wipe(struct lookup_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

void
hash_lookup(const struct lookup_keys *keys, enum lookup purpose,
    const char *text, struct lookup_hashes *hashes)
{
	const struct bytes part = bytes_of_text(text);

	assert(purpose >= 0 && purpose < LOOKUP_COUNT);
	hash_hmac(bytes_of(keys->current[purpose], BYTES_KEY), &part, 1,
	    hashes->current);
	hash_hmac(bytes_of(keys->previous[purpose], BYTES_KEY), &part, 1,
	    hashes->previous);
}

const char *
hash_lookup_label(enum lookup purpose)
{
	assert(purpose >= 0 && purpose < LOOKUP_COUNT);
	return lookup_labels[purpose];
}
