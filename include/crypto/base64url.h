/*
 * base64url without padding (RFC 4648, section 5; as in RFC 7515).  Every
 * value has exactly one text: what else might mean the same is refused.
 */
#ifndef CRYPTO_BASE64URL_H
#define CRYPTO_BASE64URL_H

#include <stddef.h>

#include "crypto/bytes.h"

/* Room for the text of ${length} bytes and its NUL. */
#define BASE64URL_TEXT_BYTES(length) (((length) * 4 + 2) / 3 + 1)

/* ${text} has room for BASE64URL_TEXT_BYTES(bytes.length). */
void base64url_encode(struct bytes bytes, char *text);

/*
 * Decode ${text} into at most ${room} bytes.  Returns -1 and leaves the
 * outputs alone if it is too long for that, has a character outside the
 * alphabet (also `=` and white space), a length no encoder makes, or bits set
 * behind the last byte.
 */
int base64url_decode(struct bytes text, unsigned char *bytes, size_t room,
    size_t *length);

#endif
