#include "base/log.h"

#include <errno.h>
#include <json.h>
#include <limits.h>
#include <pthread.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "base/text.h"
#include "t/tap.h"

DEFINE_RELEASE(json_release, struct json_object *, json_object_put)

/*
 * Stderr of the log while it is caught: a socket of packets, so that every
 * write(2) stays one packet.
 */
static int catcher = -1, real_stderr = -1;

/* What the journal was given last: its fields, each ended by a newline. */
static char journal[PIPE_BUF * 2];
static int journal_calls, journal_answer;

int sd_journal_sendv(const struct iovec *parts, int count);

/* In place of libsystemd's. */
int
sd_journal_sendv(const struct iovec *parts, int count)
{
	size_t length = 0;

	for (int i = 0; i < count; i++) {
		memcpy(journal + length, parts[i].iov_base, parts[i].iov_len);
		length += parts[i].iov_len;
		journal[length++] = '\n';
	}
	journal[length] = '\0';
	journal_calls++;
	return journal_answer;
}

static void
catch(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) != 0)
		abort();
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	catcher = ends[0];
}

/* The next write, "" if there was none. */
static const char *
caught(void)
{
	static char packet[PIPE_BUF * 2];
	ssize_t length = recv(catcher, packet, sizeof(packet) - 1, 0);

	packet[length > 0 ? length : 0] = '\0';
	return packet;
}

static void
catch_no_more(void)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(catcher);
}

/* What log_event writes in ${format}. */
#define CAUGHT(format, ...) ({                                               \
	catch();                                                             \
	log_open("prog", LOG_INFO, (format));                                \
	LOG(__VA_ARGS__);                                                    \
	const char *caught_ = caught();                                      \
	catch_no_more();                                                     \
	caught_;                                                             \
})

static const char *
json_text(struct json_object *object, const char *name)
{
	return json_object_get_string(json_object_object_get(object, name));
}

static void
test_json(void)
{
	SCOPED(json_release) struct json_object *line = NULL;
	int64_t before = clock_now(), when = 0;
	const char *bytes = CAUGHT(LOG_JSON, LOG_WARNING, "request failed",
	    LOG_TEXT("route", "/x y"), LOG_INT("status", -500));

	ok(strchr(bytes, '\n') == bytes + strlen(bytes) - 1,
	    "an event as JSON is one line");
	line = json_tokener_parse(bytes);
	clock_parse(json_text(line, "time"), &when);
	ok(when >= before && when <= clock_now(), "its time is the present");
	is_text(json_text(line, "level"), "warning", "its level is a name");
	is_text(json_text(line, "program"), "prog", "its program is there");
	is_int(json_object_get_int64(json_object_object_get(line, "pid")),
	    getpid(), "its process is there");
	is_text(json_text(line, "event"), "request failed", "so is the event");
	is_text(json_text(line, "route"), "/x y", "a text field is a text");
	ok(json_object_is_type(json_object_object_get(line, "status"),
	    json_type_int), "a number field is a number");
	is_int(json_object_get_int64(json_object_object_get(line, "status")),
	    -500, "and has its value");
}

static void
test_plain(void)
{
	const char *bytes = CAUGHT(LOG_PLAIN, LOG_WARNING, "request failed",
	    LOG_TEXT("route", "/x y"), LOG_INT("status", 500));
	char time_text[CLOCK_TEXT_BYTES] = "", want[256];
	int64_t when;

	memcpy(time_text, bytes, sizeof(time_text) - 1);
	ok(clock_parse(time_text, &when) == 0, "text begins with the time");
	snprintf(want, sizeof(want), " warning prog[%jd]: request failed "
	    "route=\"/x y\" status=500\n", (intmax_t)getpid());
	is_text(bytes + strlen(time_text), want,
	    "an event as text is one line with quoted texts");
}

static void
test_journal(void)
{
	is_text(CAUGHT(LOG_JOURNAL, LOG_WARNING, "request failed",
	    LOG_TEXT("route_2", "/x y"), LOG_INT("status", 500)), "",
	    "nothing goes to stderr when the journal takes it");
	is_text(journal, "MESSAGE=request failed\nPRIORITY=4\n"
	    "SYSLOG_IDENTIFIER=prog\nDIURNAL_ROUTE_2=/x y\n"
	    "DIURNAL_STATUS=500\n", "the journal gets its fields");
	journal_answer = -ENOBUFS;
	ok(CAUGHT(LOG_JOURNAL, LOG_ERROR, "boom")[0] == '{',
	    "what the journal refuses goes to stderr");
	journal_answer = 0;
}

