/*
 * Sealing to a public key: HPKE (RFC 9180) in base mode,
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, one message per
 * encapsulated key.  Who seals cannot open again.
 *
 * ${info} says what kind of secret it is; ${aad} binds it to its place
 * (keyring.h), so that sealed bytes moved elsewhere do not open.  Both must
 * be given again to open.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/arena.h"
#include "base/failure.h"
#include "crypto/bytes.h"

#define SEAL_KEY_BYTES 32              /* public and private keys alike */
#define SEAL_OVERHEAD (32 + 16)        /* encapsulated key and tag */
#define SEAL_PLAIN_MAX ((size_t)65536)
#define SEAL_INFO_MAX ((size_t)1024)   /* of ${info}, of ${aad} */

/* A new key pair. */
void seal_new_keys(unsigned char private_key[SEAL_KEY_BYTES],
    unsigned char public_key[SEAL_KEY_BYTES]);

/*
 * Seal ${plain}, 1 to SEAL_PLAIN_MAX bytes, to ${public_key}: ${sealed} is
 * the encapsulated key and the ciphertext, SEAL_OVERHEAD bytes longer, in
 * ${arena}.  FAULT_INVALID if ${plain} has another length or ${public_key} is
 * a point of low order.
 */
int seal_to(const unsigned char public_key[SEAL_KEY_BYTES],
    struct bytes info, struct bytes aad, struct bytes plain,
    struct arena *arena, struct bytes *sealed, struct failure *why);

/*
 * Open what was sealed; ${plain} lies in ${arena}, with a NUL behind its last
 * byte, and is wiped with it.  FAULT_INVALID if ${sealed} is no such thing,
 * was altered, or belongs to another key, place or kind; which of these
 * cannot be told.
 */
int seal_open(const unsigned char private_key[SEAL_KEY_BYTES],
    struct bytes info, struct bytes aad, struct bytes sealed,
    struct arena *arena, struct bytes *plain, struct failure *why);

#endif
