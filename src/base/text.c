#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_ROOM ((size_t)64)

/* Table 3-7 of the Unicode standard: what may stand in the first two bytes. */
static const struct utf8_form {
	unsigned char low, high;       /* of the first byte */
	unsigned char length;
	unsigned char second_low, second_high;
} utf8_forms[] = {
	{ 0x01, 0x7f, 1, 0, 0 },
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

/* Room for ${more} bytes and a NUL.  What was there before stays readable. */
static char *
reserve(struct text *text, size_t more)
{
	size_t need, room = text->room * 2;
	char *bytes;

	if (__builtin_add_overflow(text->length, more, &need) ||
	    __builtin_add_overflow(need, 1, &need))
		abort();
	if (need <= text->room)
		return text->bytes + text->length;
	if (room < FIRST_ROOM)
		room = FIRST_ROOM;
	if (room < need || room > arena_left(text->arena))
		room = need;
	bytes = arena_alloc(text->arena, room);
	if (text->length > 0)
		memcpy(bytes, text->bytes, text->length);
	text->bytes = bytes;
	text->room = room;
	return bytes + text->length;
}

void
text_add(struct text *text, const char *bytes, size_t length)
{
	char *end = reserve(text, length);

	if (length > 0)
		memcpy(end, bytes, length);
	end[length] = '\0';
	text->length += length;
}

void
text_add_text(struct text *text, const char *more)
{
	text_add(text, more, strlen(more));
}

void
text_add_format(struct text *text, const char *fmt, ...)
{
	va_list ap, again;
	int length;

	va_start(ap, fmt);
	va_copy(again, ap);
	length = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(length >= 0);
	vsnprintf(reserve(text, (size_t)length), (size_t)length + 1, fmt, ap);
	va_end(ap);
	text->length += (size_t)length;
}

static void
add_json_escape(struct text *text, unsigned char byte)
{
	static const char shorts[][3] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\b'] = "\\b",
		['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r",
		['\t'] = "\\t",
	};

	if (shorts[byte][0] != '\0')
		text_add(text, shorts[byte], 2);
	else
		text_add_format(text, "\\u%04x", byte);
}

void
text_add_json(struct text *text, const char *value)
{
	static const char escaped[] =
	    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
	    "\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\"\\";

	text_add(text, "\"", 1);
	for (;;) {
		size_t plain = strcspn(value, escaped);

		text_add(text, value, plain);
		value += plain;
		if (*value == '\0')
			break;
		add_json_escape(text, (unsigned char)*value++);
	}
	text_add(text, "\"", 1);
}

const char *
text_get(const struct text *text)
{
	return text->bytes != NULL ? text->bytes : "";
}

static bool
is_between(unsigned char byte, unsigned char low, unsigned char high)
{
	return byte >= low && byte <= high;
}

size_t
text_character(const char *bytes, size_t length)
{
	const unsigned char *byte = (const unsigned char *)bytes;
	const struct utf8_form *form = utf8_forms;
	const struct utf8_form *end = form + COUNT_OF(utf8_forms);

	if (length == 0)
		return 0;
	while (form < end && !is_between(byte[0], form->low, form->high))
		form++;
	if (form == end || form->length > length)
		return 0;
	if (form->length > 1 &&
	    !is_between(byte[1], form->second_low, form->second_high))
		return 0;
	for (size_t i = 2; i < form->length; i++)
		if (!is_between(byte[i], 0x80, 0xbf))
			return 0;
	return form->length;
}

bool
text_is_utf8(const char *bytes, size_t length)
{
	while (length > 0) {
		size_t step = text_character(bytes, length);

		if (step == 0)
			return false;
		bytes += step;
		length -= step;
	}
	return true;
}

size_t
text_characters(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* strcasecmp would ask the locale. */
static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* How many of the first characters are the same. */
static size_t
same_nocase(const char *a, const char *b)
{
	size_t same = 0;

	while (a[same] != '\0' && lower(a[same]) == lower(b[same]))
		same++;
	return same;
}

bool
text_is_nocase(const char *a, const char *b)
{
	size_t same = same_nocase(a, b);

	return a[same] == '\0' && b[same] == '\0';
}

/* Counted downwards, because INT64_MIN has no positive twin. */
static int
minus_digits(const char *digits, int64_t *minus)
{
	int64_t sum = 0;

	if (*digits == '\0')
		return -1;
	for (; *digits != '\0'; digits++)
		if (*digits < '0' || *digits > '9' ||
		    __builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_sub_overflow(sum, *digits - '0', &sum))
			return -1;
	*minus = sum;
	return 0;
}

int
text_to_int64(const char *text, int64_t low, int64_t high, int64_t *number)
{
	bool negative = *text == '-';
	int64_t found;

	if (*text == '-' || *text == '+')
		text++;
	if (minus_digits(text, &found) != 0)
		return -1;
	if (!negative && __builtin_sub_overflow(0, found, &found))
		return -1;
	if (found < low || found > high)
		return -1;
	*number = found;
	return 0;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

int
text_to_uuid(const char *text, char canonical[UUID_TEXT_BYTES])
{
	static const char urn[] = "urn:uuid:";
	char found[UUID_TEXT_BYTES] = "";
	bool has_urn = same_nocase(urn, text) == strlen(urn);
	bool has_hyphens;

	if (has_urn)
		text += strlen(urn);
	has_hyphens = has_urn || strcspn(text, "-") == 8;
	for (size_t i = 0; i < UUID_TEXT_BYTES - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			found[i] = '-';
			if (has_hyphens && *text++ != '-')
				return -1;
		} else {
			if (!is_hex(*text))
				return -1;
			found[i] = (char)lower(*text++);
		}
	}
	if (*text != '\0')
		return -1;
	memcpy(canonical, found, UUID_TEXT_BYTES);
	return 0;
}

bool
text_is_uuid(const char *text)
{
	char canonical[UUID_TEXT_BYTES];

	return text_to_uuid(text, canonical) == 0 && text_is(text, canonical);
}

void
text_from_bytes(const unsigned char *bytes, size_t length, char *hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 0x0f];
	}
	*hex = '\0';
}

static unsigned char
hex_value(char c)
{
	return (unsigned char)(c <= '9' ? c - '0' : lower(c) - 'a' + 10);
}

int
text_to_bytes(const char *hex, unsigned char *bytes, size_t length)
{
	size_t digits = 0;

	while (is_hex(hex[digits]))
		digits++;
	if (hex[digits] != '\0' || digits % 2 != 0 || digits / 2 != length)
		return -1;
	for (size_t i = 0; i < length; i++)
		bytes[i] = (unsigned char)(hex_value(hex[2 * i]) << 4 |
		    hex_value(hex[2 * i + 1]));
	return 0;
}
