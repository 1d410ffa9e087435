#include "src/reconcile/bench.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "db/session.h"

/* What waits; sessions beyond that are closed when they come back. */
#define BENCH_SEATS 64

/* No statement of ours takes so long unless something is wrong. */
#define STATEMENT_TIMEOUT (2 * CLOCK_MINUTE)

/* A process that was stopped may not hold on to the locks of its looks. */
#define IDLE_TIMEOUT (5 * CLOCK_MINUTE)

struct bench {
	const struct config *config;
	pthread_mutex_t mutex;         /* over what follows */
	struct session *waiting[BENCH_SEATS];
	size_t count;
};

struct bench *
bench_new(const struct config *config)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	if (bench == NULL || pthread_mutex_init(&bench->mutex, NULL) != 0)
		abort();
	bench->config = config;
	return bench;
}

void
bench_free(struct bench *bench)
{
	while (bench->count > 0)
		session_close(bench->waiting[--bench->count]);
	pthread_mutex_destroy(&bench->mutex);
	free(bench);
}

int
loan_take(struct bench *bench, struct loan *loan, struct failure *why)
{
	const struct session_options options = {
		.application_name = "diurnal-reconcile",
		.role = "diurnal_reconcile",
		.statement_timeout = STATEMENT_TIMEOUT,
		.idle_session_timeout = IDLE_TIMEOUT,
	};
	struct session *session = NULL;

	pthread_mutex_lock(&bench->mutex);
	if (bench->count > 0)
		session = bench->waiting[--bench->count];
	pthread_mutex_unlock(&bench->mutex);
	if (session == NULL &&
	    session_open(bench->config, &options, &session, why) != 0)
		return -1;
	*loan = (struct loan){ .bench = bench, .session = session };
	return 0;
}

void
loan_end(struct loan *loan)
{
	struct bench *bench = loan->bench;

	if (loan->session == NULL)
		return;
	if (!loan->is_spoiled) {
		pthread_mutex_lock(&bench->mutex);
		if (bench->count < BENCH_SEATS)
			bench->waiting[bench->count++] = take(loan->session);
		pthread_mutex_unlock(&bench->mutex);
	}
	session_close(loan->session);
	loan->session = NULL;
}
