/*
 * A worker in a process of its own, and real FastCGI on its socket.  Under
 * ASan a worker that leaks does not exit with 0.
 */
#include "http/fcgi.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "t/tap.h"

#define LIMIT ((size_t)64 << 20)
#define TIMEOUT_MS 20000

enum record {
	BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6,
	GET_VALUES = 9
};

struct worker {
	pid_t pid;
	char path[64];
};

static char directory[] = "/tmp/diurnal-fcgi-XXXXXX";
static int nworkers;
static int gate[2];                    /* a pipe that count_done waits at */

/* What the workers answer: everything that they were told. */
static void
echo(void *context, struct request *request, struct response *response)
{
	struct text text = { .arena = request->arena };
	const char *key = request->header(request, "HTTP_X_API_KEY");
	const int *done = context;

	if (text_is(request->path, "/done")) {
		response_json(response, 200, arena_printf(request->arena,
		    "%d done", *done));
		return;
	}
	if (text_is(request->path, "/slow"))
		usleep(300000);
	if (text_is(request->path, "/undecided"))
		return;
	if (text_is(request->path, "/empty")) {
		response_empty(response);
		return;
	}
	text_add_format(&text, "%s %s ?%s %zu", request->method,
	    request->path, request->query, request->body_length);
	if (request->body != NULL && request->body_length < 100)
		text_add_format(&text, "=%s", request->body);
	text_add_format(&text, " %s %s %s %s %s",
	    request->content_type != NULL ? request->content_type : "-",
	    request->address, request->agent != NULL ? request->agent : "-",
	    request->is_https ? "tls" : "plain", key != NULL ? key : "-");
	response_json(response, 200, text_get(&text));
	response_header(response, "X-Test", "yes");
	if (text_is(request->path, "/large")) {
		response->body_length = (size_t)1 << 20;
		response->body = arena_alloc(response->arena,
		    response->body_length);
	}
}

/* Takes until the client, which has its answer, lets it. */
static void
count_done(void *context)
{
	int *done = context;
	char byte;

	if (read(gate[0], &byte, 1) == 1)
		++*done;
}

static int
open_listener(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	unlink(path);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 16) != 0)
		abort();
	return listener;
}

static void __attribute__((noreturn))
be_worker(int listener, void (*done)(void *context))
{
	struct arena *arena = arena_new(LIMIT);
	struct failure why = { 0 };
	int rc, count = 0;

	dup2(listener, 0);
	close(listener);
	rc = fcgi_serve(arena, echo, done, &count, &why);
	arena_free(arena);
	exit(rc == 0 ? 0 : 3);
}

static struct worker
start_worker_with(void (*done)(void *context))
{
	struct worker worker = { 0 };
	int listener;

	snprintf(worker.path, sizeof(worker.path), "%s/%d", directory,
	    nworkers++);
	listener = open_listener(worker.path);
	fflush(stdout);
	worker.pid = fork();
	if (worker.pid < 0)
		abort();
	if (worker.pid == 0)
		be_worker(listener, done);
	close(listener);
	return worker;
}

static struct worker
start_worker(void)
{
	return start_worker_with(NULL);
}

/* Its exit status, -1 if it died otherwise or has to be killed. */
static int
wait_worker(const struct worker *worker)
{
	int status;

	for (int i = 0; i < TIMEOUT_MS / 10; i++) {
		if (waitpid(worker->pid, &status, WNOHANG) == worker->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		usleep(10000);
	}
	kill(worker->pid, SIGKILL);
	waitpid(worker->pid, &status, 0);
	return -1;
}

static int
stop_worker(const struct worker *worker)
{
	kill(worker->pid, SIGTERM);
	return wait_worker(worker);
}

static bool
is_alive(const struct worker *worker)
{
	return waitpid(worker->pid, NULL, WNOHANG) == 0;
}

static int
dial(const struct worker *worker)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, worker->path, strlen(worker->path) + 1);
	if (connect(sock, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(sock);
		return -1;
	}
	return sock;
}

static void
add_record(struct text *text, enum record type, const char *bytes,
    size_t length)
{
	char head[8] = { 1, (char)type, 0, 1, (char)(length >> 8),
		(char)length };

	text_add(text, head, sizeof(head));
	text_add(text, bytes, length);
}

