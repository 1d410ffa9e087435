#include "http/json.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/text.h"
#include "t/tap.h"

#define LIMIT ((size_t)4 << 20)

DEFINE_RELEASE(json_release, struct json_object *, json_object_put)

#define INVALID(offset) "[\"body\"," #offset "] json_invalid"
#define UNFIT(member) "[\"body\",\"" member "\"] value_error"

/* What json_read_object makes of it: the tree, or its complaint. */
static const struct {
	const char *json, *result, *name;
} cases[] = {
	{ "{}", "{}", "an empty object is read" },
	{ " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", "{\"a\":[1,2]}",
	    "white space is skipped" },
	{ "{\"a\":{\"b\":[null,true,false,\"\"]}}",
	    "{\"a\":{\"b\":[null,true,false,\"\"]}}", "every value is read" },
	{ "{\"\":1}", "{\"\":1}", "a name may be empty" },
	{ "{\"a\":[0,-0,-1,0.5,1e5,1E+5,2.50e-3]}",
	    "{\"a\":[0,0,-1,0.5,1e5,1E+5,2.50e-3]}", "every number is read" },
	{ "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\"}",
	    "{\"a\":\"\\\"\\\\/\\b\\f\\n\\r\\tA\"}", "every escape is read" },
	{ "{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}",
	    "a surrogate pair is one character" },
	{ "{\"a\":{\"x\":1},\"b\":{\"x\":1},\"x\":1}",
	    "{\"a\":{\"x\":1},\"b\":{\"x\":1},\"x\":1}",
	    "different objects may share names" },

	{ "[]", "[\"body\"] model_attributes_type", "a list is no object" },
	{ "null", "[\"body\"] model_attributes_type", "null is no object" },
	{ "\"{}\"", "[\"body\"] model_attributes_type", "text is no object" },
	{ "12", "[\"body\"] model_attributes_type", "a number is no object" },

	{ "", INVALID(0), "nothing is not JSON" },
	{ "  ", INVALID(2), "blanks are not JSON" },
	{ "{", INVALID(1), "an object must end" },
	{ "{\"a\"", INVALID(4), "a member needs a colon" },
	{ "{\"a\":", INVALID(5), "a member needs a value" },
	{ "{\"a\":1", INVALID(6), "an object must end after a member" },
	{ "{\"a\":1,}", INVALID(7), "no comma follows the last member" },
	{ "{,}", INVALID(1), "a comma needs a member before it" },
	{ "{\"a\":[1,]}", INVALID(8), "no comma follows the last item" },
	{ "{\"a\":[1 2]}", INVALID(8), "items are parted by commas" },
	{ "{\"a\":1 \"b\":2}", INVALID(7), "members are parted by commas" },
	{ "{\"a\":[1}", INVALID(7), "brackets match" },
	{ "{\"a\":1}x", INVALID(7), "nothing follows the object" },
	{ "{\"a\":1}{}", INVALID(7), "no second object follows" },
	{ "{a:1}", INVALID(1), "names are quoted" },
	{ "{1:1}", INVALID(1), "names are texts" },
	{ "{'a':1}", INVALID(1), "single quotes are no quotes" },
	{ "/**/{}", INVALID(0), "there are no comments" },
	{ "\xef\xbb\xbf{}", INVALID(0), "there is no byte order mark" },
	{ "{\"a\":True}", INVALID(5), "words are in lower case" },
	{ "{\"a\":nul}", INVALID(5), "words are whole" },
	{ "{\"a\":tru", INVALID(5), "words are whole at the end too" },
	{ "{\"a\":NaN}", INVALID(5), "NaN is no number" },
	{ "{\"a\":-Infinity}", INVALID(6), "infinity is no number" },
	{ "{\"a\":01}", INVALID(6), "a number has no leading zero" },
	{ "{\"a\":-01}", INVALID(7), "nor has a negative one" },
	{ "{\"a\":+1}", INVALID(5), "a number has no plus" },
	{ "{\"a\":.5}", INVALID(5), "a number starts with a digit" },
	{ "{\"a\":1.}", INVALID(7), "a fraction has digits" },
	{ "{\"a\":1e}", INVALID(7), "an exponent has digits" },
	{ "{\"a\":1e+}", INVALID(8), "a signed exponent has digits" },
	{ "{\"a\":-}", INVALID(6), "a minus has digits" },
	{ "{\"a\":0x10}", INVALID(6), "there is no hex" },
	{ "{\"a\":\"x\ny\"}", INVALID(7), "a line break is escaped" },
	{ "{\"a\":\"x", INVALID(7), "a text must end" },
	{ "{\"a\":\"x\\", INVALID(7), "an escape must end" },
	{ "{\"a\":\"\\x41\"}", INVALID(6), "there is no \\x" },
	{ "{\"a\":\"\\u12g4\"}", INVALID(6), "\\u has hex digits" },
	{ "{\"a\":\"\\u12\"}", INVALID(6), "\\u has four digits" },
	{ "{\"a\":\"\xff\"}", INVALID(6), "no UTF-8 has this byte" },
	{ "{\"a\":\"\xc0\x80\"}", INVALID(6), "an overlong form is refused" },
	{ "{\"a\":\"\xed\xa0\x80\"}", INVALID(6), "a raw surrogate is none" },
	{ "{\"\xc3\":1}", INVALID(2), "names are UTF-8" },

	{ "{\"a\":1,\"a\":2}", INVALID(13), "a name comes once" },
	{ "{\"a\":1,\"\\u0061\":2}", INVALID(18),
	    "an escape hides no duplicate" },
	{ "{\"x\":[{\"a\":{},\"b\":1,\"a\":null}]}", INVALID(31),
	    "a name comes once in every object" },

	{ "{\"a\":\"x\\u0000y\"}", UNFIT("a"), "a NUL in a text is refused" },
	{ "{\"a\":1,\"b\":{\"c\":[\"\\u0000\"]}}", UNFIT("b"),
	    "a NUL deep inside is refused at the member it is in" },
	{ "{\"b\":{\"c\\u0000\":1}}", UNFIT("b"),
	    "a NUL in an inner name is refused" },
	{ "{\"b\":1,\"\\u0000\":1}", "[\"body\"] value_error",
	    "a NUL in a name is refused" },
	{ "{\"\\u0062\":\"\\u0000\"}", "[\"body\"] value_error",
	    "a member whose name is escaped is not named" },
	{ "{\"a\":\"\\ud800\"}", UNFIT("a"), "half a pair is refused" },
	{ "{\"a\":\"\\ud800\\u0041\"}", UNFIT("a"),
	    "a first half needs its second" },
	{ "{\"a\":\"\\udc00\"}", UNFIT("a"), "a second half needs its first" },
	{ "{\"a\":1e400}", UNFIT("a"), "an absurd exponent is refused" },
	{ "{\"a\":1e-999999999999}", UNFIT("a"),
	    "an absurd negative exponent is refused" },
	{ "{\"a\":99999999999999999999}", UNFIT("a"),
	    "an integer beyond 64 bits is refused" },
	{ "{\"a\":[-1234567890123456789]}", UNFIT("a"),
	    "an integer of 19 digits is refused" },
	{ "{\"a\":123456789012345678}", "{\"a\":123456789012345678}",
	    "an integer of 18 digits is read exactly" },
	{ "{\"a\":0.1234567890123456789012345678901}", UNFIT("a"),
	    "a number of 33 characters is refused" },
	{ "{\"a\":1e255}", "{\"a\":1e255}", "the largest exponent is read" },
	{ "[1e400]", "[\"body\"] value_error",
	    "what is in no member is the body's" },
};

