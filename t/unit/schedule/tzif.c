#include "schedule/tzif.h"

#include "base/arena.h"
#include "base/scope.h"
#include "t/tap.h"
#include "t/unit/schedule/tzfile.h"

static const struct tzfile_plan sound = {
	.version = '2', .count = 2, .at = { 1000, 2000 }, .types = { 1, 0 },
	.ntypes = 2, .offsets = { 3600, 7200 },
	.footer = "CET-1CEST,M3.5.0,M10.5.0/3",
};

static int
parse(const struct tzfile *file, struct arena *arena, struct tzif *tzif,
    struct failure *why)
{
	*why = (struct failure){ .fault = FAULT_NONE };
	return tzif_parse(file->bytes, file->length, arena, tzif, why);
}

static void
test_sound(struct arena *arena)
{
	struct tzfile file = tzfile_make(&sound);
	struct tzif tzif;
	struct failure why;

	if (!ok(parse(&file, arena, &tzif, &why) == 0, "a file is read"))
		return;
	ok(tzif.first == 3600 && tzif.count == 2, "the first type comes first");
	ok(tzif.at[0] == 1000 && tzif.offsets[0] == 7200 &&
	    tzif.at[1] == 2000 && tzif.offsets[1] == 3600,
	    "changes have their times and offsets");
	ok(tzif.has_rule && tzif.rule.standard == 3600 &&
	    tzif.rule.summer == 7200, "the footer is the rule");
}

static void
test_variants(struct arena *arena)
{
	struct tzfile_plan plan = sound;
	struct tzif tzif;
	struct tzfile file;
	struct failure why;

	plan.version = '\0';
	plan.at[0] = -2147483648;
	file = tzfile_make(&plan);
	ok(parse(&file, arena, &tzif, &why) == 0 && tzif.count == 2 &&
	    tzif.at[0] == -2147483648 && !tzif.has_rule,
	    "version 1 has times of 32 bits and no rule");
	plan = sound;
	plan.version = '4';
	plan.footer = "";
	file = tzfile_make(&plan);
	ok(parse(&file, arena, &tzif, &why) == 0 && !tzif.has_rule,
	    "an empty footer is no rule, and later versions are read");
	plan.at[0] = INT64_MIN;
	file = tzfile_make(&plan);
	ok(parse(&file, arena, &tzif, &why) == 0 &&
	    tzif.at[0] == -TZRULE_NEVER,
	    "a change before all time is at the beginning of time");
	plan.count = 0;
	file = tzfile_make(&plan);
	ok(parse(&file, arena, &tzif, &why) == 0 && tzif.count == 0 &&
	    tzif.first == 3600, "a zone may have no changes");
}

static const struct {
	struct tzfile_plan plan;
	const char *why;
} broken[] = {
	{ { .version = '2', .count = 2, .at = { 1000, 1000 }, .ntypes = 1,
	    .footer = "" }, "changes out of order" },
	{ { .version = '2', .count = 1, .types = { 2 }, .ntypes = 2,
	    .footer = "" }, "change to a type that is not there" },
	{ { .version = '2', .footer = "" }, "no type of local time" },
	{ { .version = '2', .ntypes = 1, .leaps = 1, .footer = "" },
	    "counts leap seconds" },
	{ { .version = '2', .ntypes = 2, .offsets = { 0, 93601 },
	    .footer = "" }, "93601 seconds from UTC" },
	{ { .version = '2', .ntypes = 1, .offsets = { INT32_MIN },
	    .footer = "" }, "-2147483648 seconds from UTC" },
	{ { .version = '2', .ntypes = 1 }, "no footer" },
	{ { .version = '2', .ntypes = 1, .footer = "CET" },
	    "footer is not a rule" },
};

static void
test_broken(struct arena *arena)
{
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct tzfile file = tzfile_make(&broken[i].plan);
		struct tzif tzif = { .first = 77 };
		struct failure why;

		ok(parse(&file, arena, &tzif, &why) == -1 &&
		    why.fault == FAULT_INTERNAL && tzif.first == 77,
		    "a file is refused: %s", broken[i].why);
		is_text(why.detail, broken[i].why, "and the reason is told");
	}
}

/* In memory of just its size, so that a byte too many is seen. */
static void
test_cut(struct arena *arena)
{
	struct tzfile file = tzfile_make(&sound);
	int read = 0;

	for (size_t length = 1; length < file.length; length++) {
		unsigned char *bytes = malloc(length);
		struct failure why = { .fault = FAULT_NONE };
		struct tzif tzif;

		memcpy(bytes, file.bytes, length);
		read += tzif_parse(bytes, length, arena, &tzif, &why) == 0;
		free(bytes);
	}
	is_int(read, 0, "a file cut short anywhere is refused");
}

static void
test_counts(struct arena *arena)
{
	int read = 0;

	for (size_t i = 0; i < 6; i++) {
		struct tzfile file = tzfile_make(&sound);
		struct failure why;
		struct tzif tzif;

		memset(file.bytes + 20 + 4 * i, 0xff, 4);
		read += parse(&file, arena, &tzif, &why) == 0;
	}
	is_int(read, 0, "a count beyond the file's end is refused");
}

int
main(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);

	test_sound(arena);
	test_variants(arena);
	test_broken(arena);
	test_cut(arena);
	test_counts(arena);
	return tap_done();
}