static void
add_begin(struct text *text)
{
	add_record(text, BEGIN, "\0\1\0\0\0\0\0", 8);
}

/* ${params}: "NAME=VALUE", NULL at the end. */
static void
add_params(struct text *text, const char *const *params)
{
	for (; *params != NULL; params++) {
		struct text pair = { .arena = text->arena };
		size_t name = strcspn(*params, "=");
		size_t value = strlen(*params) - name - 1;
		char lengths[5] = { (char)name, (char)(value >> 24 | 0x80),
			(char)(value >> 16), (char)(value >> 8), (char)value };

		text_add(&pair, lengths, sizeof(lengths));
		text_add(&pair, *params, name);
		text_add(&pair, *params + name + 1, value);
		add_record(text, PARAMS, pair.bytes, pair.length);
	}
	add_record(text, PARAMS, "", 0);
}

static void
add_body(struct text *text, const char *body, size_t length)
{
	while (length > 0) {
		size_t step = length < 60000 ? length : 60000;

		add_record(text, STDIN, body, step);
		body += step;
		length -= step;
	}
	add_record(text, STDIN, "", 0);
}

/* Everything that comes until the worker closes; NULL if it does not. */
static const char *
receive(int sock, struct arena *arena, size_t *length)
{
	struct text text = { .arena = arena };
	struct pollfd ready = { .fd = sock, .events = POLLIN };
	char bytes[4096];
	ssize_t got;

	while (poll(&ready, 1, TIMEOUT_MS) == 1) {
		got = read(sock, bytes, sizeof(bytes));
		if (got <= 0) {
			*length = text.length;
			return text_get(&text);
		}
		text_add(&text, bytes, (size_t)got);
	}
	return NULL;
}

/* What the STDOUT records hold, and " END" if the request was ended. */
static const char *
unpack(const char *bytes, size_t length, struct arena *arena)
{
	struct text text = { .arena = arena };
	const unsigned char *at = (const unsigned char *)bytes;

	if (bytes == NULL)
		return "(hangs)";
	while (length >= 8) {
		size_t content = (size_t)at[4] << 8 | at[5];
		size_t record = 8 + content + at[6];

		if (record > length)
			break;
		if (at[1] == STDOUT)
			text_add(&text, (const char *)at + 8, content);
		if (at[1] == END)
			text_add_text(&text, " END");
		at += record;
		length -= record;
	}
	return text_get(&text);
}

/* Send ${text} and yield the answer; ${half}: say that no more follows. */
static const char *
converse(const struct worker *worker, const struct text *text, bool half)
{
	int sock = dial(worker);
	const char *answer;
	size_t length = 0;

	if (sock < 0)
		return "(refused)";
	for (size_t sent = 0; sent < text->length;) {
		ssize_t step = send(sock, text->bytes + sent,
		    text->length - sent, MSG_NOSIGNAL);

		if (step <= 0)
			break;
		sent += (size_t)step;
	}
	if (half)
		shutdown(sock, SHUT_WR);
	answer = receive(sock, text->arena, &length);
	close(sock);
	return unpack(answer, length, text->arena);
}

static const char *
ask(const struct worker *worker, struct arena *arena,
    const char *const *params, const char *body)
{
	struct text text = { .arena = arena };

	add_begin(&text);
	add_params(&text, params);
	add_body(&text, body, strlen(body));
	return converse(worker, &text, false);
}

static bool
has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

#define GET(uri) "REQUEST_METHOD=GET", "REQUEST_URI=" uri
#define POST(uri) "REQUEST_METHOD=POST", "REQUEST_URI=" uri

static bool
serves_well(const struct worker *worker)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	const char *const params[] = { GET("/well"), NULL };

	return has(ask(worker, arena, params, ""), "GET /well ? 0");
}

