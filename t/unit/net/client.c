#include "net/client.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/scope.h"
#include "t/server.h"
#include "t/tap.h"

#define LIMIT ((size_t)1000)

/* What comes after the page's bytes. */
enum then { THEN_NEXT, THEN_CLOSE, THEN_SILENCE, THEN_MORE };

struct page {
	const char *path;
	const char *answer;
	enum then then;
	const char *more;              /* again and again, for THEN_MORE */
	atomic_int asked;
};

#define OK "HTTP/1.1 200 OK\r\n"

enum {
	PAGE_PLAIN, PAGE_LOUD, PAGE_EMPTY, PAGE_NO_TYPE, PAGE_ODD_TYPE,
	PAGE_MISSING, PAGE_FULL, PAGE_REDIRECT, PAGE_ELSEWHERE,
	PAGE_SLOW_HEADER, PAGE_HALF_HEADER, PAGE_STALLED, PAGE_ENDLESS,
	PAGE_ENDLESS_HEADERS, PAGE_ENDLESS_INTERIM, PAGE_LONG,
	PAGE_ONE_TOO_LONG, PAGE_TRUNCATED, PAGE_CHUNK_CUT, PAGE_HANGUP,
	PAGE_GARBAGE, PAGE_OLD, PAGE_BUSY, PAGE_RETRY_LONG,
	PAGE_RETRY_SHORT, PAGE_BROKEN, PAGE_COUNT
};

static struct page pages[PAGE_COUNT] = {
	[PAGE_PLAIN] = { "/plain", OK "Content-Type: text/xml\r\n"
	    "Content-Length: 5\r\n\r\nhello" },
	[PAGE_LOUD] = { "/loud", OK "Content-Type: Text/XML; charset=UTF-8\r\n"
	    "Content-Length: 0\r\n\r\n" },
	[PAGE_EMPTY] = { "/empty", "HTTP/1.1 204 No Content\r\n\r\n" },
	[PAGE_NO_TYPE] = { "/no-type", OK "Content-Length: 1\r\n\r\nx" },
	[PAGE_ODD_TYPE] = { "/odd-type", OK "Content-Type: t\xc3\xa4xt\r\n"
	    "Content-Length: 1\r\n\r\nx" },
	[PAGE_MISSING] = { "/missing", "HTTP/1.1 404 Not Found\r\n"
	    "Content-Length: 4\r\n\r\ngone" },
	[PAGE_FULL] = { "/full", NULL },
	[PAGE_REDIRECT] = { "/redirect", "HTTP/1.1 302 Found\r\n"
	    "Location: /elsewhere\r\nContent-Length: 0\r\n\r\n" },
	[PAGE_ELSEWHERE] = { "/elsewhere", OK "Content-Length: 0\r\n\r\n" },
	[PAGE_SLOW_HEADER] = { "/slow-header", "", THEN_SILENCE },
	[PAGE_HALF_HEADER] = { "/half-header", OK "Content-Le",
	    THEN_SILENCE },
	[PAGE_STALLED] = { "/stalled", OK "Content-Length: 100\r\n\r\nhalf",
	    THEN_SILENCE },
	[PAGE_ENDLESS] = { "/endless", OK "Transfer-Encoding: chunked\r\n\r\n",
	    THEN_MORE, "10\r\n0123456789abcdef\r\n" },
	[PAGE_ENDLESS_HEADERS] = { "/endless-headers", OK, THEN_MORE,
	    "X-More: 0123456789abcdef0123456789abcdef\r\n" },
	[PAGE_ENDLESS_INTERIM] = { "/endless-interim", "", THEN_MORE,
	    "HTTP/1.1 103 Early Hints\r\nX-More: 0123456789abcdef\r\n\r\n" },
	[PAGE_LONG] = { "/long", OK "Content-Length: 99999999999\r\n\r\n",
	    THEN_MORE, "0123456789abcdef" },
	[PAGE_ONE_TOO_LONG] = { "/one-too-long", NULL },
	[PAGE_TRUNCATED] = { "/truncated", OK "Content-Length: 100\r\n\r\n"
	    "half", THEN_CLOSE },
	[PAGE_CHUNK_CUT] = { "/chunk-cut", OK "Transfer-Encoding: chunked"
	    "\r\n\r\n10\r\n0123", THEN_CLOSE },
	[PAGE_HANGUP] = { "/hangup", "", THEN_CLOSE },
	[PAGE_GARBAGE] = { "/garbage", "\x7fgarbage\r\n\r\n", THEN_CLOSE },
	[PAGE_OLD] = { "/old", "<html>hello</html>", THEN_CLOSE },
	[PAGE_BUSY] = { "/busy", NULL },
	[PAGE_RETRY_LONG] = { "/retry-long", "HTTP/1.1 429 Slow Down\r\n"
	    "Retry-After: 3600\r\nContent-Length: 0\r\n\r\n" },
	[PAGE_RETRY_SHORT] = { "/retry-short", "HTTP/1.1 429 Slow Down\r\n"
	    "Retry-After: 1\r\nContent-Length: 0\r\n\r\n" },
	[PAGE_BROKEN] = { "/broken", "HTTP/1.1 501 Not Implemented\r\n"
	    "Content-Length: 0\r\n\r\n" },
};

