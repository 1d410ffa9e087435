#include "base/day.h"

#include "base/floor.h"
#include "base/scope.h"
#include "t/tap.h"

static const struct {
	int64_t year;
	int month, mday;
	int64_t number;
	int wday, last;
} dates[] = {
	{ 1970,  1,  1,       0, 4, 31 },
	{ 1969, 12, 31,      -1, 3, 31 },
	{ 2000,  2, 29,   11016, 2, 29 },
	{ 2000,  3,  1,   11017, 3, 31 },
	{ 1900,  2, 28,  -25509, 3, 28 },
	{ 1900,  3,  1,  -25508, 4, 31 },
	{ 2024,  2, 29,   19782, 4, 29 },
	{ 2026, 11, 21,   20778, 6, 30 },
	{ 9999, 12, 31, 2932896, 5, 31 },
	{    1,  1,  1, -719162, 1, 31 },
	{    0,  2, 29, -719469, 2, 29 },
	{   -4, 12, 31, -720624, 2, 31 },
};

static void
test_dates(void)
{
	for (size_t i = 0; i < COUNT_OF(dates); i++) {
		struct day day = day_split(dates[i].number);

		ok(day_number(dates[i].year, dates[i].month, dates[i].mday) ==
		    dates[i].number && day.year == dates[i].year &&
		    day.month == dates[i].month && day.mday == dates[i].mday,
		    "%" PRId64 "-%d-%d is day %" PRId64, dates[i].year,
		    dates[i].month, dates[i].mday, dates[i].number);
		ok(day.wday == dates[i].wday && day.last == dates[i].last,
		    "day %" PRId64 " has its weekday and length of month",
		    dates[i].number);
	}
}

/* 400 years and a bit, on both sides of the year 0 and of 1970. */
static void
test_every_day(void)
{
	struct day before = day_split(-900000);
	int wrong = 0;

	for (int64_t number = -899999; number < 60000; number++) {
		struct day day = day_split(number);
		bool new_month = before.mday == before.last;

		wrong += day.mday != (new_month ? 1 : before.mday + 1) ||
		    day.wday != (before.wday + 1) % 7 ||
		    day_number(day.year, day.month, day.mday) != number ||
		    (new_month && day_next_month(&before) != number);
		before = day;
	}
	is_int(wrong, 0, "each day follows the one before it");
}

static void
test_overlong(void)
{
	is_int(day_number(2025, 1, 32), day_number(2025, 2, 1),
	    "a day outside of its month is counted from the 1st");
	is_int(day_number(2025, 3, 0), day_number(2025, 2, 28),
	    "day 0 is the one before the month");
}

static void
test_floor(void)
{
	ok(floor_div(7, 3) == 2 && floor_mod(7, 3) == 1 &&
	    floor_div(6, 3) == 2 && floor_mod(6, 3) == 0,
	    "positive numbers divide as in C");
	ok(floor_div(-7, 3) == -3 && floor_mod(-7, 3) == 2 &&
	    floor_div(-6, 3) == -2 && floor_mod(-6, 3) == 0,
	    "negative ones round down");
}

int
main(void)
{
	test_dates();
	test_every_day();
	test_overlong();
	test_floor();
	return tap_done();
}
