#include "schedule/windows.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "t/tap.h"
#include "t/unit/schedule/json.h"

static struct arena *arena;

static int64_t
time_of(const char *text)
{
	int64_t when;

	if (clock_parse(text, &when) != 0)
		abort();
	return when;
}

static const struct zone *
zone_of(const char *name)
{
	struct failure why = { .fault = FAULT_NONE };
	const struct zone *zone = NULL;

	if (zone_open(name, arena, &zone, &why) != 0)
		abort();
	return zone;
}

/* A schedule with a "start" is a cron schedule. */
static struct schedule
schedule_of(const char *text)
{
	SCOPED(json_release) json_object *object = json_of(text);
	struct failure why = { .fault = FAULT_NONE };
	struct schedule schedule;

	if (schedule_parse(strstr(text, "stop") != NULL ? SCHEDULE_CRON :
	    SCHEDULE_WEEKLY, object, arena, &schedule, &why) != 0) {
		fprintf(stderr, "# %s: %s\n", text, why.detail);
		abort();
	}
	return schedule;
}

#define WORK "{\"monday\": [{\"start\": \"09:00\", \"end\": \"18:00\"}]}"
#define NINE_TO_SIX "{\"start\": \"0 9 * * *\", \"stop\": \"0 18 * * *\"}"
#define SUNDAY(windows) "{\"sunday\": [" windows "]}"
#define W(start, end) "{\"start\": \"" start "\", \"end\": \"" end "\"}"
#define CRON(start, stop) "{\"start\": \"" start "\", \"stop\": \"" stop "\"}"

/* The first window that ends after an instant. */
static const struct {
	const char *what, *zone, *schedule, *after, *start, *end;
} nexts[] = {
	{ "a window that has begun is whole", "UTC", WORK,
	    "2025-01-06T12:00:00Z", "2025-01-06T09:00:00Z",
	    "2025-01-06T18:00:00Z" },
	{ "at its last moment a window has not ended", "UTC", WORK,
	    "2025-01-06T17:59:59.999999Z", "2025-01-06T09:00:00Z",
	    "2025-01-06T18:00:00Z" },
	{ "at its end it has", "UTC", WORK, "2025-01-06T18:00:00Z",
	    "2025-01-13T09:00:00Z", "2025-01-13T18:00:00Z" },
	{ "windows follow the clock into summer", "Europe/Madrid", WORK,
	    "2025-03-25", "2025-03-31T07:00:00Z", "2025-03-31T16:00:00Z" },
	{ "a window that the clock skips is not there", "Europe/Madrid",
	    SUNDAY(W("02:10", "02:50")), "2025-03-24",
	    "2025-04-06T00:10:00Z", "2025-04-06T00:50:00Z" },
	{ "one that begins in the skip begins with it", "Europe/Madrid",
	    SUNDAY(W("02:10", "05:00")), "2025-03-24",
	    "2025-03-30T01:00:00Z", "2025-03-30T03:00:00Z" },
	{ "one that ends in the skip ends with it", "Europe/Madrid",
	    SUNDAY(W("00:00", "02:10")), "2025-03-24",
	    "2025-03-29T23:00:00Z", "2025-03-30T01:00:00Z" },
	{ "two that meet in the skip are one", "Europe/Madrid",
	    SUNDAY(W("01:00", "02:10") "," W("02:20", "02:30") ","
	    W("02:40", "05:00")), "2025-03-24",
	    "2025-03-30T00:00:00Z", "2025-03-30T03:00:00Z" },
	{ "seen from behind the skip, too", "Europe/Madrid",
	    SUNDAY(W("01:00", "02:10") "," W("02:20", "02:30") ","
	    W("02:40", "05:00")), "2025-03-30T02:00:00Z",
	    "2025-03-30T00:00:00Z", "2025-03-30T03:00:00Z" },
	{ "a repeated hour lasts two, once", "Europe/Madrid",
	    SUNDAY(W("02:00", "03:00")), "2025-10-20",
	    "2025-10-26T00:00:00Z", "2025-10-26T02:00:00Z" },
	{ "what ends in a repeated hour ends the first time",
	    "Europe/Madrid", SUNDAY(W("01:00", "02:30")),
	    "2025-10-20", "2025-10-25T23:00:00Z", "2025-10-26T00:30:00Z" },
	{ "and does not begin again with the repetition", "Europe/Madrid",
	    SUNDAY(W("01:00", "02:30")), "2025-10-26T00:30:00Z",
	    "2025-11-02T00:00:00Z", "2025-11-02T01:30:00Z" },
	{ "a day that is left out has no length", "Pacific/Apia",
	    "{\"friday\": [" W("00:00", "24:00") "]}", "2011-12-25",
	    "2012-01-05T10:00:00Z", "2012-01-06T10:00:00Z" },

	{ "a start opens and a stop closes", "Europe/Madrid", NINE_TO_SIX,
	    "2025-07-01T12:00:00Z", "2025-07-01T07:00:00Z",
	    "2025-07-01T16:00:00Z" },
	{ "further starts change nothing", "UTC",
	    CRON("0 8-17 * * *", "0 18-23 * * *"), "2025-07-01T12:30:00Z",
	    "2025-07-01T08:00:00Z", "2025-07-01T18:00:00Z" },
	{ "a run may take half a year", "UTC",
	    CRON("0 0 1 1 *", "0 0 1 7 *"), "2025-06-30T23:59:59Z",
	    "2025-01-01", "2025-07-01" },
	{ "and one may come after seven years", "UTC",
	    CRON("0 0 29 2 *", "0 0 1 3 *"), "2097-01-01",
	    "2104-02-29", "2104-03-01" },
	{ "a stop at the same minute wins", "UTC",
	    CRON("0 * * * *", "0 */2 * * *"), "2025-01-01",
	    "2025-01-01T01:00:00Z", "2025-01-01T02:00:00Z" },
	{ "a stop that is skipped to the same instant wins",
	    "Europe/Madrid", CRON("30 2 * * *", "10 2 * * *"),
	    "2025-03-30T01:00:00Z", "2025-03-31T00:30:00Z",
	    "2025-04-01T00:10:00Z" },
	{ "a start in a repeated hour comes once", "Europe/Madrid",
	    CRON("30 2 26 10 *", "45 2 26 10 *"), "2025-10-26T00:45:00Z",
	    "2026-10-26T01:30:00Z", "2026-10-26T01:45:00Z" },
};

