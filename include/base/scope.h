/*
 * Scoped ownership: a local that owns something gives it back when it leaves
 * its scope, on every path.
 *
 *	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
 *
 * Ownership is handed on with take(), which empties the local.
 */
#ifndef BASE_SCOPE_H
#define BASE_SCOPE_H

#include <stddef.h>

#define SCOPED(release) __attribute__((cleanup(release)))

/* Yield what ${var} holds and empty it, so that its scope frees nothing. */
#define take(var) ({ __typeof__(var) taken_ = (var); (var) = NULL; taken_; })

/* Define ${name}: the cleanup of locals of the pointer type ${type}. */
#define DEFINE_RELEASE(name, type, free_function)                            \
	static inline void name(type *owned)                                 \
	{                                                                    \
		if (*owned != NULL)                                          \
			free_function(*owned);                               \
	}

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
