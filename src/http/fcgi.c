#include "http/fcgi.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/random.h"
#include "http/percent.h"
#include "http/problem.h"

#define LISTENER 0

#define URI_MAX ((size_t)32 * 1024)
#define ID_MAX 64
#define AGENT_MAX 400
#define TYPE_MAX 256

/* So much is read or written before the patience starts anew. */
#define CHUNK_BYTES ((size_t)64 * 1024)

struct server {
	FCGX_Request fcgx;
	struct arena *arena;
	void (*serve)(void *context, struct request *request,
	    struct response *response);
	void (*done)(void *context);
	void *context;
	int events, signals;           /* epoll's descriptor, signalfd's */
};

/* Being called is enough: it ends a read or write that stalls with EINTR. */
static void
interrupt(int signal_number)
{
	(void)signal_number;
}

/* Repeated, since the first could come just before the call it is to end. */
static void
be_patient(bool patient)
{
	struct itimerval timer = { .it_interval.tv_sec = patient ? 1 : 0,
		.it_value.tv_sec = patient ? FCGI_PATIENCE_SECONDS : 0 };

	setitimer(ITIMER_REAL, &timer, NULL);
}

static const char *
param(const FCGX_Request *fcgx, const char *name)
{
	const char *value = FCGX_GetParam(name, fcgx->envp);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

static const char *
header(const struct request *request, const char *name)
{
	return param(request->transport, name);
}

static bool
is_fit_id(const char *id)
{
	size_t length = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return id[length] == '\0' && length > 0 && length <= ID_MAX;
}

static const char *
request_id(const FCGX_Request *fcgx, struct arena *arena)
{
	const char *given = param(fcgx, "HTTP_X_REQUEST_ID");
	char *id;

	if (given != NULL && is_fit_id(given))
		return arena_text(arena, given);
	id = arena_alloc(arena, UUID_TEXT_BYTES);
	random_uuid(id);
	return id;
}

/* UTF-8 or not, what is kept is UTF-8. */
static const char *
client_agent(const FCGX_Request *fcgx, struct arena *arena)
{
	const char *given = param(fcgx, "HTTP_USER_AGENT");
	struct text agent = { .arena = arena };
	size_t left;

	if (given == NULL)
		return NULL;
	for (left = strlen(given); left > 0;) {
		size_t step = text_character(given, left);

		if (agent.length + (step > 0 ? step : 1) > AGENT_MAX)
			break;
		text_add(&agent, step > 0 ? given : "?", step > 0 ? step : 1);
		given += step > 0 ? step : 1;
		left -= step > 0 ? step : 1;
	}
	return text_get(&agent);
}

static const char *
client_address(const FCGX_Request *fcgx, struct arena *arena)
{
	const char *given = param(fcgx, "REMOTE_ADDR");
	unsigned char bytes[16];

	if (given == NULL || (inet_pton(AF_INET, given, bytes) != 1 &&
	    inet_pton(AF_INET6, given, bytes) != 1))
		return "::";
	return arena_text(arena, given);
}

/*
 * The functions from here to read_request return 0; or the status of the
 * problem, with what to say in ${detail}.
 */
static int
read_uri(const FCGX_Request *fcgx, struct request *request,
    const char **detail)
{
	const char *uri = param(fcgx, "REQUEST_URI");
	size_t length = uri == NULL ? 0 : strcspn(uri, "?");

	*detail = "The request's target is not a path in UTF-8";
	if (uri == NULL || uri[0] != '/')
		return 400;
	if (strlen(uri) > URI_MAX) {
		*detail = "The request's target is too long";
		return 414;
	}
	request->query = arena_text(request->arena,
	    uri[length] == '?' ? uri + length + 1 : "");
	if (length > 1 && uri[length - 1] == '/')
		length--;
	request->path = percent_decode(request->arena, uri, length,
	    PERCENT_PATH);
	return request->path == NULL ? 400 : 0;
}

static bool
method_has_body(const char *method)
{
	return text_is(method, "POST") || text_is(method, "PUT") ||
	    text_is(method, "PATCH");
}

/* ${length} only becomes the body's length if that is within the bound. */
static int
read_length(const FCGX_Request *fcgx, size_t *length, const char **detail)
{
	const char *given = param(fcgx, "CONTENT_LENGTH");
	int64_t number;

	if (given == NULL)
		return 0;
	if (given[strspn(given, "0123456789")] != '\0') {
		*detail = "Content-Length is no number";
		return 400;
	}
	if (text_to_int64(given, 0, FCGI_BODY_MAX, &number) != 0) {
		*detail = "Request body too large";
		return 413;
	}
	*length = (size_t)number;
	return 0;
}

static int
read_body(FCGX_Request *fcgx, struct request *request, size_t length,
    const char **detail)
{
	char *body = arena_alloc(request->arena, length + 1);
	size_t got = 0;

	while (got < length) {
		size_t want = length - got < CHUNK_BYTES ?
		    length - got : CHUNK_BYTES;
		int step;

		be_patient(true);
		step = FCGX_GetStr(body + got, (int)want, fcgx->in);
		if (step < (int)want) {
			*detail = "The body is shorter than announced";
			return 400;
		}
		got += want;
	}
	request->body = body;
	request->body_length = length;
	return 0;
}

static int
read_message(FCGX_Request *fcgx, struct request *request,
    const char **detail)
{
	const char *method = param(fcgx, "REQUEST_METHOD");
	const char *type = param(fcgx, "CONTENT_TYPE");
	size_t length = 0;
	int status;

	if (method == NULL) {
		*detail = "The request has no method";
		return 400;
	}
	request->method = arena_text(request->arena, method);
	if (type != NULL && strlen(type) <= TYPE_MAX)
		request->content_type = arena_text(request->arena, type);
	status = read_length(fcgx, &length, detail);
	/* Nobody looks at another method's body, however long it is. */
	if (status == 413 && !method_has_body(method))
		status = 0;
	if (status == 0)
		status = read_uri(fcgx, request, detail);
	if (status == 0 && length > 0 && method_has_body(method))
		status = read_body(fcgx, request, length, detail);
	return status;
}

static void
read_request(struct server *server, struct request *request,
    struct response *response)
{
	FCGX_Request *fcgx = &server->fcgx;
	const char *detail = NULL, *https = param(fcgx, "HTTPS");
	int status;

	*response = (struct response){ .arena = server->arena };
	*request = (struct request){ .arena = server->arena };
	request->query = "";
	request->now = clock_now();
	request->header = header;
	request->transport = fcgx;
	request->id = request_id(fcgx, server->arena);
	request->address = client_address(fcgx, server->arena);
	request->agent = client_agent(fcgx, server->arena);
	request->is_https = https != NULL && text_is_nocase(https, "on");
	status = read_message(fcgx, request, &detail);
	if (status != 0)
		problem_status(response, status, detail);
}

/* A client that is gone is no failure of ours. */
static void
put(FCGX_Request *fcgx, const char *bytes, size_t length)
{
	while (length > 0) {
		size_t step = length < CHUNK_BYTES ? length : CHUNK_BYTES;

		be_patient(true);
		if (FCGX_PutStr(bytes, (int)step, fcgx->out) < 0)
			return;
		bytes += step;
		length -= step;
	}
}

static void
send_response(FCGX_Request *fcgx, const struct request *request,
    const struct response *response)
{
	struct text head = { .arena = request->arena };

	text_add_format(&head, "Status: %d %s\r\n", response->status,
	    status_phrase(response->status));
	if (response->content_type != NULL)
		text_add_format(&head, "Content-Type: %s\r\n"
		    "Content-Length: %zu\r\n", response->content_type,
		    response->body_length);
	for (size_t i = 0; i < response->nheaders; i++)
		text_add_format(&head, "%s: %s\r\n",
		    response->headers[i].name, response->headers[i].value);
	text_add_format(&head, "X-Request-ID: %s\r\n\r\n", request->id);
	put(fcgx, text_get(&head), head.length);
	put(fcgx, response->body, response->body_length);
}

/* FCGX_Finish_r alone would keep a connection that is asked to be kept. */
static void
serve_request(struct server *server)
{
	struct request request;
	struct response response;

	read_request(server, &request, &response);
	be_patient(false);
	if (response.status == 0)
		server->serve(server->context, &request, &response);
	if (response.status == 0)
		problem_status(&response, 500, NULL);
	send_response(&server->fcgx, &request, &response);
	be_patient(true);
	FCGX_Finish_r(&server->fcgx);
	FCGX_Free(&server->fcgx, 1);
	be_patient(false);
	request_end(&request);
	if (server->done != NULL)
		server->done(server->context);
	arena_reset(server->arena);
}

/* ${*stop} when a signal asks for it, even if connections wait, too. */
static int
wait_for_work(const struct server *server, bool *stop, struct failure *why)
{
	struct epoll_event ready[2];
	int n = epoll_wait(server->events, ready, COUNT_OF(ready), -1);

	if (n < 0 && errno != EINTR)
		return fail(why, FAULT_INTERNAL, "epoll_wait: %m");
	for (int i = 0; i < n; i++)
		if (ready[i].data.fd == server->signals)
			*stop = true;
	return 0;
}

static int
accept_and_serve(struct server *server, struct failure *why)
{
	int rc;

	be_patient(true);
	rc = FCGX_Accept_r(&server->fcgx);
	if (rc == 0) {
		serve_request(server);
		return 0;
	}
	be_patient(false);
	/* Another worker was faster, or what came was no request. */
	if (rc == -EAGAIN || rc == -EINTR)
		return 0;
	errno = -rc;
	return fail(why, FAULT_INTERNAL, "accept: %m");
}

static int
watch(const struct server *server, int descriptor, unsigned events,
    struct failure *why)
{
	struct epoll_event event = { .events = events,
		.data.fd = descriptor };

	if (epoll_ctl(server->events, EPOLL_CTL_ADD, descriptor, &event) != 0)
		return fail(why, FAULT_INTERNAL, "epoll_ctl: %m");
	return 0;
}

static int
check_listener(struct failure *why)
{
	socklen_t size = sizeof(int);
	int is_listening = 0, flags = fcntl(LISTENER, F_GETFL);

	if (getsockopt(LISTENER, SOL_SOCKET, SO_ACCEPTCONN, &is_listening,
	    &size) != 0 || !is_listening)
		return fail(why, FAULT_INTERNAL, "descriptor 0 is no listening "
		    "socket: this program is started by spawn-fcgi");
	if (flags < 0 || fcntl(LISTENER, F_SETFL, flags | O_NONBLOCK) != 0)
		return fail(why, FAULT_INTERNAL, "fcntl: %m");
	return 0;
}

static int
open_signals(struct server *server, struct failure *why)
{
	struct sigaction alarms = { .sa_handler = interrupt };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	if (sigaction(SIGALRM, &alarms, NULL) != 0 ||
	    sigaction(SIGPIPE, &ignore, NULL) != 0 ||
	    sigprocmask(SIG_BLOCK, &stops, NULL) != 0)
		return fail(why, FAULT_INTERNAL, "signals: %m");
	server->signals = signalfd(-1, &stops, SFD_CLOEXEC);
	if (server->signals < 0)
		return fail(why, FAULT_INTERNAL, "signalfd: %m");
	return 0;
}

/* Only one of the workers that wait is woken for a connection. */
static int
open_server(struct server *server, struct failure *why)
{
	if (check_listener(why) != 0 || open_signals(server, why) != 0)
		return -1;
	server->events = epoll_create1(EPOLL_CLOEXEC);
	if (server->events < 0)
		return fail(why, FAULT_INTERNAL, "epoll_create1: %m");
	if (watch(server, LISTENER, EPOLLIN | EPOLLEXCLUSIVE, why) != 0 ||
	    watch(server, server->signals, EPOLLIN, why) != 0)
		return -1;
	if (FCGX_Init() != 0 || FCGX_InitRequest(&server->fcgx, LISTENER,
	    FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return fail(why, FAULT_INTERNAL, "libfcgi does not start");
	return 0;
}

static void
close_server(struct server *server)
{
	if (server->events >= 0)
		close(server->events);
	if (server->signals >= 0)
		close(server->signals);
}

int
fcgi_serve(struct arena *arena,
    void (*serve)(void *context, struct request *request,
	struct response *response),
    void (*done)(void *context), void *context, struct failure *why)
{
	struct server server = { .arena = arena, .serve = serve, .done = done,
		.context = context, .events = -1, .signals = -1 };
	bool stop = false;
	int rc = open_server(&server, why);

	while (rc == 0 && !stop) {
		rc = wait_for_work(&server, &stop, why);
		if (rc == 0 && !stop)
			rc = accept_and_serve(&server, why);
	}
	close_server(&server);
	return rc;
}