static struct server server;
static struct server_request last;
static pthread_mutex_t last_mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_size_t bytes_written;

/* Two refusals, then an answer. */
static void
answer_busy(struct page *page, int connection)
{
	const char *answer = atomic_load(&page->asked) % 3 != 0 ?
	    "HTTP/1.1 503 Busy\r\nContent-Length: 3\r\n\r\nnot" :
	    OK "Content-Length: 3\r\n\r\nnow";

	server_write(connection, answer, strlen(answer));
}

static void
answer_sized(int connection, size_t length)
{
	char head[128], body[LIMIT + 1];

	snprintf(head, sizeof(head), OK "Transfer-Encoding: chunked\r\n\r\n"
	    "%zx\r\n", length);
	memset(body, 'x', sizeof(body));
	server_write(connection, head, strlen(head));
	server_write(connection, body, length);
	server_write(connection, "\r\n0\r\n\r\n", 7);
}

static struct page *
find_page(const char *path)
{
	for (size_t i = 0; i < PAGE_COUNT; i++)
		if (strcmp(pages[i].path, path) == 0)
			return &pages[i];
	return NULL;
}

/* False when the connection is done with. */
static bool
go_on(const struct page *page, int connection)
{
	char byte;

	switch (page->then) {
	case THEN_NEXT:
		return true;
	case THEN_CLOSE:
		return false;
	case THEN_SILENCE:
		return recv(connection, &byte, 1, 0) > 0;
	case THEN_MORE:
		while (server_write(connection, page->more,
		    strlen(page->more)))
			atomic_fetch_add(&bytes_written, strlen(page->more));
		return false;
	}
	return false;
}

static void
serve(int connection)
{
	struct server_request request;
	struct page *page;

	while (server_read(connection, &request)) {
		pthread_mutex_lock(&last_mutex);
		last = request;
		pthread_mutex_unlock(&last_mutex);
		if ((page = find_page(request.path)) == NULL)
			return;
		atomic_fetch_add(&page->asked, 1);
		if (page == &pages[PAGE_BUSY])
			answer_busy(page, connection);
		else if (page->answer == NULL)
			answer_sized(connection, page == &pages[PAGE_FULL] ?
			    LIMIT : LIMIT + 1);
		else
			server_write(connection, page->answer,
			    strlen(page->answer));
		if (!go_on(page, connection))
			return;
	}
}

static const char *
url_of(int page, char url[512])
{
	snprintf(url, 512, "http://127.0.0.1:%d%s", server.port,
	    pages[page].path);
	return url;
}

static const struct client_options quick = {
	.plain = true, .connect_time = 2000, .total_time = 400,
	.repeat_time = 1,
};

/* Send to ${page} with a client of its own; the status, or -1. */
static int
send_to(int page, bool repeatable, const struct client_options *options,
    struct arena *arena, struct client_answer *answer, struct failure *why)
{
	SCOPED(client_release) struct client *client = client_new(options);
	char url[512];
	struct client_request request = {
		.url = url_of(page, url), .max_answer = LIMIT,
		.repeatable = repeatable,
		.body = repeatable ? NULL : "x", .length = 1,
	};

	return client_send(client, &request, arena, answer, why);
}

