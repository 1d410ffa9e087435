#include "base/clock.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config.h"

/* A proleptic Gregorian date. */
struct civil {
	int64_t year;
	int month, day;
};

/* What a text said, before it is known to be a time. */
struct reading {
	struct civil date;
	int hour, minute, second;
	int64_t micros;
	int64_t offset;                /* east of UTC */
};

static int64_t
read_clock(clockid_t id)
{
	struct timespec now;

	/* Cannot fail: both clocks exist on every Linux. */
	if (clock_gettime(id, &now) != 0)
		abort();
	return now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

int64_t
clock_now(void)
{
#ifdef TEST_HOOKS
	const char *text = getenv("DIURNAL_NOW");
	int64_t when;

	if (text != NULL && *text != '\0') {
		if (clock_parse(text, &when) != 0)
			abort();
		return when;
	}
#endif
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/*
 * The next two are Howard Hinnant's days_from_civil and civil_from_days: years
 * begin in March, so that the leap day is the last one, and are counted in
 * eras of 400, which all have the same number of days.  One era is added
 * while dividing: our earliest day, early in year 0, belongs to era -1.
 */
#define ERA_DAYS 146097
#define EPOCH_DAYS 719468              /* from 0000-03-01 to 1970-01-01 */

static int64_t
days_from_civil(struct civil date)
{
	int64_t year = date.year - (date.month <= 2) + 400;
	int64_t era = year / 400, of_era = year % 400;
	int64_t month = (date.month + 9) % 12;
	int64_t day = (153 * month + 2) / 5 + date.day - 1;

	return (era - 1) * ERA_DAYS + of_era * 365 + of_era / 4 -
	    of_era / 100 + day - EPOCH_DAYS;
}

static struct civil
civil_from_days(int64_t days)
{
	int64_t since = days + EPOCH_DAYS + ERA_DAYS;
	int64_t era = since / ERA_DAYS - 1, of_era = since % ERA_DAYS;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 -
	    of_era / 146096) / 365;
	int64_t day = of_era - (365 * year + year / 4 - year / 100);
	int month = (int)((5 * day + 2) / 153);

	return (struct civil){
		.year = year + era * 400 + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = (int)(day - (153 * month + 2) / 5 + 1),
	};
}

static char *
put_number(char *at, int width, int64_t number)
{
	for (int i = width - 1; i >= 0; i--) {
		at[i] = (char)('0' + number % 10);
		number /= 10;
	}
	return at + width;
}

/* ${number}, and the character that stands behind it. */
static char *
put(char *at, int width, int64_t number, char behind)
{
	at = put_number(at, width, number);
	*at = behind;
	return at + 1;
}

static char *
put_time(char *at, int64_t when, char behind)
{
	struct civil date;
	int64_t days, second;

	assert(when >= CLOCK_MIN && when <= CLOCK_MAX);
	/* From CLOCK_MIN, because division cuts towards zero. */
	days = (when - CLOCK_MIN) / CLOCK_DAY + CLOCK_MIN / CLOCK_DAY;
	second = (when - days * CLOCK_DAY) / CLOCK_SECOND;
	date = civil_from_days(days);
	at = put(at, 4, date.year, '-');
	at = put(at, 2, date.month, '-');
	at = put(at, 2, date.day, 'T');
	at = put(at, 2, second / 3600, ':');
	at = put(at, 2, second / 60 % 60, ':');
	return put(at, 2, second % 60, behind);
}

void
clock_format(int64_t when, char text[CLOCK_TEXT_BYTES])
{
	char *at = put_time(text, when, '.');

	at = put(at, 6, (when - CLOCK_MIN) % CLOCK_SECOND, 'Z');
	*at = '\0';
}

void
clock_format_seconds(int64_t when, char text[CLOCK_TEXT_BYTES])
{
	*put_time(text, when, 'Z') = '\0';
}

static bool
skip(const char **at, const char *any_of)
{
	if (**at == '\0' || strchr(any_of, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Exactly ${width} digits, of a number in [${low}, ${high}]. */
static bool
get(const char **at, int width, int low, int high, int *number)
{
	int sum = 0;

	for (int i = 0; i < width; i++, (*at)++) {
		if (!is_digit(**at))
			return false;
		sum = sum * 10 + (**at - '0');
	}
	*number = sum;
	return sum >= low && sum <= high;
}

static int
month_days(int64_t year, int month)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool
get_date(const char **at, struct civil *date)
{
	int year;

	if (!get(at, 4, 0, 9999, &year) || !skip(at, "-") ||
	    !get(at, 2, 1, 12, &date->month) || !skip(at, "-"))
		return false;
	date->year = year;
	return get(at, 2, 1, month_days(year, date->month), &date->day);
}

static bool
get_fraction(const char **at, int64_t *micros)
{
	if (!skip(at, "."))
		return true;
	if (!is_digit(**at))
		return false;
	for (int64_t worth = CLOCK_SECOND / 10; is_digit(**at); (*at)++) {
		*micros += worth * (**at - '0');
		worth /= 10;
	}
	return true;
}

static bool
get_offset(const char **at, int64_t *offset)
{
	bool west = **at == '-';
	int hour, minute;

	if (**at == '\0' || skip(at, "Zz"))
		return true;
	if (!skip(at, "+-") || !get(at, 2, 0, 23, &hour) || !skip(at, ":") ||
	    !get(at, 2, 0, 59, &minute))
		return false;
	*offset = hour * CLOCK_HOUR + minute * CLOCK_MINUTE;
	if (west)
		*offset = -*offset;
	return true;
}

static bool
get_time(const char **at, struct reading *reading)
{
	return get(at, 2, 0, 23, &reading->hour) && skip(at, ":") &&
	    get(at, 2, 0, 59, &reading->minute) && skip(at, ":") &&
	    get(at, 2, 0, 60, &reading->second) &&
	    get_fraction(at, &reading->micros) &&
	    get_offset(at, &reading->offset);
}

static bool
starts_month(int64_t when)
{
	int64_t days = when / CLOCK_DAY;

	return when % CLOCK_DAY == 0 && civil_from_days(days).day == 1;
}

int
clock_parse(const char *text, int64_t *when)
{
	struct reading reading = { .offset = 0 };
	int64_t found;

	if (!get_date(&text, &reading.date) ||
	    (skip(&text, "Tt ") && !get_time(&text, &reading)) ||
	    *text != '\0')
		return -1;
	found = days_from_civil(reading.date) * CLOCK_DAY +
	    reading.hour * CLOCK_HOUR + reading.minute * CLOCK_MINUTE +
	    reading.second * CLOCK_SECOND - reading.offset;
	if (reading.second == 60 && !starts_month(found))
		return -1;
	found += reading.micros;
	if (found < CLOCK_MIN || found > CLOCK_MAX)
		return -1;
	*when = found;
	return 0;
}
