/*
 * Time zones: between UTC instants and what a wall clock shows, by the
 * system's tzdata (TZif files, RFC 9636), the only place in the program where
 * wall-clock times become instants.
 *
 * Both are int64_t microseconds: an instant as in base/clock.h, a wall-clock
 * time ("wall") as the instant at which a clock in UTC would show it.
 *
 * A zone lives in the arena of the unit of work that opened it, and nothing
 * is remembered between two openings: after an upgrade of tzdata the next
 * unit of work goes by the new rules.  It is not changed after opening, so
 * that threads may share one.
 *
 * (GLib's GTimeZone is not used: it keeps zones in a table that all threads
 * share, gives no access to the moments of change, and has summer and winter
 * in Dublin wrong where the rule at the end of the file applies.)
 */
#ifndef SCHEDULE_ZONE_H
#define SCHEDULE_ZONE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"

struct zone;

/* Most that opening a zone takes from an arena. */
#define ZONE_BYTES ((size_t)192 * 1024)

/*
 * Open the zone that tzdata knows as ${name}, case-sensitively, in the folder
 * that TZDIR names or else in /usr/share/zoneinfo.  Fails with
 *
 *	FAULT_INVALID  (field "timezone") no such zone; so are names that reach
 *	               outside the folder or into its variants posix/ and
 *	               right/, and posixrules
 *	FAULT_INTERNAL the zone's file cannot be read or is broken
 */
int zone_open(const char *name, struct arena *arena,
    const struct zone **zone, struct failure *why);

/*
 * SHA-256 of the zone's file, in lower-case hex: what was computed with this
 * zone holds for as long as opening it yields the same fingerprint.
 */
const char *zone_fingerprint(const struct zone *zone);

/* What the clock shows at ${when} is ${when} plus this. */
int64_t zone_offset(const struct zone *zone, int64_t when);

/*
 * The earliest instant at which the clock shows ${wall} or later.  So a time
 * that the clock skips is the instant of the skip, and one that it shows
 * twice is the first of the two.  Never falls as ${wall} rises.
 */
int64_t zone_instant(const struct zone *zone, int64_t wall);

/*
 * The inverse: the latest time that the clock has shown up to and including
 * ${when}, which stands still while a clock that was put back repeats itself.
 * For all w and t, zone_instant(w) <= t if and only if w <= zone_wall(t).
 */
int64_t zone_wall(const struct zone *zone, int64_t when);

#endif
