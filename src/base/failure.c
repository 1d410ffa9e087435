#include "base/failure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const names[FAULT_COUNT] = {
	[FAULT_NONE] = "none",
	[FAULT_INVALID] = "invalid",
	[FAULT_REFUSED] = "refused",
	[FAULT_UNAUTHENTICATED] = "unauthenticated",
	[FAULT_DENIED] = "denied",
	[FAULT_MISSING] = "missing",
	[FAULT_CONFLICT] = "conflict",
	[FAULT_BUSY] = "busy",
	[FAULT_LATE] = "late",
	[FAULT_UPSTREAM] = "upstream",
	[FAULT_UNCERTAIN] = "uncertain",
	[FAULT_INTERNAL] = "internal",
};

/* vsnprintf may have cut a character of several bytes in two. */
static void
drop_partial_character(char *text)
{
	size_t length = strlen(text), start = length;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0xc0) {
		unsigned char lead = (unsigned char)text[start - 1];
		size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

		if (length - (start - 1) < want)
			text[start - 1] = '\0';
	}
}

int
fail(struct failure *why, enum fault fault, const char *fmt, ...)
{
	va_list ap;

	assert(why->fault == FAULT_NONE);
	assert(fault > FAULT_NONE && fault < FAULT_COUNT);
	why->fault = fault;
	va_start(ap, fmt);
	if (vsnprintf(why->detail, sizeof(why->detail), fmt, ap) >=
	    (int)sizeof(why->detail))
		drop_partial_character(why->detail);
	va_end(ap);
	return -1;
}

int
fail_doing(struct failure *why, const char *fmt, ...)
{
	char doing[sizeof(why->detail)], cause[sizeof(why->detail)];
	va_list ap;

	assert(why->fault != FAULT_NONE);
	va_start(ap, fmt);
	vsnprintf(doing, sizeof(doing), fmt, ap);
	va_end(ap);
	memcpy(cause, why->detail, sizeof(cause));
	if (snprintf(why->detail, sizeof(why->detail), "%s: %s", doing,
	    cause) >= (int)sizeof(why->detail))
		drop_partial_character(why->detail);
	return -1;
}

const char *
fault_name(enum fault fault)
{
	return fault >= 0 && fault < FAULT_COUNT ? names[fault] : "unknown";
}
