#include "schedule/schedule.h"

#include "base/arena.h"
#include "base/text.h"
#include "t/tap.h"
#include "t/unit/schedule/json.h"

static struct arena *arena;

static int
parse(enum schedule_type type, const char *text, struct schedule *schedule,
    struct failure *why)
{
	SCOPED(json_release) json_object *object = json_of(text);

	*why = (struct failure){ .fault = FAULT_NONE };
	return schedule_parse(type, object, arena, schedule, why);
}

static void
test_types(void)
{
	struct failure why = { .fault = FAULT_NONE };
	enum schedule_type type = SCHEDULE_TYPE_COUNT;

	for (int i = 0; i < SCHEDULE_TYPE_COUNT; i++) {
		const char *name = schedule_type_name((enum schedule_type)i);

		ok(name != NULL && schedule_type_from(name, &type, &why) == 0 &&
		    type == (enum schedule_type)i, "type %d has a name", i);
	}
	type = SCHEDULE_WEEKLY;
	ok(schedule_type_from("Cron", &type, &why) == -1 &&
	    why.fault == FAULT_INVALID && type == SCHEDULE_WEEKLY,
	    "another name is refused");
	is_text(why.field, "schedule_type", "as a matter of its own field");
}

static const struct {
	enum schedule_type type;
	const char *schedule, *detail;
} refused[] = {
	{ SCHEDULE_WEEKLY, "{\"start\": \"* * * * *\", \"stop\": \"@daily\"}",
	    "Invalid day: the days of a schedule are monday to sunday" },
	{ SCHEDULE_CRON, "null",
	    "schedule must be a dictionary with start and stop" },
	{ SCHEDULE_CRON, "\"@daily\"",
	    "schedule must be a dictionary with start and stop" },
	{ SCHEDULE_CRON, "{}", "start is missing" },
	{ SCHEDULE_CRON, "{\"start\": \"@daily\"}", "stop is missing" },
	{ SCHEDULE_CRON, "{\"stop\": \"@daily\"}", "start is missing" },
	{ SCHEDULE_CRON, "{\"start\": 5, \"stop\": \"@daily\"}",
	    "start: Invalid cron expression: must be a string" },
	{ SCHEDULE_CRON, "{\"start\": \"@daily\", \"stop\": null}",
	    "stop: Invalid cron expression: must be a string" },
	{ SCHEDULE_CRON,
	    "{\"start\": \"@daily\", \"stop\": \"@daily\\u0000x\"}",
	    "stop: Invalid cron expression: must not contain NUL" },
	{ SCHEDULE_CRON, "{\"start\": \"@daily\", \"stop\": \"0 24 * * *\"}",
	    "stop: Invalid cron expression: hour: numbers go from 0 to 23" },
	{ SCHEDULE_CRON,
	    "{\"start\": \"@daily\", \"stop\": \"@daily\", \"x\": null}",
	    "a cron schedule has start and stop and nothing else" },
};

static void
test_refused(void)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct schedule schedule = { .type = SCHEDULE_TYPE_COUNT };
		struct failure why;

		ok(parse(refused[i].type, refused[i].schedule, &schedule,
		    &why) == -1 && why.fault == FAULT_INVALID &&
		    schedule.type == SCHEDULE_TYPE_COUNT &&
		    text_is(why.field, "schedule"), "%s is refused as %s",
		    refused[i].schedule, schedule_type_name(refused[i].type));
		is_text(why.detail, refused[i].detail, "and told why");
	}
}

static void
test_sound(void)
{
	struct schedule schedule;
	struct failure why;

	ok(parse(SCHEDULE_WEEKLY, "{\"monday\": []}", &schedule, &why) == 0 &&
	    schedule.type == SCHEDULE_WEEKLY && schedule.weekly.count == 0,
	    "a weekly schedule is read");
	ok(parse(SCHEDULE_CRON, "{\"start\": \"@daily\", \"stop\": "
	    "\"30 * * * *\"}", &schedule, &why) == 0 &&
	    schedule.type == SCHEDULE_CRON &&
	    schedule.cron.start.minutes == 1 &&
	    schedule.cron.stop.minutes == UINT64_C(1) << 30,
	    "a cron schedule is read");
}

int
main(void)
{
	SCOPED(arena_release) struct arena *memory = arena_new(1 << 20);

	arena = memory;
	test_types();
	test_refused();
	test_sound();
	return tap_done();
}