static const struct {
	int page;
	int status;
	const char *type, *body;
	const char *what;
} answers[] = {
	{ PAGE_PLAIN, 200, "text/xml", "hello", "an answer is read" },
	{ PAGE_LOUD, 200, "text/xml", "",
	    "a type loses its parameters and its case" },
	{ PAGE_EMPTY, 204, "", "", "an answer may have no body" },
	{ PAGE_NO_TYPE, 200, "", "x", "an answer may have no type" },
	{ PAGE_ODD_TYPE, 200, "", "x", "a malformed type is none" },
	{ PAGE_MISSING, 404, "", "gone", "a 404 is an answer" },
	{ PAGE_BROKEN, 501, "", "", "a 501 is an answer" },
	{ PAGE_BUSY, 503, "", "not", "a 503 is an answer in the end" },
};

static void
test_answers(void)
{
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
		struct client_answer answer = { 0 };
		struct failure why = { 0 };

		is_int(send_to(answers[i].page, true, &quick, arena, &answer,
		    &why), 0, answers[i].what);
		is_int(answer.status, answers[i].status, "... its status");
		is_text(answer.type, answers[i].type, "... its type");
		is_text(answer.body, answers[i].body, "... its body");
		is_int((int64_t)answer.length,
		    (int64_t)strlen(answers[i].body), "... its length");
	}
}

static const struct {
	int page;
	enum fault may, may_not;       /* be repeated */
	const char *detail;
	const char *what;
} failures[] = {
	{ PAGE_REDIRECT, FAULT_INVALID, FAULT_INVALID,
	    "a redirect (status 302), which is not followed",
	    "a redirect is refused" },
	{ PAGE_SLOW_HEADER, FAULT_BUSY, FAULT_UNCERTAIN, "timed out",
	    "an answer that does not begin is given up" },
	{ PAGE_HALF_HEADER, FAULT_BUSY, FAULT_UNCERTAIN, "timed out",
	    "a header that does not end is given up" },
	{ PAGE_STALLED, FAULT_BUSY, FAULT_UNCERTAIN, "timed out",
	    "a body that does not come is given up" },
	{ PAGE_ENDLESS, FAULT_INVALID, FAULT_UNCERTAIN,
	    "the answer is too long (1000 bytes are allowed)",
	    "a body without end is cut off" },
	{ PAGE_ENDLESS_HEADERS, FAULT_INVALID, FAULT_UNCERTAIN, "too l",
	    "headers without end are cut off" },
	{ PAGE_ENDLESS_INTERIM, FAULT_INVALID, FAULT_UNCERTAIN, "too l",
	    "interim answers without end are cut off" },
	{ PAGE_LONG, FAULT_INVALID, FAULT_UNCERTAIN,
	    "the answer is too long (1000 bytes are allowed)",
	    "a body announced as too long is not read" },
	{ PAGE_ONE_TOO_LONG, FAULT_INVALID, FAULT_UNCERTAIN,
	    "the answer is too long (1000 bytes are allowed)",
	    "one byte too many is too many" },
	{ PAGE_TRUNCATED, FAULT_INVALID, FAULT_UNCERTAIN, "",
	    "a body shorter than announced is refused" },
	{ PAGE_CHUNK_CUT, FAULT_INVALID, FAULT_UNCERTAIN, "",
	    "a body cut inside a chunk is refused" },
	{ PAGE_HANGUP, FAULT_BUSY, FAULT_UNCERTAIN, "mpty reply",
	    "a connection closed without an answer" },
	{ PAGE_GARBAGE, FAULT_INVALID, FAULT_UNCERTAIN, "",
	    "what is no HTTP is refused" },
	{ PAGE_OLD, FAULT_INVALID, FAULT_UNCERTAIN, "",
	    "HTTP/0.9 is refused" },
};

static void
test_failure(size_t i, bool repeatable)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	struct page *page = &pages[failures[i].page];
	struct client_answer answer = { .status = 7 };
	struct failure why = { 0 };
	int before = atomic_load(&page->asked);
	int result = send_to(failures[i].page, repeatable, &quick, arena,
	    &answer, &why);

	ok(result == -1 && answer.status == 7, "%s (%s)", failures[i].what,
	    repeatable ? "may be repeated" : "may not be repeated");
	is_text(fault_name(why.fault), fault_name(repeatable ?
	    failures[i].may : failures[i].may_not), "... with its fault");
	ok(strstr(why.detail, failures[i].detail) != NULL &&
	    why.detail[0] != '\0', "... and a reason: %s", why.detail);
	is_int(atomic_load(&page->asked) - before, 1, "... after one try");
}

