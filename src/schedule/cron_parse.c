#include "schedule/cron.h"

#include <string.h>

#include "base/scope.h"

#define FIELDS 5

/* A part of an expression: not ended by a NUL. */
struct piece {
	const char *at;
	size_t length;
};

enum field { MINUTE, HOUR, MDAY, MONTH, WDAY };

static const struct field_kind {
	const char *name;
	int low, high;
	int first_name;                /* what names[0] stands for */
	const char *names[12];
} field_kinds[FIELDS] = {
	[MINUTE] = { .name = "minute", .low = 0, .high = 59 },
	[HOUR] = { .name = "hour", .low = 0, .high = 23 },
	[MDAY] = { .name = "day of month", .low = 1, .high = 31 },
	[MONTH] = { .name = "month", .low = 1, .high = 12, .first_name = 1,
	    .names = { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug",
	    "sep", "oct", "nov", "dec" } },
	[WDAY] = { .name = "day of week", .low = 0, .high = 7,
	    .names = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" } },
};

static const struct {
	const char *name, *text;
} aliases[] = {
	{ "@hourly",   "0 * * * *" },
	{ "@daily",    "0 0 * * *" },
	{ "@midnight", "0 0 * * *" },
	{ "@weekly",   "0 0 * * 0" },
	{ "@monthly",  "0 0 1 * *" },
	{ "@yearly",   "0 0 1 1 *" },
	{ "@annually", "0 0 1 1 *" },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static bool
piece_is(struct piece piece, const char *text)
{
	if (piece.length != strlen(text))
		return false;
	for (size_t i = 0; i < piece.length; i++)
		if (lower(piece.at[i]) != text[i])
			return false;
	return true;
}

/* Cut ${piece} before its first ${mark}; yields what is behind it. */
static bool
cut(struct piece *piece, char mark, struct piece *behind)
{
	const char *found = memchr(piece->at, mark, piece->length);

	if (found == NULL)
		return false;
	*behind = (struct piece){ found + 1,
		piece->length - (size_t)(found + 1 - piece->at) };
	piece->length = (size_t)(found - piece->at);
	return true;
}

/* One to ${most} digits; -1 for anything else. */
static int
read_digits(struct piece piece, size_t most)
{
	int sum = 0;

	if (piece.length == 0 || piece.length > most)
		return -1;
	for (size_t i = 0; i < piece.length; i++) {
		if (!is_digit(piece.at[i]))
			return -1;
		sum = sum * 10 + piece.at[i] - '0';
	}
	return sum;
}

static int
complain(const struct field_kind *kind, struct failure *why,
    const char *what)
{
	return fail(why, FAULT_INVALID, "%s: %s", kind->name, what);
}

/* A number or a name of ${kind}; -1 if ${piece} is neither. */
static int
find_value(const struct field_kind *kind, struct piece piece)
{
	int found = read_digits(piece, 2);

	for (size_t i = 0; i < COUNT_OF(kind->names); i++)
		if (kind->names[i] != NULL && piece_is(piece, kind->names[i]))
			found = kind->first_name + (int)i;
	return found >= kind->low && found <= kind->high ? found : -1;
}

static int
read_value(const struct field_kind *kind, struct piece piece, int *value,
    struct failure *why)
{
	int found = find_value(kind, piece);

	if (found < 0)
		return fail(why, FAULT_INVALID, "%s: numbers go from %d to "
		    "%d%s", kind->name, kind->low, kind->high,
		    kind->names[0] != NULL ? ", names have three letters" :
		    "");
	*value = found;
	return 0;
}

/* Everything before a step: `*`, `?`, `n` or `a-b`. */
static int
read_span(const struct field_kind *kind, struct piece piece, bool stepped,
    int *first, int *last, struct failure *why)
{
	struct piece behind;

	if (piece_is(piece, "*") || piece_is(piece, "?")) {
		*first = kind->low;
		*last = kind->high;
		return 0;
	}
	if (!cut(&piece, '-', &behind)) {
		if (read_value(kind, piece, first, why) != 0)
			return -1;
		*last = stepped ? kind->high : *first;
		return 0;
	}
	if (read_value(kind, piece, first, why) != 0 ||
	    read_value(kind, behind, last, why) != 0)
		return -1;
	return *first <= *last ? 0 :
	    complain(kind, why, "a range runs backwards");
}

static int
read_part(const struct field_kind *kind, struct piece piece, uint64_t *bits,
    struct failure *why)
{
	struct piece behind;
	bool stepped = cut(&piece, '/', &behind);
	int step = stepped ? read_digits(behind, 3) : 1;
	int first = 0, last = 0;

	if (step < 1)
		return complain(kind, why, "a step is a number from 1");
	if (read_span(kind, piece, stepped, &first, &last, why) != 0)
		return -1;
	for (int value = first; value <= last; value += step)
		*bits |= UINT64_C(1) << value;
	return 0;
}

/* `d#n` or `dL`; false if ${piece} is neither. */
static bool
read_nth(struct piece piece, struct cron *cron)
{
	struct piece behind;
	int wday, nth = 0;

	if (cut(&piece, '#', &behind)) {
		if ((nth = read_digits(behind, 1)) < 1 || nth > 5)
			return false;
	} else if (piece.length > 1 &&
	    lower(piece.at[piece.length - 1]) == 'l') {
		piece.length--;
	} else {
		return false;
	}
	if (piece.length == 2 ||
	    (wday = find_value(&field_kinds[WDAY], piece)) < 0)
		return false;
	cron->nth[wday % 7] |= (uint8_t)(1 << nth);
	return true;
}

/* A comma list.  ${bits} and, for days of the week, ${cron} are filled. */
static int
read_field(enum field field, struct piece piece, struct cron *cron,
    uint64_t *bits, struct failure *why)
{
	const struct field_kind *kind = &field_kinds[field];
	struct piece behind = { 0 };
	bool more;

	do {
		more = cut(&piece, ',', &behind);
		if (field == MDAY && piece_is(piece, "l"))
			*bits |= 1;
		else if ((field != WDAY || !read_nth(piece, cron)) &&
		    read_part(kind, piece, bits, why) != 0)
			return -1;
		piece = behind;
	} while (more);
	return 0;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* How many pieces ${text} has; the first FIELDS are put into ${pieces}. */
static size_t
split(const char *text, struct piece pieces[FIELDS])
{
	size_t count = 0;

	for (;;) {
		const char *start;

		while (is_space(*text))
			text++;
		if (*text == '\0')
			return count;
		start = text;
		while (*text != '\0' && !is_space(*text))
			text++;
		if (count < FIELDS)
			pieces[count] = (struct piece){ start,
				(size_t)(text - start) };
		count++;
	}
}

static size_t
split_aliased(const char *text, struct piece pieces[FIELDS])
{
	size_t count = split(text, pieces);

	for (size_t i = 0; count == 1 && i < COUNT_OF(aliases); i++)
		if (piece_is(pieces[0], aliases[i].name))
			return split(aliases[i].text, pieces);
	return count;
}

static bool
begins_with_star(struct piece piece)
{
	return piece.at[0] == '*' || piece.at[0] == '?';
}

static int
read_expression(const char *text, struct cron *cron, struct failure *why)
{
	struct piece pieces[FIELDS];
	uint64_t bits[FIELDS] = { 0 };

	if (strnlen(text, CRON_TEXT_MOST + 1) > CRON_TEXT_MOST)
		return fail(why, FAULT_INVALID, "more than %d bytes",
		    CRON_TEXT_MOST);
	if (split_aliased(text, pieces) != FIELDS)
		return fail(why, FAULT_INVALID, "five fields are needed: "
		    "minute, hour, day of month, month, day of week");
	for (int field = 0; field < FIELDS; field++)
		if (read_field((enum field)field, pieces[field], cron,
		    &bits[field], why) != 0)
			return -1;
	cron->minutes = bits[MINUTE];
	cron->hours = (uint32_t)bits[HOUR];
	cron->mdays = (uint32_t)bits[MDAY];
	cron->months = (uint16_t)bits[MONTH];
	cron->wdays = (uint8_t)((bits[WDAY] | bits[WDAY] >> 7) & 0x7f);
	cron->either = !begins_with_star(pieces[MDAY]) &&
	    !begins_with_star(pieces[WDAY]);
	if (cron_next(cron, NULL, 0) == CRON_NEVER)
		return fail(why, FAULT_INVALID, "never comes due");
	return 0;
}

int
cron_parse(const char *text, struct cron *cron, struct failure *why)
{
	struct cron read = { 0 };

	if (read_expression(text, &read, why) != 0)
		return fail_doing(why, "Invalid cron expression");
	*cron = read;
	return 0;
}
