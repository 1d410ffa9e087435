/*
 * Bytes that belong to someone else, and wiping those that were secret.
 */
#ifndef CRYPTO_BYTES_H
#define CRYPTO_BYTES_H

#include <openssl/crypto.h>
#include <stddef.h>
#include <string.h>

struct bytes {
	const void *at;                /* may be NULL if ${length} is 0 */
	size_t length;
};

static inline struct bytes
bytes_of(const void *at, size_t length)
{
	return (struct bytes){ .at = at, .length = length };
}

/* A text without its NUL. */
static inline struct bytes
bytes_of_text(const char *text)
{
	return bytes_of(text, strlen(text));
}

/*
 * Wipe a local key of 32 bytes when it leaves its scope, on every path:
 *
 *	SCOPED(bytes_wipe_key) unsigned char key[BYTES_KEY];
 */
#define BYTES_KEY 32

static inline void
bytes_wipe_key(unsigned char (*key)[BYTES_KEY])
{
	OPENSSL_cleanse(*key, sizeof(*key));
}

#endif
