#include "src/reconcile/ticker.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

struct ticker {
	pthread_t thread;
	pthread_mutex_t mutex;         /* over ${is_stopped} */
	pthread_cond_t changed;
	bool is_stopped;
	int64_t period;
	void (*tick)(void *context);
	void *context;
};

static struct timespec
after(int64_t period)
{
	int64_t when = clock_monotonic() + period;

	return (struct timespec){
		.tv_sec = (time_t)(when / CLOCK_SECOND),
		.tv_nsec = (long)(when % CLOCK_SECOND * 1000),
	};
}

/* False once the ticker is stopped. */
static bool
rest(struct ticker *ticker)
{
	struct timespec until = after(ticker->period);
	bool goes_on;

	pthread_mutex_lock(&ticker->mutex);
	while (!ticker->is_stopped && pthread_cond_timedwait(&ticker->changed,
	    &ticker->mutex, &until) != ETIMEDOUT)
		continue;
	goes_on = !ticker->is_stopped;
	pthread_mutex_unlock(&ticker->mutex);
	return goes_on;
}

static void *
run(void *argument)
{
	struct ticker *ticker = argument;

	while (rest(ticker))
		ticker->tick(ticker->context);
	return NULL;
}

struct ticker *
ticker_start(int64_t period, void (*tick)(void *context), void *context)
{
	struct ticker *ticker = calloc(1, sizeof(*ticker));
	pthread_condattr_t attributes;

	if (ticker == NULL)
		abort();
	ticker->period = period;
	ticker->tick = tick;
	ticker->context = context;
	if (pthread_condattr_init(&attributes) != 0 ||
	    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&ticker->changed, &attributes) != 0 ||
	    pthread_mutex_init(&ticker->mutex, NULL) != 0 ||
	    pthread_create(&ticker->thread, NULL, run, ticker) != 0)
		abort();
	pthread_condattr_destroy(&attributes);
	return ticker;
}

void
ticker_stop(struct ticker *ticker)
{
	pthread_mutex_lock(&ticker->mutex);
	ticker->is_stopped = true;
	pthread_cond_signal(&ticker->changed);
	pthread_mutex_unlock(&ticker->mutex);
	pthread_join(ticker->thread, NULL);
	pthread_cond_destroy(&ticker->changed);
	pthread_mutex_destroy(&ticker->mutex);
	free(ticker);
}
