#include <stdlib.h>

#include "base/clock.h"
#include "base/scope.h"
#include "crypto/random.h"
#include "t/tap.h"

#define DRAWS 62000

static bool
only_letters_and_digits(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
	    == length;
}

/*
 * Chi-squared of 62 letters, 1000 expected of each.  With 61 degrees of
 * freedom a fair generator exceeds 150 less than once in 10^8 runs; one that
 * takes bytes modulo 62 comes to about 550.
 */
static double
chi_squared(void)
{
	static char text[DRAWS + 1];
	unsigned seen[256] = { 0 };
	double sum = 0;

	random_alphanumeric(text, DRAWS);
	for (size_t i = 0; i < DRAWS; i++)
		seen[(unsigned char)text[i]]++;
	for (size_t i = 0; i < COUNT_OF(seen); i++)
		if (seen[i] > 0)
			sum += (seen[i] - 1000.0) * (seen[i] - 1000.0) / 1000.0;
	return sum;
}

static void
test_alphanumeric(void)
{
	char key[RANDOM_API_KEY + 1], other[RANDOM_API_KEY + 1];
	char long_one[1001], none[1] = { 'x' };

	random_alphanumeric(key, RANDOM_API_KEY);
	random_alphanumeric(other, RANDOM_API_KEY);
	ok(only_letters_and_digits(key, 32),
	    "an API key is 32 letters and digits");
	ok(strcmp(key, other) != 0, "two API keys differ");
	random_alphanumeric(long_one, 1000);
	ok(only_letters_and_digits(long_one, 1000),
	    "a text longer than the pool is letters and digits throughout");
	random_alphanumeric(none, 0);
	is_text(none, "", "no characters make an empty text");
	ok(chi_squared() < 150, "all letters are equally likely");
}

static void
test_bytes(void)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 }, zeros[32] = { 0 };

	random_bytes(a, sizeof(a));
	random_bytes(b, sizeof(b));
	ok(memcmp(a, zeros, sizeof(a)) != 0 && memcmp(a, b, sizeof(a)) != 0,
	    "random bytes are not zeros and differ from draw to draw");
	random_secret(a, sizeof(a));
	random_secret(b, sizeof(b));
	ok(memcmp(a, zeros, sizeof(a)) != 0 && memcmp(a, b, sizeof(a)) != 0,
	    "secret bytes are not zeros and differ from draw to draw");
}

static int64_t
milliseconds_of(const char *uuid)
{
	char digits[13];

	snprintf(digits, sizeof(digits), "%.8s%.4s", uuid, uuid + 9);
	return strtoll(digits, NULL, 16);
}

static void
test_uuid(void)
{
	char uuid[UUID_TEXT_BYTES], other[UUID_TEXT_BYTES];
	char canonical[UUID_TEXT_BYTES];
	int64_t before = clock_now() / 1000, after;

	random_uuid(uuid);
	after = clock_now() / 1000;
	random_uuid(other);
	ok(text_to_uuid(uuid, canonical) == 0 && text_is(uuid, canonical),
	    "a UUID is in canonical form");
	ok(uuid[14] == '7', "its version is 7");
	ok(strchr("89ab", uuid[19]) != NULL, "its variant is that of RFC 9562");
	ok(milliseconds_of(uuid) >= before && milliseconds_of(uuid) <= after,
	    "it begins with the millisecond of its making");
	ok(strcmp(uuid + 15, other + 15) != 0, "two UUIDs differ behind that");
}

int
main(void)
{
	test_bytes();
	test_alphanumeric();
	test_uuid();
	return tap_done();
}
