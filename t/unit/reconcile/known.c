#include "src/reconcile/known.h"

#include "t/tap.h"

#define MANY 5000

static char ids[MANY][16];

static void
fill(struct known *known)
{
	for (size_t i = 0; i < MANY; i++) {
		snprintf(ids[i], sizeof(ids[i]), "i-%zu", i);
		known_add(known, ids[i], ids[i]);
	}
}

static size_t
count(const struct known *known)
{
	const char *id, *text;
	size_t at = 0, found = 0;

	while (known_next(known, &at, &id, &text))
		found += id == text;
	return found;
}

static size_t
count_found(const struct known *known)
{
	size_t found = 0;

	for (size_t i = 0; i < MANY; i++) {
		const char **text = known_find(known, ids[i]);

		found += text != NULL && *text == ids[i];
	}
	return found;
}

int
main(void)
{
	SCOPED(known_release) struct known *known = known_new(0);
	const char **text;

	ok(known_find(known, "i-1") == NULL, "an empty table knows nothing");
	is_int((int64_t)count(known), 0, "nor has it anything to go through");
	fill(known);
	is_int((int64_t)count_found(known), MANY,
	    "however much it has grown, it finds what was added");
	ok(known_find(known, "i-") == NULL, "but nothing else");
	is_int((int64_t)count(known), MANY, "going through it meets each once");
	text = known_find(known, "i-7");
	*text = "other";
	is_text(*known_find(known, "i-7"), "other",
	    "a text that was replaced stays replaced");
	return tap_done();
}