static void
test_priorities(void)
{
	static const char *const want[LOG_LEVEL_COUNT] = {
		"PRIORITY=3\n", "PRIORITY=4\n", "PRIORITY=6\n", "PRIORITY=7\n",
	};

	log_open("prog", LOG_DEBUG, LOG_JOURNAL);
	for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
		log_event((enum log_level)i, "event",
		    (const struct log_field[]){ { .name = NULL } });
		ok(strstr(journal, want[i]) != NULL, "the priority of %s is "
		    "syslog's", log_level_name((enum log_level)i));
	}
}

/* A value as an attacker would write it, and how it stands on a line. */
static const struct {
	const char *value, *quoted, *bare;
} hostile[] = {
	{ "a\nMESSAGE=b", "\"a\\u000aMESSAGE=b\"", "a\\u000aMESSAGE=b" },
	{ "x\" status=200 y=\"", "\"x\\\" status=200 y=\\\"\"",
	    "x\" status=200 y=\"" },
	{ "x\\", "\"x\\\\\"", "x\\" },
	{ "\x1b[2J", "\"\\u001b[2J\"", "\\u001b[2J" },
	{ "\r\t\x7f", "\"\\u000d\\u0009\\u007f\"", "\\u000d\\u0009\\u007f" },
	{ "\xc2\x9b" "2J", "\"\\u009b2J\"", "\\u009b2J" },
	{ "\xe2\x80\xa8\xe2\x80\xa9", "\"\\u2028\\u2029\"",
	    "\\u2028\\u2029" },
	{ "\xff\xc2", "\"\\\\xff\\\\xc2\"", "\\xff\\xc2" },
	{ "\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\"", "\\xed\\xa0\\x80" },
	{ "ü €", "\"ü €\"", "ü €" },
	{ "", "\"\"", "" },
};

static void
test_hostile_values(void)
{
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		char want[128];
		const char *value = hostile[i].value;

		snprintf(want, sizeof(want), ",\"v\":%s}\n",
		    hostile[i].quoted);
		is_text(strstr(CAUGHT(LOG_JSON, LOG_INFO, "e",
		    LOG_TEXT("v", value)), ",\"v\""), want,
		    "a hostile value stays inside its JSON string");
		snprintf(want, sizeof(want), " v=%s\n", hostile[i].quoted);
		is_text(strstr(CAUGHT(LOG_PLAIN, LOG_INFO, "e",
		    LOG_TEXT("v", value)), " v="), want,
		    "a hostile value stays inside its quotes");
		snprintf(want, sizeof(want), "\nDIURNAL_V=%s\n",
		    hostile[i].bare);
		CAUGHT(LOG_JOURNAL, LOG_INFO, "e", LOG_TEXT("v", value));
		is_text(strstr(journal, "\nDIURNAL_V="), want,
		    "a hostile value stays inside its journal field");
	}
}

/* Whatever the bytes: one line, and JSON that a parser takes. */
static void
test_every_byte(void)
{
	bool one_line = true, parses = true;

	for (int c = 1; c < 256; c++) {
		const char value[] = { 'a', (char)c, 'b', '\0' };
		const char *bytes = CAUGHT(LOG_JSON, LOG_INFO, "e",
		    LOG_TEXT("v", value));
		SCOPED(json_release) struct json_object *line =
		    json_tokener_parse(bytes);

		one_line = one_line &&
		    strcspn(bytes, "\n") == strlen(bytes) - 1;
		parses = parses && line != NULL &&
		    text_is_utf8(bytes, strlen(bytes));
		bytes = CAUGHT(LOG_PLAIN, LOG_INFO, "e",
		    LOG_TEXT("v", value));
		one_line = one_line &&
		    strcspn(bytes, "\n\r\x1b") == strlen(bytes) - 1;
	}
	ok(one_line, "no byte in a value breaks the line");
	ok(parses, "no byte in a value breaks the JSON");
}

