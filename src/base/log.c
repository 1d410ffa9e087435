#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Where in this file an event passes by is of no interest to the journal. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

/* sd-journal.h brings syslog.h; these are our levels, not syslog's. */
#undef LOG_WARNING
#undef LOG_INFO
#undef LOG_DEBUG

#include "base/clock.h"
#include "base/scope.h"
#include "base/text.h"

#define LINE_BYTES    ((size_t)PIPE_BUF)
#define TAIL_BYTES    ((size_t)32)     /* kept free for what ends a line */
#define VALUE_BYTES   ((size_t)512)
#define CONTEXT_BYTES ((size_t)64)
#define CONTEXTS      4
#define FIELDS        48
#define PARTS         (FIELDS + CONTEXTS + 4)

/* One event as it goes out; in the journal's form, texts ended by NULs. */
struct line {
	char bytes[LINE_BYTES];
	size_t length, room;
	bool full;                     /* the last addition did not fit */
	bool cut;                      /* a field was left out */
};

struct context {
	const char *name;              /* NULL: free */
	char value[CONTEXT_BYTES];
};

/* How a field is put on a line. */
typedef void field_writer(struct line *line, const struct log_field *field);

static const struct {
	const char *name;
	int priority;                  /* syslog's, RFC 5424 */
} levels[LOG_LEVEL_COUNT] = {
	[LOG_ERROR] = { "error", 3 },
	[LOG_WARNING] = { "warning", 4 },
	[LOG_INFO] = { "info", 6 },
	[LOG_DEBUG] = { "debug", 7 },
};

static const char *const format_names[LOG_FORMAT_COUNT] = {
	[LOG_AUTO] = "auto",
	[LOG_JOURNAL] = "journal",
	[LOG_JSON] = "json",
	[LOG_PLAIN] = "text",
};

static struct {
	const char *program;
	enum log_level level;
	enum log_format format;
} logger = { "diurnal", LOG_INFO, LOG_PLAIN };

static _Thread_local struct context contexts[CONTEXTS];

/* systemd says in JOURNAL_STREAM which file it gave us for stderr. */
static bool
stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat file;
	char name[64];

	if (stream == NULL || fstat(STDERR_FILENO, &file) != 0)
		return false;
	snprintf(name, sizeof(name), "%ju:%ju", (uintmax_t)file.st_dev,
	    (uintmax_t)file.st_ino);
	return text_is(stream, name);
}

void
log_open(const char *program, enum log_level level, enum log_format format)
{
	assert(level >= 0 && level < LOG_LEVEL_COUNT);
	assert(format >= 0 && format < LOG_FORMAT_COUNT);
	if (format == LOG_AUTO)
		format = stderr_is_journal() ? LOG_JOURNAL :
		    isatty(STDERR_FILENO) ? LOG_PLAIN : LOG_JSON;
	logger.program = program;
	logger.level = level;
	logger.format = format;
}

/* Bytes of ${text}, at most ${most}, without half a character at the end. */
static size_t
whole_characters(const char *text, size_t most)
{
	size_t length = strnlen(text, most + 4), at = 0;

	while (at < length) {
		size_t step = text_character(text + at, length - at);

		if (step == 0)
			step = 1;
		if (at + step > most)
			break;
		at += step;
	}
	return at;
}

static struct context *
context_find(const char *name)
{
	struct context *unused = NULL;

	for (size_t i = 0; i < CONTEXTS; i++) {
		if (contexts[i].name == NULL)
			unused = unused != NULL ? unused : &contexts[i];
		else if (text_is(contexts[i].name, name))
			return &contexts[i];
	}
	assert(unused != NULL);
	return unused;
}

void
log_context(const char *name, const char *value)
{
	struct context *context = context_find(name);
	size_t length;

	if (value == NULL) {
		context->name = NULL;
		return;
	}
	length = whole_characters(value, CONTEXT_BYTES - 1);
	memcpy(context->value, value, length);
	context->value[length] = '\0';
	context->name = name;
}

static void
add(struct line *line, const char *bytes, size_t length)
{
	if (length > line->room - line->length) {
		line->full = true;
		return;
	}
	memcpy(line->bytes + line->length, bytes, length);
	line->length += length;
}

