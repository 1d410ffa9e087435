#include "src/db/prepared.h"

#include "db/query.h"
#include "t/tap.h"

#define MANY 1000

static const struct query queries[2 * MANY];

static size_t
count_held(const struct prepared *prepared)
{
	size_t count = 0;

	for (size_t i = 0; i < 2 * MANY; i++)
		count += prepared_has(prepared, &queries[i]);
	return count;
}

int
main(void)
{
	struct prepared prepared = { .slots = NULL };
	bool right = true;

	is_int((int64_t)count_held(&prepared), 0, "an empty set has nothing");
	for (size_t i = 0; i < MANY; i++) {
		prepared_add(&prepared, &queries[2 * i]);
		right = right && prepared_has(&prepared, &queries[2 * i]);
	}
	ok(right, "what was added is there");
	for (size_t i = 0; i < 2 * MANY; i++)
		right = right && prepared_has(&prepared, &queries[i]) ==
		    (i % 2 == 0);
	ok(right, "it stays when the set grows, and nothing else comes in");
	prepared_clear(&prepared);
	is_int((int64_t)count_held(&prepared), 0, "a cleared set has nothing");
	prepared_add(&prepared, &queries[7]);
	is_int((int64_t)count_held(&prepared), 1, "and can be filled again");
	prepared_clear(&prepared);
	return tap_done();
}
