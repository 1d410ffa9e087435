#include "schedule/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/scope.h"
#include "t/tap.h"
#include "t/unit/schedule/tzfile.h"

static struct arena *arena;

static const char *const known[] = {
	"UTC", "Europe/Madrid", "America/Argentina/ComodRivadavia",
	"America/Port-au-Prince", "Etc/GMT+12", "Etc/GMT-14", "GMT0",
	"EST5EDT", "Factory", "Antarctica/DumontDUrville", "Asia/Ust-Nera",
	"America/North_Dakota/New_Salem",
};

static const char *const unknown[] = {
	"", " ", "Europe", "Europe/", "/Europe/Madrid", "Europe//Madrid",
	"europe/madrid", "EUROPE/MADRID", "Europe/Madrid ", "Europe/Madrid/",
	"Europe/Madrid/x", "Mars/Olympus", "../zoneinfo/UTC", "./UTC",
	"Europe/../UTC", "posixrules", "posix/UTC", "right/UTC",
	"posix/Europe/Madrid", "zone.tab", "tzdata.zi", "leapseconds",
	"iso3166.tab", "leap-seconds.list", "UTC+3", "+03:00", "Z",
	"CET-1CEST,M3.5.0,M10.5.0/3", ":UTC", "Europe\\Madrid",
	"Europe/Madri\xc3\xb0", "UTC\t", "-UTC", "Etc/+5",
	"Europe/MadridMadridMadridMadridMadridMadridMadridMadridMadridMadrid",
};

static const struct zone *
open_zone(const char *name)
{
	struct failure why = { .fault = FAULT_NONE };
	const struct zone *zone = NULL;

	if (zone_open(name, arena, &zone, &why) != 0) {
		fprintf(stderr, "# %s: %s\n", name, why.detail);
		abort();
	}
	return zone;
}

static int64_t
time_of(const char *text)
{
	int64_t when;

	if (clock_parse(text, &when) != 0)
		abort();
	return when;
}

static void
test_names(void)
{
	for (size_t i = 0; i < COUNT_OF(known); i++)
		ok(open_zone(known[i]) != NULL, "\"%s\" is a zone", known[i]);
	for (size_t i = 0; i < COUNT_OF(unknown); i++) {
		struct failure why = { .fault = FAULT_NONE };
		const struct zone *zone = NULL;

		ok(zone_open(unknown[i], arena, &zone, &why) == -1 &&
		    why.fault == FAULT_INVALID && zone == NULL &&
		    why.field != NULL && strcmp(why.field, "timezone") == 0,
		    "\"%s\" is no zone", unknown[i]);
	}
}

