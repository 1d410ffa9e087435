#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "ctl/command.h"
#include "schedule/schedule.h"
#include "schedule/windows.h"
#include "schedule/zone.h"

#define LINE_BYTES  ((size_t)1024 * 1024)
#define DEPTH_MOST  32
#define CASE_BYTES  (ZONE_BYTES + SCHEDULE_BYTES + (size_t)64 * 1024)

/* One question: what does this schedule say between these instants? */
struct question {
	struct schedule schedule;
	const struct zone *zone;
	int64_t from, to;
};

struct line {
	char bytes[LINE_BYTES + 1];
	size_t length;                 /* of the line, which may be longer */
};

DEFINE_RELEASE(json_release, json_object *, json_object_put)
DEFINE_RELEASE(tokener_release, json_tokener *, json_tokener_free)

/* The next line without its end; false if there is none. */
static bool
read_line(FILE *in, struct line *line)
{
	int c = getc_unlocked(in);

	line->length = 0;
	if (c == EOF)
		return false;
	for (; c != EOF && c != '\n'; c = getc_unlocked(in)) {
		if (line->length < LINE_BYTES)
			line->bytes[line->length] = (char)c;
		line->length++;
	}
	return true;
}

static int
parse_line(struct line *line, json_object **object, struct failure *why)
{
	SCOPED(tokener_release) json_tokener *tokener =
	    json_tokener_new_ex(DEPTH_MOST);
	SCOPED(json_release) json_object *parsed = NULL;

	if (tokener == NULL)
		abort();
	if (line->length > LINE_BYTES)
		return fail(why, FAULT_INVALID, "line of more than %zu bytes",
		    LINE_BYTES);
	if (!text_is_utf8(line->bytes, line->length))
		return fail(why, FAULT_INVALID, "line is not UTF-8");
	/* The NUL tells the parser that nothing more comes. */
	line->bytes[line->length] = '\0';
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	parsed = json_tokener_parse_ex(tokener, line->bytes,
	    (int)line->length + 1);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		return fail(why, FAULT_INVALID, "line is not JSON");
	if (!json_object_is_type(parsed, json_type_object))
		return fail(why, FAULT_INVALID, "line is not an object");
	*object = take(parsed);
	return 0;
}

/* The text of the member ${name}; ${fallback} if there is no such member. */
static int
read_text(json_object *object, const char *name, const char *fallback,
    const char **text, struct failure *why)
{
	json_object *value;

	if (!json_object_object_get_ex(object, name, &value)) {
		if (fallback == NULL)
			return fail(why, FAULT_INVALID, "%s is missing", name);
		*text = fallback;
		return 0;
	}
	if (!json_object_is_type(value, json_type_string) ||
	    strlen(json_object_get_string(value)) !=
	    (size_t)json_object_get_string_len(value))
		return fail(why, FAULT_INVALID, "%s is not a text", name);
	*text = json_object_get_string(value);
	return 0;
}

static int
read_time(json_object *object, const char *name, int64_t *when,
    struct failure *why)
{
	const char *text = NULL;

	if (read_text(object, name, NULL, &text, why) != 0)
		return -1;
	if (clock_parse(text, when) != 0)
		return fail(why, FAULT_INVALID, "%s is not a time", name);
	return 0;
}

static int
read_schedule(json_object *object, struct arena *arena,
    struct schedule *schedule, struct failure *why)
{
	enum schedule_type type = SCHEDULE_WEEKLY;
	json_object *value;
	const char *name = NULL;

	if (read_text(object, "schedule_type",
	    schedule_type_name(SCHEDULE_WEEKLY), &name, why) != 0 ||
	    schedule_type_from(name, &type, why) != 0)
		return -1;
	if (!json_object_object_get_ex(object, "schedule", &value))
		return fail(why, FAULT_INVALID, "schedule is missing");
	return schedule_parse(type, value, arena, schedule, why);
}

static int
read_question(struct line *line, struct arena *arena,
    struct question *question, struct failure *why)
{
	SCOPED(json_release) json_object *object = NULL;
	struct question read;
	const char *zone = NULL;

	if (parse_line(line, &object, why) != 0 ||
	    read_text(object, "timezone", NULL, &zone, why) != 0 ||
	    zone_open(zone, arena, &read.zone, why) != 0 ||
	    read_time(object, "from", &read.from, why) != 0 ||
	    read_time(object, "to", &read.to, why) != 0 ||
	    read_schedule(object, arena, &read.schedule, why) != 0)
		return -1;
	*question = read;
	return 0;
}

static int64_t
between(int64_t low, int64_t when, int64_t high)
{
	return when < low ? low : when > high ? high : when;
}

static void
answer(const struct question *question)
{
	int64_t from = question->from, to = question->to;
	struct window window = { .end = from };
	char start[CLOCK_TEXT_BYTES], end[CLOCK_TEXT_BYTES];
	const char *separator = "";

	printf("{\"windows\": [");
	while (window.end < to && windows_next(&question->schedule,
	    question->zone, window.end, &window) && window.start < to) {
		clock_format_seconds(between(from, window.start, to), start);
		clock_format_seconds(between(from, window.end, to), end);
		printf("%s[\"%s\", \"%s\"]", separator, start, end);
		separator = ", ";
	}
	printf("]}\n");
}

static void
answer_failure(const struct failure *why, struct arena *arena)
{
	struct text text = { .arena = arena };

	text_add_json(&text, why->detail);
	printf("{\"error\": %s}\n", text_get(&text));
}

static int
run_windows(int argc, char **argv, struct failure *why)
{
	SCOPED(arena_release) struct arena *kept = arena_new(2 * LINE_BYTES);
	SCOPED(arena_release) struct arena *arena = arena_new(CASE_BYTES);
	struct line *line = arena_alloc(kept, sizeof(*line));

	(void)argv;
	if (argc > 1)
		return command_misuse(why, "takes no arguments");
	/* Who asks line by line waits for each answer. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	while (read_line(stdin, line)) {
		struct failure wrong = { .fault = FAULT_NONE };
		struct question question;

		if (read_question(line, arena, &question, &wrong) == 0) {
			answer(&question);
		} else if (wrong.fault == FAULT_INVALID) {
			answer_failure(&wrong, arena);
		} else {
			*why = wrong;
			return -1;
		}
		arena_reset(arena);
	}
	if (ferror(stdin))
		return fail(why, FAULT_INTERNAL, "standard input: %s",
		    strerror(errno));
	return 0;
}

static const struct command windows = {
	.name = "windows",
	.arguments = "< QUESTIONS",
	.summary = "Show when schedules say RUNNING",
	.help =
	    "Reads JSON lines from standard input, each\n"
	    "\n"
	    "  {\"timezone\": NAME, \"schedule_type\": \"weekly\" or "
	    "\"cron\",\n"
	    "   \"schedule\": SCHEDULE, \"from\": TIME, \"to\": TIME}\n"
	    "\n"
	    "and writes one JSON line for each, in UTC and cut to what was "
	    "asked for,\n"
	    "or why there is no answer:\n"
	    "\n"
	    "  {\"windows\": [[START, END], ...]}\n"
	    "  {\"error\": WHY}\n",
	.run = run_windows,
};

static const struct command *const under[] = { &windows, NULL };

const struct command command_schedule = {
	.name = "schedule",
	.summary = "Work out what schedules say",
	.under = under,
};
