#include "http/writer.h"

#include "t/tap.h"

static void
test_nesting(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	struct text text = { .arena = arena };
	struct writer writer = { .text = &text };

	writer_object(&writer, NULL);
	writer_text(&writer, "a", "x\"y");
	writer_int(&writer, "b", INT64_MIN);
	writer_bool(&writer, "c", true);
	writer_list(&writer, "d");
	writer_raw(&writer, NULL, "[1, 2]");
	writer_object(&writer, NULL);
	writer_object_end(&writer);
	writer_bool(&writer, NULL, false);
	writer_list_end(&writer);
	writer_list(&writer, "e");
	writer_list_end(&writer);
	writer_object_end(&writer);
	is_text(text_get(&text), "{\n"
	    "  \"a\": \"x\\\"y\",\n"
	    "  \"b\": -9223372036854775808,\n"
	    "  \"c\": true,\n"
	    "  \"d\": [\n"
	    "    [1, 2],\n"
	    "    {},\n"
	    "    false\n"
	    "  ],\n"
	    "  \"e\": []\n"
	    "}", "objects and lists are indented and their items parted");
}

static void
test_scalar(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	struct text text = { .arena = arena };
	struct writer writer = { .text = &text };

	writer_int(&writer, NULL, 7);
	is_text(text_get(&text), "7", "the outermost value may be any");
}

int
main(void)
{
	test_nesting();
	test_scalar();
	return tap_done();
}
