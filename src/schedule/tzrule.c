#include "schedule/tzrule.h"

#include "base/day.h"
#include "base/floor.h"

#define DAY_SECONDS  86400
#define DEFAULT_TIME (2 * 3600)        /* of a change that does not say */

/* A change stands this far outside of its year at most: 167 hours + 25. */
#define STRAY_SECONDS (8 * DAY_SECONDS)

struct cursor {
	const char *at, *end;
};

static bool
accept(struct cursor *in, char wanted)
{
	if (in->at == in->end || *in->at != wanted)
		return false;
	in->at++;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* One to three digits in [${low}, ${high}]. */
static int
read_number(struct cursor *in, int low, int high, int *number)
{
	int digits = 0, value = 0;

	while (in->at < in->end && is_digit(*in->at) && digits++ < 3)
		value = value * 10 + *in->at++ - '0';
	if (digits == 0 || value < low || value > high)
		return -1;
	*number = value;
	return 0;
}

/* An abbreviation: three letters or more, or anything usual within <>. */
static int
skip_name(struct cursor *in)
{
	bool quoted = accept(in, '<');
	const char *start = in->at;

	while (in->at < in->end && (is_letter(*in->at) || (quoted &&
	    (is_digit(*in->at) || *in->at == '+' || *in->at == '-'))))
		in->at++;
	if (in->at - start < 3 || (quoted && !accept(in, '>')))
		return -1;
	return 0;
}

/* [+-]h[h[h]][:mm[:ss]] */
static int
read_time(struct cursor *in, int most_hours, int32_t *seconds)
{
	bool negative = accept(in, '-');
	int hours, minutes = 0, rest = 0;
	int32_t sum;

	if (!negative)
		accept(in, '+');
	if (read_number(in, 0, most_hours, &hours) != 0)
		return -1;
	if (accept(in, ':')) {
		if (read_number(in, 0, 59, &minutes) != 0)
			return -1;
		if (accept(in, ':') && read_number(in, 0, 59, &rest) != 0)
			return -1;
	}
	sum = hours * 3600 + minutes * 60 + rest;
	*seconds = negative ? -sum : sum;
	return 0;
}

/* POSIX counts west of Greenwich. */
static int
read_offset(struct cursor *in, int32_t *offset)
{
	int32_t west;

	if (read_time(in, 24, &west) != 0)
		return -1;
	*offset = -west;
	return 0;
}

static int
read_weekday(struct cursor *in, struct tzrule_change *change)
{
	return read_number(in, 1, 12, &change->month) != 0 ||
	    !accept(in, '.') || read_number(in, 1, 5, &change->week) != 0 ||
	    !accept(in, '.') || read_number(in, 0, 6, &change->day) != 0 ?
	    -1 : 0;
}

/* ,date[/time] */
static int
read_change(struct cursor *in, struct tzrule_change *change)
{
	int bad;

	if (!accept(in, ','))
		return -1;
	if (accept(in, 'M')) {
		change->kind = TZRULE_WEEKDAY;
		bad = read_weekday(in, change);
	} else if (accept(in, 'J')) {
		change->kind = TZRULE_JULIAN;
		bad = read_number(in, 1, 365, &change->day);
	} else {
		change->kind = TZRULE_ZERO_BASED;
		bad = read_number(in, 0, 365, &change->day);
	}
	if (bad != 0)
		return -1;
	change->time = DEFAULT_TIME;
	return accept(in, '/') ? read_time(in, 167, &change->time) : 0;
}

static int
read_summer(struct cursor *in, struct tzrule *rule)
{
	if (skip_name(in) != 0)
		return -1;
	rule->has_summer = true;
	rule->summer = rule->standard + 3600;
	if (in->at < in->end && *in->at != ',' &&
	    read_offset(in, &rule->summer) != 0)
		return -1;
	if (read_change(in, &rule->begin) != 0)
		return -1;
	return read_change(in, &rule->end);
}

int
tzrule_parse(const char *text, size_t length, struct tzrule *rule)
{
	struct cursor in = { text, text + length };
	struct tzrule read = { 0 };

	if (skip_name(&in) != 0 || read_offset(&in, &read.standard) != 0)
		return -1;
	if (in.at < in.end && read_summer(&in, &read) != 0)
		return -1;
	if (in.at != in.end)
		return -1;
	*rule = read;
	return 0;
}

static int64_t
change_day(const struct tzrule_change *change, int64_t year)
{
	int64_t day = day_number(year, 1, 1), first;
	int mday;

	switch (change->kind) {
	case TZRULE_JULIAN:
		/* Day 60 is 1 March in every year. */
		return day + change->day - 1 +
		    (change->day >= 60 && day_is_leap_year(year));
	case TZRULE_ZERO_BASED:
		return day + change->day;
	case TZRULE_WEEKDAY:
		break;
	}
	first = day_number(year, change->month, 1);
	mday = 1 + (int)floor_mod(change->day - day_of_week(first), 7) +
	    7 * (change->week - 1);
	if (mday > day_last_of_month(year, change->month))
		mday -= 7;
	return first + mday - 1;
}

struct change_at {
	int64_t at;
	int32_t offset;                /* from then on */
};

/* Put ${change} among ${count} sorted ones, behind those of its time. */
static void
insert(struct change_at *changes, size_t count, struct change_at change)
{
	while (count > 0 && changes[count - 1].at > change.at) {
		changes[count] = changes[count - 1];
		count--;
	}
	changes[count] = change;
}

static int64_t
year_of(int64_t when)
{
	return day_split(floor_div(when, DAY_SECONDS)).year;
}

struct tzrule_span
tzrule_at(const struct tzrule *rule, int64_t when)
{
	struct tzrule_span span = {
		-TZRULE_NEVER, TZRULE_NEVER, rule->standard
	};
	struct change_at changes[8];
	int64_t first, last;
	size_t count = 0;

	if (!rule->has_summer)
		return span;
	first = year_of(when - STRAY_SECONDS) - 1;
	last = year_of(when + STRAY_SECONDS) + 1;
	for (int64_t year = first; year <= last; year++) {
		insert(changes, count++, (struct change_at){
			change_day(&rule->begin, year) * DAY_SECONDS +
			rule->begin.time - rule->standard, rule->summer });
		insert(changes, count++, (struct change_at){
			change_day(&rule->end, year) * DAY_SECONDS +
			rule->end.time - rule->summer, rule->standard });
	}
	for (size_t i = 0; i + 1 < count && changes[i].at <= when; i++) {
		span.start = changes[i].at;
		span.offset = changes[i].offset;
		span.end = changes[i + 1].at;
	}
	return span;
}
