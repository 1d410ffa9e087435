#include "base/text.h"

#include "t/tap.h"

#define LIMIT ((size_t)2 << 20)
#define UUID "01890a5d-ac96-774b-bcce-b302099a8057"

static void
test_add(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct text text = { .arena = arena };

	is_text(text_get(&text), "", "a new text is empty");
	text_add(&text, NULL, 0);
	is_text(text_get(&text), "", "adding nothing leaves it empty");
	text_add(&text, "abc", 2);
	text_add_text(&text, "-");
	text_add_format(&text, "%d%s", 42, "!");
	is_text(text_get(&text), "ab-42!", "what is added stands in order");
	is_int((int64_t)text.length, 6, "the length is known");
	text_add(&text, "\0x", 2);
	ok(text.length == 8 && memcmp(text.bytes, "ab-42!\0x", 9) == 0,
	    "bytes may contain a NUL");
}

static void
test_growth(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct text text = { .arena = arena };
	bool whole = true;

	/* So that the last doubling below finds no room. */
	arena_alloc(arena, 40000);
	for (int i = 0; i < 20000; i++)
		text_add_format(&text, "%05d", i);
	for (int i = 0; i < 20000; i++) {
		char want[16];

		snprintf(want, sizeof(want), "%05d", i);
		whole = whole && memcmp(text.bytes + 5 * i, want, 5) == 0;
	}
	ok(whole && text.length == 100000, "growing keeps what is there");
	text_add(&text, text.bytes, text.length);
	ok(memcmp(text.bytes, text.bytes + 100000, 100000) == 0,
	    "a text can be added to itself");
	text_add_format(&text, "%*s", 300000, "");
	text_add_format(&text, "%*s", 100000, "");
	is_int((int64_t)text.length, 600000,
	    "near the arena's limit a text takes no more than it needs");
}