static const struct {
	const char *params[5];
	const char *body, *part, *name;
} cases[] = {
	{ { GET("/a/b?x=1&y=%20"), "REMOTE_ADDR=192.0.2.7",
	    "HTTP_USER_AGENT=curl/8" }, "",
	    "\r\n\r\nGET /a/b ?x=1&y=%20 0 - 192.0.2.7 curl/8 plain - END",
	    "a request is told as it is" },
	{ { GET("/"), "HTTPS=on", "HTTP_X_API_KEY=k" }, "", " tls k END",
	    "TLS and any header are told" },
	{ { GET("/") }, "", "GET / ? 0 - :: - plain - END",
	    "what is not said has its stand-in" },
	{ { GET("/") }, "", "Status: 200 OK\r\n"
	    "Content-Type: application/json\r\nContent-Length: 24\r\n"
	    "X-Test: yes\r\nX-Request-ID: ",
	    "the head has status, type, length and headers" },
	{ { GET("/"), "HTTP_X_REQUEST_ID=Ab.9_-" }, "",
	    "X-Request-ID: Ab.9_-\r\n\r\n", "a fit request id is kept" },
	{ { GET("/"), "REMOTE_ADDR=2001:db8::1" }, "", " 2001:db8::1 ",
	    "an IPv6 address is told" },
	{ { GET("/"), "REMOTE_ADDR=unix:" }, "", " - :: - ",
	    "what is no address is not told" },
	{ { GET("/"), "HTTP_USER_AGENT=a\377b\xc3\xbc" }, "",
	    " a?b\xc3\xbc ", "an agent becomes UTF-8" },
	{ { GET("/a/") }, "", "GET /a ? ", "one final slash is dropped" },
	{ { GET("/a//?q") }, "", "GET /a/ ?q ",
	    "only one final slash is dropped" },
	{ { GET("/%61%2Fb%c3%bc") }, "", "GET /a%2Fb\xc3\xbc ? ",
	    "a path is decoded, save its slashes" },
	{ { GET("/a?%00%ff") }, "", "GET /a ?%00%ff ",
	    "a query is left to its reader" },
	{ { GET("/%00") }, "", "Status: 400 Bad Request\r\n"
	    "Content-Type: application/problem+json\r\n",
	    "a NUL in a path is a 400" },
	{ { GET("/%ff") }, "", "Status: 400 ",
	    "a path that is not UTF-8 is a 400" },
	{ { GET("a") }, "", "Status: 400 ", "a target is a path" },
	{ { GET("*") }, "", "Status: 400 ", "an asterisk is no path" },
	{ { "REQUEST_METHOD=GET" }, "", "Status: 400 ",
	    "a request has a target" },
	{ { "REQUEST_URI=/" }, "", "Status: 400 ", "a request has a method" },
	{ { POST("/"), "CONTENT_LENGTH=7", "CONTENT_TYPE=application/json" },
	    "{\"a\":1}", "POST / ? 7={\"a\":1} application/json ",
	    "a body is read" },
	{ { POST("/"), "CONTENT_LENGTH=3" }, "{\"a\":1}", "POST / ? 3={\"a ",
	    "a body is as long as was announced" },
	{ { POST("/"), "CONTENT_LENGTH=0" }, "", "POST / ? 0 ",
	    "a body may be empty" },
	{ { POST("/"), "CONTENT_LENGTH=" }, "x", "POST / ? 0 ",
	    "what has no length is no body" },
	{ { POST("/"), "CONTENT_LENGTH=9" }, "{\"a\":1}",
	    "Status: 400 ", "a body that is too short is a 400" },
	{ { POST("/"), "CONTENT_LENGTH=-1" }, "", "Status: 400 ",
	    "a negative length is a 400" },
	{ { POST("/"), "CONTENT_LENGTH=1x" }, "x", "Status: 400 ",
	    "a length that is no number is a 400" },
	{ { GET("/"), "CONTENT_LENGTH=+1" }, "", "Status: 400 ",
	    "so it is for every method" },
	{ { POST("/"), "CONTENT_LENGTH=10485761" }, "",
	    "Status: 413 Content Too Large\r\n",
	    "a length above 10 MiB is a 413" },
	{ { "REQUEST_METHOD=PUT", "REQUEST_URI=/",
	    "CONTENT_LENGTH=99999999999999999999" }, "",
	    "\"detail\":\"Request body too large\"}",
	    "a length above all bounds is a 413 as JSON" },
	{ { GET("/"), "CONTENT_LENGTH=10485761" }, "", "Status: 200 ",
	    "the size of a GET is not checked" },
	{ { "REQUEST_METHOD=DELETE", "REQUEST_URI=/", "CONTENT_LENGTH=2" },
	    "{}", "DELETE / ? 0 ", "the body of a DELETE is not read" },
	{ { GET("/undecided") }, "", "Status: 500 ",
	    "a request that nobody decided is a 500" },
	{ { GET("/empty") }, "", "Status: 204 No Content\r\nX-Request-ID: ",
	    "an empty answer has neither type nor length" },
};

