#include "base/placeholder.h"

#include <string.h>

#include "base/text.h"

enum where { WHOLE, START, ANYWHERE };

/* In the form that in_words gives them. */
static const struct {
	const char *words;
	enum where where;
} placeholders[] = {
	{ "changeme", ANYWHERE },
	{ "change-me", ANYWHERE },
	{ "change-this", ANYWHERE },
	{ "change-it", ANYWHERE },
	{ "change-in-production", ANYWHERE },
	{ "placeholder", ANYWHERE },
	{ "not-a-secret", ANYWHERE },
	{ "replace", START },
	{ "your-", START },
	{ "insert-", START },
	{ "enter-", START },
	{ "example-", START },
	{ "super-secret", START },
	{ "supersecret", START },
	{ "0123456789abcdef", START },
	{ "1234567890", START },
	{ "changeit", WHOLE },
	{ "example", WHOLE },
	{ "none", WHOLE },
	{ "null", WHOLE },
	{ "password", WHOLE },
	{ "secret", WHOLE },
	{ "secret-key", WHOLE },
	{ "todo", WHOLE },
};

/* Lower-case letters and digits, a hyphen for what else is between them. */
static const char *
in_words(const char *value, struct arena *arena)
{
	char *words = arena_alloc(arena, strlen(value) + 1), *end = words;

	for (; *value != '\0'; value++) {
		char c = *value;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			*end++ = c;
		else if (end > words && end[-1] != '-')
			*end++ = '-';
	}
	if (end > words && end[-1] == '-')
		end[-1] = '\0';
	return words;
}

bool
placeholder_is(const char *value, struct arena *arena)
{
	const char *words = in_words(value, arena);

	for (size_t i = 0; i < COUNT_OF(placeholders); i++) {
		const char *at = strstr(words, placeholders[i].words);

		if (at == NULL)
			continue;
		if (placeholders[i].where == ANYWHERE ||
		    (placeholders[i].where == START && at == words) ||
		    text_is(words, placeholders[i].words))
			return true;
	}
	return placeholder_is_repetition(value, strlen(value));
}

bool
placeholder_is_repetition(const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;

	if (length == 0)
		return false;
	for (size_t unit = 1; unit == 1 || unit <= length / 4; unit++)
		if (memcmp(byte, byte + unit, length - unit) == 0)
			return true;
	return false;
}
