#include "schedule/weekly.h"

#include <string.h>

#include "base/floor.h"
#include "base/text.h"

#define DAYS        7
#define DAY_MINUTES 1440

/* 1970-01-01 was a Thursday: the week it is in began three days before. */
#define FIRST_WEEK (-3 * DAY_MINUTES)

static const char *const day_names[DAYS] = {
	"monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
	"sunday",
};

/* The windows of a week as they are found, before they become a union. */
struct found {
	struct weekly_run runs[DAYS * WEEKLY_WINDOWS_MOST];
	size_t count;
};

/* Where a complaint points to: "monday, window 2". */
struct place {
	const char *day;
	size_t window;
};

static int
complain(const struct place *place, struct failure *why, const char *what)
{
	return fail(why, FAULT_INVALID, "%s, window %zu: %s", place->day,
	    place->window, what);
}

static int
digits(const char *two)
{
	if (two[0] < '0' || two[0] > '9' || two[1] < '0' || two[1] > '9')
		return -1;
	return (two[0] - '0') * 10 + two[1] - '0';
}

/* "HH:MM" in 00:00..24:00 as minutes; -1 for anything else. */
static int
read_clock(json_object *value)
{
	const char *text;
	int hours, minutes;

	if (!json_object_is_type(value, json_type_string) ||
	    json_object_get_string_len(value) != 5)
		return -1;
	text = json_object_get_string(value);
	hours = digits(text);
	minutes = digits(text + 3);
	if (hours < 0 || hours > 24 || text[2] != ':' || minutes < 0 ||
	    minutes > (hours == 24 ? 0 : 59))
		return -1;
	return hours * 60 + minutes;
}

/* The member ${name}, a time of the day up to and including ${most}. */
static int
read_time(json_object *window, const char *name, int most,
    const struct place *place, int *time, struct failure *why)
{
	json_object *value;
	int minutes;

	if (!json_object_object_get_ex(window, name, &value))
		return fail(why, FAULT_INVALID, "%s, window %zu: %s is "
		    "missing", place->day, place->window, name);
	minutes = read_clock(value);
	if (minutes < 0 || minutes > most)
		return fail(why, FAULT_INVALID, "%s, window %zu: %s must be "
		    "a time from \"00:00\" to \"%02d:%02d\"", place->day,
		    place->window, name, most / 60, most % 60);
	*time = minutes;
	return 0;
}

/* Leaves ${next_day} alone if ${window} does not say. */
static int
read_next_day(json_object *window, const struct place *place, bool *next_day,
    struct failure *why)
{
	json_object *value;

	if (!json_object_object_get_ex(window, "next_day", &value))
		return 0;
	if (!json_object_is_type(value, json_type_boolean))
		return complain(place, why, "next_day must be true or false");
	*next_day = json_object_get_boolean(value);
	return 0;
}

/* ${run} counts from midnight of the window's day. */
static int
read_window(json_object *window, const struct place *place,
    struct weekly_run *run, struct failure *why)
{
	int start = 0, end = 0;
	bool next_day = false;

	if (!json_object_is_type(window, json_type_object))
		return complain(place, why,
		    "must be a dictionary with start and end");
	if (read_time(window, "start", DAY_MINUTES - 1, place, &start,
	    why) != 0 ||
	    read_time(window, "end", DAY_MINUTES, place, &end, why) != 0 ||
	    read_next_day(window, place, &next_day, why) != 0)
		return -1;
	if (!next_day && start >= end)
		return complain(place, why, "start must be before end "
		    "(or next_day be true)");
	if (next_day && end > start)
		return complain(place, why, "end must not be later than "
		    "start when next_day is true: a window has at most 24 "
		    "hours");
	*run = (struct weekly_run){ start, end + next_day * DAY_MINUTES };
	return 0;
}

static int
read_day(json_object *windows, int day, struct found *found,
    struct failure *why)
{
	struct place place = { .day = day_names[day] };
	size_t count;

