/*
 * Memory that lives exactly as long as one unit of work: a request, a
 * delivery, one account in a pass.  Nothing in it is freed singly.
 *
 * An arena has a limit, chosen by who owns the unit of work.  Sizes that come
 * from outside are checked before they get here (arena_left), so running into
 * the limit is a mistake of the programmer, and it, like an empty machine,
 * aborts the process: systemd starts a fresh one.
 *
 * An arena belongs to one thread.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/scope.h"

struct arena;

/* ${limit}: bytes that the arena may hold in all. */
struct arena *arena_new(size_t limit) __attribute__((returns_nonnull));

/* Zeroed, aligned for anything, never NULL; a size of 0 is allowed. */
void *arena_alloc(struct arena *arena, size_t size)
    __attribute__((malloc, alloc_size(2), returns_nonnull));

/* ${count} zeroed elements of ${size} bytes; the product may not overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size)
    __attribute__((malloc, alloc_size(2, 3), returns_nonnull));

/* The first ${length} bytes of ${bytes}, and a NUL behind them. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length)
    __attribute__((malloc, returns_nonnull));

/* A copy of ${text}. */
char *arena_text(struct arena *arena, const char *text)
    __attribute__((malloc, returns_nonnull));

char *arena_printf(struct arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), malloc, returns_nonnull));

char *arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0), malloc, returns_nonnull));

/* Bytes that can still be had for certain, in one piece. */
size_t arena_left(const struct arena *arena);

/*
 * Forget everything, keep one block for the next unit of work.  What it held
 * is wiped first: requests carry passwords and credentials.
 */
void arena_reset(struct arena *arena);

/* Wipe and give back; NULL is allowed. */
void arena_free(struct arena *arena);

DEFINE_RELEASE(arena_release, struct arena *, arena_free)

#endif