static void
test_long_value(void)
{
	SCOPED(json_release) struct json_object *line = NULL;
	char value[2001], want[520];

	memset(value, 'v', 2000);
	value[2000] = '\0';
	memcpy(value + 511, "€", 3);
	snprintf(want, sizeof(want), "%.511s…", value);
	line = json_tokener_parse(CAUGHT(LOG_JSON, LOG_INFO, "e",
	    LOG_TEXT("v", value)));
	is_text(json_text(line, "v"), want,
	    "a long value is cut between characters, and says so");
	value[512] = '\0';
	value[511] = 'v';
	json_object_put(take(line));
	line = json_tokener_parse(CAUGHT(LOG_JSON, LOG_INFO, "e",
	    LOG_TEXT("v", value)));
	is_text(json_text(line, "v"), value, "512 bytes are not cut");
}

/* Three of these do not fit on one line. */
static const char *
worst_value(void)
{
	static char value[513];

	memset(value, '\x1b', 512);
	return value;
}

static void
test_long_line(void)
{
	SCOPED(json_release) struct json_object *line = NULL;
	const char *worst = worst_value();
	const char *bytes = CAUGHT(LOG_JSON, LOG_INFO, "e",
	    LOG_TEXT("a", worst), LOG_TEXT("b", worst), LOG_INT("c", 7));

	ok(strlen(bytes) <= PIPE_BUF, "an event fits a pipe's atomic write");
	line = json_tokener_parse(bytes);
	is_text(json_text(line, "a"), worst, "what fits is there whole");
	ok(json_object_object_get(line, "b") == NULL,
	    "a field that does not fit is left out");
	is_text(json_text(line, "c"), "7", "one behind it that fits is there");
	is_text(json_text(line, "cut"), "true",
	    "the event says that it is cut");
	bytes = CAUGHT(LOG_PLAIN, LOG_INFO, "e", LOG_TEXT("a", worst),
	    LOG_TEXT("b", worst));
	ok(strstr(bytes, " b=") == NULL && strstr(bytes, " cut=true\n") !=
	    NULL, "so it is as text");
	CAUGHT(LOG_JOURNAL, LOG_INFO, "e", LOG_TEXT("a", worst),
	    LOG_TEXT("b", worst));
	ok(strstr(journal, "DIURNAL_B") == NULL &&
	    strstr(journal, "\nDIURNAL_CUT=true\n") != NULL,
	    "so it is in the journal");
}

static void
test_levels(void)
{
	catch();
	log_open("prog", LOG_WARNING, LOG_JSON);
	LOG(LOG_INFO, "not this");
	LOG(LOG_DEBUG, "nor this");
	is_text(caught(), "", "events below the level are not written");
	LOG(LOG_WARNING, "this");
	ok(strstr(caught(), "this") != NULL, "events at the level are");
	LOG(LOG_ERROR, "and this");
	ok(strstr(caught(), "and this") != NULL, "events above it too");
	catch_no_more();
}

static void
test_context(void)
{
	char want[128], value[70];

	log_context("request_id", "r1");
	log_context("pass", "p1");
	log_context("request_id", "r2");
	ok(strstr(CAUGHT(LOG_PLAIN, LOG_INFO, "e", LOG_INT("n", 1)),
	    ": e request_id=\"r2\" pass=\"p1\" n=1\n") != NULL,
	    "context stands before the event's own fields");
	ok(strstr(CAUGHT(LOG_PLAIN, LOG_INFO, "e", LOG_INT("pass", 1)),
	    ": e request_id=\"r2\" pass=1\n") != NULL,
	    "an event's own field goes before the context's");
	log_context("request_id", NULL);
	log_context("never_set", NULL);
	ok(strstr(CAUGHT(LOG_PLAIN, LOG_INFO, "e"), ": e pass=\"p1\"\n") !=
	    NULL, "context can be taken away");
	memset(value, 'v', 69);
	memcpy(value + 62, "ü", 3);
	log_context("pass", value);
	snprintf(want, sizeof(want), " pass=\"%.62s\"\n", value);
	ok(strstr(CAUGHT(LOG_PLAIN, LOG_INFO, "e"), want) != NULL,
	    "a long context is cut between characters");
	log_context("pass", NULL);
}

#define THREADS 4
#define EVENTS 250

static void *
write_events(void *name)
{
	log_context("thread", name);
	for (int i = 0; i < EVENTS; i++)
		LOG(LOG_INFO, "event", LOG_TEXT("same", name));
	return NULL;
}

/* Whether a line is whole, and its context its own. */
static bool
is_sound(const char *text)
{
	SCOPED(json_release) struct json_object *line =
	    json_tokener_parse(text);

	return line != NULL && json_text(line, "thread") != NULL &&
	    text_is(json_text(line, "thread"), json_text(line, "same"));
}

