#include "src/reconcile/crew.h"

#include <stdatomic.h>
#include <unistd.h>

#include "t/tap.h"

#define PIECES 1000

static atomic_int done[PIECES];
static atomic_int working, most;

static void
work(void *context, size_t index)
{
	int now = atomic_fetch_add(&working, 1) + 1, seen = atomic_load(&most);

	while (now > seen && !atomic_compare_exchange_weak(&most, &seen, now))
		continue;
	if (index < 8)
		usleep(20000);
	atomic_fetch_add(&done[index], 1);
	atomic_fetch_add((atomic_int *)context, 1);
	atomic_fetch_sub(&working, 1);
}

static int
done_once(void)
{
	int count = 0;

	for (size_t i = 0; i < PIECES; i++)
		count += atomic_load(&done[i]) == 1;
	return count;
}

int
main(void)
{
	atomic_int calls = 0;

	crew_run(4, 0, work, &calls);
	is_int(atomic_load(&calls), 0, "no work is no call");
	crew_run(4, PIECES, work, &calls);
	is_int(done_once(), PIECES, "each piece is worked on once");
	is_int(atomic_load(&calls), PIECES, "and all by the time it returns");
	ok(atomic_load(&most) > 1, "several threads work at once");
	ok(atomic_load(&most) <= 4, "but no more than allowed");
	atomic_store(&most, 0);
	crew_run(1, 8, work, &calls);
	is_int(atomic_load(&most), 1, "a crew of one works alone");
	return tap_done();
}
