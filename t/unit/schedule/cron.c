#include "schedule/cron.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/floor.h"
#include "base/scope.h"
#include "base/text.h"
#include "t/tap.h"

static const char *const sound[] = {
	"* * * * *", "? ? ? ? ?", "0 0 1 1 0", "59 23 31 12 7",
	"  5\t4\n3 2 1  ", "*/5 */2 */3 */4 */5", "1,2,3 4-6 7 8 6-6,1",
	"1-30/7 0-23/12 L jan-DEC Mon-FRI", "5/15 0 l,15 * *",
	"0 0 * * 1#1,FRI#5,5L,sunL,7#2,0l", "0 0 L 2 5L", "0 0 29 2 *",
	"0 0 29 2 */5", "0 0 31 * *", "*/999 * * * *", "00 01 02 03 04",
	"@daily", " @Hourly ", "@MIDNIGHT", "@weekly", "@monthly", "@yearly",
	"@annually",
};

static const struct {
	const char *text, *detail;
} broken[] = {
	{ "", "five fields" }, { " ", "five fields" },
	{ "* * * *", "five fields" }, { "* * * * * *", "five fields" },
	{ "@reboot", "five fields" }, { "@daily *", "five fields" },
	{ "60 * * * *", "minute: numbers go from 0 to 59" },
	{ "100 * * * *", "minute: numbers" }, { "000 * * * *", "minute: n" },
	{ "-1 * * * *", "minute: numbers" }, { "+1 * * * *", "minute: numb" },
	{ "1.5 * * * *", "minute: numbers" }, { "a * * * *", "minute: num" },
	{ "L * * * *", "minute: numbers" }, { "jan * * * *", "minute: num" },
	{ ", * * * *", "minute: numbers" }, { "1,,2 * * * *", "minute: num" },
	{ "1, * * * *", "minute: numbers" }, { ",1 * * * *", "minute: num" },
	{ "1- * * * *", "minute: numbers" }, { "1-2-3 * * * *", "minute: n" },
	{ "*-5 * * * *", "minute: numbers" }, { "** * * * *", "minute: num" },
	{ "5-4 * * * *", "minute: a range runs backwards" },
	{ "*/0 * * * *", "minute: a step is a number from 1" },
	{ "*/00 * * * *", "minute: a step" }, { "*/ * * * *", "minute: a s" },
	{ "*/1000 * * * *", "minute: a step" }, { "/5 * * * *", "minute: n" },
	{ "*/-1 * * * *", "minute: a step" }, { "*/2/2 * * * *", "minute: a" },
	{ "* 24 * * *", "hour: numbers go from 0 to 23" },
	{ "* * 0 * *", "day of month: numbers go from 1 to 31" },
	{ "* * 32 * *", "day of month: numbers" },
	{ "* * L/2 * *", "day of month: numbers" },
	{ "* * L-3 * *", "day of month: numbers" },
	{ "* * * 0 *", "month: numbers go from 1 to 12" },
	{ "* * * 13 *", "month: numbers" }, { "* * * janu *", "month: numb" },
	{ "* * * ja *", "month: numbers" }, { "* * * dec-jan *", "month: a " },
	{ "* * * mon *", "month: numbers" }, { "* * * L *", "month: number" },
	{ "* * * * 8", "day of week: numbers go from 0 to 7" },
	{ "* * * * sat-sun", "day of week: a range runs backwards" },
	{ "* * * * L", "day of week: numbers" },
	{ "* * * * 1#0", "day of week: numbers" },
	{ "* * * * 1#6", "day of week: numbers" },
	{ "* * * * 8#1", "day of week: numbers" },
	{ "* * * * 8L", "day of week: numbers" },
	{ "* * * * 01L", "day of week: numbers" },
	{ "* * * * 1#", "day of week: numbers" },
	{ "* * * * #1", "day of week: numbers" },
	{ "* * * * 1#1#1", "day of week: numbers" },
	{ "* * * * 1#1/2", "day of week: numbers" },
	{ "* * * * 1-5L", "day of week: numbers" },
	{ "* * * * \xd9\xa1", "day of week: numbers" },
	{ "0 0 30 2 *", "never comes due" },
	{ "0 0 31 4,6,9,11 ?", "never comes due" },
	{ "0 0 */13 * 1#5", "never comes due" },
};

static struct cron
cron_of(const char *text)
{
	struct failure why = { .fault = FAULT_NONE };
	struct cron cron;

	if (cron_parse(text, &cron, &why) != 0) {
		fprintf(stderr, "# %s: %s\n", text, why.detail);
		abort();
	}
	return cron;
}

