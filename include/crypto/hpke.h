/*
 * Hybrid public key encryption (RFC 9180) in base mode with
 * DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256, one message per key, composed
 * from OpenSSL's primitives.  OpenSSL has its own from 3.2 on; seal.h uses
 * whichever is there.
 *
 * Keys are 32 bytes as in RFC 7748.  The steps are exported so that tests can
 * hold each against the RFC.
 */
#ifndef CRYPTO_HPKE_H
#define CRYPTO_HPKE_H

#include "crypto/aead.h"
#include "crypto/bytes.h"

#define HPKE_ENC_BYTES 32
#define HPKE_OVERHEAD (HPKE_ENC_BYTES + AEAD_TAG_BYTES)

/* What ${private_key} is the private half of. */
void hpke_public_key(const unsigned char private_key[BYTES_KEY],
    unsigned char public_key[BYTES_KEY]);

/*
 * Encap (section 4.1) with a given ephemeral key: ${enc} is what the
 * recipient needs to come to the same ${shared} secret.  Returns -1 if
 * ${recipient} is a point of low order, which anybody could open.
 */
int hpke_encap(const unsigned char ephemeral[BYTES_KEY],
    const unsigned char recipient[BYTES_KEY],
    unsigned char enc[HPKE_ENC_BYTES], unsigned char shared[BYTES_KEY]);

/* Decap: the shared secret again; -1 if ${enc} is a point of low order. */
int hpke_decap(const unsigned char private_key[BYTES_KEY],
    const unsigned char enc[HPKE_ENC_BYTES],
    unsigned char shared[BYTES_KEY]);

struct hpke_schedule {
	unsigned char key[BYTES_KEY];  /* the first aead_key_bytes() of it */
	unsigned char nonce[AEAD_NONCE_BYTES];
};

/* KeySchedule (section 5.1) without a pre-shared key. */
void hpke_schedule(enum aead aead, const unsigned char shared[BYTES_KEY],
    struct bytes info, struct hpke_schedule *schedule);

/*
 * The first message of a context, Seal of section 6.1: enc and ciphertext,
 * plain.length + HPKE_OVERHEAD bytes in all, to ${sealed}.  Use a new
 * ${ephemeral} private key for every message.  Returns -1 as hpke_encap does.
 */
int hpke_seal(enum aead aead, const unsigned char recipient[BYTES_KEY],
    const unsigned char ephemeral[BYTES_KEY], struct bytes info,
    struct bytes aad, struct bytes plain, unsigned char *sealed);

/*
 * Write sealed.length - HPKE_OVERHEAD bytes to ${plain}; -1, and nothing but
 * zeros there, if ${sealed} does not open so.
 */
int hpke_open(enum aead aead, const unsigned char private_key[BYTES_KEY],
    struct bytes info, struct bytes aad, struct bytes sealed,
    unsigned char *plain);

#endif
