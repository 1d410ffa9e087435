/*
 * A ticker: a thread that does something short again and again, beside
 * whatever else goes on.
 */
#ifndef RECONCILE_TICKER_H
#define RECONCILE_TICKER_H

#include <stdint.h>

#include "base/scope.h"

struct ticker;

/* Call ${tick} every ${period} µs, for the first time after one. */
struct ticker *ticker_start(int64_t period, void (*tick)(void *context),
    void *context);

/* Wait until it ticks no more. */
void ticker_stop(struct ticker *ticker);
DEFINE_RELEASE(ticker_scope, struct ticker *, ticker_stop)

#endif