static void
test_threads(void)
{
	static char names[THREADS][2] = { "a", "b", "c", "d" };
	FILE *file = tmpfile();
	pthread_t threads[THREADS];
	char text[PIPE_BUF];
	int saved = dup(STDERR_FILENO), sound = 0, lines = 0;

	dup2(fileno(file), STDERR_FILENO);
	log_open("prog", LOG_INFO, LOG_JSON);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, write_events, names[i]);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	for (; fgets(text, sizeof(text), file) != NULL; lines++)
		sound += is_sound(text);
	fclose(file);
	is_int(lines, THREADS * EVENTS, "no thread's event is lost");
	is_int(sound, lines,
	    "lines are whole and carry their thread's context");
}

static void
test_auto(void)
{
	char stream[64];
	struct stat file;
	int calls = journal_calls;

	unsetenv("JOURNAL_STREAM");
	ok(CAUGHT(LOG_AUTO, LOG_INFO, "e")[0] == '{',
	    "without a journal and a terminal it is JSON");
	setenv("JOURNAL_STREAM", "1:1", 1);
	ok(CAUGHT(LOG_AUTO, LOG_INFO, "e")[0] == '{',
	    "a journal that is not stderr does not count");
	is_int(journal_calls, calls, "and gets nothing");
	catch();
	fstat(STDERR_FILENO, &file);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)file.st_dev,
	    (uintmax_t)file.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open("prog", LOG_INFO, LOG_AUTO);
	LOG(LOG_INFO, "e");
	catch_no_more();
	is_int(journal_calls, calls + 1,
	    "a journal that is stderr gets the event");
	unsetenv("JOURNAL_STREAM");
}

static void
test_terminal(void)
{
	int master, terminal, saved = dup(STDERR_FILENO);
	char text[256] = "";

	if (openpty(&master, &terminal, NULL, NULL, NULL) != 0) {
		ok(true, "# SKIP no pseudo-terminal here");
		close(saved);
		return;
	}
	dup2(terminal, STDERR_FILENO);
	log_open("prog", LOG_INFO, LOG_AUTO);
	LOG(LOG_INFO, "e");
	dup2(saved, STDERR_FILENO);
	close(saved);
	ok(read(master, text, sizeof(text) - 1) > 0 &&
	    strstr(text, "prog[") != NULL, "on a terminal it is text");
	close(terminal);
	close(master);
}

static void
test_errno(void)
{
	int kept;

	catch();
	log_open("prog", LOG_INFO, LOG_PLAIN);
	close(STDERR_FILENO);
	errno = ENOENT;
	LOG(LOG_INFO, "into the void");
	kept = errno;
	catch_no_more();
	is_int(kept, ENOENT, "a write that fails leaves errno alone");
}

static void
test_names(void)
{
	bool same = true;
	enum log_level level = LOG_ERROR;
	enum log_format format = LOG_AUTO;

	for (int i = 0; i < LOG_LEVEL_COUNT; i++)
		same = same && log_level_from(log_level_name(
		    (enum log_level)i), &level) == 0 && (int)level == i;
	for (int i = 0; i < LOG_FORMAT_COUNT; i++)
		same = same && log_format_from(log_format_name(
		    (enum log_format)i), &format) == 0 && (int)format == i;
	ok(same, "every level and format is found by its name");
	ok(log_level_from("ERROR", &level) == 0 && level == LOG_ERROR &&
	    log_format_from("Json", &format) == 0 && format == LOG_JSON,
	    "the case of names does not matter");
	ok(log_level_from("loud", &level) == -1 && level == LOG_ERROR &&
	    log_format_from("", &format) == -1 && format == LOG_JSON,
	    "other names are refused");
	is_text(log_level_name(LOG_LEVEL_COUNT), "unknown",
	    "what is no level is named so");
	is_text(log_format_name(LOG_FORMAT_COUNT), "unknown",
	    "what is no format is named so");
}

int
main(void)
{
	test_json();
	test_plain();
	test_journal();
	test_priorities();
	test_hostile_values();
	test_every_byte();
	test_long_value();
	test_long_line();
	test_levels();
	test_context();
	test_threads();
	test_auto();
	test_terminal();
	test_errno();
	test_names();
	return tap_done();
}
