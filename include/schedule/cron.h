/*
 * Cron expressions: five fields (minute, hour, day of month, month, day of
 * week) in the dialect of Debian's cron (crontab(5)) with `?`, `L`, `d#n` and
 * `dL`, or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly and
 * @annually.
 *
 * An expression comes due in minutes of the wall clock, counted here from
 * 1970-01-01 00:00; what instant that is, zone_instant says.
 */
#ifndef SCHEDULE_CRON_H
#define SCHEDULE_CRON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

#define CRON_TEXT_MOST 256             /* bytes of an expression */

/* One bit for each number that a field names. */
struct cron {
	uint64_t minutes;
	uint32_t hours;
	uint32_t mdays;                /* 1..31; bit 0: the month's last */
	uint16_t months;               /* 1..12 */
	uint8_t wdays;                 /* 0 is Sunday */
	uint8_t nth[7];                /* by wday: 1..5; bit 0: the last */
	bool either;                   /* mday or wday, instead of both */
};

/*
 * Read ${text}.  Fails with FAULT_INVALID and a detail that begins with
 * "Invalid cron expression" and names the field, never what was in it; also
 * when the expression never comes due.
 */
int cron_parse(const char *text, struct cron *cron, struct failure *why);

/*
 * The first minute after ${minute} in which ${cron} comes due and ${except}
 * (unless NULL) does not; CRON_NEVER if there is none, ever.
 */
#define CRON_NEVER INT64_MAX
int64_t cron_next(const struct cron *cron, const struct cron *except,
    int64_t minute);

/* The last minute up to and including ${minute} in which it comes due. */
int64_t cron_last(const struct cron *cron, int64_t minute);

#endif
