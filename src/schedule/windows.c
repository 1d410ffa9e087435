#include "schedule/windows.h"

#include <string.h>

#include "base/clock.h"
#include "base/floor.h"

#define FIRST_ROOM ((size_t)32)

/* The instant of a minute of the wall clock. */
static int64_t
instant(const struct zone *zone, int64_t minute)
{
	return zone_instant(zone, minute * CLOCK_MINUTE);
}

/*
 * The last minute that has begun by ${when}: instant(m) <= ${when} if and only
 * if m is not after it.
 */
static int64_t
minute_at(const struct zone *zone, int64_t when)
{
	return floor_div(zone_wall(zone, when), CLOCK_MINUTE);
}

static struct window
run_window(const struct weekly *weekly, const struct zone *zone,
    int64_t number)
{
	struct weekly_run run = weekly_run(weekly, number);

	return (struct window){ instant(zone, run.start),
		instant(zone, run.end) };
}

/*
 * Runs are apart on the wall clock.  As instants they may meet, when the clock
 * skips what is between them, and may be empty, when it skips them.
 */
static bool
next_weekly(const struct weekly *weekly, const struct zone *zone,
    int64_t after, struct window *window)
{
	struct window found, other;
	int64_t first, last;

	if (weekly->count == 0)
		return false;
	if (weekly_is_always(weekly)) {
		*window = (struct window){ CLOCK_MIN, CLOCK_MAX };
		return true;
	}
	first = weekly_find(weekly, minute_at(zone, after));
	found = run_window(weekly, zone, first);
	while (found.start == found.end)
		found = run_window(weekly, zone, ++first);
	last = first;
	while ((other = run_window(weekly, zone, first - 1)).end ==
	    found.start) {
		found.start = other.start;
		first--;
	}
	while ((other = run_window(weekly, zone, last + 1)).start ==
	    found.end) {
		found.end = other.end;
		last++;
	}
	*window = found;
	return true;
}

/*
 * The first start after ${after} that is not undone by a stop at the same
 * instant; false if there is none.
 */
static bool
next_start(const struct schedule *schedule, const struct zone *zone,
    int64_t after, int64_t *start)
{
	const struct cron *starts = &schedule->cron.start;
	const struct cron *stops = &schedule->cron.stop;

	for (;;) {
		int64_t minute = minute_at(zone, after), last_stop;

		minute = cron_next(starts, stops, minute);
		if (minute == CRON_NEVER)
			return false;
		after = instant(zone, minute);
		/* Where the clock skips, other minutes share the instant. */
		last_stop = cron_last(stops, minute_at(zone, after));
		if (instant(zone, last_stop) < after) {
			*start = after;
			return true;
		}
	}
}

static bool
next_cron(const struct schedule *schedule, const struct zone *zone,
    int64_t after, struct window *window)
{
	const struct cron *starts = &schedule->cron.start;
	const struct cron *stops = &schedule->cron.stop;
	int64_t minute = minute_at(zone, after);
	int64_t last_start = instant(zone, cron_last(starts, minute));
	int64_t last_stop = instant(zone, cron_last(stops, minute));
	int64_t start;

	/* Running at ${after}: since the first start after the last stop. */
	if (!next_start(schedule, zone,
	    last_start > last_stop ? last_stop : after, &start))
		return false;
	window->end = instant(zone, cron_next(stops, NULL,
	    minute_at(zone, start)));
	window->start = start;
	return true;
}

static int64_t
clamp(int64_t when)
{
	return when < CLOCK_MIN ? CLOCK_MIN :
	    when > CLOCK_MAX ? CLOCK_MAX : when;
}

bool
windows_next(const struct schedule *schedule, const struct zone *zone,
    int64_t after, struct window *window)
{
	struct window found;

	if (!(schedule->type == SCHEDULE_WEEKLY ?
	    next_weekly(&schedule->weekly, zone, after, &found) :
	    next_cron(schedule, zone, after, &found)))
		return false;
	found.start = clamp(found.start);
	found.end = clamp(found.end);
	/* Beyond the end of time there is nothing. */
	if (found.end <= after || found.start == found.end)
		return false;
	*window = found;
	return true;
}

struct windows_state
windows_at(const struct schedule *schedule, const struct zone *zone,
    int64_t when)
{
	struct windows_state state = { .until = CLOCK_MAX };
	struct window window;

	if (windows_next(schedule, zone, when, &window)) {
		state.running = window.start <= when;
		state.until = state.running ? window.end : window.start;
	}
	return state;
}

int
windows_between(const struct schedule *schedule, const struct zone *zone,
    int64_t from, int64_t to, size_t most, struct arena *arena,
    struct windows *windows, struct failure *why)
{
	struct window *list = NULL, window = { .end = from };
	size_t count = 0, room = 0;

	while (from < to && windows_next(schedule, zone, window.end,
	    &window) && window.start < to) {
		if (count == most)
			return fail(why, FAULT_REFUSED,
			    "more than %zu windows", most);
		if (count == room) {
			struct window *larger;

			room = room == 0 ? FIRST_ROOM : room * 2;
			larger = arena_array(arena, room, sizeof(*larger));
			if (count > 0)
				memcpy(larger, list, count * sizeof(*larger));
			list = larger;
		}
		list[count++] = window;
		from = window.end;
	}
	*windows = (struct windows){ count, list };
	return 0;
}