static void
add_text(struct line *line, const char *text)
{
	add(line, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void
add_format(struct line *line, const char *fmt, ...)
{
	char text[128];
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	assert(length >= 0 && (size_t)length < sizeof(text));
	add(line, text, (size_t)length);
}

/*
 * The code point of a character that a terminal or a reader of lines would
 * act on: C0, DEL, C1, and the two separators; 0 for any other.
 */
static unsigned
control_character(const char *bytes, size_t length)
{
	const unsigned char *byte = (const unsigned char *)bytes;

	if (length == 1 && (byte[0] < 0x20 || byte[0] == 0x7f))
		return byte[0];
	if (length == 2 && byte[0] == 0xc2 && byte[1] < 0xa0)
		return byte[1];
	if (length == 3 && byte[0] == 0xe2 && byte[1] == 0x80 &&
	    (byte[2] == 0xa8 || byte[2] == 0xa9))
		return 0x2000U + (byte[2] - 0x80U);
	return 0;
}

/* ${quoted}: inside a JSON string. */
static void
add_character(struct line *line, const char *bytes, size_t length, bool quoted)
{
	unsigned control = control_character(bytes, length);

	if (control != 0) {
		add_format(line, "\\u%04x", control);
		return;
	}
	if (quoted && (*bytes == '"' || *bytes == '\\'))
		add(line, "\\", 1);
	add(line, bytes, length);
}

static void
add_value(struct line *line, const char *value, bool quoted)
{
	size_t length = whole_characters(value, VALUE_BYTES), at = 0;

	while (at < length) {
		size_t step = text_character(value + at, length - at);

		if (step > 0) {
			add_character(line, value + at, step, quoted);
		} else {
			add_format(line, "%s\\x%02x", quoted ? "\\" : "",
			    (unsigned char)value[at]);
			step = 1;
		}
		at += step;
	}
	if (value[length] != '\0')
		add_text(line, "…");
}

/* As a JSON value. */
static void
add_json(struct line *line, const struct log_field *field)
{
	if (field->text == NULL) {
		add_format(line, "%" PRId64, field->number);
		return;
	}
	add_text(line, "\"");
	add_value(line, field->text, true);
	add_text(line, "\"");
}

static void
write_json_field(struct line *line, const struct log_field *field)
{
	add_text(line, ",\"");
	add_text(line, field->name);
	add_text(line, "\":");
	add_json(line, field);
}

static void
write_plain_field(struct line *line, const struct log_field *field)
{
	add_text(line, " ");
	add_text(line, field->name);
	add_text(line, "=");
	add_json(line, field);
}

static void
write_journal_field(struct line *line, const struct log_field *field)
{
	add_text(line, "DIURNAL_");
	for (const char *at = field->name; *at != '\0'; at++) {
		char c = *at;

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		add(line, &c, 1);
	}
	add_text(line, "=");
	if (field->text != NULL)
		add_value(line, field->text, false);
	else
		add_format(line, "%" PRId64, field->number);
	add(line, "", 1);
}

static bool
is_name(const char *name)
{
	static const char *const ours[] = {
		"time", "level", "program", "pid", "event", "cut",
	};
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz_0123456789";

	for (size_t i = 0; i < COUNT_OF(ours); i++)
		if (text_is(name, ours[i]))
			return false;
	return *name >= 'a' && *name <= 'z' &&
	    name[strspn(name, allowed)] == '\0';
}

/* A field goes on the line whole or not at all. */
static void
add_field(struct line *line, const struct log_field *field,
    field_writer *write_field)
{
	size_t before = line->length;

	assert(is_name(field->name));
	write_field(line, field);
	if (line->full) {
		line->length = before;
		line->full = false;
		line->cut = true;
	}
}

static bool
has_field(const struct log_field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (text_is(fields->name, name))
			return true;
	return false;
}

static void
add_fields(struct line *line, const struct log_field *fields,
    field_writer *write_field)
{
	for (size_t i = 0; i < CONTEXTS; i++) {
		struct log_field field = {
			.name = contexts[i].name, .text = contexts[i].value
		};

		if (field.name != NULL && !has_field(fields, field.name))
			add_field(line, &field, write_field);
	}
	for (size_t i = 0; fields[i].name != NULL; i++) {
		assert(i < FIELDS);
		add_field(line, &fields[i], write_field);
	}
	line->room = LINE_BYTES;
}

/* To stderr; a log that cannot be written has nobody to tell. */
static void
line_write(const struct line *line)
{
	while (write(STDERR_FILENO, line->bytes, line->length) < 0 &&
	    errno == EINTR)
		continue;
}

static void
send_json(enum log_level level, const char *event,
    const struct log_field *fields)
{
	struct line line = { .room = LINE_BYTES - TAIL_BYTES };
	char now[CLOCK_TEXT_BYTES];

	clock_format(clock_now(), now);
	add_format(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"",
	    now, levels[level].name);
	add_value(&line, logger.program, true);
	add_format(&line, "\",\"pid\":%jd,\"event\":\"", (intmax_t)getpid());
	add_value(&line, event, true);
	add_text(&line, "\"");
	add_fields(&line, fields, write_json_field);
	add_text(&line, line.cut ? ",\"cut\":true}\n" : "}\n");
	line_write(&line);
}

static void
send_plain(enum log_level level, const char *event,
    const struct log_field *fields)
{
	struct line line = { .room = LINE_BYTES - TAIL_BYTES };
	char now[CLOCK_TEXT_BYTES];

	clock_format(clock_now(), now);
	add_format(&line, "%s %-7s ", now, levels[level].name);
	add_value(&line, logger.program, false);
	add_format(&line, "[%jd]: ", (intmax_t)getpid());
	add_value(&line, event, false);
	add_fields(&line, fields, write_plain_field);
	add_text(&line, line.cut ? " cut=true\n" : "\n");
	line_write(&line);
}

/* Hand the NUL-ended texts of ${line} over. */
static int
journal_send(struct line *line)
{
	struct iovec parts[PARTS];
	char *at = line->bytes, *end = line->bytes + line->length;
	int count = 0;

	for (; at < end; at += strlen(at) + 1)
		parts[count++] = (struct iovec){
			.iov_base = at, .iov_len = strlen(at)
		};
	return sd_journal_sendv(parts, count);
}

static void
send_journal(enum log_level level, const char *event,
    const struct log_field *fields)
{
	struct line line = { .room = LINE_BYTES - TAIL_BYTES };

	add_text(&line, "MESSAGE=");
	add_value(&line, event, false);
	add_format(&line, "%cPRIORITY=%d%c", '\0', levels[level].priority,
	    '\0');
	add_text(&line, "SYSLOG_IDENTIFIER=");
	add_value(&line, logger.program, false);
	add(&line, "", 1);
	add_fields(&line, fields, write_journal_field);
	if (line.cut)
		add(&line, "DIURNAL_CUT=true", sizeof("DIURNAL_CUT=true"));
	if (journal_send(&line) < 0)
		send_json(level, event, fields);
}

void
log_event(enum log_level level, const char *event,
    const struct log_field *fields)
{
	static void (*const send[LOG_FORMAT_COUNT])(enum log_level,
	    const char *, const struct log_field *) = {
		[LOG_JOURNAL] = send_journal,
		[LOG_JSON] = send_json,
		[LOG_PLAIN] = send_plain,
	};
	int error = errno;

	assert(level >= 0 && level < LOG_LEVEL_COUNT);
	if (level <= logger.level)
		send[logger.format](level, event, fields);
	errno = error;
}

int
log_level_from(const char *name, enum log_level *level)
{
	for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
		if (text_is_nocase(levels[i].name, name)) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -1;
}

int
log_format_from(const char *name, enum log_format *format)
{
	for (int i = 0; i < LOG_FORMAT_COUNT; i++) {
		if (text_is_nocase(format_names[i], name)) {
			*format = (enum log_format)i;
			return 0;
		}
	}
	return -1;
}

const char *
log_level_name(enum log_level level)
{
	return level >= 0 && level < LOG_LEVEL_COUNT ? levels[level].name :
	    "unknown";
}

const char *
log_format_name(enum log_format format)
{
	return format >= 0 && format < LOG_FORMAT_COUNT ?
	    format_names[format] : "unknown";
}
