/*
 * Percent-encoding (RFC 3986, section 2.1).
 */
#ifndef HTTP_PERCENT_H
#define HTTP_PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* A path: an encoded slash (%2F) stays as it is, so that it separates nothing.
 * A query's name or value: `+` is a space, as forms send it. */
enum percent_part { PERCENT_PATH, PERCENT_QUERY };

/*
 * Decode ${length} bytes once, into ${arena}.  A `%` that no two hex digits
 * follow stands for itself.  NULL if what comes out is no UTF-8 or holds a
 * NUL.
 */
const char *percent_decode(struct arena *arena, const char *bytes,
    size_t length, enum percent_part part);

#endif
