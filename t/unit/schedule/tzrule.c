#include "schedule/tzrule.h"

#include "base/clock.h"
#include "base/scope.h"
#include "t/tap.h"

static const struct {
	const char *text;
	int32_t standard, summer;
	bool has_summer;
} sound[] = {
	{ "UTC0",                           0,     0,     false },
	{ "EST5",                           -18000, 0,    false },
	{ "<+0545>-5:45",                   20700, 0,     false },
	{ "<-00>0",                         0,     0,     false },
	{ "LMT+0:14:44",                    -884,  0,     false },
	{ "CET-1CEST,M3.5.0,M10.5.0/3",     3600,  7200,  true },
	{ "IST-1GMT0,M10.5.0,M3.5.0/1",     3600,  0,     true },
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37800, 39600, true },
	{ "EET-2EEST,M3.4.4/50,M10.4.4/50", 7200,  10800, true },
	{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600, true },
	{ "XXX3EDT4,0/0,J365/23",           -10800, -14400, true },
};

static const char *const broken[] = {
	"", "U", "UT0", "UTC", "UTC+", "0", "<UTC0", "<>0", "<+0>0",
	"UTC0 ", " UTC0", "UTC25", "UTC0:60", "UTC0:00:60", "UTC0:",
	"CET-1CEST", "CET-1CEST,", "CET-1CEST,M3.5.0",
	"CET-1CEST,M3.5.0,", "CET-1CEST,M3.5.0,M10.5.0/",
	"CET-1CEST,M3.5.0,M10.5.0/168", "CET-1CEST,M13.5.0,M10.5.0",
	"CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0",
	"CET-1CEST,M3.0.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
	"CET-1CEST,M3.5,M10.5.0", "CET-1CEST,J0,J365",
	"CET-1CEST,J1,J366", "CET-1CEST,0,366", "CET-1CEST,M3.5.0,M10.5.0x",
	"CET-1CEST,M0003.5.0,M10.5.0", ":Europe/Madrid",
};

/* The change is in force at the instant, and not a second before. */
static const struct {
	const char *text, *at;
	int32_t before, from;
} changes[] = {
	{ "CET-1CEST,M3.5.0,M10.5.0/3", "2039-03-27T01:00:00Z", 3600, 7200 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", "2039-10-30T01:00:00Z", 7200, 3600 },
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2039-03-27T01:00:00Z", 0, 3600 },
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2039-10-30T01:00:00Z", 3600, 0 },
	/* South of the equator summer runs over the new year. */
	{ "AEST-10AEDT,M10.1.0,M4.1.0/3", "2040-03-31T16:00:00Z",
	    39600, 36000 },
	{ "AEST-10AEDT,M10.1.0,M4.1.0/3", "2040-10-06T16:00:00Z",
	    36000, 39600 },
	/* Half an hour. */
	{ "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2040-03-31T15:00:00Z",
	    39600, 37800 },
	/* Two days and two hours after the fourth Thursday. */
	{ "EET-2EEST,M3.4.4/50,M10.4.4/50", "2040-03-24T00:00:00Z",
	    7200, 10800 },
	/* An hour before the last Sunday begins. */
	{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2040-03-25T01:00:00Z",
	    -7200, -3600 },
	/* J60 is 1 March in leap years too; 59 is 29 February in them. */
	{ "AAA0BBB,J60/0,J300/0", "2040-03-01T00:00:00Z", 0, 3600 },
	{ "AAA0BBB,J60/0,J300/0", "2041-03-01T00:00:00Z", 0, 3600 },
	{ "AAA0BBB,59/0,300/0", "2040-02-29T00:00:00Z", 0, 3600 },
	{ "AAA0BBB,59/0,300/0", "2041-03-01T00:00:00Z", 0, 3600 },
	/* A week before and after its year. */
	{ "AAA0BBB,0/-167,200/0", "2039-12-25T01:00:00Z", 0, 3600 },
	{ "AAA0BBB,100/0,365/167", "2042-01-07T22:00:00Z", 3600, 0 },
};

/* What does not parse leaves a rule that no case expects. */
static struct tzrule
rule_of(const char *text)
{
	struct tzrule rule = { .standard = -1 };

	if (tzrule_parse(text, strlen(text), &rule) != 0)
		rule.standard = -1;
	return rule;
}

static void
test_parse(void)
{
	for (size_t i = 0; i < COUNT_OF(sound); i++) {
		struct tzrule rule = rule_of(sound[i].text);

		ok(rule.standard == sound[i].standard &&
		    rule.summer == sound[i].summer &&
		    rule.has_summer == sound[i].has_summer,
		    "\"%s\" is read", sound[i].text);
	}
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct tzrule rule = { .standard = 77 };

		ok(tzrule_parse(broken[i], strlen(broken[i]), &rule) == -1 &&
		    rule.standard == 77, "\"%s\" is refused", broken[i]);
	}
}

static void
test_length(void)
{
	static const char text[] = "CET-1CEST,M3.5.0,M10.5.0/3";
	struct tzrule rule;
	int read = 0;

	/* "CET-1" is whole, and so is all but the last "/3". */
	for (size_t length = 0; length < strlen(text); length++)
		read += tzrule_parse(text, length, &rule) == 0;
	is_int(read, 2, "no byte behind the length is read");
}

static void
test_changes(void)
{
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct tzrule rule = rule_of(changes[i].text);
		struct tzrule_span before, from;
		int64_t when = 0;

		ok(clock_parse(changes[i].at, &when) == 0, "%s is a time",
		    changes[i].at);
		when /= CLOCK_SECOND;
		before = tzrule_at(&rule, when - 1);
		from = tzrule_at(&rule, when);
		ok(before.offset == changes[i].before && before.end == when &&
		    from.start == when && from.offset == changes[i].from &&
		    from.end > when, "%s changes at %s", changes[i].text,
		    changes[i].at);
	}
}

static void
test_summer_all_year(void)
{
	struct tzrule rule = rule_of("EST5EDT,0/0,J365/25");
	int wrong = 0;

	for (int64_t when = 0; when < INT64_C(4102444800); when += 3599)
		wrong += tzrule_at(&rule, when).offset != -4 * 3600;
	is_int(wrong, 0, "summer that ends when it begins never ends");
}

static void
test_spans_follow(void)
{
	struct tzrule rule = rule_of("<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
	struct tzrule_span span = tzrule_at(&rule, -62135596800);
	int changes_seen = 0, wrong = 0;

	while (span.end < INT64_C(253402300800)) {
		struct tzrule_span next = tzrule_at(&rule, span.end);

		wrong += next.start != span.end || next.end <= next.start ||
		    next.offset == span.offset;
		span = next;
		changes_seen++;
	}
	is_int(wrong, 0, "each span begins where the one before it ended");
	is_int(changes_seen, 2 * 9999, "there are two changes a year");
}

int
main(void)
{
	test_parse();
	test_length();
	test_changes();
	test_summer_all_year();
	test_spans_follow();
	return tap_done();
}