static void
test_requests(void)
{
	struct worker worker = start_worker();

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		const char *answer = ask(&worker, arena, cases[i].params,
		    cases[i].body);

		if (!ok(has(answer, cases[i].part), "%s", cases[i].name))
			fprintf(stderr, "#  got: %s\n", answer);
	}
	is_int(stop_worker(&worker), 0, "the worker ends well");
}

static const char *
id_for(const struct worker *worker, const char *given, struct arena *arena)
{
	const char *const params[] = { GET("/"),
		arena_printf(arena, "HTTP_X_REQUEST_ID=%s", given), NULL };
	const char *answer = ask(worker, arena, params, "");
	const char *id = strstr(answer, "X-Request-ID: ");

	return id == NULL ? "" : arena_copy(arena, id + 14,
	    strcspn(id + 14, "\r"));
}

/* One character more than an id may have. */
#define ID65 "x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void
test_ids(void)
{
	static const char *const unfit[] = { "", "a b", "a\r\nX: y",
		"\xc3\xbc", ID65 };
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct worker worker = start_worker();
	char uuid[UUID_TEXT_BYTES];

	for (size_t i = 0; i < COUNT_OF(unfit); i++)
		ok(text_to_uuid(id_for(&worker, unfit[i], arena), uuid) == 0,
		    "unfit id %zu is replaced by a UUID", i);
	ok(!text_is(id_for(&worker, "", arena), id_for(&worker, "", arena)),
	    "no two requests have the same id");
	is_int((int64_t)strlen(id_for(&worker, ID65 + 1, arena)), 64,
	    "an id of 64 characters is fit");
	is_int(stop_worker(&worker), 0, "the worker ends well");
}

static void
test_sizes(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(4 * LIMIT);
	const char *const body_params[] = { POST("/"),
		"CONTENT_LENGTH=10485760", NULL };
	const char *const large_params[] = { GET("/large"), NULL };
	char *body = memset(arena_alloc(arena, FCGI_BODY_MAX + 1), 'x',
	    FCGI_BODY_MAX);
	const char *const uri_params[] = { "REQUEST_METHOD=GET",
		arena_printf(arena, "REQUEST_URI=/%.40000s", body), NULL };
	struct worker worker = start_worker();

	ok(has(ask(&worker, arena, body_params, body), "POST / ? 10485760 "),
	    "a body of 10 MiB is read");
	ok(strlen(ask(&worker, arena, large_params, "")) > 20,
	    "a large answer begins");
	ok(has(ask(&worker, arena, uri_params, ""), "Status: 414 "),
	    "a target that is too long is a 414");
	ok(serves_well(&worker), "the worker goes on");
	is_int(stop_worker(&worker), 0, "the worker ends well");
}

static void
test_done(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	const char *const params[] = { GET("/done"), NULL };
	struct worker worker;

	if (pipe(gate) != 0)
		abort();
	worker = start_worker_with(count_done);
	ok(has(ask(&worker, arena, params, ""), "0 done"),
	    "an answer does not wait for what is done after it");
	ok(write(gate[1], "x", 1) == 1 &&
	    has(ask(&worker, arena, params, ""), "1 done"),
	    "each answer is followed by what is done after it");
	ok(write(gate[1], "x", 1) == 1 && stop_worker(&worker) == 0,
	    "the worker ends well");
	close(gate[0]);
	close(gate[1]);
}

static void
test_stop(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	const char *const params[] = { GET("/slow"), NULL };
	struct worker worker = start_worker();
	struct text text = { .arena = arena };
	const char *answer;
	size_t length = 0;
	int sock, later;

	ok(serves_well(&worker), "the worker serves");
	add_begin(&text);
	add_params(&text, params);
	add_body(&text, "", 0);
	sock = dial(&worker);
	ok(send(sock, text.bytes, text.length, 0) == (ssize_t)text.length,
	    "a request is sent");
	usleep(100000);
	later = dial(&worker);
	kill(worker.pid, SIGTERM);
	answer = receive(sock, arena, &length);
	ok(has(unpack(answer, length, arena), "GET /slow "),
	    "a worker that shall stop finishes its request");
	is_int(wait_worker(&worker), 0,
	    "then it stops, though another connection waits");
	close(sock);
	close(later);
}

