/*
 * The keyring: for each purpose a key-encryption key, which comes from the
 * configuration and never enters the database.  Under it the keys of
 * organizations are stored wrapped: AES-256-GCM with a random nonce, under a
 * key derived from it (HKDF-SHA256), bound by additional data to their row.
 *
 *	format (1) | id of the key-encryption key (8) | nonce (12) | key (32)
 *	| tag (16)
 *
 * The id picks the key: rotation gives the previous key a second place until
 * everything is rewrapped, and a key that was lost is reported as that.
 */
#ifndef CRYPTO_KEYRING_H
#define CRYPTO_KEYRING_H

#include <stdbool.h>

#include "base/failure.h"
#include "crypto/aead.h"
#include "crypto/bytes.h"
#include "crypto/hash.h"

enum key_purpose {
	KEY_CLOUD,                     /* private keys for cloud credentials */
	KEY_PURPOSE_COUNT
};

struct keyring_key {
	bool present;
	unsigned char id[HASH_KEY_ID_BYTES];
	unsigned char wrapping[BYTES_KEY];
};

/* Zeroed, it holds no key. */
struct keyring {
	struct {
		struct keyring_key current, previous;
	} purposes[KEY_PURPOSE_COUNT];
};

/* Where a wrapped key is stored; both ids are canonical UUIDs. */
struct keyring_place {
	enum key_purpose purpose;
	const char *organization;
	const char *key;               /* its row in organization_keys */
};

#define KEYRING_WRAPPED_BYTES (1 + HASH_KEY_ID_BYTES + AEAD_NONCE_BYTES +    \
	BYTES_KEY + AEAD_TAG_BYTES)

/* "cloud", ... */
const char *keyring_purpose_name(enum key_purpose purpose);

/* Put in the key-encryption keys of ${purpose}; ${previous} may be NULL. */
void keyring_set(struct keyring *keyring, enum key_purpose purpose,
    const unsigned char current[BYTES_KEY], const unsigned char *previous);

/* Wipe all keys; the keyring is then an empty one. */
void keyring_wipe(struct keyring *keyring);

/*
 * Wrap ${key} for ${place}, under the current key.  FAULT_MISSING if there is
 * none for this purpose.
 */
int keyring_wrap(const struct keyring *keyring,
    const struct keyring_place *place, const unsigned char key[BYTES_KEY],
    unsigned char wrapped[KEYRING_WRAPPED_BYTES], struct failure *why);

/*
 * Unwrap into ${key}, which the caller wipes.  FAULT_MISSING, naming the id,
 * if its key-encryption key is not in the keyring; FAULT_INVALID if
 * ${wrapped} is no wrapped key, was altered, or was moved from another place.
 */
int keyring_unwrap(const struct keyring *keyring,
    const struct keyring_place *place, struct bytes wrapped,
    unsigned char key[BYTES_KEY], struct failure *why);

/* Is ${wrapped} under the current key, or is it to be rewrapped? */
bool keyring_is_current(const struct keyring *keyring,
    enum key_purpose purpose, struct bytes wrapped);

/*
 * The additional data that binds a sealed cloud credential to its account:
 * "diurnal|<organization>|cloud_accounts|<account>|credentials".  Both ids
 * are canonical UUIDs.
 */
#define KEYRING_AAD_BYTES 128
void keyring_credentials_aad(const char *organization, const char *account,
    char aad[KEYRING_AAD_BYTES]);

/* What kind of secret it is: the ${info} of seal.h. */
#define KEYRING_CREDENTIALS_INFO "diurnal cloud credentials v1"

#endif
