#include "schedule/schedule.h"

#include <string.h>

#include "base/text.h"

static const char *const type_names[SCHEDULE_TYPE_COUNT] = {
	[SCHEDULE_WEEKLY] = "weekly",
	[SCHEDULE_CRON] = "cron",
};

const char *
schedule_type_name(enum schedule_type type)
{
	return type_names[type];
}

int
schedule_type_from(const char *name, enum schedule_type *type,
    struct failure *why)
{
	for (int i = 0; i < SCHEDULE_TYPE_COUNT; i++) {
		if (text_is(name, type_names[i])) {
			*type = (enum schedule_type)i;
			return 0;
		}
	}
	why->field = "schedule_type";
	return fail(why, FAULT_INVALID, "schedule type must be weekly or cron");
}

static int
read_cron(json_object *object, const char *member, struct cron *cron,
    struct failure *why)
{
	json_object *value;
	const char *text;

	if (!json_object_object_get_ex(object, member, &value))
		return fail(why, FAULT_INVALID, "%s is missing", member);
	if (!json_object_is_type(value, json_type_string))
		return fail(why, FAULT_INVALID, "%s: Invalid cron expression: "
		    "must be a string", member);
	text = json_object_get_string(value);
	/* A NUL would hide the rest from all that follows. */
	if (strlen(text) != (size_t)json_object_get_string_len(value))
		return fail(why, FAULT_INVALID, "%s: Invalid cron expression: "
		    "must not contain NUL", member);
	return cron_parse(text, cron, why) == 0 ? 0 :
	    fail_doing(why, "%s", member);
}

static int
parse_cron(json_object *object, struct schedule *schedule,
    struct failure *why)
{
	if (!json_object_is_type(object, json_type_object))
		return fail(why, FAULT_INVALID, "schedule must be a "
		    "dictionary with start and stop");
	if (read_cron(object, "start", &schedule->cron.start, why) != 0 ||
	    read_cron(object, "stop", &schedule->cron.stop, why) != 0)
		return -1;
	if (json_object_object_length(object) != 2)
		return fail(why, FAULT_INVALID, "a cron schedule has start "
		    "and stop and nothing else");
	return 0;
}

int
schedule_parse(enum schedule_type type, json_object *object,
    struct arena *arena, struct schedule *schedule, struct failure *why)
{
	struct schedule read = { .type = type };
	int result = -1;

	switch (type) {
	case SCHEDULE_WEEKLY:
		result = weekly_parse(object, arena, &read.weekly, why);
		break;
	case SCHEDULE_CRON:
		result = parse_cron(object, &read, why);
		break;
	case SCHEDULE_TYPE_COUNT:
		abort();
	}
	if (result != 0) {
		why->field = "schedule";
		return -1;
	}
	*schedule = read;
	return 0;
}
