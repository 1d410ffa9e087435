/*
 * SHA-256 (FIPS 180-4), HMAC (RFC 2104), HKDF (RFC 5869), and the keyed
 * hashes under which keys and tokens are stored.  None of these can fail for
 * the world's reasons; a library that cannot do them aborts the process.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/bytes.h"

#define HASH_BYTES 32

void hash_sha256(struct bytes bytes, unsigned char hash[HASH_BYTES]);

/* HMAC-SHA-256 of the ${nparts} ${parts}, one behind the other. */
void hash_hmac(struct bytes key, const struct bytes *parts, size_t nparts,
    unsigned char mac[HASH_BYTES]);

/*
 * HKDF-SHA256: ${length} bytes, at most 255 * HASH_BYTES, for the purpose
 * ${info}, at most HASH_INFO_MAX bytes of it.  An empty ${salt} is none.
 */
#define HASH_INFO_MAX 1024
void hash_hkdf(struct bytes key, struct bytes salt, struct bytes info,
    unsigned char *derived, size_t length);

/*
 * A name for ${key} that may be shown: the first 8 bytes of the SHA-256 of
 * what HKDF makes of it for ${label}.
 */
#define HASH_KEY_ID_BYTES 8
void hash_key_id(struct bytes key, const char *label,
    unsigned char id[HASH_KEY_ID_BYTES]);

/* Equal?  In a time that depends on ${length} only. */
bool hash_equal(const void *a, const void *b, size_t length);

/*
 * Look-ups.  API keys and refresh tokens are stored as HMAC-SHA-256 under a
 * key that is not in the database: one derived from the configured secret for
 * each purpose.  They are random and long, so that no slow hash is needed,
 * and one index look-up finds them.
 *
 * While the secret is being rotated a second set comes from the previous one.
 * Look up both hashes; store only the current one.
 */
enum lookup {
	LOOKUP_API_KEY,
	LOOKUP_REFRESH_TOKEN,
	LOOKUP_COUNT
};

struct lookup_keys {
	unsigned char current[LOOKUP_COUNT][BYTES_KEY];
	unsigned char previous[LOOKUP_COUNT][BYTES_KEY];
};

struct lookup_hashes {
	unsigned char current[HASH_BYTES];
	unsigned char previous[HASH_BYTES];
};

/*
 * Derive the keys from ${secret} and, unless it is NULL, ${previous}.  With
 * no previous secret both sets are the same, so that callers need not care.
 */
void hash_lookup_init(struct lookup_keys *keys, const char *secret,
    const char *previous);

void hash_lookup_wipe(struct lookup_keys *keys);

/* The hashes of ${text}, a key or token as its holder sends it. */
void hash_lookup(const struct lookup_keys *keys, enum lookup purpose,
    const char *text, struct lookup_hashes *hashes);

/* What keys of this purpose are derived for: "diurnal api key v1", ... */
const char *hash_lookup_label(enum lookup purpose);

#endif
