#include "src/db/prepared.h"

#include <stdint.h>

#define FIRST_ROOM ((size_t)64)

/* Where ${query} is, or the empty slot where it would be. */
static size_t
slot_of(const struct prepared *prepared, const struct query *query)
{
	/* Fibonacci hashing: addresses differ mostly in their middle bits. */
	uint64_t hash = (uintptr_t)query * UINT64_C(0x9e3779b97f4a7c15);
	size_t mask = prepared->room - 1, slot = (hash >> 32) & mask;

	while (prepared->slots[slot] != NULL && prepared->slots[slot] != query)
		slot = (slot + 1) & mask;
	return slot;
}

bool
prepared_has(const struct prepared *prepared, const struct query *query)
{
	return prepared->room > 0 &&
	    prepared->slots[slot_of(prepared, query)] != NULL;
}

static void
grow(struct prepared *prepared)
{
	struct prepared larger = {
		.room = prepared->room > 0 ? prepared->room * 2 : FIRST_ROOM,
	};

	larger.slots = calloc(larger.room, sizeof(const struct query *));
	if (larger.slots == NULL)
		abort();
	for (size_t i = 0; i < prepared->room; i++) {
		if (prepared->slots[i] != NULL)
			prepared_add(&larger, prepared->slots[i]);
	}
	prepared_clear(prepared);
	*prepared = larger;
}

void
prepared_add(struct prepared *prepared, const struct query *query)
{
	/* At most half full, so that a search ends soon. */
	if (2 * (prepared->count + 1) > prepared->room)
		grow(prepared);
	prepared->slots[slot_of(prepared, query)] = query;
	prepared->count++;
}

void
prepared_clear(struct prepared *prepared)
{
	free(prepared->slots);
	*prepared = (struct prepared){ .slots = NULL };
}