static void
test_next(void)
{
	for (size_t i = 0; i < COUNT_OF(nexts); i++) {
		struct schedule schedule = schedule_of(nexts[i].schedule);
		struct window window = { 0, 0 };
		char start[CLOCK_TEXT_BYTES], end[CLOCK_TEXT_BYTES];
		bool found = windows_next(&schedule, zone_of(nexts[i].zone),
		    time_of(nexts[i].after), &window);

		if (ok(found && window.start == time_of(nexts[i].start) &&
		    window.end == time_of(nexts[i].end), "%s", nexts[i].what))
			continue;
		clock_format(window.start, start);
		clock_format(window.end, end);
		fprintf(stderr, "#  got: %s %s\n# want: %s %s\n", start, end,
		    nexts[i].start, nexts[i].end);
	}
}

#define ALL_DAYS(w) "{\"monday\": [" w "], \"tuesday\": [" w "], "           \
	"\"wednesday\": [" w "], \"thursday\": [" w "], \"friday\": [" w     \
	"], \"saturday\": [" w "], \"sunday\": [" w "]}"

static const struct {
	const char *what, *schedule;
} nevers[] = {
	{ "no windows", "{}" },
	{ "start and stop alike", CRON("*/5 * * * *", "*/5 * * * *") },
	{ "a stop every minute", CRON("7 3 * * *", "* * * * *") },
};

static void
test_never(void)
{
	for (size_t i = 0; i < COUNT_OF(nevers); i++) {
		struct schedule schedule = schedule_of(nevers[i].schedule);
		const struct zone *zone = zone_of("Europe/Madrid");
		struct windows_state state = windows_at(&schedule, zone,
		    time_of("2025-01-01"));
		struct window window = { 1, 2 };

		ok(!windows_next(&schedule, zone, time_of("2025-01-01"),
		    &window) && window.start == 1,
		    "%s: there is no next window", nevers[i].what);
		ok(!state.running && state.until == CLOCK_MAX,
		    "%s: stopped for ever", nevers[i].what);
	}
}

static void
test_always(void)
{
	struct schedule schedule = schedule_of(ALL_DAYS(W("00:00", "24:00")));
	const struct zone *zone = zone_of("Pacific/Apia");
	struct windows_state state = windows_at(&schedule, zone, 0);
	struct window window = { 1, 2 };

	ok(windows_next(&schedule, zone, 0, &window) &&
	    window.start == CLOCK_MIN && window.end == CLOCK_MAX,
	    "seven whole days are one window without an end");
	ok(state.running && state.until == CLOCK_MAX, "running for ever");
	ok(!windows_next(&schedule, zone, CLOCK_MAX, &window),
	    "after the end of time there is nothing");
}

static const struct {
	const char *schedule, *when, *until;
	bool running;
} states[] = {
	{ WORK, "2025-01-06T08:59:59.999999Z", "2025-01-06T09:00:00Z", false },
	{ WORK, "2025-01-06T09:00:00Z", "2025-01-06T18:00:00Z", true },
	{ WORK, "2025-01-06T18:00:00Z", "2025-01-13T09:00:00Z", false },
	{ NINE_TO_SIX, "2025-01-06T09:00:00Z", "2025-01-06T18:00:00Z", true },
	{ NINE_TO_SIX, "2025-01-06T18:00:00Z", "2025-01-07T09:00:00Z",
	    false },
	{ CRON("0 0 29 2 ?/7", "0 0 1 1 *"), "2320-12-01", "2321-01-01",
	    true },
	{ CRON("0 0 1 1 *", "0 0 29 2 ?/7"), "2319-12-31", "2320-02-29",
	    true },
};