static void
test_failures(void)
{
	for (size_t i = 0; i < COUNT_OF(failures); i++) {
		test_failure(i, true);
		test_failure(i, false);
	}
	is_int(atomic_load(&pages[PAGE_ELSEWHERE].asked), 0,
	    "nobody went where a redirect pointed");
	/* What the kernel buffers for both sides is far below this. */
	ok(atomic_load(&bytes_written) < ((size_t)64 << 20),
	    "nothing endless was read on");
}

static void
test_limits(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	SCOPED(arena_release) struct arena *tiny = arena_new(600);
	struct client_answer answer = { 0 };
	struct failure why = { 0 };

	ok(send_to(PAGE_FULL, true, &quick, arena, &answer, &why) == 0 &&
	    answer.length == LIMIT, "an answer may be as long as allowed");
	ok(send_to(PAGE_FULL, true, &quick, tiny, &answer, &why) != 0 &&
	    why.fault == FAULT_INVALID,
	    "an answer that the arena has no room for is too long");
}

static void
test_silence(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	struct client_options options = {
		.plain = true, .total_time = 60000, .silence_time = 1,
	};
	struct client_answer answer;
	struct failure why = { 0 };
	int64_t began = clock_monotonic();

	ok(send_to(PAGE_STALLED, true, &options, arena, &answer, &why) != 0 &&
	    why.fault == FAULT_BUSY, "a silent connection ends");
	ok(clock_monotonic() - began < 10 * CLOCK_SECOND,
	    "... long before the time for it all is over");
}

static const struct {
	const char *url;
	bool plain;
	enum fault fault;
	const char *what;
} unsent[] = {
	{ "http://127.0.0.1:%d/plain", false, FAULT_INTERNAL,
	    "plain HTTP needs a client made for it" },
	{ "https://127.0.0.1:%d/plain", true, FAULT_INTERNAL,
	    "a client made for plain HTTP does nothing else" },
	{ "https://127.0.0.1:%d/plain", false, FAULT_BUSY,
	    "a server without TLS gets no request" },
	{ "file:///etc/hostname", false, FAULT_INTERNAL,
	    "a file is no address" },
	{ "no address", false, FAULT_INTERNAL, "no address is none" },
	{ "http://name.invalid:%d/", true, FAULT_BUSY,
	    "a name that does not resolve" },
};

static void
test_unsent(void)
{
	for (size_t i = 0; i < COUNT_OF(unsent); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
		struct client_options options = quick;
		SCOPED(client_release) struct client *client = NULL;
		struct client_answer answer;
		struct failure why = { 0 };
		struct client_request request = {
			.body = "x", .length = 1, .max_answer = LIMIT,
		};
		const char *mark = strstr(unsent[i].url, "%d");

		request.url = mark == NULL ? unsent[i].url :
		    arena_printf(arena, "%.*s%d%s",
		    (int)(mark - unsent[i].url), unsent[i].url, server.port,
		    mark + 2);
		options.plain = unsent[i].plain;
		client = client_new(&options);
		ok(client_send(client, &request, arena, &answer, &why) != 0,
		    "%s", unsent[i].what);
		is_text(fault_name(why.fault), fault_name(unsent[i].fault),
		    "... with its fault");
	}
}

static void
test_nobody_listens(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	SCOPED(client_release) struct client *client = client_new(&quick);
	struct server gone = { 0 };
	struct client_answer answer;
	struct failure why = { 0 };
	char url[512];
	struct client_request request = {
		.url = url_of(PAGE_PLAIN, url), .max_answer = LIMIT,
	};

	client_send(client, &request, arena, &answer, &why);
	server_start(&gone, serve);
	server_stop(&gone);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", gone.port);
	ok(client_send(client, &request, arena, &answer, &why) != 0 &&
	    why.fault == FAULT_BUSY,
	    "a refused connection is no uncertainty, though one was sent "
	    "before: %s", why.detail);
}

