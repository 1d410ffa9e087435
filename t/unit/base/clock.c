#include "base/clock.h"

#include <stdlib.h>

#include "base/scope.h"
#include "config.h"
#include "t/tap.h"

static const struct {
	const char *text, *same;       /* what it is in our own form */
} times[] = {
	{ "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z" },
	{ "1970-01-01T00:00:00.000001Z", "1970-01-01T00:00:00.000001Z" },
	{ "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z" },
	{ "2026-03-01T12:34:56.789Z", "2026-03-01T12:34:56.789000Z" },
	{ "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z" },
	{ "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z" },
	/* Letters, space, no zone, no time. */
	{ "2026-03-01t12:00:00z", "2026-03-01T12:00:00.000000Z" },
	{ "2026-03-01 12:00:00Z", "2026-03-01T12:00:00.000000Z" },
	{ "2026-03-01T12:00:00", "2026-03-01T12:00:00.000000Z" },
	{ "2026-03-01 12:00:00.5", "2026-03-01T12:00:00.500000Z" },
	{ "2026-03-01", "2026-03-01T00:00:00.000000Z" },
	/* Fractions are cut, not rounded, before and after 1970. */
	{ "2026-03-01T12:00:00.9999999Z", "2026-03-01T12:00:00.999999Z" },
	{ "1960-03-01T12:00:00.9999999Z", "1960-03-01T12:00:00.999999Z" },
	{ "2026-03-01T12:00:00.1234567890123456789012345678901234567890Z",
	    "2026-03-01T12:00:00.123456Z" },
	/* Leap days. */
	{ "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z" },
	{ "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z" },
	{ "1600-02-29T00:00:00Z", "1600-02-29T00:00:00.000000Z" },
	{ "0004-02-29T00:00:00Z", "0004-02-29T00:00:00.000000Z" },
	/* Offsets; the examples of RFC 3339, 5.8. */
	{ "1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000000Z" },
	{ "1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00.000000Z" },
	{ "1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870000Z" },
	{ "2026-03-01T00:00:00+23:59", "2026-02-28T00:01:00.000000Z" },
	{ "2026-03-01T00:00:00-23:59", "2026-03-01T23:59:00.000000Z" },
	{ "2026-03-01T12:00:00-00:00", "2026-03-01T12:00:00.000000Z" },
	{ "2026-03-01T12:00:00+00:00", "2026-03-01T12:00:00.000000Z" },
	{ "2026-03-01T12:00:00+05:45", "2026-03-01T06:15:00.000000Z" },
	{ "2026-03-01T12:00:00.25-03:30", "2026-03-01T15:30:00.250000Z" },
	/* Offsets that bring a time back into what is stored. */
	{ "0000-12-31T23:30:00-00:30", "0001-01-01T00:00:00.000000Z" },
	{ "0000-12-31T00:01:00-23:59", "0001-01-01T00:00:00.000000Z" },
	/* Leap seconds, where the offset puts them. */
	{ "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z" },
	{ "2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500000Z" },
	{ "2015-06-30T23:59:60Z", "2015-07-01T00:00:00.000000Z" },
	{ "2017-01-01T05:29:60+05:30", "2017-01-01T00:00:00.000000Z" },
	{ "1968-12-31T23:59:60Z", "1969-01-01T00:00:00.000000Z" },
};

static const char *const no_times[] = {
	"", " ", "now", "2026", "2026-03", "2026-3-01", "2026-03-1",
	"26-03-01", "02026-03-01", "-2026-03-01", "+2026-03-01",
	" 2026-03-01", "2026-03-01 ", "2026/03/01", "20260301",
	"2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32",
	"2026-04-31", "2026-02-29", "1900-02-29", "2100-02-29",
	"2026-02-30", "2024-02-30", "2026-03-01Z", "2026-03-01+01:00",
	"2026-03-01T", "2026-03-01T12", "2026-03-01T12:00",
	"2026-03-01T12:00Z", "2026-03-01T12:00:0Z", "2026-03-01T1:00:00Z",
	"2026-03-01T120000Z", "2026-03-01  12:00:00Z",
	"2026-03-01_12:00:00Z", "2026-03-01T24:00:00Z",
	"2026-03-01T12:60:00Z", "2026-03-01T12:00:61Z",
	"2026-03-01T12:00:00.Z", "2026-03-01T12:00:00.",
	"2026-03-01T12:00:00,5Z", "2026-03-01T12:00:00.5.5Z",
	"2026-03-01T12:00:00.-5Z", "2026-03-01T12:00:00ZZ",
	"2026-03-01T12:00:00Z ", "2026-03-01T12:00:00 Z",
	"2026-03-01T12:00:00+24:00", "2026-03-01T12:00:00+01:60",
	"2026-03-01T12:00:00+01", "2026-03-01T12:00:00+0100",
	"2026-03-01T12:00:00+1:00", "2026-03-01T12:00:00 01:00",
	"2026-03-01T12:00:00+01:00Z", "2026-03-01T12:00:00+-1:00",
	"2026-03-01T12:00:00UTC", "2026-03-01T-1:00:00Z",
	/* No leap second can be there. */
	"2026-03-01T12:00:60Z", "2026-03-15T23:59:60Z",
	"2016-12-31T23:59:60+01:00", "2016-12-31T22:59:60Z",
	/* Not what we store. */
	"0000-12-31T23:59:59Z", "0000-01-01", "0000-01-01T00:00:00+23:59",
	"0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
	"9999-12-31T23:59:60Z", "10000-01-01T00:00:00Z",
	/* Digits of other scripts. */
	"２０２６-03-01", "2026-03-0\xd9\xa1",
};

