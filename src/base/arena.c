#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)32 * 1024)

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char bytes[];
};

struct arena {
	struct block *newest;
	size_t held, limit;            /* bytes in all blocks; their bound */
};

struct arena *
arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		abort();
	arena->limit = limit;
	return arena;
}

static size_t
aligned(size_t size)
{
	const size_t mask = alignof(max_align_t) - 1;

	if (size > SIZE_MAX - mask)
		abort();
	return (size + mask) & ~mask;
}

static struct block *
add_block(struct arena *arena, size_t need)
{
	size_t left = arena->limit - arena->held;
	size_t size = need > BLOCK_BYTES || BLOCK_BYTES > left ?
	    need : BLOCK_BYTES;
	struct block *block;

	if (size > left || (block = malloc(sizeof(*block) + size)) == NULL)
		abort();
	*block = (struct block){ .next = arena->newest, .size = size };
	arena->newest = block;
	arena->held += size;
	return block;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;
	size_t need = aligned(size);
	void *memory;

	if (block == NULL || need > block->size - block->used)
		block = add_block(arena, need);
	memory = block->bytes + block->used;
	block->used += need;
	return memset(memory, 0, need);
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		abort();
	return arena_alloc(arena, bytes);
}

char *
arena_copy(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	if (length > 0)
		memcpy(copy, bytes, length);
	return copy;
}

char *
arena_text(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

char *
arena_vprintf(struct arena *arena, const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, ap);
	length = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(length >= 0);
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, fmt, ap);
	return text;
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(arena, fmt, ap);
	va_end(ap);
	return text;
}

size_t
arena_left(const struct arena *arena)
{
	size_t left = arena->limit - arena->held;

	/* What is asked for is rounded up to the alignment. */
	return left & ~(alignof(max_align_t) - 1);
}

static void
drop_newest(struct arena *arena)
{
	struct block *block = arena->newest;

	arena->newest = block->next;
	arena->held -= block->size;
	explicit_bzero(block->bytes, block->used);
	free(block);
}

void
arena_reset(struct arena *arena)
{
	while (arena->newest != NULL && (arena->newest->next != NULL ||
	    arena->newest->size > BLOCK_BYTES))
		drop_newest(arena);
	if (arena->newest != NULL) {
		explicit_bzero(arena->newest->bytes, arena->newest->used);
		arena->newest->used = 0;
	}
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->newest != NULL)
		drop_newest(arena);
	free(arena);
}
