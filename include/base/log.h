/*
 * Structured log: one event a call, with typed fields, to the systemd journal
 * or to stderr as JSON or text.  Only loops that own a unit of work call it.
 *
 *	LOG(LOG_WARNING, "request failed", LOG_TEXT("route", route->path),
 *	    LOG_INT("status", 500));
 *
 * A secret is never a field.  Values are made safe for the line they go on, so
 * that no client can forge an entry: control characters and line separators
 * become \uNNNN, bytes that are not UTF-8 become \xNN, and a value is cut after
 * 512 bytes.  An event is at most PIPE_BUF bytes and leaves in one write(2), so
 * that processes sharing a pipe do not mix their lines; fields that do not fit
 * are left out, and the event then has the field cut=true.
 *
 * Journal: MESSAGE is the event, and a field is DIURNAL_NAME.  JSON: the
 * members time, level, program, pid, event, then the fields.
 *
 * Not to be included together with <syslog.h>, which has other plans for the
 * names of the levels.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };
enum log_format {
	LOG_AUTO, LOG_JOURNAL, LOG_JSON, LOG_PLAIN, LOG_FORMAT_COUNT
};

struct log_field {
	const char *name;              /* [a-z][a-z0-9_]*; NULL ends a list */
	const char *text;              /* NULL: ${number} is the value */
	int64_t number;
};

#define LOG_TEXT(name_, value_) { .name = (name_),                           \
	.text = (value_) != NULL ? (value_) : "" }
#define LOG_INT(name_, value_) { .name = (name_), .number = (value_) }

#define LOG(level, event, ...) log_event((level), (event),                   \
	(const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,)                \
	    { .name = NULL } })

/*
 * Set up the process's log; call once, before threads.  ${program} is static.
 * LOG_AUTO is the journal when stderr is connected to it, else text on a
 * terminal, else JSON.  Before the call, events from LOG_INFO up go out as
 * text.  LOG_JOURNAL where no journal runs loses events; one that refuses an
 * event has it on stderr as JSON.
 */
void log_open(const char *program, enum log_level level,
    enum log_format format);

/*
 * A field that every later event of this thread carries, such as request_id
 * or pass.  At most 4; ${name} is static, ${value} is copied (63 bytes) and
 * NULL takes the field away.  An event's own field of that name goes before.
 */
void log_context(const char *name, const char *value);

/*
 * ${event} is a fixed lower-case phrase: what happened, not to whom.  At most
 * 48 fields, no two of one name and none of the names above.  Leaves errno
 * alone.
 */
void log_event(enum log_level level, const char *event,
    const struct log_field *fields);

/*
 * Names as in LOG_LEVEL (error, warning, info, debug) and LOG_FORMAT (auto,
 * journal, json, text), any case; -1 if there is no such name.
 */
int log_level_from(const char *name, enum log_level *level);
int log_format_from(const char *name, enum log_format *format);
const char *log_level_name(enum log_level level);
const char *log_format_name(enum log_format format);

#endif