static const char *
read_shown(const char *bytes, size_t length, struct arena *arena)
{
	struct complaints complaints = { .arena = arena };
	SCOPED(json_release) struct json_object *json =
	    json_read_object(bytes, length, &complaints);

	if (json != NULL)
		return complaints.count != 0 ? "both" : arena_text(arena,
		    json_object_to_json_string_ext(json,
		    JSON_C_TO_STRING_NOSLASHESCAPE));
	if (complaints.count != 1)
		return "not one complaint";
	return arena_printf(arena, "%s %s", complaints.first->loc,
	    complaints.first->type);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		size_t length = strlen(cases[i].json);
		/* Without a NUL behind it, so that ASan sees a step too far. */
		char *exact = malloc(length > 0 ? length : 1);

		if (exact == NULL)
			abort();
		memcpy(exact, cases[i].json, length);
		is_text(read_shown(exact, length, arena), cases[i].result,
		    cases[i].name);
		free(exact);
	}
}

static void
test_raw_nul(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);

	is_text(read_shown("{\"a\":\"x\0y\"}", 11, arena), INVALID(7),
	    "a raw NUL in a text is no JSON");
	is_text(read_shown("{}\0", 3, arena), INVALID(2),
	    "a raw NUL behind the object is no JSON");
}

/* ${count} of ${open}, a 1, and as many of ${close}, as the member "a". */
static const char *
nest(struct arena *arena, int count, const char *open, const char *close)
{
	struct text text = { .arena = arena };

	text_add_text(&text, "{\"a\":");
	for (int i = 0; i < count; i++)
		text_add_text(&text, open);
	text_add_text(&text, "1");
	for (int i = 0; i < count; i++)
		text_add_text(&text, close);
	text_add_text(&text, "}");
	return text_get(&text);
}

static void
test_depth(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	const char *json = nest(arena, 31, "[", "]");

	is_text(read_shown(json, strlen(json), arena), json,
	    "a depth of 32 is read");
	json = nest(arena, 32, "[", "]");
	is_text(read_shown(json, strlen(json), arena), INVALID(36),
	    "a depth of 33 is refused where it begins");
	json = nest(arena, 100000, "{\"x\":", "}");
	is_text(read_shown(json, strlen(json), arena), INVALID(160),
	    "a depth bomb is refused as early");
}

static void
test_values(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct text text = { .arena = arena };

	text_add_text(&text, "{\"b\":0,\"a\":[");
	for (int i = 0; i < JSON_VALUES_MAX - 4; i++)
		text_add_text(&text, "0,");
	is_int(strcmp(read_shown(text.bytes, text.length, arena),
	    "[\"body\",200004] json_invalid"), 0,
	    "as many values as are allowed are looked at");
	text_add_text(&text, "0,0]}");
	is_text(read_shown(text.bytes, text.length, arena), UNFIT("a"),
	    "one value too many is refused");
}

static void
test_number(void)
{
	ok(json_is_number("-1.5e3"), "-1.5e3 is a number");
	ok(!json_is_number(""), "nothing is no number");
	ok(!json_is_number("1 "), "a blank behind it makes no number");
	ok(!json_is_number(" 1"), "a blank before it makes no number");
	ok(!json_is_number("inf"), "inf is no number");
	ok(!json_is_number("0x1p3"), "hex is no number");
	ok(!json_is_number("1e256"), "out of all bounds is no number");
}

int
main(void)
{
	test_cases();
	test_raw_nul();
	test_depth();
	test_values();
	test_number();
	return tap_done();
}