/* What a server may say that is not FastCGI as it should be. */
static void
wrong_version(struct text *text)
{
	add_begin(text);
	text->bytes[0] = 2;
}

static void
huge_lengths(struct text *text)
{
	add_begin(text);
	add_record(text, PARAMS, "\xc0\0\0\0\xc0\0\0\0abc", 11);
	add_record(text, PARAMS, "", 0);
	add_record(text, STDIN, "", 0);
}

static void
largest_lengths(struct text *text)
{
	add_begin(text);
	add_record(text, PARAMS, "\xff\xff\xff\xff\xff\xff\xff\xff" "abc", 11);
	add_record(text, PARAMS, "", 0);
}

static void
long_name(struct text *text)
{
	add_begin(text);
	add_record(text, PARAMS, "\x7f\x01" "abc", 5);
	add_record(text, PARAMS, "", 0);
}

static void
truncated_header(struct text *text)
{
	text_add(text, "\1\1\0", 3);
}

static void
truncated_begin(struct text *text)
{
	add_begin(text);
	text->length -= 3;
}

static void
truncated_params(struct text *text)
{
	const char *const params[] = { GET("/"), NULL };

	add_begin(text);
	add_params(text, params);
	text->length -= 12;
}

static void
no_body_record(struct text *text)
{
	const char *const params[] = { POST("/"), "CONTENT_LENGTH=5", NULL };

	add_begin(text);
	add_params(text, params);
}

static void
body_before_params(struct text *text)
{
	add_begin(text);
	add_record(text, STDIN, "abc", 3);
}

static void
params_before_begin(struct text *text)
{
	const char *const params[] = { GET("/"), NULL };

	add_params(text, params);
}

static void
begin_of_no_request(struct text *text)
{
	add_begin(text);
	text->bytes[3] = 0;
}

static void
begin_too_short(struct text *text)
{
	add_record(text, BEGIN, "\0\1", 2);
}

static void
unknown_role(struct text *text)
{
	add_record(text, BEGIN, "\0\x7f\0\0\0\0\0", 8);
}

static void
unknown_type(struct text *text)
{
	add_begin(text);
	add_record(text, 99, "abc", 3);
}

static void
abort_before_params(struct text *text)
{
	add_begin(text);
	add_record(text, ABORT, "", 0);
}

static void
abort_in_body(struct text *text)
{
	no_body_record(text);
	add_record(text, ABORT, "", 0);
}

static void
second_begin(struct text *text)
{
	add_begin(text);
	add_begin(text);
}

static void
management_values(struct text *text)
{
	size_t start = text->length;

	add_record(text, GET_VALUES, "\x0e\0FCGI_MAX_CONNS", 16);
	text->bytes[start + 3] = 0;
}

static void
management_unknown(struct text *text)
{
	add_record(text, 50, "", 0);
	text->bytes[3] = 0;
}

static void
management_many(struct text *text)
{
	struct text many = { .arena = text->arena };

	for (int i = 0; i < 500; i++)
		text_add(&many, "\x0e\0FCGI_MAX_CONNS", 16);
	add_record(text, GET_VALUES, many.bytes, many.length);
	text->bytes[3] = 0;
}

static void
noise(struct text *text)
{
	for (unsigned i = 0, x = 1; i < 5000; i++) {
		x = x * 1103515245 + 12345;
		text_add(text, &(char){ (char)(x >> 16) }, 1);
	}
}

static void
silence(struct text *text)
{
	text_add(text, "", 0);
}