/* What a wall clock shows, and the earliest instant at which it does. */
static const struct {
	const char *zone, *wall, *instant, *what;
} boundaries[] = {
	{ "UTC", "2025-06-01T12:00:00Z", "2025-06-01T12:00:00Z", "plain" },
	{ "Europe/Madrid", "2025-01-15T09:00:00Z", "2025-01-15T08:00:00Z",
	    "winter" },
	{ "Europe/Madrid", "2025-07-15T09:00:00Z", "2025-07-15T07:00:00Z",
	    "summer" },
	{ "Europe/Madrid", "2025-03-30T01:59:59Z", "2025-03-30T00:59:59Z",
	    "the last second before the skip" },
	{ "Europe/Madrid", "2025-03-30T02:00:00Z", "2025-03-30T01:00:00Z",
	    "the first skipped time" },
	{ "Europe/Madrid", "2025-03-30T02:30:00Z", "2025-03-30T01:00:00Z",
	    "a skipped time" },
	{ "Europe/Madrid", "2025-03-30T03:00:00Z", "2025-03-30T01:00:00Z",
	    "the time skipped to" },
	{ "Europe/Madrid", "2025-03-30T03:00:01Z", "2025-03-30T01:00:01Z",
	    "a second after the skip" },
	{ "Europe/Madrid", "2025-10-26T02:00:00Z", "2025-10-26T00:00:00Z",
	    "the first repeated time" },
	{ "Europe/Madrid", "2025-10-26T02:59:59Z", "2025-10-26T00:59:59Z",
	    "the last repeated time" },
	{ "Europe/Madrid", "2025-10-26T03:00:00Z", "2025-10-26T02:00:00Z",
	    "the first time after the repetition" },
	{ "Pacific/Apia", "2011-12-29T23:59:59Z", "2011-12-30T09:59:59Z",
	    "the last second before the day that was left out" },
	{ "Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T10:00:00Z",
	    "noon of the day that was left out" },
	{ "Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-30T10:00:00Z",
	    "the midnight after it" },
	{ "Pacific/Kwajalein", "1993-08-21T12:00:00Z",
	    "1993-08-21T12:00:00Z", "a day left out in 1993" },
	{ "Australia/Lord_Howe", "2025-10-05T02:15:00Z",
	    "2025-10-04T15:30:00Z", "a skip of half an hour" },
	{ "Australia/Lord_Howe", "2025-04-06T01:45:00Z",
	    "2025-04-05T14:45:00Z", "a repetition of half an hour" },
	{ "Antarctica/Troll", "2025-03-30T02:30:00Z", "2025-03-30T01:00:00Z",
	    "a skip of two hours" },
	{ "America/Havana", "2025-03-09T00:00:00Z", "2025-03-09T05:00:00Z",
	    "a skipped midnight" },
	{ "America/Havana", "2025-11-02T00:30:00Z", "2025-11-02T04:30:00Z",
	    "a midnight that comes twice" },
	{ "Africa/Casablanca", "2087-01-15T12:00:00Z",
	    "2087-01-15T11:00:00Z", "negative summer time, years ahead" },
	{ "Europe/Dublin", "2050-07-01T12:00:00Z", "2050-07-01T11:00:00Z",
	    "summer by the rule" },
	{ "Europe/Dublin", "2050-01-01T12:00:00Z", "2050-01-01T12:00:00Z",
	    "winter by the rule, which calls winter time the other one" },
	{ "Europe/Madrid", "9999-07-01T12:00:00Z", "9999-07-01T10:00:00Z",
	    "the far future" },
	{ "Europe/Madrid", "0001-07-01T12:00:00Z", "0001-07-01T12:14:44Z",
	    "local mean time long before zones" },
};

static void
test_boundaries(void)
{
	for (size_t i = 0; i < COUNT_OF(boundaries); i++) {
		const struct zone *zone = open_zone(boundaries[i].zone);
		int64_t got = zone_instant(zone, time_of(boundaries[i].wall));
		char text[CLOCK_TEXT_BYTES];

		clock_format_seconds(got, text);
		if (!ok(got == time_of(boundaries[i].instant),
		    "%s: %s", boundaries[i].zone, boundaries[i].what))
			fprintf(stderr, "#  got: %s\n# want: %s\n", text,
			    boundaries[i].instant);
	}
}

static void
test_wall(void)
{
	const struct zone *zone = open_zone("Europe/Madrid");
	int64_t back = time_of("2025-10-26T01:00:00Z");
	int64_t skip = time_of("2025-03-30T01:00:00Z");
	int64_t shown = time_of("2025-10-26T03:00:00Z") - 1;

	is_int(zone_wall(zone, skip - 1),
	    time_of("2025-03-30T02:00:00Z") - 1,
	    "before a skip the clock has shown the time before it");
	is_int(zone_wall(zone, skip), time_of("2025-03-30T03:00:00Z"),
	    "with a skip it has shown all that was skipped");
	ok(zone_wall(zone, back) == shown &&
	    zone_wall(zone, back + CLOCK_HOUR - 1) == shown,
	    "while the clock repeats itself it shows nothing new");
	is_int(zone_wall(zone, back + CLOCK_HOUR), shown + 1,
	    "after the repetition it does");
	is_int(zone_offset(zone, back), CLOCK_HOUR,
	    "the offset is the one from the change on");
	is_int(zone_offset(zone, back - 1), 2 * CLOCK_HOUR,
	    "and the old one before it");
}

