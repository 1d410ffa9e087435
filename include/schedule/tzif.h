/*
 * A compiled zone of the system's tzdata (TZif, RFC 9636): the changes of its
 * offset that are written down, and the rule for all that come later.
 */
#ifndef SCHEDULE_TZIF_H
#define SCHEDULE_TZIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"
#include "schedule/tzrule.h"

struct tzif {
	size_t count;
	const int64_t *at;             /* Unix seconds, never falling */
	const int32_t *offsets;        /* seconds east of UTC, from at[i] on */
	int32_t first;                 /* before at[0] */
	bool has_rule;
	struct tzrule rule;            /* from the last at[] on */
};

/* Offsets lie within this many seconds either side of UTC. */
#define TZIF_OFFSET_MOST (26 * 3600)

/* Whether ${bytes} begin as a TZif file does. */
bool tzif_is(const unsigned char *bytes, size_t length);

/*
 * Read a whole file; what is found lives in ${arena} and takes at most half
 * as much again as the file.  Fails (FAULT_INTERNAL: the host's tzdata is
 * broken) when the file is cut short or contradicts itself, and when it counts
 * leap seconds, which Unix time does not.
 */
int tzif_parse(const unsigned char *bytes, size_t length,
    struct arena *arena, struct tzif *tzif, struct failure *why);

#endif