static void
test_states(void)
{
	const struct zone *zone = zone_of("UTC");

	for (size_t i = 0; i < COUNT_OF(states); i++) {
		struct schedule schedule = schedule_of(states[i].schedule);
		struct windows_state state = windows_at(&schedule, zone,
		    time_of(states[i].when));

		ok(state.running == states[i].running &&
		    state.until == time_of(states[i].until),
		    "%s at %s is %s until %s", states[i].schedule,
		    states[i].when, states[i].running ? "running" : "stopped",
		    states[i].until);
	}
}

static void
between(const char *from, const char *to, size_t most, const char *want,
    const char *what)
{
	struct schedule schedule = schedule_of(NINE_TO_SIX);
	struct windows windows = { .count = 77 };
	struct text text = { .arena = arena };
	struct failure why = { .fault = FAULT_NONE };

	if (windows_between(&schedule, zone_of("UTC"), time_of(from),
	    time_of(to), most, arena, &windows, &why) != 0)
		text_add_format(&text, "%s, %zu", why.detail, windows.count);
	else
		for (size_t i = 0; i < windows.count; i++) {
			char start[CLOCK_TEXT_BYTES];

			clock_format_seconds(windows.list[i].start, start);
			text_add_format(&text, " %.13s+%" PRId64, start,
			    (windows.list[i].end - windows.list[i].start) /
			    CLOCK_HOUR);
		}
	is_text(text_get(&text), want, what);
}

static void
test_between(void)
{
	between("2025-01-01", "2025-01-03", 2,
	    " 2025-01-01T09+9 2025-01-02T09+9", "all windows of two days");
	between("2025-01-01T17:59:59Z", "2025-01-02T09:00:00.000001Z", 9,
	    " 2025-01-01T09+9 2025-01-02T09+9",
	    "those that reach in are whole");
	between("2025-01-01T18:00:00Z", "2025-01-02T09:00:00Z", 9, "",
	    "those that only touch are left out");
	between("2025-01-01T12:00:00Z", "2025-01-01T12:00:00Z", 9, "",
	    "no time has no windows");
	between("2025-01-03", "2025-01-01", 9, "",
	    "nor has time that runs backwards");
	between("2025-01-01", "2025-01-03", 1,
	    "more than 1 windows, 77", "more than there may be are refused");
	between("2025-01-01", "2025-01-01T09:00:01Z", 1, " 2025-01-01T09+9",
	    "just as many as there may be are not");
}

static void
test_bytes(void)
{
	SCOPED(arena_release) struct arena *small =
	    arena_new(WINDOWS_BYTES(1000));
	struct schedule schedule = schedule_of(NINE_TO_SIX);
	struct windows windows = { .count = 0 };
	struct failure why = { .fault = FAULT_NONE };

	ok(windows_between(&schedule, zone_of("UTC"), 0, 1000 * CLOCK_DAY,
	    1000, small, &windows, &why) == 0 && windows.count == 1000,
	    "WINDOWS_BYTES are enough");
}

/* Two years of windows around all changes of the clock. */
static int
count_wrong(const struct schedule *schedule, const struct zone *zone)
{
	int64_t end = time_of("2013-01-01");
	struct window before = { 0, 0 }, window;
	int wrong = !windows_next(schedule, zone, time_of("2011-01-01"),
	    &before);

	while (windows_next(schedule, zone, before.end, &window) &&
	    window.start < end) {
		struct windows_state out, in, again;

		out = windows_at(schedule, zone, window.start - 1);
		in = windows_at(schedule, zone, window.start);
		again = windows_at(schedule, zone, window.end - 1);
		wrong += window.start <= before.end ||
		    window.end <= window.start || out.running ||
		    out.until != window.start || !in.running ||
		    in.until != window.end || !again.running ||
		    again.until != window.end;
		before = window;
	}
	return wrong;
}

static void
test_order(void)
{
	static const char *const zones[] = {
		"Pacific/Apia", "Europe/Madrid", "Australia/Lord_Howe",
		"Africa/Casablanca", "America/Havana",
	};
	static const char *const schedules[] = {
		ALL_DAYS(W("00:00", "02:15") "," W("02:30", "24:00")),
		ALL_DAYS(W("23:30", "24:00") "," W("00:15", "00:45")),
		CRON("*/20 * * * *", "*/30 * * * *"),
		CRON("15 0-3 * * *", "45 1-4 * * *"),
	};

	for (size_t z = 0; z < COUNT_OF(zones); z++)
		for (size_t s = 0; s < COUNT_OF(schedules); s++) {
			struct schedule schedule = schedule_of(schedules[s]);

			is_int(count_wrong(&schedule, zone_of(zones[z])), 0,
			    "windows are apart, and states change with them");
		}
}

int
main(void)
{
	SCOPED(arena_release) struct arena *memory = arena_new(16 << 20);

	arena = memory;
	test_next();
	test_never();
	test_always();
	test_states();
	test_between();
	test_bytes();
	test_order();
	return tap_done();
}
