#include "http/percent.h"

#include "t/tap.h"

static const struct {
	const char *text, *decoded;
	enum percent_part part;
	const char *name;
} cases[] = {
	{ "", "", PERCENT_PATH, "nothing decodes to nothing" },
	{ "/a/b", "/a/b", PERCENT_PATH, "plain text stays" },
	{ "/%41%7a", "/Az", PERCENT_PATH, "either case of hex is read" },
	{ "a%2Fb%2fc", "a%2Fb%2fc", PERCENT_PATH,
	    "an encoded slash in a path separates nothing" },
	{ "a%2Fb", "a/b", PERCENT_QUERY,
	    "an encoded slash in a query is a slash" },
	{ "%252e", "%2e", PERCENT_PATH, "decoding is done once" },
	{ "a+b", "a+b", PERCENT_PATH, "a plus in a path is a plus" },
	{ "a+b%2B", "a b+", PERCENT_QUERY, "a plus in a query is a space" },
	{ "100%", "100%", PERCENT_QUERY, "a final % stands for itself" },
	{ "%4", "%4", PERCENT_QUERY, "a % with one digit stands for itself" },
	{ "%zz%4g", "%zz%4g", PERCENT_QUERY, "a % before no hex stays" },
	{ "%c3%bc", "\xc3\xbc", PERCENT_QUERY, "UTF-8 is put together" },
	{ "\xc3\xbc", "\xc3\xbc", PERCENT_QUERY, "raw UTF-8 stays" },
	{ "a%00b", NULL, PERCENT_PATH, "a NUL is refused" },
	{ "%ff", NULL, PERCENT_QUERY, "a byte that no UTF-8 has is refused" },
	{ "%c0%80", NULL, PERCENT_QUERY, "an overlong form is refused" },
	{ "%ed%a0%80", NULL, PERCENT_QUERY, "a surrogate is refused" },
	{ "\xc3", NULL, PERCENT_PATH, "half a character is refused" },
};

int
main(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		is_text(percent_decode(arena, cases[i].text,
		    strlen(cases[i].text), cases[i].part), cases[i].decoded,
		    cases[i].name);
	is_text(percent_decode(arena, "%4142", 3, PERCENT_QUERY), "A",
	    "no byte behind the length is looked at");
	is_text(percent_decode(arena, "%41", 2, PERCENT_QUERY), "%4",
	    "an escape that the length cuts stands for itself");
	return tap_done();
}
