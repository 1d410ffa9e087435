#include "base/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/scope.h"
#include "base/text.h"

#define FILE_BYTES ((size_t)64 * 1024)

#define BLANKS   " \t"
#define NEWLINES "\n\r"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SMALLS   "abcdefghijklmnopqrstuvwxyz"

struct entry {
	struct entry *before;
	const char *key, *value;
};

/* A file of KEY=VALUE lines that is being read. */
struct reader {
	const char *path, *at;
	int line;
	struct arena *arena;
	struct entry *last;
};

/* Step over the next character. */
static char
next(struct reader *reader)
{
	if (*reader->at == '\n')
		reader->line++;
	return *reader->at++;
}

/* Step over characters of ${set}. */
static void
skip(struct reader *reader, const char *set)
{
	while (*reader->at != '\0' && strchr(set, *reader->at) != NULL)
		next(reader);
}

static bool
at_end_of_line(const struct reader *reader)
{
	return *reader->at == '\0' || strchr(NEWLINES, *reader->at) != NULL;
}

/*
 * Behind a backslash: a line break disappears; in double quotes, only what a
 * shell would heed there loses its backslash.
 */
static void
read_escaped(struct reader *reader, bool quoted, struct text *value)
{
	char c = *reader->at;

	if (c == '\0')
		return;
	next(reader);
	if (strchr(NEWLINES, c) != NULL)
		return;
	if (quoted && strchr("\"\\`$", c) == NULL)
		text_add(value, "\\", 1);
	text_add(value, &c, 1);
}

static int
read_quoted(struct reader *reader, struct text *value, struct failure *why)
{
	int line = reader->line;
	char quote = next(reader);

	while (*reader->at != quote) {
		char c = *reader->at;

		if (c == '\0')
			return fail(why, FAULT_INVALID, "%s: line %d: a quote "
			    "is opened and not closed", reader->path, line);
		next(reader);
		if (c == '\\' && quote == '"')
			read_escaped(reader, true, value);
		else
			text_add(value, &c, 1);
	}
	next(reader);
	return 0;
}

/* To the end of the line, without the blanks there. */
static void
read_bare(struct reader *reader, struct text *value)
{
	size_t length = value->length;

	while (!at_end_of_line(reader)) {
		char c = next(reader);

		if (c == '\\')
			read_escaped(reader, false, value);
		else
			text_add(value, &c, 1);
		if (c != ' ' && c != '\t')
			length = value->length;
	}
	if (length < value->length) {
		value->length = length;
		value->bytes[length] = '\0';
	}
}

static int
read_value(struct reader *reader, struct text *value, struct failure *why)
{
	skip(reader, BLANKS);
	while (*reader->at == '"' || *reader->at == '\'') {
		if (read_quoted(reader, value, why) != 0)
			return -1;
		skip(reader, BLANKS);
	}
	read_bare(reader, value);
	return 0;
}

static int
read_entry(struct reader *reader, struct failure *why)
{
	size_t length = strspn(reader->at, CAPITALS SMALLS "_0123456789");
	struct text value = { .arena = reader->arena };
	struct entry *entry = arena_alloc(reader->arena, sizeof(*entry));
	bool digit = *reader->at >= '0' && *reader->at <= '9';

	entry->key = arena_copy(reader->arena, reader->at, length);
	reader->at += length;
	skip(reader, BLANKS);
	if (length == 0 || digit || *reader->at != '=')
		return fail(why, FAULT_INVALID, "%s: line %d is not of the "
		    "form KEY=VALUE", reader->path, reader->line);
	next(reader);
	if (read_value(reader, &value, why) != 0)
		return -1;
	entry->value = text_get(&value);
	entry->before = reader->last;
	reader->last = entry;
	return 0;
}

static int
read_entries(struct reader *reader, struct failure *why)
{
	for (;;) {
		skip(reader, BLANKS NEWLINES);
		if (*reader->at == '\0')
			return 0;
		if (*reader->at == '#' || *reader->at == ';')
			reader->at += strcspn(reader->at, NEWLINES);
		else if (read_entry(reader, why) != 0)
			return -1;
	}
}

int
config_read_file(const char *path, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(64 * FILE_BYTES);
	struct reader reader = { .path = path, .line = 1, .arena = arena };
	char *bytes = arena_alloc(arena, FILE_BYTES + 1);

	if (file_read(path, false, bytes, FILE_BYTES + 1, why) != 0)
		return -1;
	if (!text_is_utf8(bytes, strlen(bytes)))
		return fail(why, FAULT_INVALID, "%s is not UTF-8", path);
	reader.at = bytes;
	if (read_entries(&reader, why) != 0)
		return -1;
	/* Backwards, so that of two with one key the last is taken. */
	for (struct entry *entry = reader.last; entry != NULL;
	    entry = entry->before)
		if (setenv(entry->key, entry->value, 0) != 0)
			abort();
	return 0;
}
