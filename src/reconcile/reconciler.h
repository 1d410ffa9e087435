/*
 * What all parts of the program share, and what one errand of it is about.
 */
#ifndef RECONCILE_RECONCILER_H
#define RECONCILE_RECONCILER_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/config.h"
#include "crypto/keyring.h"

struct bench;
struct epoch;

struct reconciler {
	const struct config *config;
	struct keyring keyring;
	struct bench *bench;
	size_t threads;                /* at most, for one piece of work */
};

/*
 * A pass, or a request that is served beside one.  It has one present, which
 * every step and every statement of it is told.
 */
struct errand {
	const struct reconciler *reconciler;
	struct epoch *epoch;           /* NULL: not a pass */
	int64_t now;
	char now_text[CLOCK_TEXT_BYTES];
};

#endif
