#include "base/scope.h"
#include "crypto/base64url.h"
#include "t/tap.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "abcdefghijklmnopqrstuvwxyz0123456789-_";

/* RFC 4648, section 10, without padding; and the two characters of its own. */
static const struct {
	const char *bytes, *text;
} vectors[] = {
	{ "", "" },
	{ "f", "Zg" },
	{ "fo", "Zm8" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg" },
	{ "fooba", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xef\xbe", "----" },
	{ "\xff\xff\xff", "____" },
};

static const struct {
	const char *text, *name;
} refused[] = {
	{ "A", "a single character" },
	{ "AAAAA", "a length of 4n + 1" },
	{ "Zg==", "padding" },
	{ "Zm8=", "one padding character" },
	{ "Zh", "bits behind one byte" },
	{ "Zm9", "bits behind two bytes" },
	{ "Zm9v+g", "the + of plain base64" },
	{ "Zm9v/w", "the / of plain base64" },
	{ "Zm9vYm\n", "a newline at the end" },
	{ "Zm 9vYg", "a space inside" },
	{ "Zm9v\xc3\xa9", "characters outside ASCII" },
	{ "Zm9v.g", "a dot" },
};

static void
test_vectors(void)
{
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct bytes bytes = bytes_of_text(vectors[i].bytes);
		unsigned char decoded[16];
		char text[BASE64URL_TEXT_BYTES(16)];
		size_t length = 99;

		base64url_encode(bytes, text);
		is_text(text, vectors[i].text, "a vector of RFC 4648 encodes");
		ok(base64url_decode(bytes_of_text(text), decoded,
		    bytes.length, &length) == 0 && length == bytes.length &&
		    memcmp(decoded, bytes.at, length) == 0,
		    "\"%s\" decodes again, into just enough room", text);
	}
}

static void
test_refused(void)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		unsigned char bytes[16] = "untouched";
		size_t length = 99;

		ok(base64url_decode(bytes_of_text(refused[i].text), bytes,
		    sizeof(bytes), &length) == -1 && length == 99 &&
		    memcmp(bytes, "untouched", 10) == 0,
		    "%s is refused and nothing is written",
		    refused[i].name);
	}
}

static void
test_room(void)
{
	unsigned char bytes[3] = "ab";
	size_t length = 99;

	ok(base64url_decode(bytes_of_text("Zm9v"), bytes, 2, &length) == -1 &&
	    length == 99 && memcmp(bytes, "ab", 3) == 0,
	    "more bytes than there is room for are refused");
	ok(base64url_decode(bytes_of("Zm9v!", 4), bytes, 3, &length) == 0 &&
	    length == 3, "what lies behind the length is not read");
}

static void
test_all_lengths(void)
{
	unsigned char bytes[70], decoded[70];
	char text[BASE64URL_TEXT_BYTES(70)];
	bool same = true;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 37 + 201);
	for (size_t i = 0; i <= sizeof(bytes); i++) {
		size_t length = 99;

		base64url_encode(bytes_of(bytes, i), text);
		same = same && strlen(text) + 1 == BASE64URL_TEXT_BYTES(i) &&
		    base64url_decode(bytes_of_text(text), decoded,
		    sizeof(decoded), &length) == 0 && length == i &&
		    memcmp(bytes, decoded, i) == 0;
	}
	ok(same, "every length up to 70 fills its room and comes back");
}

/* Of all texts of two and of three characters, how many decode? */
static void
test_one_text_per_value(void)
{
	int two = 0, three = 0;
	unsigned char bytes[2];
	size_t length;

	for (int i = 0; i < 64 * 64 * 64; i++) {
		char text[] = { letters[i >> 12], letters[i >> 6 & 63],
			letters[i & 63] };

		two += i < 64 * 64 && base64url_decode(bytes_of(text + 1, 2),
		    bytes, 2, &length) == 0;
		three += base64url_decode(bytes_of(text, 3), bytes, 2,
		    &length) == 0;
	}
	is_int(two, 256, "one byte has one text");
	is_int(three, 65536, "two bytes have one text");
}

int
main(void)
{
	test_vectors();
	test_refused();
	test_room();
	test_all_lengths();
	test_one_text_per_value();
	return tap_done();
}