	if (!json_object_is_type(windows, json_type_array))
		return fail(why, FAULT_INVALID,
		    "%s must be a list of windows", place.day);
	count = json_object_array_length(windows);
	if (count > WEEKLY_WINDOWS_MOST)
		return fail(why, FAULT_INVALID, "%s: more than %d windows",
		    place.day, WEEKLY_WINDOWS_MOST);
	for (size_t i = 0; i < count; i++) {
		struct weekly_run *run = &found->runs[found->count];

		place.window = i + 1;
		if (read_window(json_object_array_get_idx(windows, i), &place,
		    run, why) != 0)
			return -1;
		run->start += day * DAY_MINUTES;
		run->end += day * DAY_MINUTES;
		found->count++;
	}
	return 0;
}

static bool
is_day(const char *name)
{
	for (int day = 0; day < DAYS; day++)
		if (text_is(name, day_names[day]))
			return true;
	return false;
}

static int
compare_starts(const void *a, const void *b)
{
	const struct weekly_run *one = a, *other = b;

	return (one->start > other->start) - (one->start < other->start);
}

/* Sort, and join what overlaps or touches within the week. */
static void
join_runs(struct found *found)
{
	struct weekly_run *runs = found->runs;
	size_t count = 0;

	qsort(runs, found->count, sizeof(*runs), compare_starts);
	for (size_t i = 0; i < found->count; i++) {
		if (count == 0 || runs[i].start > runs[count - 1].end)
			runs[count++] = runs[i];
		else if (runs[i].end > runs[count - 1].end)
			runs[count - 1].end = runs[i].end;
	}
	found->count = count;
}

/*
 * Sunday's windows may meet Monday's: give these to the last run, which then
 * reaches into the next week.  Yields the first run that is left.
 */
static const struct weekly_run *
join_ends(struct found *found)
{
	struct weekly_run *first = found->runs;
	struct weekly_run *last = found->runs + found->count - 1;

	if (found->count == 0)
		return first;
	while (first < last && first->start + WEEKLY_MINUTES <= last->end) {
		if (first->end + WEEKLY_MINUTES > last->end)
			last->end = first->end + WEEKLY_MINUTES;
		first++;
		found->count--;
	}
	if (last->start + WEEKLY_MINUTES <= last->end)
		*last = (struct weekly_run){ 0, WEEKLY_MINUTES };
	return first;
}

int
weekly_parse(json_object *object, struct arena *arena, struct weekly *weekly,
    struct failure *why)
{
	struct found found = { .count = 0 };
	const struct weekly_run *first;
	struct weekly_run *runs;
	json_object *windows;

	if (!json_object_is_type(object, json_type_object))
		return fail(why, FAULT_INVALID, "schedule must be a "
		    "dictionary of days");
	json_object_object_foreach(object, name, value) {
		(void)value;
		if (!is_day(name))
			return fail(why, FAULT_INVALID, "Invalid day: the "
			    "days of a schedule are monday to sunday");
	}
	for (int day = 0; day < DAYS; day++)
		if (json_object_object_get_ex(object, day_names[day],
		    &windows) && read_day(windows, day, &found, why) != 0)
			return -1;
	join_runs(&found);
	first = join_ends(&found);
	runs = arena_array(arena, found.count, sizeof(*runs));
	memcpy(runs, first, found.count * sizeof(*runs));
	*weekly = (struct weekly){ found.count, runs };
	return 0;
}

bool
weekly_is_always(const struct weekly *weekly)
{
	return weekly->count == 1 &&
	    weekly->runs[0].end - weekly->runs[0].start == WEEKLY_MINUTES;
}

int64_t
weekly_find(const struct weekly *weekly, int64_t minute)
{
	int64_t week = floor_div(minute - FIRST_WEEK, WEEKLY_MINUTES);
	int64_t in_week = minute - FIRST_WEEK - week * WEEKLY_MINUTES;
	int64_t count = (int64_t)weekly->count;
	size_t low = 0, high = weekly->count;

	if (weekly->runs[count - 1].end - WEEKLY_MINUTES > in_week)
		return week * count - 1;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (weekly->runs[middle].end > in_week)
			high = middle;
		else
			low = middle + 1;
	}
	return week * count + (int64_t)low;
}

struct weekly_run
weekly_run(const struct weekly *weekly, int64_t number)
{
	int64_t count = (int64_t)weekly->count;
	int64_t week = floor_div(number, count);
	struct weekly_run run = weekly->runs[number - week * count];
	int64_t origin = FIRST_WEEK + week * WEEKLY_MINUTES;

	return (struct weekly_run){ run.start + origin, run.end + origin };
}
