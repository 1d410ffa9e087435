/*
 * What nobody can guess, from OpenSSL's generators (seeded by getrandom).  A
 * generator that fails aborts the process: there is no safe way to go on.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include <stddef.h>

#include "base/text.h"

/* For what others see: nonces, ids. */
void random_bytes(void *bytes, size_t length);

/* For what nobody may see: keys, tokens.  A generator of its own, so that
 * what is shown never tells about what is kept. */
void random_secret(void *bytes, size_t length);

/*
 * ${length} characters of [A-Za-z0-9], all equally likely, and a NUL.  An API
 * key has RANDOM_API_KEY of them: 190 bits.
 */
#define RANDOM_API_KEY 32
void random_alphanumeric(char *text, size_t length);

/*
 * A UUID of version 7 (RFC 9562, section 5.7): the present millisecond of
 * clock_now() and 74 random bits, hyphenated, in lower case.
 */
void random_uuid(char text[UUID_TEXT_BYTES]);

#endif
