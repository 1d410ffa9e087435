#include "http/json.h"

#include <assert.h>
#include <json-c/json.h>
#include <limits.h>
#include <stdlib.h>

#include "base/text.h"

struct scan {
	const char *at, *end;
	unsigned depth;
	size_t values, members;
	const char *member;            /* of the outermost object; raw */
	size_t member_length;
	const char *message;           /* what is wrong at ${at} */
	bool is_unfit;                 /* it is JSON, but not for us */
};

static int scan_value(struct scan *scan);

static int
malformed(struct scan *scan, const char *message)
{
	scan->message = message;
	return -1;
}

static int
unfit(struct scan *scan, const char *message)
{
	scan->message = message;
	scan->is_unfit = true;
	return -1;
}

static size_t
left(const struct scan *scan)
{
	return (size_t)(scan->end - scan->at);
}

/* The next byte; at the end a NUL, which is never right. */
static char
next(const struct scan *scan)
{
	if (scan->at == scan->end)
		return '\0';
	return *scan->at;
}

static bool
skip(struct scan *scan, char byte)
{
	if (scan->at == scan->end || *scan->at != byte)
		return false;
	scan->at++;
	return true;
}

static void
skip_space(struct scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' ||
	    *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r'))
		scan->at++;
}

static size_t
skip_digits(struct scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return (size_t)(scan->at - start);
}

/* The code unit of the \uXXXX at ${bytes}; -1 if it is none. */
static int
code_unit(const char *bytes, size_t length)
{
	unsigned char unit[2];
	char hex[5] = "";

	if (length < 6 || bytes[0] != '\\' || bytes[1] != 'u')
		return -1;
	memcpy(hex, bytes + 2, 4);
	if (text_to_bytes(hex, unit, sizeof(unit)) != 0)
		return -1;
	return unit[0] << 8 | unit[1];
}

