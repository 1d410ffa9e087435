#include "schedule/weekly.h"

#include "base/arena.h"
#include "base/text.h"
#include "schedule/schedule.h"
#include "t/tap.h"
#include "t/unit/schedule/json.h"

static struct arena *arena;

static int
parse(const char *text, struct weekly *weekly, struct failure *why)
{
	SCOPED(json_release) json_object *object = json_of(text);

	*why = (struct failure){ .fault = FAULT_NONE };
	return weekly_parse(object, arena, weekly, why);
}

#define MONDAY(window) "{\"monday\": [" window "]}"
#define TUESDAY_2(window) "{\"tuesday\": [{\"start\": \"01:00\", \"end\": "  \
	"\"02:00\"}, " window "]}"

static const struct {
	const char *schedule, *detail;
} refused[] = {
	{ "null", "schedule must be a dictionary of days" },
	{ "[]", "schedule must be a dictionary of days" },
	{ "{\"Monday\": []}",
	    "Invalid day: the days of a schedule are monday to sunday" },
	{ "{\"\": []}",
	    "Invalid day: the days of a schedule are monday to sunday" },
	{ "{\"monday\": {}}", "monday must be a list of windows" },
	{ "{\"sunday\": null}", "sunday must be a list of windows" },
	{ MONDAY("null"), "monday, window 1: must be a dictionary with start "
	    "and end" },
	{ TUESDAY_2("[]"), "tuesday, window 2: must be a dictionary with "
	    "start and end" },
	{ MONDAY("{}"), "monday, window 1: start is missing" },
	{ MONDAY("{\"start\": \"09:00\"}"),
	    "monday, window 1: end is missing" },
	{ TUESDAY_2("{\"start\": \"18:00\", \"end\": \"09:00\"}"),
	    "tuesday, window 2: start must be before end (or next_day be "
	    "true)" },
	{ MONDAY("{\"start\": \"09:00\", \"end\": \"09:00\"}"),
	    "monday, window 1: start must be before end (or next_day be "
	    "true)" },
	{ MONDAY("{\"start\": \"09:00\", \"end\": \"10:00\", "
	    "\"next_day\": true}"),
	    "monday, window 1: end must not be later than start when next_day "
	    "is true: a window has at most 24 hours" },
	{ MONDAY("{\"start\": \"09:00\", \"end\": \"24:00\", "
	    "\"next_day\": true}"),
	    "monday, window 1: end must not be later than start when next_day "
	    "is true: a window has at most 24 hours" },
	{ MONDAY("{\"start\": \"09:00\", \"end\": \"08:00\", "
	    "\"next_day\": 1}"),
	    "monday, window 1: next_day must be true or false" },
	{ MONDAY("{\"start\": \"09:00\", \"end\": \"08:00\", "
	    "\"next_day\": \"true\"}"),
	    "monday, window 1: next_day must be true or false" },
	{ MONDAY("{\"start\": \"09:00\", \"end\": \"10:00\", "
	    "\"next_day\": null}"),
	    "monday, window 1: next_day must be true or false" },
};

static void
test_refused(void)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct weekly weekly = { .count = 77 };
		struct failure why;

		ok(parse(refused[i].schedule, &weekly, &why) == -1 &&
		    why.fault == FAULT_INVALID && weekly.count == 77,
		    "%s is refused", refused[i].schedule);
		is_text(why.detail, refused[i].detail, "and told why");
	}
}

static const char *const no_times[] = {
	"\"9:00\"", "\"09:00 \"", "\" 09:00\"", "\"0900\"", "\"09.00\"",
	"\"09:0\"", "\"09:000\"", "\"09:60\"", "\"25:00\"", "\"24:01\"",
	"\"-1:00\"", "\"+1:00\"", "\"0x:00\"", "\"09:0\\u0000\"",
	"\"09:00\\u0000\"", "\"\"", "\"\xd9\xa0:00\"", "900", "null", "true",
	"[]", "{}",
};

