/*
 * The bench: sessions with the database that wait to be used, so that a
 * thread which needs one for a moment need not connect.
 */
#ifndef RECONCILE_BENCH_H
#define RECONCILE_BENCH_H

#include <stdbool.h>

#include "base/failure.h"
#include "base/scope.h"

struct bench;
struct config;
struct session;

/* ${config} outlives it. */
struct bench *bench_new(const struct config *config);

/* Closes all sessions; none may be lent. */
void bench_free(struct bench *bench);

/* A session that is lent to one thread. */
struct loan {
	struct bench *bench;
	struct session *session;
	bool is_spoiled;               /* close it: nobody may use it again */
};

/* As session_open() if no session is free. */
int loan_take(struct bench *bench, struct loan *loan, struct failure *why);

void loan_end(struct loan *loan);

#endif