static void
test_bundle(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	struct client_options options = {
		.ca_bundle = "/nonexistent/bundle.pem", .total_time = 400,
	};
	SCOPED(client_release) struct client *client = client_new(&options);
	struct client_answer answer;
	struct failure why = { 0 };
	struct client_request request = { .max_answer = LIMIT };

	request.url = arena_printf(arena, "https://127.0.0.1:%d/",
	    server.port);
	ok(client_send(client, &request, arena, &answer, &why) != 0 &&
	    why.fault == FAULT_INTERNAL,
	    "a certificate file that is not there is our own mistake: %s",
	    why.detail);
}

static void
test_bad_headers(void)
{
	static const char *const bad[] = {
		"X-Split: a\r\nX-Evil: b", "X-Tab:\tx", "no colon",
	};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
		SCOPED(client_release) struct client *client =
		    client_new(&quick);
		const char *const headers[] = { "X-Good: 1", bad[i], NULL };
		struct client_answer answer;
		struct failure why = { 0 };
		char url[512];
		struct client_request request = {
			.url = url_of(PAGE_PLAIN, url), .headers = headers,
		};

		ok(client_send(client, &request, arena, &answer, &why) != 0 &&
		    why.fault == FAULT_INTERNAL &&
		    strstr(why.detail, "X-") == NULL,
		    "header %zu is refused without being repeated", i);
	}
}

static const struct {
	int page;
	bool repeatable;
	unsigned repeats;
	int asked, status;
	const char *what;
} repeats[] = {
	{ PAGE_BUSY, true, 0, 1, 503, "nothing is repeated by itself" },
	{ PAGE_BUSY, true, 1, 2, 503,
	    "a request is repeated no more than asked" },
	{ PAGE_BUSY, true, 5, 3, 200,
	    "a request is repeated until it is answered" },
	{ PAGE_BUSY, false, 5, 1, 503,
	    "what may not be repeated is not" },
	{ PAGE_RETRY_LONG, true, 5, 1, 429,
	    "a server that wants much patience is left alone" },
	{ PAGE_MISSING, true, 5, 1, 404, "a 404 is not repeated" },
	{ PAGE_BROKEN, true, 5, 1, 501, "a 501 is not repeated" },
};

static void
test_repeats(void)
{
	for (size_t i = 0; i < COUNT_OF(repeats); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
		struct page *page = &pages[repeats[i].page];
		struct client_options options = quick;
		struct client_answer answer = { 0 };
		struct failure why = { 0 };

		options.repeats = repeats[i].repeats;
		atomic_store(&page->asked, 0);
		send_to(repeats[i].page, repeats[i].repeatable, &options,
		    arena, &answer, &why);
		is_int(atomic_load(&page->asked), repeats[i].asked,
		    repeats[i].what);
		is_int(answer.status, repeats[i].status, "... and answered");
	}
}

static void
test_retry_after(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	struct client_options options = quick;
	struct client_answer answer = { 0 };
	struct failure why = { 0 };
	int64_t began = clock_monotonic();

	options.repeats = 1;
	ok(send_to(PAGE_RETRY_SHORT, true, &options, arena, &answer,
	    &why) == 0 && clock_monotonic() - began >= CLOCK_SECOND,
	    "Retry-After is waited for");
}

static void
test_refused_repeats(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	struct client_options options = quick;
	SCOPED(client_release) struct client *client = NULL;
	struct server gone = { 0 };
	struct client_answer answer;
	struct failure why = { 0 };
	struct client_request request = {
		.max_answer = LIMIT, .repeatable = true,
	};
	int64_t began;

	server_start(&gone, serve);
	server_stop(&gone);
	request.url = arena_printf(arena, "http://127.0.0.1:%d/", gone.port);
	options.repeats = 3;
	options.repeat_time = 100;
	client = client_new(&options);
	began = clock_monotonic();
	ok(client_send(client, &request, arena, &answer, &why) != 0 &&
	    why.fault == FAULT_BUSY, "repetition ends when nobody listens");
	ok(clock_monotonic() - began < 5 * CLOCK_SECOND, "... in time");
}

