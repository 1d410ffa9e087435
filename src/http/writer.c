#include "http/writer.h"

#include <assert.h>
#include <inttypes.h>

static void
break_line(struct writer *writer)
{
	text_add_text(writer->text, "\n");
	for (unsigned i = 0; i < writer->depth; i++)
		text_add_text(writer->text, "  ");
}

/* What stands before any value. */
static void
begin(struct writer *writer, const char *name)
{
	if (writer->has_item)
		text_add_text(writer->text, ",");
	if (writer->depth > 0)
		break_line(writer);
	if (name != NULL) {
		text_add_json(writer->text, name);
		text_add_text(writer->text, ": ");
	}
	writer->has_item = true;
}

static void
open_nest(struct writer *writer, const char *name, const char *bracket)
{
	begin(writer, name);
	text_add_text(writer->text, bracket);
	writer->depth++;
	writer->has_item = false;
}

static void
close_nest(struct writer *writer, const char *bracket)
{
	assert(writer->depth > 0);
	writer->depth--;
	if (writer->has_item)
		break_line(writer);
	text_add_text(writer->text, bracket);
	writer->has_item = true;
}

void
writer_object(struct writer *writer, const char *name)
{
	open_nest(writer, name, "{");
}

void
writer_list(struct writer *writer, const char *name)
{
	open_nest(writer, name, "[");
}

void
writer_object_end(struct writer *writer)
{
	close_nest(writer, "}");
}

void
writer_list_end(struct writer *writer)
{
	close_nest(writer, "]");
}

void
writer_text(struct writer *writer, const char *name, const char *value)
{
	begin(writer, name);
	text_add_json(writer->text, value);
}

void
writer_int(struct writer *writer, const char *name, int64_t value)
{
	begin(writer, name);
	text_add_format(writer->text, "%" PRId64, value);
}

void
writer_bool(struct writer *writer, const char *name, bool value)
{
	writer_raw(writer, name, value ? "true" : "false");
}

void
writer_raw(struct writer *writer, const char *name, const char *json)
{
	begin(writer, name);
	text_add_text(writer->text, json);
}
