#include "base/day.h"

#include "base/floor.h"

/*
 * Both directions count years from 1 March, so that the leap day is a year's
 * last and months have a regular length (153 days in five), and in eras of
 * 400 years, after which the calendar repeats.
 */
#define ERA_DAYS   146097
#define EPOCH_DAYS 719468              /* from 0000-03-01 to 1970-01-01 */

int64_t
day_number(int64_t year, int month, int mday)
{
	int64_t from_march = year - (month <= 2);
	int64_t era = floor_div(from_march, 400);
	int64_t of_era = from_march - era * 400;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + mday - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - EPOCH_DAYS;
}

struct day
day_split(int64_t number)
{
	int64_t since = number + EPOCH_DAYS;
	int64_t era = floor_div(since, ERA_DAYS);
	int64_t in_era = since - era * ERA_DAYS;
	int64_t of_era = (in_era - in_era / 1460 + in_era / 36524 -
	    in_era / 146096) / 365;
	int64_t in_year = in_era - (365 * of_era + of_era / 4 - of_era / 100);
	int from_march = (int)((5 * in_year + 2) / 153);
	struct day day = {
		.month = from_march < 10 ? from_march + 3 : from_march - 9,
		.mday = (int)(in_year - (153 * from_march + 2) / 5 + 1),
		.wday = day_of_week(number),
	};

	day.year = of_era + era * 400 + (day.month <= 2);
	day.last = day_last_of_month(day.year, day.month);
	return day;
}

int
day_of_week(int64_t number)
{
	return (int)floor_mod(number + 4, 7);
}

int64_t
day_next_month(const struct day *day)
{
	return day->month == 12 ? day_number(day->year + 1, 1, 1) :
	    day_number(day->year, day->month + 1, 1);
}

bool
day_is_leap_year(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
day_last_of_month(int64_t year, int month)
{
	static const int lengths[12] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
	};

	return lengths[month - 1] + (month == 2 && day_is_leap_year(year));
}