static void
test_sound(void)
{
	for (size_t i = 0; i < COUNT_OF(sound); i++) {
		struct failure why = { .fault = FAULT_NONE };
		struct cron cron;

		if (!ok(cron_parse(sound[i], &cron, &why) == 0,
		    "expression %zu is read", i))
			fprintf(stderr, "# %s: %s\n", sound[i], why.detail);
	}
}

static void
test_broken(void)
{
	static const char prefix[] = "Invalid cron expression: ";

	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct failure why = { .fault = FAULT_NONE };
		struct cron cron = { .minutes = 77 };

		if (!ok(cron_parse(broken[i].text, &cron, &why) == -1 &&
		    why.fault == FAULT_INVALID && cron.minutes == 77 &&
		    strncmp(why.detail, prefix, strlen(prefix)) == 0 &&
		    strncmp(why.detail + strlen(prefix), broken[i].detail,
		    strlen(broken[i].detail)) == 0,
		    "\"%s\" is refused, and told why", broken[i].text))
			fprintf(stderr, "# %s\n", why.detail);
	}
}

static void
test_length(void)
{
	char text[CRON_TEXT_MOST + 2];
	struct failure why = { .fault = FAULT_NONE };
	struct cron cron;

	memset(text, ' ', sizeof(text));
	text[CRON_TEXT_MOST + 1] = '\0';
	memcpy(text, "* * * * *", 9);
	ok(cron_parse(text, &cron, &why) == -1 && text_is(why.detail,
	    "Invalid cron expression: more than 256 bytes"),
	    "257 bytes are refused");
	text[CRON_TEXT_MOST] = '\0';
	why = (struct failure){ .fault = FAULT_NONE };
	ok(cron_parse(text, &cron, &why) == 0, "256 are not");
}

/* Pairs that mean the same. */
static const char *const same[][2] = {
	{ "@hourly", "0 * * * *" }, { "@daily", "0 0 * * *" },
	{ "@midnight", "0 0 * * *" }, { "@weekly", "0 0 * * sun" },
	{ "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 jan *" },
	{ "@annually", "0 0 1 1 *" }, { "* * * * 7", "* * * * 0" },
	{ "* * * * 5-7", "* * * * 0,5,6" }, { "* * * * */7", "* * * * */7" },
	{ "50/5 * * * *", "50,55 * * * *" }, { "? * * * *", "* * * * *" },
	{ "0 0 * * 5/1", "0 0 * * 5-7" }, { "0 20/2 * * *", "0 20,22 * * *" },
	{ "0 0 * * SUN#1", "0 0 * * 7#1" }, { "0 0 * Feb *", "0 0 * 2 *" },
};

static void
test_same(void)
{
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		struct cron one = cron_of(same[i][0]);
		struct cron other = cron_of(same[i][1]);

		ok(one.minutes == other.minutes && one.hours == other.hours &&
		    one.mdays == other.mdays && one.months == other.months &&
		    one.wdays == other.wdays && one.either == other.either &&
		    memcmp(one.nth, other.nth, sizeof(one.nth)) == 0,
		    "\"%s\" means \"%s\"", same[i][0], same[i][1]);
	}
}

static int64_t
minute_of(const char *text)
{
	int64_t when;

	if (clock_parse(text, &when) != 0)
		abort();
	return when / CLOCK_MINUTE;
}

/* The first time it comes due after one instant, and the last until one. */
static const struct {
	const char *text, *after, *next, *until, *last;
} dues[] = {
	{ "* * * * *", "2025-01-01", "2025-01-01T00:01:00Z",
	    "2025-01-01", "2025-01-01" },
	{ "0 9 * * 1-5", "2025-01-03T09:00:00Z", "2025-01-06T09:00:00Z",
	    "2025-01-06T08:59:00Z", "2025-01-03T09:00:00Z" },
	{ "59 23 31 12 *", "2025-12-31T23:59:00Z", "2026-12-31T23:59:00Z",
	    "2026-12-31T23:58:00Z", "2025-12-31T23:59:00Z" },
	{ "0 0 L * *", "2024-02-01", "2024-02-29", "2025-03-30",
	    "2025-02-28" },
	{ "0 0 29 2 *", "1896-02-29", "1904-02-29", "2104-02-28",
	    "2096-02-29" },
	/* 29 February on a Sunday or Friday: 2004, 2008, 2032, 2036. */
	{ "0 0 29 2 */5", "2008-02-29", "2032-02-29", "2032-02-28",
	    "2008-02-29" },
	/* The longest that anything takes: 29 February on a Sunday. */
	{ "0 0 29 2 ?/7", "2280-02-29", "2320-02-29", "2320-02-28",
	    "2280-02-29" },
	/* 15 May on a Sunday: not once from 2023 to 2032. */
	{ "*/20 1 15 5 */11", "2022-05-15T01:40:00Z", "2033-05-15T01:00:00Z",
	    "2033-05-15T00:59:00Z", "2022-05-15T01:40:00Z" },
	{ "0 0 * * 5#5", "2025-01-31", "2025-05-30", "2025-05-29",
	    "2025-01-31" },
	{ "0 0 * * 1L", "2025-01-26", "2025-01-27", "2025-02-23",
	    "2025-01-27" },
	{ "0 0 * * fri#2", "2025-01-11", "2025-02-14", "2025-02-13",
	    "2025-01-10" },
	/* Both begin with something else than a star: either will do. */
	{ "0 0 13 * 5", "2025-06-01", "2025-06-06", "2025-06-19",
	    "2025-06-13" },
	/* One begins with a star: both must match. */
	{ "0 0 13 * */5", "2025-01-01", "2025-04-13", "2025-04-12",
	    "2024-12-13" },
	{ "0 0 */10 * mon", "2025-01-01", "2025-03-31", "2025-03-30",
	    "2024-11-11" },
	{ "0 0 L,1 * 1#1", "2025-06-01", "2025-06-02", "2025-05-31",
	    "2025-05-31" },
	{ "30 4 1 6 *", "0001-01-01", "0001-06-01T04:30:00Z",
	    "0001-01-01", "0000-06-01T04:30:00Z" },
};

