/*
 * A weekly schedule: on each day of the week, windows between two times of
 * the wall clock.
 *
 *	{"monday": [{"start": "09:00", "end": "18:00"}],
 *	 "friday": [{"start": "22:00", "end": "06:00", "next_day": true}]}
 *
 * Kept as the union of the windows in minutes of a week that begins on Monday
 * at 00:00.
 */
#ifndef SCHEDULE_WEEKLY_H
#define SCHEDULE_WEEKLY_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"

#define WEEKLY_MINUTES      (7 * 1440)
#define WEEKLY_WINDOWS_MOST 100        /* on one day */

struct weekly_run {
	int64_t start, end;            /* [start, end) */
};

/*
 * Runs rise and neither overlap nor touch, also around the week's end: the
 * last one may reach into the next week, up to where the first one starts.
 * A schedule that always runs is a single run of WEEKLY_MINUTES.
 */
struct weekly {
	size_t count;
	const struct weekly_run *runs;
};

/*
 * Read ${object}; the runs live in ${arena}.  Fails with FAULT_INVALID and a
 * detail that names the day and the window (counted from 1), never what was
 * in them.  Members of a window that are not known are ignored.
 */
int weekly_parse(json_object *object, struct arena *arena,
    struct weekly *weekly, struct failure *why);

bool weekly_is_always(const struct weekly *weekly);

/*
 * The runs of all weeks, numbered without end in both directions, in minutes
 * of the wall clock since 1970-01-01 00:00.  weekly_find yields the number of
 * the first one that ends after ${minute}.  ${weekly} has runs.
 */
int64_t weekly_find(const struct weekly *weekly, int64_t minute);
struct weekly_run weekly_run(const struct weekly *weekly, int64_t number);

#endif