static void
test_connections(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	SCOPED(client_release) struct client *client = client_new(&quick);
	struct client_answer answer;
	struct failure why = { 0 };
	char url[512];
	struct client_request request = {
		.url = url_of(PAGE_PLAIN, url), .max_answer = LIMIT,
		.repeatable = true,
	};
	int before = atomic_load(&server.connections);

	for (int i = 0; i < 3; i++)
		client_send(client, &request, arena, &answer, &why);
	is_int(atomic_load(&server.connections) - before, 1,
	    "requests share a connection");
	request.repeatable = false;
	client_send(client, &request, arena, &answer, &why);
	is_int(atomic_load(&server.connections) - before, 2,
	    "what may not be repeated has a connection of its own");
}

/* Answers the first request of a connection and dies of the second. */
static atomic_int mortal_requests;

static void
serve_once(int connection)
{
	struct server_request request;
	const char *answer = pages[PAGE_PLAIN].answer;

	if (!server_read(connection, &request))
		return;
	atomic_fetch_add(&mortal_requests, 1);
	server_write(connection, answer, strlen(answer));
	if (server_read(connection, &request))
		atomic_fetch_add(&mortal_requests, 1);
}

static void
test_dead_connection(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	SCOPED(client_release) struct client *client = client_new(&quick);
	struct server mortal = { 0 };
	struct client_answer answer;
	struct failure why = { 0 };
	struct client_request request = {
		.max_answer = LIMIT, .repeatable = true,
	};

	server_start(&mortal, serve_once);
	request.url = arena_printf(arena, "http://127.0.0.1:%d/plain",
	    mortal.port);
	client_send(client, &request, arena, &answer, &why);
	request.repeatable = false;
	ok(client_send(client, &request, arena, &answer, &why) == 0 &&
	    atomic_load(&mortal_requests) == 2,
	    "a command is not sent again when a used connection dies");
	server_stop(&mortal);
}

static void
test_what_arrives(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	SCOPED(client_release) struct client *client = client_new(&quick);
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded",
		"X-Amz-Security-Token: TOKEN", NULL,
	};
	struct client_signature signature = {
		"aws:amz:eu-west-1:ec2", "AKIDEXAMPLE", "SECRETSECRET",
	};
	struct client_answer answer;
	struct failure why = { 0 };
	char url[512];
	struct client_request request = {
		.url = url_of(PAGE_PLAIN, url), .max_answer = LIMIT,
		.headers = headers, .body = "a=1&b=2", .length = 7,
		.signature = &signature,
	};

	ok(client_send(client, &request, arena, &answer, &why) == 0,
	    "a signed request is answered");
	ok(strncmp(last.bytes, "POST /plain HTTP/1.1\r\n", 22) == 0,
	    "a request with a body is a POST");
	ok(strstr(last.bytes, "\r\n\r\na=1&b=2") != NULL, "the body arrives");
	ok(strstr(last.bytes, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
	    != NULL && strstr(last.bytes, "/eu-west-1/ec2/aws4_request")
	    != NULL, "the signature arrives");
	ok(strstr(last.bytes, "x-amz-security-token") != NULL &&
	    strstr(last.bytes, "SignedHeaders=") != NULL,
	    "... over the session token, too");
	ok(strstr(last.bytes, "X-Amz-Security-Token: TOKEN\r\n") != NULL,
	    "headers arrive");
	ok(strstr(last.bytes, "SECRETSECRET") == NULL,
	    "the secret does not");
	request = (struct client_request){ .url = url_of(PAGE_PLAIN, url),
		.max_answer = LIMIT };
	client_send(client, &request, arena, &answer, &why);
	ok(strncmp(last.bytes, "GET ", 4) == 0 &&
	    strstr(last.bytes, "AWS") == NULL &&
	    strstr(last.bytes, "Authorization") == NULL,
	    "the next request carries nothing of it");
}

int
main(void)
{
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	server_start(&server, serve);
	test_answers();
	test_failures();
	test_limits();
	test_silence();
	test_unsent();
	test_nobody_listens();
	test_bundle();
	test_bad_headers();
	test_repeats();
	test_retry_after();
	test_refused_repeats();
	test_connections();
	test_dead_connection();
	test_what_arrives();
	server_stop(&server);
	client_free(NULL);
	return tap_done();
}
