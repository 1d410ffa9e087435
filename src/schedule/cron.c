#include "schedule/cron.h"

#include "base/day.h"
#include "base/floor.h"

#define DAY_MINUTES 1440

/*
 * The calendar repeats after 28 years; where a century's year has no leap
 * day, 29 February may stay away from a day of the week for 40.
 */
#define DAYS_MOST (41 * 366)

static bool
is_due_on(const struct cron *cron, const struct day *day)
{
	int nth = (day->mday - 1) / 7 + 1;
	bool by_mday = (cron->mdays >> day->mday & 1) != 0 ||
	    ((cron->mdays & 1) != 0 && day->mday == day->last);
	bool by_wday = (cron->wdays >> day->wday & 1) != 0 ||
	    (cron->nth[day->wday] >> nth & 1) != 0 ||
	    ((cron->nth[day->wday] & 1) != 0 && day->mday + 7 > day->last);

	return cron->either ? by_mday || by_wday : by_mday && by_wday;
}

static bool
is_month_of(const struct cron *cron, const struct day *day)
{
	return (cron->months >> day->month & 1) != 0;
}

/* The minutes of ${hour} on a day on which ${cron} is due. */
static uint64_t
minutes_of(const struct cron *cron, int hour)
{
	return (cron->hours >> hour & 1) != 0 ? cron->minutes : 0;
}

/* The first minute of ${day} from ${from} on; -1 if there is none. */
static int
first_on(const struct cron *cron, const struct cron *except,
    const struct day *day, int from)
{
	if (!is_due_on(cron, day))
		return -1;
	if (except != NULL && !(is_month_of(except, day) &&
	    is_due_on(except, day)))
		except = NULL;
	for (int hour = from / 60; hour < 24; hour++) {
		uint64_t minutes = minutes_of(cron, hour);

		if (hour == from / 60)
			minutes &= UINT64_MAX << from % 60;
		if (except != NULL)
			minutes &= ~minutes_of(except, hour);
		if (minutes != 0)
			return hour * 60 + __builtin_ctzll(minutes);
	}
	return -1;
}

/* The last minute of ${day} up to and including ${until}; -1 if none. */
static int
last_on(const struct cron *cron, const struct day *day, int until)
{
	if (!is_due_on(cron, day))
		return -1;
	for (int hour = until / 60; hour >= 0; hour--) {
		uint64_t minutes = minutes_of(cron, hour);

		if (hour == until / 60)
			minutes &= UINT64_MAX >> (63 - until % 60);
		if (minutes != 0)
			return hour * 60 + 63 - __builtin_clzll(minutes);
	}
	return -1;
}

int64_t
cron_next(const struct cron *cron, const struct cron *except, int64_t minute)
{
	int64_t first = floor_div(minute + 1, DAY_MINUTES), number = first;
	int from = (int)floor_mod(minute + 1, DAY_MINUTES);

	while (number - first < DAYS_MOST) {
		struct day day = day_split(number);
		int found = -1;

		if (is_month_of(cron, &day))
			found = first_on(cron, except, &day, from);
		if (found >= 0)
			return number * DAY_MINUTES + found;
		number = is_month_of(cron, &day) ? number + 1 :
		    day_next_month(&day);
		from = 0;
	}
	return CRON_NEVER;
}

int64_t
cron_last(const struct cron *cron, int64_t minute)
{
	int64_t number = floor_div(minute, DAY_MINUTES);
	int until = (int)floor_mod(minute, DAY_MINUTES);

	/* Ends: cron_parse has found a day on which it comes due. */
	for (;;) {
		struct day day = day_split(number);
		int found = -1;

		if (is_month_of(cron, &day))
			found = last_on(cron, &day, until);
		if (found >= 0)
			return number * DAY_MINUTES + found;
		number -= is_month_of(cron, &day) ? 1 : day.mday;
		until = DAY_MINUTES - 1;
	}
}
