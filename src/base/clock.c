#include "base/clock.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/day.h"
#include "base/floor.h"
#include "base/text.h"
#include "config.h"

/* What a text said, before it is known to be a time. */
struct reading {
	int year, month, mday;
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

int64_t
clock_patience(int64_t span)
{
#ifdef TEST_HOOKS
	const char *text = getenv("DIURNAL_HURRY");
	int64_t times;

	if (text != NULL && *text != '\0') {
		if (text_to_int64(text, 1, 1000, &times) != 0)
			abort();
		return span / times;
	}
#endif
	return span;
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
	struct day date;
	int64_t second;

	assert(when >= CLOCK_MIN && when <= CLOCK_MAX);
	second = floor_mod(when, CLOCK_DAY) / CLOCK_SECOND;
	date = day_split(floor_div(when, CLOCK_DAY));
	at = put(at, 4, date.year, '-');
	at = put(at, 2, date.month, '-');
	at = put(at, 2, date.mday, 'T');
	at = put(at, 2, second / 3600, ':');
	at = put(at, 2, second / 60 % 60, ':');
	return put(at, 2, second % 60, behind);
}

void
clock_format(int64_t when, char text[CLOCK_TEXT_BYTES])
{
	char *at = put_time(text, when, '.');

	at = put(at, 6, floor_mod(when, CLOCK_SECOND), 'Z');
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

static bool
get_date(const char **at, struct reading *reading)
{
	return get(at, 4, 0, 9999, &reading->year) && skip(at, "-") &&
	    get(at, 2, 1, 12, &reading->month) && skip(at, "-") &&
	    get(at, 2, 1, day_last_of_month(reading->year, reading->month),
		&reading->mday);
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
	return floor_mod(when, CLOCK_DAY) == 0 &&
	    day_split(floor_div(when, CLOCK_DAY)).mday == 1;
}

int
clock_parse(const char *text, int64_t *when)
{
	struct reading reading = { .offset = 0 };
	int64_t found;

	if (!get_date(&text, &reading) ||
	    (skip(&text, "Tt ") && !get_time(&text, &reading)) ||
	    *text != '\0')
		return -1;
	found = day_number(reading.year, reading.month, reading.mday) *
	    CLOCK_DAY + reading.hour * CLOCK_HOUR +
	    reading.minute * CLOCK_MINUTE + reading.second * CLOCK_SECOND -
	    reading.offset;
	if (reading.second == 60 && !starts_month(found))
		return -1;
	found += reading.micros;
	if (found < CLOCK_MIN || found > CLOCK_MAX)
		return -1;
	*when = found;
	return 0;
}
