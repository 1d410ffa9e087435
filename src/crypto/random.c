#include "crypto/random.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void
random_bytes(void *bytes, size_t length)
{
	assert(length <= INT_MAX);
	if (RAND_bytes(bytes, (int)length) != 1)
		abort();
}

void
random_secret(void *bytes, size_t length)
{
	assert(length <= INT_MAX);
	if (RAND_priv_bytes(bytes, (int)length) != 1)
		abort();
}

void
random_alphanumeric(char *text, size_t length)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789";
	const size_t letters = sizeof(alphabet) - 1;
	unsigned char pool[64];
	size_t made = 0;

	/* Bytes from 248 on would favour the first letters: draw again. */
	while (made < length) {
		random_secret(pool, sizeof(pool));
		for (size_t i = 0; i < sizeof(pool) && made < length; i++)
			if (pool[i] < 256 / letters * letters)
				text[made++] = alphabet[pool[i] % letters];
	}
	text[length] = '\0';
	OPENSSL_cleanse(pool, sizeof(pool));
}

void
random_uuid(char text[UUID_TEXT_BYTES])
{
	uint64_t milliseconds = (uint64_t)(clock_now() / 1000);
	unsigned char uuid[16];
	char hex[2 * sizeof(uuid) + 1];

	random_bytes(uuid, sizeof(uuid));
	for (int i = 0; i < 6; i++)
		uuid[i] = (unsigned char)(milliseconds >> (40 - 8 * i));
	uuid[6] = (uuid[6] & 0x0f) | 0x70;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	text_from_bytes(uuid, sizeof(uuid), hex);
	snprintf(text, UUID_TEXT_BYTES, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
}