static const struct {
	void (*make)(struct text *text);
	const char *name;
} malformed[] = {
	{ wrong_version, "a wrong version" },
	{ huge_lengths, "two lengths of 0x40000000" },
	{ largest_lengths, "two lengths of 0x7fffffff" },
	{ long_name, "a parameter that is shorter than it says" },
	{ truncated_header, "half a header" },
	{ truncated_begin, "half a beginning" },
	{ truncated_params, "half of the parameters" },
	{ no_body_record, "no body where one was announced" },
	{ body_before_params, "a body before the parameters" },
	{ params_before_begin, "parameters before the beginning" },
	{ begin_of_no_request, "a beginning of request 0" },
	{ begin_too_short, "a beginning that is too short" },
	{ unknown_role, "an unknown role" },
	{ unknown_type, "an unknown type of record" },
	{ abort_before_params, "an abort before the parameters" },
	{ abort_in_body, "an abort in the body" },
	{ second_begin, "a second beginning" },
	{ management_values, "a question for values" },
	{ management_unknown, "an unknown management record" },
	{ management_many, "500 questions for values" },
	{ noise, "noise" },
	{ silence, "nothing at all" },
};

static void
test_malformed(void)
{
	for (size_t i = 0; i < COUNT_OF(malformed); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct text text = { .arena = arena };
		struct worker worker = start_worker();
		const char *answer;

		malformed[i].make(&text);
		answer = converse(&worker, &text, true);
		ok(!has(answer, "(hangs)") && !has(answer, "Status: 2"),
		    "%s neither hangs nor succeeds", malformed[i].name);
		usleep(20000);
		if (is_alive(&worker)) {
			ok(serves_well(&worker),
			    "after %s the worker serves on",
			    malformed[i].name);
			/* libfcgi itself forgets 48 bytes there. */
			ok(stop_worker(&worker) == 0 ||
			    malformed[i].make == management_unknown,
			    "and it has lost nothing");
		} else {
			struct worker fresh = start_worker();

			printf("# %s ended a worker\n", malformed[i].name);
			ok(serves_well(&fresh), "after %s a fresh worker "
			    "serves", malformed[i].name);
			is_int(stop_worker(&fresh), 0,
			    "and it has lost nothing");
		}
	}
}

/* Whoever says only half and then holds the line is given up. */
static void
test_patience(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct worker workers[2] = { start_worker(), start_worker() };
	struct text half[2] = { { .arena = arena }, { .arena = arena } };
	const char *answers[2];
	size_t lengths[2] = { 0 };
	int socks[2];

	truncated_params(&half[0]);
	no_body_record(&half[1]);
	for (int i = 0; i < 2; i++) {
		socks[i] = dial(&workers[i]);
		if (send(socks[i], half[i].bytes, half[i].length, 0) < 0)
			abort();
	}
	for (int i = 0; i < 2; i++) {
		answers[i] = receive(socks[i], arena, &lengths[i]);
		close(socks[i]);
	}
	ok(answers[0] != NULL, "a server that stalls in the parameters is "
	    "given up");
	ok(has(unpack(answers[1], lengths[1], arena), "Status: 400 "),
	    "a body that stalls is a 400");
	for (int i = 0; i < 2; i++) {
		ok(serves_well(&workers[i]), "the worker serves on");
		is_int(stop_worker(&workers[i]), 0,
		    "and it has lost nothing");
	}
}

/* A client that leaves without reading costs nothing but its answer. */
static void
test_gone(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	const char *const params[] = { GET("/large"), NULL };
	struct worker worker = start_worker();
	struct text text = { .arena = arena };
	int sock = dial(&worker);

	add_begin(&text);
	add_params(&text, params);
	add_body(&text, "", 0);
	ok(send(sock, text.bytes, text.length, 0) == (ssize_t)text.length,
	    "a request is sent");
	close(sock);
	ok(serves_well(&worker), "after a client that left it serves on");
	is_int(stop_worker(&worker), 0, "and it has lost nothing");
}

static void
test_no_listener(void)
{
	int status = 0, ends[2];
	pid_t pid;

	fflush(stdout);
	if (pipe(ends) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0)
		be_worker(ends[0], NULL);
	waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 3,
	    "without a listening socket there is nothing to serve");
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	char path[64];

	if (mkdtemp(directory) == NULL)
		return tap_skip_all("no directory for sockets");
	test_requests();
	test_ids();
	test_sizes();
	test_done();
	test_stop();
	test_malformed();
	test_patience();
	test_gone();
	test_no_listener();
	for (int i = 0; i < nworkers; i++) {
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		unlink(path);
	}
	rmdir(directory);
	return tap_done();
}
