/*
 * A policy's schedule as the API takes it and the database keeps it: a type
 * and a JSON object that fits the type.
 */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include <json-c/json.h>

#include "base/arena.h"
#include "base/failure.h"
#include "schedule/cron.h"
#include "schedule/weekly.h"

enum schedule_type {
	SCHEDULE_WEEKLY,
	SCHEDULE_CRON,
	SCHEDULE_TYPE_COUNT
};

struct schedule {
	enum schedule_type type;
	union {
		struct weekly weekly;
		struct {
			struct cron start, stop;
		} cron;
	};
};

/* Most that parsing a schedule takes from an arena. */
#define SCHEDULE_BYTES ((size_t)16 * 1024)

/* "weekly", "cron" */
const char *schedule_type_name(enum schedule_type type);

/* FAULT_INVALID (field "schedule_type") if ${name} is no type. */
int schedule_type_from(const char *name, enum schedule_type *type,
    struct failure *why);

/*
 * Read ${object} (NULL is JSON's null) as a schedule of ${type}.  What it
 * refers to lives in ${arena}; ${object} may be put away.  FAULT_INVALID
 * (field "schedule") if it is none: the detail says what is wrong and where,
 * for the person who wrote it, and repeats nothing of the input.
 */
int schedule_parse(enum schedule_type type, json_object *object,
    struct arena *arena, struct schedule *schedule, struct failure *why);

#endif
