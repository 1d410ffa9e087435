/*
 * Authenticated encryption with additional data: AES in Galois/counter mode
 * (NIST SP 800-38D), 96-bit nonces, 128-bit tags.  What needs it goes through
 * seal.h or keyring.h, which choose keys, nonces and additional data.
 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/bytes.h"

enum aead {
	AEAD_AES_128_GCM,              /* for the vectors of RFC 9180 */
	AEAD_AES_256_GCM,              /* for everything else */
	AEAD_COUNT
};

#define AEAD_NONCE_BYTES 12
#define AEAD_TAG_BYTES 16

/* More than any secret here needs, and far less than one nonce allows. */
#define AEAD_MAX_BYTES ((size_t)1 << 20)

/* OpenSSL's name; the length of a key; the id in IANA's HPKE registry. */
const char *aead_name(enum aead aead);
size_t aead_key_bytes(enum aead aead);
uint16_t aead_hpke_id(enum aead aead);

/*
 * Write ${plain} encrypted and a tag, plain.length + AEAD_TAG_BYTES in all,
 * to ${sealed}.  Never the same ${nonce} twice under one ${key}.
 */
void aead_seal(enum aead aead, const unsigned char *key,
    const unsigned char nonce[AEAD_NONCE_BYTES], struct bytes aad,
    struct bytes plain, unsigned char *sealed);

/*
 * Write sealed.length - AEAD_TAG_BYTES bytes to ${plain}.  Returns -1, and
 * leaves nothing but zeros there, if key, nonce, additional data and tag do
 * not belong together.
 */
int aead_open(enum aead aead, const unsigned char *key,
    const unsigned char nonce[AEAD_NONCE_BYTES], struct bytes aad,
    struct bytes sealed, unsigned char *plain);

#endif
