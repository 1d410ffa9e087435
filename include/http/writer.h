/*
 * JSON going out, indented for people.  What programs read PostgreSQL renders.
 */
#ifndef HTTP_WRITER_H
#define HTTP_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Start with { .text = &text }. */
struct writer {
	struct text *text;
	unsigned depth;
	bool has_item;                 /* in what is open: a comma is due */
};

/* ${name} is the member's; NULL in a list and for the outermost value. */
void writer_object(struct writer *writer, const char *name);
void writer_list(struct writer *writer, const char *name);
/* End the object or list that was opened last. */
void writer_object_end(struct writer *writer);
void writer_list_end(struct writer *writer);

void writer_text(struct writer *writer, const char *name, const char *value);
void writer_int(struct writer *writer, const char *name, int64_t value);
void writer_bool(struct writer *writer, const char *name, bool value);
/* ${json} is a value in JSON, taken as it is. */
void writer_raw(struct writer *writer, const char *name, const char *json);

#endif