static bool
is_high_surrogate(int unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool
is_low_surrogate(int unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static int
scan_unicode_escape(struct scan *scan)
{
	int unit = code_unit(scan->at, left(scan));

	if (unit < 0)
		return malformed(scan, "\\u wants four hex digits");
	if (unit == 0)
		return unfit(scan, "no text may hold a NUL");
	if (is_low_surrogate(unit))
		return unfit(scan, "half a surrogate pair");
	scan->at += 6;
	if (!is_high_surrogate(unit))
		return 0;
	if (!is_low_surrogate(code_unit(scan->at, left(scan))))
		return unfit(scan, "half a surrogate pair");
	scan->at += 6;
	return 0;
}

static int
scan_escape(struct scan *scan)
{
	if (left(scan) < 2)
		return malformed(scan, "the text ends in a string");
	if (scan->at[1] == 'u')
		return scan_unicode_escape(scan);
	if (scan->at[1] == '\0' ||
	    strchr("\"\\/bfnrt", scan->at[1]) == NULL)
		return malformed(scan, "no such escape");
	scan->at += 2;
	return 0;
}

static int
scan_string(struct scan *scan)
{
	if (!skip(scan, '"'))
		return malformed(scan, "a string in double quotes is wanted");
	while (!skip(scan, '"')) {
		size_t step = text_character(scan->at, left(scan));

		if (scan->at == scan->end)
			return malformed(scan, "the text ends in a string");
		if (step == 0)
			return malformed(scan, "not UTF-8");
		if ((unsigned char)*scan->at < 0x20)
			return malformed(scan, "a control character in a "
			    "string must be escaped");
		if (*scan->at != '\\')
			scan->at += step;
		else if (scan_escape(scan) != 0)
			return -1;
	}
	return 0;
}

/* The part behind the `e`. */
static int
scan_exponent(struct scan *scan, int *exponent)
{
	const char *start;

	if (!skip(scan, '+'))
		skip(scan, '-');
	start = scan->at;
	if (skip_digits(scan) == 0)
		return malformed(scan, "an exponent wants digits");
	for (*exponent = 0; start < scan->at; start++)
		if (*exponent <= JSON_EXPONENT_MAX)
			*exponent = *exponent * 10 + (*start - '0');
	return 0;
}

static int
scan_number(struct scan *scan)
{
	const char *start = scan->at;
	bool is_integer = true;
	int exponent = 0;
	size_t digits;

	skip(scan, '-');
	digits = skip(scan, '0') ? 1 : skip_digits(scan);
	if (digits == 0)
		return malformed(scan, "a value is wanted");
	if (skip(scan, '.')) {
		is_integer = false;
		if (skip_digits(scan) == 0)
			return malformed(scan, "a fraction wants digits");
	}
	if (skip(scan, 'e') || skip(scan, 'E')) {
		is_integer = false;
		if (scan_exponent(scan, &exponent) != 0)
			return -1;
	}
	if (scan->at - start > JSON_NUMBER_MAX ||
	    (is_integer && digits > JSON_INTEGER_DIGITS) ||
	    exponent > JSON_EXPONENT_MAX)
		return unfit(scan, "a number is out of all bounds");
	return 0;
}

static int
scan_member(struct scan *scan)
{
	const char *name = scan->at + 1;

	if (scan->depth == 1)
		scan->member = NULL;
	if (scan_string(scan) != 0)
		return -1;
	if (scan->depth == 1) {
		scan->member = name;
		scan->member_length = (size_t)(scan->at - 1 - name);
	}
	skip_space(scan);
	if (!skip(scan, ':'))
		return malformed(scan, "`:` is wanted");
	scan->members++;
	return scan_value(scan);
}

/* What stands between the brackets, of which the first is behind us. */
static int
scan_items(struct scan *scan, int (*scan_item)(struct scan *scan), char closing)
{
	skip_space(scan);
	if (skip(scan, closing))
		return 0;
	for (;;) {
		skip_space(scan);
		if (scan_item(scan) != 0)
			return -1;
		skip_space(scan);
		if (skip(scan, closing))
			return 0;
		if (!skip(scan, ','))
			return malformed(scan, closing == '}' ?
			    "`,` or `}` is wanted" : "`,` or `]` is wanted");
	}
}

static int
scan_nest(struct scan *scan)
{
	bool is_object = *scan->at == '{';
	int rc;

	if (scan->depth == JSON_DEPTH_MAX)
		return malformed(scan, "too deep");
	scan->at++;
	scan->depth++;
	rc = scan_items(scan, is_object ? scan_member : scan_value,
	    is_object ? '}' : ']');
	scan->depth--;
	return rc;
}

static int
scan_word(struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	if (left(scan) < length || memcmp(scan->at, word, length) != 0)
		return malformed(scan, "a value is wanted");
	scan->at += length;
	return 0;
}

static int
scan_value(struct scan *scan)
{
	skip_space(scan);
	if (++scan->values > JSON_VALUES_MAX)
		return unfit(scan, "too many values");
	switch (next(scan)) {
	case '{':
	case '[':
		return scan_nest(scan);
	case '"':
		return scan_string(scan);
	case 't':
		return scan_word(scan, "true");
	case 'f':
		return scan_word(scan, "false");
	case 'n':
		return scan_word(scan, "null");
	default:
		return scan_number(scan);
	}
}

static int
scan_document(struct scan *scan)
{
	if (scan_value(scan) != 0)
		return -1;
	scan->member = NULL;
	skip_space(scan);
	if (scan->at < scan->end)
		return malformed(scan, "nothing may follow the value");
	return 0;
}

bool
json_is_number(const char *text)
{
	struct scan scan = { .at = text, .end = text + strlen(text) };

	return scan_number(&scan) == 0 && scan.at == scan.end;
}

static const struct place body = { .name = "body" };

static void
complain_invalid(struct complaints *complaints, size_t offset,
    const char *message)
{
	const struct place place = { .parent = &body, .index = offset };

	complain(complaints, &place, "json_invalid", "not valid JSON: %s",
	    message);
}

static void
complain_unfit(struct complaints *complaints, const struct scan *scan)
{
	struct place place = { .parent = &body };

	if (scan->member == NULL ||
	    memchr(scan->member, '\\', scan->member_length) != NULL) {
		complain(complaints, &body, "value_error", "%s",
		    scan->message);
		return;
	}
	place.name = arena_copy(complaints->arena, scan->member,
	    scan->member_length);
	complain(complaints, &place, "value_error", "%s", scan->message);
}

static size_t
count_members(struct json_object *json)
{
	size_t count = 0;

	if (json_object_is_type(json, json_type_object)) {
		json_object_object_foreach(json, name, value) {
			(void)name;
			count += 1 + count_members(value);
		}
	} else if (json_object_is_type(json, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(json); i++)
			count += count_members(
			    json_object_array_get_idx(json, i));
	}
	return count;
}

DEFINE_RELEASE(tokener_release, struct json_tokener *, json_tokener_free)
DEFINE_RELEASE(json_release, struct json_object *, json_object_put)

/* The tree of a sound document; NULL unless it is an object and fits memory. */
static struct json_object *
build_tree(const char *bytes, size_t length)
{
	/* json-c counts the scalars in the innermost as one deeper. */
	SCOPED(tokener_release) struct json_tokener *tokener =
	    json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	SCOPED(json_release) struct json_object *json = NULL;

	if (tokener == NULL)
		abort();
	assert(length <= INT_MAX);
	json = json_tokener_parse_ex(tokener, bytes, (int)length);
	return json_object_is_type(json, json_type_object) ? take(json) : NULL;
}

struct json_object *
json_read_object(const char *bytes, size_t length,
    struct complaints *complaints)
{
	SCOPED(json_release) struct json_object *json = NULL;
	struct scan scan = { .at = bytes, .end = bytes + length };

	if (scan_document(&scan) != 0) {
		if (scan.is_unfit)
			complain_unfit(complaints, &scan);
		else
			complain_invalid(complaints,
			    (size_t)(scan.at - bytes), scan.message);
		return NULL;
	}
	json = build_tree(bytes, length);
	if (json == NULL) {
		complain(complaints, &body, "model_attributes_type",
		    "must be an object");
		return NULL;
	}
	/* Each colon was a member, and json-c kept one of each name. */
	if (count_members(json) != scan.members) {
		complain_invalid(complaints, length,
		    "an object has two members of the same name");
		return NULL;
	}
	return take(json);
}
