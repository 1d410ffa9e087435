/*
 * The proleptic Gregorian calendar, without time or zone: days are counted
 * from 1970-01-01, which is day 0.
 */
#ifndef BASE_DAY_H
#define BASE_DAY_H

#include <stdbool.h>
#include <stdint.h>

struct day {
	int64_t year;
	int month, mday;       /* 1..12, 1..31 */
	int wday;              /* 0 is Sunday */
	int last;              /* of the month: 28..31 */
};

/* ${mday} may lie outside of the month: it is only counted from its 1st. */
int64_t day_number(int64_t year, int month, int mday);

struct day day_split(int64_t number);

/* The day of the week alone: 0 is Sunday. */
int day_of_week(int64_t number);

/* The first day of the month after ${day}'s. */
int64_t day_next_month(const struct day *day);

bool day_is_leap_year(int64_t year);

/* 28..31 */
int day_last_of_month(int64_t year, int month);

#endif
