/*
 * Vectors are written as hex; a vector that is none ends the test.
 */
#ifndef T_UNIT_CRYPTO_HEX_H
#define T_UNIT_CRYPTO_HEX_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/bytes.h"

#define HEX_MAX 512

struct hex {
	unsigned char bytes[HEX_MAX];
	size_t length;
};

static inline struct hex
hex(const char *text)
{
	struct hex made = { .length = strlen(text) / 2 };

	if (made.length > HEX_MAX ||
	    text_to_bytes(text, made.bytes, made.length) != 0)
		abort();
	return made;
}

static inline struct bytes
hex_bytes(const struct hex *made)
{
	return bytes_of(made->bytes, made->length);
}

/* Are the bytes ${at} what ${text} says? */
static inline bool
hex_is(const unsigned char *at, const char *text)
{
	struct hex want = hex(text);

	return memcmp(at, want.bytes, want.length) == 0;
}

#endif
