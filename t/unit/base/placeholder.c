#include "base/placeholder.h"

#include "t/tap.h"

static const char *const placeholders[] = {
	"changeme", "CHANGEME", "change-me", "Change_Me!", "change me",
	"change -- me",
	"secret-changeme-please", "key-to-change-in-production",
	"change-this-to-something-long-and-random", "secret", "Secret",
	"SECRET_KEY", "password", "replace", "replace-with-64-hex-digits",
	"REPLACE_ME", "replaceme", "your-secret-key", "your_secret_key",
	"<your secret key>", "{{ your-key }}", "${YOUR_KEY}",
	"insert-key-here", "enter key", "a-placeholder", "example",
	"example-secret", "super-secret-jwt-key", "supersecretkey", "none",
	"null", "TODO",
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	"1234567890", "a", "xx", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	"********", "00000000000000000000000000000000",
	"abcabcabcabc", "abcdabcdabcdabcda", "--------",
};

static const char *const secrets[] = {
	"correct horse battery staple", "yourselves", "Tr0ub4dor&3",
	"6f1c5d2a9e3b48877dd0aa15c2f4e6b90813a7bc54d1ef2266f09b3c8a7e5d41",
	"hJ8vQm2ZxN7rT4wK1yB6cF9dG3sL5pA0eU+iO/nR2tY=", "abab", "abcabc",
	"my-password-is-long", "the-secret-garden-of-1911", "exampled",
	"nonexistent-nullable-todos", "postgres", "aaaaaaaaaaaaaaab",
};

int
main(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);

	for (size_t i = 0; i < COUNT_OF(placeholders); i++)
		ok(placeholder_is(placeholders[i], arena),
		    "\"%s\" is a placeholder", placeholders[i]);
	for (size_t i = 0; i < COUNT_OF(secrets); i++)
		ok(!placeholder_is(secrets[i], arena),
		    "\"%s\" may be a secret", secrets[i]);
	ok(!placeholder_is("", arena), "nothing is no placeholder");
	ok(placeholder_is_repetition("\0\0\0\0", 4),
	    "bytes of zero are a repetition");
	ok(!placeholder_is_repetition("\0\0\0\1", 4),
	    "the last byte counts");
	ok(!placeholder_is_repetition(NULL, 0), "no bytes do not repeat");
	return tap_done();
}
