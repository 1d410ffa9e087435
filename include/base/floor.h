/*
 * Division that rounds down, as calendars need it on both sides of their
 * origin; C's rounds towards zero.
 */
#ifndef BASE_FLOOR_H
#define BASE_FLOOR_H

#include <stdint.h>

/* ${by} is positive. */
static inline int64_t
floor_div(int64_t number, int64_t by)
{
	return number / by - (number % by < 0);
}

/* What floor_div leaves over: 0..${by} - 1. */
static inline int64_t
floor_mod(int64_t number, int64_t by)
{
	return number - floor_div(number, by) * by;
}

#endif
