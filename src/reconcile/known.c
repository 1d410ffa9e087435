#include "src/reconcile/known.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "crypto/random.h"

struct entry {
	const char *id, *text;         /* NULL: free */
};

/* Open addressing, at most half full. */
struct known {
	struct entry *entries;
	size_t mask, count;
	uint64_t seed;                 /* ids are chosen by others */
};

static struct entry *
new_entries(size_t size)
{
	struct entry *entries = calloc(size, sizeof(*entries));

	if (entries == NULL)
		abort();
	return entries;
}

struct known *
known_new(size_t expected)
{
	struct known *known = calloc(1, sizeof(*known));
	size_t size = 64;

	if (known == NULL)
		abort();
	while (size / 2 <= expected)
		size *= 2;
	known->entries = new_entries(size);
	known->mask = size - 1;
	random_bytes(&known->seed, sizeof(known->seed));
	return known;
}

void
known_free(struct known *known)
{
	if (known == NULL)
		return;
	free(known->entries);
	free(known);
}

/* FNV-1a from a secret start, and its high bits stirred in. */
static size_t
hash(const struct known *known, const char *id)
{
	uint64_t sum = known->seed ^ UINT64_C(0xcbf29ce484222325);

	for (; *id != '\0'; id++)
		sum = (sum ^ (unsigned char)*id) * UINT64_C(0x100000001b3);
	return (size_t)(sum ^ sum >> 32);
}

static struct entry *
place(const struct known *known, const char *id)
{
	size_t at = hash(known, id) & known->mask;

	while (known->entries[at].id != NULL &&
	    !text_is(known->entries[at].id, id))
		at = (at + 1) & known->mask;
	return &known->entries[at];
}

const char **
known_find(const struct known *known, const char *id)
{
	struct entry *entry = place(known, id);

	return entry->id == NULL ? NULL : &entry->text;
}

static void
grow(struct known *known)
{
	struct entry *old = known->entries;
	size_t size = known->mask + 1;

	known->entries = new_entries(2 * size);
	known->mask = 2 * size - 1;
	for (size_t i = 0; i < size; i++)
		if (old[i].id != NULL)
			*place(known, old[i].id) = old[i];
	free(old);
}

void
known_add(struct known *known, const char *id, const char *text)
{
	if (2 * (known->count + 1) > known->mask)
		grow(known);
	*place(known, id) = (struct entry){ .id = id, .text = text };
	known->count++;
}

bool
known_next(const struct known *known, size_t *at, const char **id,
    const char **text)
{
	while (*at <= known->mask) {
		const struct entry *entry = &known->entries[(*at)++];

		if (entry->id != NULL) {
			*id = entry->id;
			*text = entry->text;
			return true;
		}
	}
	return false;
}