static void
test_times(void)
{
	for (size_t i = 0; i < COUNT_OF(no_times); i++) {
		struct text text = { .arena = arena };
		struct weekly weekly;
		struct failure why;
		bool start, end;

		text_add_format(&text, MONDAY("{\"start\": %s, "
		    "\"end\": \"23:00\"}"), no_times[i]);
		start = parse(text_get(&text), &weekly, &why) == -1 &&
		    text_is(why.detail, "monday, window 1: start must be a "
		    "time from \"00:00\" to \"23:59\"");
		text = (struct text){ .arena = arena };
		text_add_format(&text, MONDAY("{\"start\": \"00:00\", "
		    "\"end\": %s}"), no_times[i]);
		end = parse(text_get(&text), &weekly, &why) == -1 &&
		    text_is(why.detail, "monday, window 1: end must be a "
		    "time from \"00:00\" to \"24:00\"");
		ok(start && end, "%s is no time, and that is told",
		    no_times[i]);
	}
}

static void
test_start_at_24(void)
{
	struct weekly weekly;
	struct failure why;

	ok(parse(MONDAY("{\"start\": \"24:00\", \"end\": \"24:00\", "
	    "\"next_day\": true}"), &weekly, &why) == -1 &&
	    text_is(why.detail, "monday, window 1: start must be a time from "
	    "\"00:00\" to \"23:59\""), "24:00 is no start");
}

#define W(start, end) "{\"start\": \"" start "\", \"end\": \"" end "\"}"
#define N(start, end) "{\"start\": \"" start "\", \"end\": \"" end "\", "    \
	"\"next_day\": true}"

/* Runs as text: minutes of the week. */
static const struct {
	const char *schedule, *runs, *what;
} unions[] = {
	{ "{}", "", "no days never run" },
	{ "{\"monday\": [], \"friday\": []}", "",
	    "days without windows never run" },
	{ MONDAY(W("09:00", "18:00")), " 540-1080", "one window" },
	{ MONDAY(W("00:00", "24:00")), " 0-1440", "a whole day" },
	{ MONDAY(N("00:00", "00:00")), " 0-1440",
	    "a whole day up to the next" },
	{ MONDAY(N("22:00", "06:00")), " 1320-1800", "across midnight" },
	{ MONDAY(W("10:00", "11:00") "," W("09:00", "10:00")), " 540-660",
	    "windows that touch are one" },
	{ MONDAY(W("09:00", "12:00") "," W("10:00", "11:00")), " 540-720",
	    "a window inside another adds nothing" },
	{ MONDAY(W("09:00", "10:00") "," W("10:01", "11:00")),
	    " 540-600 601-660", "a minute between windows parts them" },
	{ MONDAY("{\"start\": \"09:00\", \"end\": \"10:00\", "
	    "\"next_day\": false, \"color\": \"red\"}"), " 540-600",
	    "unknown members are ignored" },
	{ "{\"monday\": [" W("18:00", "24:00") "], \"tuesday\": ["
	    W("00:00", "06:00") "]}", " 1080-1800",
	    "windows of two days that touch are one" },
	{ "{\"sunday\": [" N("22:00", "06:00") "]}", " 9960-10440",
	    "Sunday's window reaches into the next week" },
	{ "{\"sunday\": [" N("22:00", "06:00") "], \"monday\": ["
	    W("05:00", "07:00") "," W("08:00", "09:00") "]}",
	    " 480-540 9960-10500", "and takes up Monday's" },
	{ "{\"sunday\": [" W("12:00", "24:00") "], \"monday\": ["
	    W("00:00", "12:00") "]}", " 9360-10800",
	    "the week's end parts nothing" },
	{ "{\"sunday\": [" N("12:00", "12:00") "], \"monday\": ["
	    W("01:00", "02:00") "," W("03:00", "04:00") "]}",
	    " 9360-10800", "Monday's windows inside Sunday's add nothing" },
};

static void
add_runs(struct text *text, const struct weekly *weekly)
{
	for (size_t i = 0; i < weekly->count; i++)
		text_add_format(text, " %" PRId64 "-%" PRId64,
		    weekly->runs[i].start, weekly->runs[i].end);
}

