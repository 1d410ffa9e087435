/*
 * Secrets that are none: what examples and templates put in their place.
 */
#ifndef BASE_PLACEHOLDER_H
#define BASE_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/*
 * Whether ${value} is such a text ("changeme", "<your-secret-key>", ...) or a
 * repetition.  The arena is for scratch.
 */
bool placeholder_is(const char *value, struct arena *arena);

/*
 * Whether the ${length} bytes are one piece over and over, of one byte or of
 * at most a quarter of the whole.
 */
bool placeholder_is_repetition(const void *bytes, size_t length);

#endif
