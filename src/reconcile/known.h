/*
 * What is known of a region's machines while it is looked at: for each id
 * one text, the caller's.
 */
#ifndef RECONCILE_KNOWN_H
#define RECONCILE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/scope.h"

struct known;

/* With room for ${expected} ids before it has to grow. */
struct known *known_new(size_t expected);
void known_free(struct known *known);
DEFINE_RELEASE(known_release, struct known *, known_free)

/* Where ${id}'s text is; NULL if it is not known. */
const char **known_find(const struct known *known, const char *id);

/* Neither is copied; ${id} is not known yet. */
void known_add(struct known *known, const char *id, const char *text);

/* All of them, in any order: ${at} starts at 0; false at the end. */
bool known_next(const struct known *known, size_t *at, const char **id,
    const char **text);

#endif
