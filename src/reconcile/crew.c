#include "src/reconcile/crew.h"

#include <pthread.h>
#include <stdatomic.h>

/* More would only wait for each other, whatever is configured. */
#define THREADS_MAX 256

struct crew {
	void (*work)(void *context, size_t index);
	void *context;
	size_t count;
	atomic_size_t next;
};

static void *
run(void *argument)
{
	struct crew *crew = argument;
	size_t index;

	while ((index = atomic_fetch_add(&crew->next, 1)) < crew->count)
		crew->work(crew->context, index);
	return NULL;
}

void
crew_run(size_t threads, size_t count,
    void (*work)(void *context, size_t index), void *context)
{
	struct crew crew = { .work = work, .context = context, .count = count };
	pthread_t helpers[THREADS_MAX];
	size_t nhelpers = 0;

	if (threads > count)
		threads = count;
	while (nhelpers < THREADS_MAX && nhelpers + 1 < threads &&
	    pthread_create(&helpers[nhelpers], NULL, run, &crew) == 0)
		nhelpers++;
	run(&crew);
	while (nhelpers > 0)
		pthread_join(helpers[--nhelpers], NULL);
}