static void
test_dues(void)
{
	for (size_t i = 0; i < COUNT_OF(dues); i++) {
		struct cron cron = cron_of(dues[i].text);
		int64_t last = text_is(dues[i].last, "0000-06-01T04:30:00Z") ?
		    day_number(0, 6, 1) * 1440 + 270 :
		    minute_of(dues[i].last);

		is_int(cron_next(&cron, NULL, minute_of(dues[i].after)),
		    minute_of(dues[i].next), dues[i].text);
		is_int(cron_last(&cron, minute_of(dues[i].until)), last,
		    dues[i].text);
	}
}

/* As scheduling.md says it, one minute at a time. */
static bool
is_due(const struct cron *cron, int64_t minute)
{
	struct day day = day_split(floor_div(minute, 1440));
	int in_day = (int)floor_mod(minute, 1440);
	bool mday = (cron->mdays >> day.mday & 1) != 0 ||
	    ((cron->mdays & 1) != 0 && day.mday == day.last);
	bool wday = (cron->wdays >> day.wday & 1) != 0 ||
	    (cron->nth[day.wday] >> ((day.mday + 6) / 7) & 1) != 0 ||
	    ((cron->nth[day.wday] & 1) != 0 && day.mday > day.last - 7);

	return (cron->minutes >> in_day % 60 & 1) != 0 &&
	    (cron->hours >> in_day / 60 & 1) != 0 &&
	    (cron->months >> day.month & 1) != 0 &&
	    (cron->either ? mday || wday : mday && wday);
}

static void
test_search(void)
{
	static const char *const texts[] = {
		"0 9 * * 1-5", "*/7 */5 * * *", "30 2 L * *", "0 0 1,15 * 3",
		"59 23 * 2,12 *", "0 12 * * 2#3,6L", "15 1 31 * *",
	};
	int64_t first = minute_of("2023-12-01"), end = minute_of("2025-01-15");

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct cron cron = cron_of(texts[i]);
		int64_t last = cron_last(&cron, first - 1);
		int64_t next = cron_next(&cron, NULL, first - 1);
		int wrong = 0;

		for (int64_t minute = first; minute < end; minute++) {
			if (is_due(&cron, minute)) {
				wrong += next != minute;
				last = minute;
				next = cron_next(&cron, NULL, minute);
			}
			wrong += next <= minute;
			if (minute % 61 == 0)
				wrong += cron_last(&cron, minute) != last;
		}
		ok(wrong == 0, "\"%s\" is found in both directions", texts[i]);
	}
}

static void
test_except(void)
{
	struct cron hourly = cron_of("0 * * * *");
	struct cron even = cron_of("0 */2 * * *");
	struct cron weekend = cron_of("0 * * * 0,6");
	struct cron other_month = cron_of("0 * * 3 *");
	int64_t saturday = minute_of("2025-01-04");

	is_int(cron_next(&hourly, &even, saturday), saturday + 60,
	    "a minute in which both come due is passed over");
	is_int(cron_next(&hourly, &even, saturday + 60), saturday + 180,
	    "time and again");
	is_int(cron_next(&hourly, &weekend, saturday), saturday + 2 * 1440,
	    "also for days");
	is_int(cron_next(&hourly, &other_month, saturday), saturday + 60,
	    "but not where the exception does not come due");
	ok(cron_next(&even, &hourly, saturday) == CRON_NEVER,
	    "what always coincides never comes");
}

int
main(void)
{
	test_sound();
	test_broken();
	test_length();
	test_same();
	test_dues();
	test_search();
	test_except();
	return tap_done();
}
