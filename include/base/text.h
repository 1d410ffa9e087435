/*
 * Text: bounded, UTF-8, in an arena.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

/*
 * A text that grows in an arena.  Start with { .arena = arena }.  Growing
 * leaves the old bytes behind in the arena, about as many again as the text
 * has, and aborts like arena_alloc when the arena is full.
 */
struct text {
	struct arena *arena;
	char *bytes;                   /* NUL behind the last; NULL if empty */
	size_t length, room;
};

void text_add(struct text *text, const char *bytes, size_t length);
void text_add_text(struct text *text, const char *more);
void text_add_format(struct text *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* As a JSON string with its quotes (RFC 8259); ${value} is UTF-8. */
void text_add_json(struct text *text, const char *value);

/* What is in it: never NULL. */
const char *text_get(const struct text *text)
    __attribute__((returns_nonnull));

/* Well-formed UTF-8 (RFC 3629: shortest form, no surrogates), no NUL. */
bool text_is_utf8(const char *bytes, size_t length);

/*
 * Bytes of the well-formed UTF-8 character that ${bytes} begins with; 0 if
 * there is none, or it is a NUL.
 */
size_t text_character(const char *bytes, size_t length);

/* Number of characters in a well-formed UTF-8 text. */
size_t text_characters(const char *text);

static inline bool
text_is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Case of ASCII letters ignored. */
bool text_is_nocase(const char *a, const char *b);

/*
 * Read a whole decimal number in [${low}, ${high}], with an optional sign and
 * nothing before or behind it.  Leaves ${number} alone and returns -1 if
 * ${text} is none.
 */
int text_to_int64(const char *text, int64_t low, int64_t high,
    int64_t *number);

/*
 * RFC 9562 in its hyphenated form, 32 hex digits or urn:uuid:, either case.
 * Fills ${canonical} with 36 lower-case characters and a NUL; leaves it alone
 * and returns -1 if ${text} is none.  Any version and variant will do.
 */
#define UUID_TEXT_BYTES 37
int text_to_uuid(const char *text, char canonical[UUID_TEXT_BYTES]);

/* Is it one in that canonical form already? */
bool text_is_uuid(const char *text);

/* Lower-case hex; ${hex} has room for 2 * ${length} + 1. */
void text_from_bytes(const unsigned char *bytes, size_t length, char *hex);

/*
 * Hex of exactly ${length} bytes, either case.  Leaves ${bytes} alone and
 * returns -1 if ${hex} is none.
 */
int text_to_bytes(const char *hex, unsigned char *bytes, size_t length);

#endif
