#include "forget.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* More than any request uses below the loop that serves it. */
#define STACK_BYTES ((size_t)128 * 1024)

__attribute__((noinline)) void
forget_stack(void)
{
	unsigned char dead[STACK_BYTES];

	explicit_bzero(dead, sizeof(dead));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

/* glibc's own, by the names that it exports for those who wrap them. */
extern void __libc_free(void *memory);

void
free(void *memory)
{
	if (memory == NULL)
		return;
	explicit_bzero(memory, malloc_usable_size(memory));
	__libc_free(memory);
}

/* libc's would move the bytes and leave a copy where they were. */
void *
realloc(void *memory, size_t size)
{
	size_t held = malloc_usable_size(memory);
	void *moved;

	if (size == 0 && memory != NULL) {
		free(memory);
		return NULL;
	}
	if (size > 0 && size <= held && size >= held / 2)
		return memory;
	moved = malloc(size > 0 ? size : 1);
	if (moved == NULL || memory == NULL)
		return moved;
	memcpy(moved, memory, held < size ? held : size);
	free(memory);
	return moved;
}

#endif
