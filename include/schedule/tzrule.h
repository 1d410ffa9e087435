/*
 * The rule by which a zone's clock goes on for ever: the value of TZ as POSIX
 * defines it (XBD 8.3), with hours from -167 to 167 in the time of a change,
 * as it stands at the end of a TZif file (RFC 9636, section 3.3).
 *
 * Offsets are seconds east of UTC (POSIX counts them west).
 */
#ifndef SCHEDULE_TZRULE_H
#define SCHEDULE_TZRULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tzrule_kind {
	TZRULE_JULIAN,         /* Jn: 1..365, 29 February never counted */
	TZRULE_ZERO_BASED,     /* n: 0..365 */
	TZRULE_WEEKDAY,        /* Mm.w.d: w 5 is the month's last */
};

/* When in a year the clock changes, by the clock as it is until then. */
struct tzrule_change {
	enum tzrule_kind kind;
	int day;               /* of the year; of the week for TZRULE_WEEKDAY */
	int month, week;
	int32_t time;          /* seconds from midnight */
};

struct tzrule {
	int32_t standard, summer;
	bool has_summer;
	struct tzrule_change begin, end;       /* of summer */
};

/* A stretch of time with one offset: [${start}, ${end}), Unix seconds. */
struct tzrule_span {
	int64_t start, end;
	int32_t offset;
};

/* Ends of the span of a rule without summer time: far beyond any year. */
#define TZRULE_NEVER INT64_C(1000000000000)

/*
 * Read the ${length} bytes at ${text}.  -1, and ${rule} untouched, if they are
 * no such rule, or one that leaves out when summer begins and ends.
 */
int tzrule_parse(const char *text, size_t length, struct tzrule *rule);

/* The span that holds ${when}. */
struct tzrule_span tzrule_at(const struct tzrule *rule, int64_t when);

#endif
