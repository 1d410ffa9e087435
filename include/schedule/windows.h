/*
 * When a schedule says RUNNING: half-open windows [start, end) of UTC
 * instants (base/clock.h), sorted, merged, and never empty.  Pure functions:
 * the answer follows from the schedule and the zone's rules alone.
 *
 * A window is whole, not cut to the span that was asked for.  CLOCK_MIN and
 * CLOCK_MAX stand for a start and an end that never are.
 */
#ifndef SCHEDULE_WINDOWS_H
#define SCHEDULE_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"
#include "schedule/schedule.h"
#include "schedule/zone.h"

struct window {
	int64_t start, end;
};

/*
 * The first window that ends after ${after}, which may already have begun;
 * false if there is none.  ${after} lies in [CLOCK_MIN, CLOCK_MAX].
 */
bool windows_next(const struct schedule *schedule, const struct zone *zone,
    int64_t after, struct window *window);

/* What the schedule says at an instant, and when that changes. */
struct windows_state {
	bool running;
	int64_t until;                 /* CLOCK_MAX: never */
};

struct windows_state windows_at(const struct schedule *schedule,
    const struct zone *zone, int64_t when);

struct windows {
	size_t count;
	const struct window *list;
};

/*
 * All windows that share an instant with [${from}, ${to}), in ${arena}, of
 * which WINDOWS_BYTES(${most}) are taken at most.  FAULT_REFUSED if they are
 * more than ${most}.
 */
#define WINDOWS_BYTES(most) (4 * sizeof(struct window) * ((size_t)(most) + 32))

int windows_between(const struct schedule *schedule, const struct zone *zone,
    int64_t from, int64_t to, size_t most, struct arena *arena,
    struct windows *windows, struct failure *why);

#endif