static void
test_json(void)
{
	static const struct {
		const char *value, *json, *name;
	} cases[] = {
		{ "", "\"\"", "an empty value is two quotes" },
		{ "plain", "\"plain\"", "plain text stays" },
		{ "a\"b\\c/", "\"a\\\"b\\\\c/\"", "quotes and backslashes" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"", "short escapes" },
		{ "\x01\x1b\x1f", "\"\\u0001\\u001b\\u001f\"",
		    "other control characters are numbered" },
		{ "\x7f ü € 𝄞", "\"\x7f ü € 𝄞\"", "the rest is as it was" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct text text = { .arena = arena };

		text_add_json(&text, cases[i].value);
		is_text(text_get(&text), cases[i].json, cases[i].name);
	}
}

static void
test_json_escapes_all(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	bool raw = false;

	for (int c = 1; c < 0x20; c++) {
		struct text text = { .arena = arena };
		const char value[] = { (char)c, '\0' };

		text_add_json(&text, value);
		raw = raw || strchr(text_get(&text), c) != NULL;
	}
	ok(!raw, "no control character is left in JSON");
}

static void
test_utf8(void)
{
	static const struct {
		const char *bytes;
		bool good;
	} cases[] = {
		{ "", true }, { "abc\x01\x7f", true },
		{ "\xc2\x80", true }, { "\xdf\xbf", true },
		{ "\xe0\xa0\x80", true }, { "\xed\x9f\xbf", true },
		{ "\xee\x80\x80", true }, { "\xef\xbf\xbf", true },
		{ "\xf0\x90\x80\x80", true }, { "\xf4\x8f\xbf\xbf", true },
		{ "\x80", false }, { "a\xbf", false },
		{ "\xc0\x80", false }, { "\xc1\xbf", false },
		{ "\xe0\x80\x80", false }, { "\xe0\x9f\xbf", false },
		{ "\xed\xa0\x80", false }, { "\xed\xbf\xbf", false },
		{ "\xf0\x8f\xbf\xbf", false }, { "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false }, { "\xff", false },
		{ "\xc2", false }, { "\xe1\x80", false },
		{ "\xf1\x80\x80", false }, { "\xc2\x41", false },
		{ "\xe1\x80\x41", false }, { "\xf1\x80\x80\x41", false },
		{ "\xf1\x80\xc0\x80", false }, { "\xc2\xc2\x80", false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		ok(text_is_utf8(cases[i].bytes, strlen(cases[i].bytes)) ==
		    cases[i].good, "UTF-8 case %zu is %s", i,
		    cases[i].good ? "good" : "bad");
	ok(!text_is_utf8("a\0b", 3), "a NUL is not text");
	ok(!text_is_utf8("\xe2\x82\xac", 2),
	    "a character that ends behind the length is not read");
}

static unsigned char *
encode(unsigned long code, unsigned char *at)
{
	if (code < 0x80) {
		*at++ = (unsigned char)code;
		return at;
	}
	if (code < 0x800) {
		*at++ = (unsigned char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*at++ = (unsigned char)(0xe0 | code >> 12);
		} else {
			*at++ = (unsigned char)(0xf0 | code >> 18);
			*at++ = (unsigned char)(0x80 | (code >> 12 & 0x3f));
		}
		*at++ = (unsigned char)(0x80 | (code >> 6 & 0x3f));
	}
	*at++ = (unsigned char)(0x80 | (code & 0x3f));
	return at;
}

static void
test_utf8_every_character(void)
{
	unsigned long wrong = 0;

	for (unsigned long code = 1; code < 0x120000; code++) {
		unsigned char bytes[4];
		size_t length = (size_t)(encode(code, bytes) - bytes);
		bool good = code <= 0x10ffff &&
		    (code < 0xd800 || code > 0xdfff);

		wrong += text_character((const char *)bytes, length) !=
		    (good ? length : 0);
		wrong += length > 1 && text_character((const char *)bytes,
		    length - 1) != 0;
	}
	is_int((int64_t)wrong, 0,
	    "characters are those of Unicode, without surrogates");
}

static void
test_characters(void)
{
	is_int((int64_t)text_characters(""), 0, "nothing has no characters");
	is_int((int64_t)text_characters("aü€𝄞"), 4,
	    "a character of several bytes counts once");
}

static void
test_nocase(void)
{
	ok(text_is("a", "a") && !text_is("a", "A"), "text_is knows case");
	ok(text_is_nocase("aZ-09[", "Az-09["), "ASCII case can be ignored");
	ok(!text_is_nocase("ab", "a") && !text_is_nocase("a", "ab"),
	    "a beginning is not the whole");
	ok(!text_is_nocase("[", "{") && !text_is_nocase("@", "`"),
	    "only letters have case");
	ok(!text_is_nocase("Ü", "ü"), "only ASCII letters have case");
}

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		int64_t number;
	} good[] = {
		{ "0", 0 }, { "-0", 0 }, { "+7", 7 }, { "007", 7 },
		{ "-12", -12 }, { "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
		{ "000000000000000000000000000001", 1 },
	};
	static const char *const bad[] = {
		"", "-", "+", " 1", "1 ", "1.0", "1e3", "0x10", "--1", "+-1",
		"1,000", "٣", "9223372036854775808", "-9223372036854775809",
		"99999999999999999999999", "1\n",
	};

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		int64_t number = 42;

		text_to_int64(good[i].text, INT64_MIN, INT64_MAX, &number);
		is_int(number, good[i].number, good[i].text);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		int64_t number = 42;

		ok(text_to_int64(bad[i], INT64_MIN, INT64_MAX, &number) == -1 &&
		    number == 42, "case %zu is no number", i);
	}
}

static void
test_bounds(void)
{
	int64_t number = 42;

	ok(text_to_int64("1", 1, 3, &number) == 0 &&
	    text_to_int64("3", 1, 3, &number) == 0, "bounds are included");
	ok(text_to_int64("0", 1, 3, &number) == -1 &&
	    text_to_int64("4", 1, 3, &number) == -1 && number == 3,
	    "what is out of bounds is refused");
}

static void
test_uuid(void)
{
	static const char *const good[] = {
		UUID, "01890A5D-AC96-774B-BCCE-B302099A8057",
		"01890a5dac96774bbcceb302099a8057", "urn:uuid:" UUID,
		"URN:Uuid:" UUID,
	};
	static const char *const bad[] = {
		"", "-", UUID "0", UUID " ", " " UUID, "{" UUID "}",
		"01890a5d-ac96-774b-bcce-b302099a805",
		"01890a5d-ac96-774b-bcce-b302099a805g",
		"01890a5dac96-774b-bcce-b302099a8057",
		"01890a5d-ac96774bbcceb302099a8057",
		"01890a5d-ac96-774b-bcceb302099a8057",
		"0189-0a5d-ac96-774b-bcceb302099a8057",
		"01890a5dac96774bbcceb302099a80570",
		"urn:uuid:01890a5dac96774bbcceb302099a8057", "urn:uuid:",
		"urn:uid:" UUID, "urn:uuid:urn:uuid:" UUID,
	};

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		char canonical[UUID_TEXT_BYTES] = "";

		text_to_uuid(good[i], canonical);
		is_text(canonical, UUID, good[i]);
		ok(text_is_uuid(good[i]) == (i == 0),
		    "only what is canonical passes for it: %s", good[i]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		char canonical[UUID_TEXT_BYTES] = "as it was";

		ok(text_to_uuid(bad[i], canonical) == -1 &&
		    text_is(canonical, "as it was"), "\"%s\" is no UUID",
		    bad[i]);
	}
}

static void
test_hex(void)
{
	static const char *const bad[] = {
		"", "00", "000", "0000000", "000000000", "00 00 00",
		"0000000g", "0x000000", " 00000000",
	};
	unsigned char bytes[4] = { 0x00, 0x7f, 0xa0, 0xff };
	char hex[9];

	text_from_bytes(bytes, 4, hex);
	is_text(hex, "007fa0ff", "bytes become lower-case hex");
	text_from_bytes(bytes, 0, hex);
	is_text(hex, "", "no bytes become no hex");
	ok(text_to_bytes("DeadBEEF", bytes, 4) == 0 &&
	    memcmp(bytes, "\xde\xad\xbe\xef", 4) == 0,
	    "hex of either case becomes bytes");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ok(text_to_bytes(bad[i], bytes, 4) == -1 && bytes[0] == 0xde,
		    "\"%s\" is not 4 bytes of hex", bad[i]);
}

int
main(void)
{
	test_add();
	test_growth();
	test_json();
	test_json_escapes_all();
	test_utf8();
	test_utf8_every_character();
	test_characters();
	test_nocase();
	test_numbers();
	test_bounds();
	test_uuid();
	test_hex();
	return tap_done();
}