static void
test_parse(void)
{
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		char text[CLOCK_TEXT_BYTES] = "";
		int64_t when;

		if (clock_parse(times[i].text, &when) == 0)
			clock_format(when, text);
		is_text(text, times[i].same, times[i].text);
	}
}

static void
test_parse_refuses(void)
{
	for (size_t i = 0; i < COUNT_OF(no_times); i++) {
		int64_t when = 42;

		ok(clock_parse(no_times[i], &when) == -1 && when == 42,
		    "\"%s\" is no time", no_times[i]);
	}
}

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		int64_t when;
	} known[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2000-03-01T00:00:00Z", INT64_C(951868800000000) },
		{ "2001-09-09T01:46:40Z", INT64_C(1000000000000000) },
		{ "2038-01-19T03:14:08Z", INT64_C(2147483648000000) },
		{ "1901-12-13T20:45:52Z", INT64_C(-2147483648000000) },
		{ "1582-10-15T00:00:00Z", INT64_C(-12219292800000000) },
		{ "0001-01-01", CLOCK_MIN },
		{ "9999-12-31T23:59:59.999999Z", CLOCK_MAX },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		int64_t when = 42;

		clock_parse(known[i].text, &when);
		is_int(when, known[i].when, known[i].text);
	}
}

static void
test_seconds(void)
{
	char text[CLOCK_TEXT_BYTES];

	clock_format_seconds(CLOCK_MAX, text);
	is_text(text, "9999-12-31T23:59:59Z", "a fraction is cut off");
	clock_format_seconds(-1, text);
	is_text(text, "1969-12-31T23:59:59Z",
	    "a fraction before 1970 is cut off downwards");
	clock_format_seconds(CLOCK_MIN, text);
	is_text(text, "0001-01-01T00:00:00Z", "the earliest time has a text");
}

/* A calendar counted on the fingers, to hold the arithmetic against. */
static void
next_day(int *year, int *month, int *day)
{
	static const int days[] = {
		31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	bool leap = *year % 400 == 0 || (*year % 4 == 0 && *year % 100 != 0);

	if (++*day <= days[*month - 1] + (*month == 2 && leap))
		return;
	*day = 1;
	if (++*month <= 12)
		return;
	*month = 1;
	++*year;
}

static void
test_every_day(void)
{
	int year = 1, month = 1, day = 1;
	int64_t when = CLOCK_MIN, parsed = 0, wrong = 0;

	for (; when <= CLOCK_MAX; when += CLOCK_DAY) {
		char text[CLOCK_TEXT_BYTES], want[64];

		snprintf(want, sizeof(want), "%04d-%02d-%02dT00:00:00Z", year,
		    month, day);
		clock_format_seconds(when, text);
		if (strcmp(text, want) != 0 ||
		    clock_parse(want, &parsed) != 0 || parsed != when)
			wrong++;
		next_day(&year, &month, &day);
	}
	is_int(wrong, 0, "every day of 9999 years has its date");
	is_int(year, 10000, "and all of them were walked");
}

static void
test_now(void)
{
	int64_t before, now;

	unsetenv("DIURNAL_NOW");
	before = (int64_t)time(NULL);
	now = clock_now() / CLOCK_SECOND;
	ok(now >= before && now <= before + 60, "now is the system's time");
#ifdef TEST_HOOKS
	setenv("DIURNAL_NOW", "2026-03-01T12:00:00+01:00", 1);
	is_int(clock_now(), INT64_C(1772362800000000),
	    "with test hooks DIURNAL_NOW is now");
	setenv("DIURNAL_NOW", "", 1);
#else
	setenv("DIURNAL_NOW", "2001-01-01", 1);
#endif
	ok(clock_now() / CLOCK_SECOND >= before,
	    "a DIURNAL_NOW that does not count changes nothing");
}

static void
test_monotonic(void)
{
	int64_t last = clock_monotonic();
	bool back = false;

	for (int i = 0; i < 1000; i++) {
		int64_t next = clock_monotonic();

		back = back || next < last;
		last = next;
	}
	ok(!back, "the monotonic clock does not go back");
}

static void
test_patience(void)
{
	unsetenv("DIURNAL_HURRY");
	is_int(clock_patience(CLOCK_MINUTE), CLOCK_MINUTE,
	    "patience lasts as long as it is meant to");
	setenv("DIURNAL_HURRY", "20", 1);
#ifdef TEST_HOOKS
	is_int(clock_patience(CLOCK_MINUTE), 3 * CLOCK_SECOND,
	    "with test hooks DIURNAL_HURRY shortens it");
	setenv("DIURNAL_HURRY", "", 1);
#endif
	is_int(clock_patience(CLOCK_MINUTE), CLOCK_MINUTE,
	    "a DIURNAL_HURRY that does not count changes nothing");
	unsetenv("DIURNAL_HURRY");
}

int
main(void)
{
	test_parse();
	test_parse_refuses();
	test_numbers();
	test_seconds();
	test_every_day();
	test_now();
	test_monotonic();
	test_patience();
	return tap_done();
}
