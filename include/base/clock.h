/*
 * Time: UTC instants as microseconds since 1970-01-01T00:00:00Z, in int64_t.
 * Wall clocks and zones live in schedule/zone.h only.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_MINUTE (60 * CLOCK_SECOND)
#define CLOCK_HOUR   (60 * CLOCK_MINUTE)
#define CLOCK_DAY    (24 * CLOCK_HOUR)

/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z: what we store. */
#define CLOCK_MIN INT64_C(-62135596800000000)
#define CLOCK_MAX INT64_C(253402300799999999)

/*
 * The present.  Programs built with test hooks take it from the environment
 * variable DIURNAL_NOW (as clock_parse reads it) if that is set and not
 * empty, and abort if it is no time: a test may not run at another than it
 * thinks.
 */
int64_t clock_now(void);

/* For measuring spans: never jumps.  Its origin means nothing. */
int64_t clock_monotonic(void);

/*
 * How long to wait at most where ${span} is how long we mean to: just that.
 * In programs built with test hooks the environment variable DIURNAL_HURRY, a
 * number from 1 to 1000, says how many times faster patience ends, and what
 * is no such number aborts.
 */
int64_t clock_patience(int64_t span);

/*
 * "2026-03-01T12:00:00.000000Z".  ${when} is within [CLOCK_MIN, CLOCK_MAX].
 */
#define CLOCK_TEXT_BYTES 28
void clock_format(int64_t when, char text[CLOCK_TEXT_BYTES]);

/* "2026-03-01T12:00:00Z", the fraction cut off. */
void clock_format_seconds(int64_t when, char text[CLOCK_TEXT_BYTES]);

/*
 * RFC 3339 with `T`, `t` or a space, any number of fraction digits (cut to
 * six), `Z`, `z` or a numeric offset of at most 23:59; no offset means UTC, a
 * date alone its midnight.  A leap second (:60) is the second after it, and
 * allowed only where one can be: at the end of a month in UTC.  Returns -1
 * and leaves ${when} alone if ${text} is no such time or outside
 * [CLOCK_MIN, CLOCK_MAX].
 */
int clock_parse(const char *text, int64_t *when);

#endif