static void
test_unions(void)
{
	for (size_t i = 0; i < COUNT_OF(unions); i++) {
		struct text runs = { .arena = arena };
		struct weekly weekly = { .count = 0 };
		struct failure why;

		if (!ok(parse(unions[i].schedule, &weekly, &why) == 0,
		    "%s is read", unions[i].schedule))
			continue;
		add_runs(&runs, &weekly);
		is_text(text_get(&runs), unions[i].runs, unions[i].what);
		ok(!weekly_is_always(&weekly), "and that is not always");
	}
}

/* All days, each from and to the same time. */
static void
add_days(struct text *text, const char *windows)
{
	static const char *const days[] = {
		"monday", "tuesday", "wednesday", "thursday", "friday",
		"saturday", "sunday",
	};

	text_add_text(text, "{");
	for (size_t i = 0; i < COUNT_OF(days); i++)
		text_add_format(text, "%s\"%s\": [%s]", i > 0 ? ", " : "",
		    days[i], windows);
	text_add_text(text, "}");
}

static void
test_always(void)
{
	static const char *const all[] = {
		W("00:00", "24:00"), N("12:00", "12:00"), N("00:00", "00:00"),
		N("23:59", "23:59") "," W("00:00", "23:59"),
	};

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct text text = { .arena = arena };
		struct weekly weekly = { .count = 0 };
		struct failure why;

		add_days(&text, all[i]);
		ok(parse(text_get(&text), &weekly, &why) == 0 &&
		    weekly_is_always(&weekly), "%s every day is always",
		    all[i]);
	}
}

static void
test_bounds(void)
{
	SCOPED(arena_release) struct arena *small = arena_new(SCHEDULE_BYTES);
	SCOPED(json_release) json_object *most = NULL;
	struct text some = { .arena = arena }, all = { .arena = arena };
	struct weekly weekly = { .count = 0 };
	struct failure why = { .fault = FAULT_NONE };

	for (int i = 0; i < WEEKLY_WINDOWS_MOST; i++)
		text_add_format(&some, "%s{\"start\": \"%02d:%02d\", "
		    "\"end\": \"%02d:%02d\"}", i > 0 ? "," : "", i / 10,
		    i % 10 * 6, i / 10, i % 10 * 6 + 1);
	add_days(&all, text_get(&some));
	most = json_of(text_get(&all));
	ok(weekly_parse(most, small, &weekly, &why) == 0 &&
	    weekly.count == 700,
	    "100 windows a day are read, in SCHEDULE_BYTES");
	text_add_text(&some, "," W("23:00", "24:00"));
	all = (struct text){ .arena = arena };
	text_add_format(&all, "{\"friday\": [%s]}", text_get(&some));
	ok(parse(text_get(&all), &weekly, &why) == -1 &&
	    text_is(why.detail, "friday: more than 100 windows"),
	    "101 are not");
}

/* Against the plain meaning: which minutes are in a run? */
static void
test_find(void)
{
	struct weekly weekly = { .count = 0 };
	struct failure why;
	int wrong = 0;

	ok(parse("{\"sunday\": [" N("22:00", "06:00") "], \"wednesday\": ["
	    W("09:00", "12:00") "," W("13:00", "14:00") "]}", &weekly,
	    &why) == 0, "a schedule around the week's end is read");
	for (int64_t minute = -30000; minute < 30000; minute++) {
		int64_t found = weekly_find(&weekly, minute);
		struct weekly_run run = weekly_run(&weekly, found);
		struct weekly_run before = weekly_run(&weekly, found - 1);

		wrong += run.end <= minute || before.end > minute ||
		    before.end >= run.start;
	}
	is_int(wrong, 0, "weekly_find is the first run that has not ended");
	/* 1970-01-01 was a Thursday; Sunday the 4th, 22:00. */
	is_int(weekly_run(&weekly, weekly_find(&weekly, 0)).start,
	    3 * 1440 + 22 * 60, "minutes are counted from 1970-01-01");
}

int
main(void)
{
	SCOPED(arena_release) struct arena *memory = arena_new(8 << 20);

	arena = memory;
	test_refused();
	test_times();
	test_start_at_24();
	test_unions();
	test_always();
	test_bounds();
	test_find();
	return tap_done();
}
