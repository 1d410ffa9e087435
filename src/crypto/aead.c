#include "crypto/aead.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "base/scope.h"

DEFINE_RELEASE(cipher_release, EVP_CIPHER *, EVP_CIPHER_free)
DEFINE_RELEASE(ctx_release, EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free)

static const struct {
	const char *name;
	size_t key_bytes;
	uint16_t hpke_id;              /* RFC 9180, section 7.3 */
} aeads[AEAD_COUNT] = {
	[AEAD_AES_128_GCM] = { "AES-128-GCM", 16, 0x0001 },
	[AEAD_AES_256_GCM] = { "AES-256-GCM", 32, 0x0002 },
};

const char *
aead_name(enum aead aead)
{
	assert(aead >= 0 && aead < AEAD_COUNT);
	return aeads[aead].name;
}

size_t
aead_key_bytes(enum aead aead)
{
	assert(aead >= 0 && aead < AEAD_COUNT);
	return aeads[aead].key_bytes;
}

uint16_t
aead_hpke_id(enum aead aead)
{
	assert(aead >= 0 && aead < AEAD_COUNT);
	return aeads[aead].hpke_id;
}

/* A context ready for the text, its additional data read. */
static EVP_CIPHER_CTX *
start(enum aead aead, const unsigned char *key, const unsigned char *nonce,
    struct bytes aad, int encrypt)
{
	SCOPED(cipher_release) EVP_CIPHER *cipher =
	    EVP_CIPHER_fetch(NULL, aead_name(aead), NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done;

	assert(aad.length <= AEAD_MAX_BYTES);
	if (ctx == NULL || EVP_CipherInit_ex2(ctx, cipher, key, nonce,
	    encrypt, NULL) != 1)
		abort();
	if (aad.length > 0 && EVP_CipherUpdate(ctx, NULL, &done, aad.at,
	    (int)aad.length) != 1)
		abort();
	return ctx;
}

void
aead_seal(enum aead aead, const unsigned char *key,
    const unsigned char nonce[AEAD_NONCE_BYTES], struct bytes aad,
    struct bytes plain, unsigned char *sealed)
{
	SCOPED(ctx_release) EVP_CIPHER_CTX *ctx =
	    start(aead, key, nonce, aad, 1);
	unsigned char *tag = sealed + plain.length;
	int done;

	assert(plain.length <= AEAD_MAX_BYTES);
	if (plain.length > 0 && EVP_EncryptUpdate(ctx, sealed, &done,
	    plain.at, (int)plain.length) != 1)
		abort();
	if (EVP_EncryptFinal_ex(ctx, tag, &done) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES,
	    tag) != 1)
		abort();
}

int
aead_open(enum aead aead, const unsigned char *key,
    const unsigned char nonce[AEAD_NONCE_BYTES], struct bytes aad,
    struct bytes sealed, unsigned char *plain)
{
	SCOPED(ctx_release) EVP_CIPHER_CTX *ctx = NULL;
	unsigned char tag[AEAD_TAG_BYTES], nothing[1];
	size_t length = sealed.length - AEAD_TAG_BYTES;
	int done;

	if (sealed.length < AEAD_TAG_BYTES || length > AEAD_MAX_BYTES)
		return -1;
	ctx = start(aead, key, nonce, aad, 0);
	memcpy(tag, (const unsigned char *)sealed.at + length, sizeof(tag));
	if (length > 0 && EVP_DecryptUpdate(ctx, plain, &done, sealed.at,
	    (int)length) != 1)
		abort();
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_BYTES,
	    tag) != 1)
		abort();
	if (EVP_DecryptFinal_ex(ctx, nothing, &done) != 1) {
		/* It was decrypted before it was known to be forged. */
		OPENSSL_cleanse(plain, length);
		return -1;
	}
	return 0;
}