/* At the instants around every change there is, 1970 to 2100. */
static void
test_inverse(const char *name)
{
	const struct zone *zone = open_zone(name);
	int64_t end = time_of("2100-01-01T00:00:00Z"), when = 0;
	int wrong = 0;

	for (int64_t step = 12 * CLOCK_HOUR; when < end; when += step) {
		int64_t wall = zone_wall(zone, when);
		int64_t instant = zone_instant(zone, wall);

		/* w <= wall(t) if and only if instant(w) <= t. */
		wrong += instant > when;
		wrong += zone_instant(zone, wall + 1) <= when;
		wrong += zone_wall(zone, instant) < wall;
		wrong += zone_wall(zone, instant - 1) >= wall;
		step = zone_offset(zone, when - 12 * CLOCK_HOUR) !=
		    zone_offset(zone, when + 12 * CLOCK_HOUR) ?
		    7 * CLOCK_MINUTE + 1 : 12 * CLOCK_HOUR;
	}
	ok(wrong == 0, "%s: instant and wall are each other's inverse", name);
}

/* A folder of zones of our own. */
struct folder {
	char path[64];
};

static void
folder_make(struct folder *folder)
{
	strncpy(folder->path, "/tmp/diurnal-zone.XXXXXX",
	    sizeof(folder->path) - 1);
	if (mkdtemp(folder->path) == NULL ||
	    setenv("TZDIR", folder->path, 1) != 0)
		abort();
}

static void
folder_file(const struct folder *folder, const char *name,
    const char *suffix, char path[128])
{
	snprintf(path, 128, "%s/%s%s", folder->path, name, suffix);
}

/* As packages are upgraded: a new file takes the old one's name. */
static void
folder_put(const struct folder *folder, const char *name,
    const unsigned char *bytes, size_t length)
{
	char path[128], fresh[128];
	FILE *file;

	folder_file(folder, name, "", path);
	folder_file(folder, name, ".new", fresh);
	if ((file = fopen(fresh, "w")) == NULL ||
	    fwrite(bytes, 1, length, file) != length || fclose(file) != 0 ||
	    rename(fresh, path) != 0)
		abort();
}

static void
folder_drop(const struct folder *folder, const char *name)
{
	char path[128];

	folder_file(folder, name, "", path);
	if (remove(path) != 0)
		abort();
}

static void
test_upgrade(const struct folder *folder)
{
	struct tzfile_plan plan = {
		.version = '2', .ntypes = 1, .offsets = { 3600 },
		.footer = "AAA-1",
	};
	struct tzfile file = tzfile_make(&plan);
	const struct zone *before, *again, *after;

	folder_put(folder, "Here", file.bytes, file.length);
	before = open_zone("Here");
	again = open_zone("Here");
	is_int(zone_offset(before, 0), CLOCK_HOUR, "TZDIR names the folder");
	is_text(zone_fingerprint(before), zone_fingerprint(again),
	    "the same file has the same fingerprint");
	is_text(zone_fingerprint(before), "c7657daea8beae8aa4fd02002ee3daba"
	    "179741a078b1bb78ab7866410f4c2f72", "it is the file's SHA-256");
	plan.offsets[0] = 7200;
	plan.footer = "AAA-2";
	file = tzfile_make(&plan);
	folder_put(folder, "Here", file.bytes, file.length);
	after = open_zone("Here");
	is_int(zone_offset(after, 0), 2 * CLOCK_HOUR,
	    "a zone that is opened after an upgrade has the new rules");
	is_int(zone_offset(before, 0), CLOCK_HOUR,
	    "one that was opened before keeps the old ones");
	ok(strcmp(zone_fingerprint(before), zone_fingerprint(after)) != 0,
	    "another file has another fingerprint");
	folder_drop(folder, "Here");
}

/* In slim files everything from the last change of law on is the rule. */
static void
test_rule_takes_over(const struct folder *folder)
{
	const struct tzfile_plan plan = {
		.version = '2', .count = 1, .at = { 1743296400 },
		.types = { 1 }, .ntypes = 2, .offsets = { 3600, 7200 },
		.footer = "CET-1CEST,M3.5.0,M10.5.0/3",
	};
	struct tzfile file = tzfile_make(&plan);
	const struct zone *zone;

	folder_put(folder, "Slim", file.bytes, file.length);
	zone = open_zone("Slim");
	is_int(zone_offset(zone, time_of("2010-07-01T00:00:00Z")), CLOCK_HOUR,
	    "before the first change the rule does not apply");
	is_int(zone_offset(zone, time_of("2025-03-30T01:00:00Z")),
	    2 * CLOCK_HOUR, "a change that is listed applies");
	is_int(zone_offset(zone, time_of("2025-10-26T01:00:00Z")), CLOCK_HOUR,
	    "after the last listed change the rule applies");
	folder_drop(folder, "Slim");
}

static void
put_32(unsigned char *bytes, size_t number)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = number >> 8 * (3 - i) & 0xff;
}

/* As many changes as 64 KiB hold, a second apart, and no rule. */
static void
test_largest_file(const struct folder *folder)
{
	enum { FIRST_BLOCK = 44 + 6 + 4, CHANGES = 7269 };
	const struct tzfile_plan plan = { .version = '2', .ntypes = 1 };
	struct tzfile file = tzfile_make(&plan);
	SCOPED(arena_release) struct arena *small = arena_new(ZONE_BYTES);
	static unsigned char bytes[64 * 1024];
	struct failure why = { .fault = FAULT_NONE };
	const struct zone *zone = NULL;

	memcpy(bytes, file.bytes, FIRST_BLOCK + 44);
	put_32(bytes + FIRST_BLOCK + 32, CHANGES);
	for (size_t i = 0; i < CHANGES; i++)
		put_32(bytes + FIRST_BLOCK + 44 + 8 * i + 4, i);
	memset(bytes + FIRST_BLOCK + 44 + 9 * CHANGES + 10, '\n', 2);
	folder_put(folder, "Most", bytes, sizeof(bytes));
	ok(zone_open("Most", small, &zone, &why) == 0,
	    "ZONE_BYTES are enough for the largest file");
	folder_drop(folder, "Most");
}

static void
refused(const char *name, enum fault fault, const char *detail,
    const char *what)
{
	struct failure why = { .fault = FAULT_NONE };
	const struct zone *zone = NULL;

	ok(zone_open(name, arena, &zone, &why) == -1 && zone == NULL &&
	    why.fault == fault, "%s is %s", what, fault_name(fault));
	is_text(why.detail, detail, "and told as that");
}

static void
test_broken_files(const struct folder *folder)
{
	static unsigned char large[70000] = "TZif2";
	char path[128];

	folder_put(folder, "Cut", large, 40);
	refused("Cut", FAULT_INTERNAL, "time zone Cut: not a whole TZif file",
	    "a file that is cut short");
	folder_drop(folder, "Cut");
	folder_put(folder, "Large", large, sizeof(large));
	refused("Large", FAULT_INTERNAL,
	    "time zone Large: file is too large", "a file without end");
	folder_drop(folder, "Large");
	folder_put(folder, "Text", (const unsigned char *)"hello", 5);
	refused("Text", FAULT_INVALID, "unknown time zone",
	    "a file that is no zone");
	folder_drop(folder, "Text");
	folder_file(folder, "Loop", "", path);
	if (symlink("Loop", path) != 0)
		abort();
	refused("Loop", FAULT_INTERNAL,
	    "time zone Loop: cannot open: Too many levels of symbolic links",
	    "a file that cannot be opened");
	folder_drop(folder, "Loop");
	folder_file(folder, "Pipe", "", path);
	if (mkfifo(path, 0600) != 0)
		abort();
	refused("Pipe", FAULT_INVALID, "unknown time zone",
	    "a pipe, without waiting for it,");
	folder_drop(folder, "Pipe");
}

int
main(void)
{
	static const char *const inverses[] = {
		"UTC", "Europe/Madrid", "Europe/Dublin", "Pacific/Apia",
		"Australia/Lord_Howe", "Antarctica/Troll", "America/Havana",
		"Africa/Casablanca", "Asia/Gaza", "America/Nuuk",
		"Pacific/Kwajalein",
	};
	SCOPED(arena_release) struct arena *memory = arena_new(8 << 20);
	struct folder folder;

	arena = memory;
	test_names();
	test_boundaries();
	test_wall();
	for (size_t i = 0; i < COUNT_OF(inverses); i++)
		test_inverse(inverses[i]);
	folder_make(&folder);
	test_upgrade(&folder);
	test_rule_takes_over(&folder);
	test_largest_file(&folder);
	test_broken_files(&folder);
	if (rmdir(folder.path) != 0)
		abort();
	return tap_done();
}
