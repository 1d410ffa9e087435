#include "net/client.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "config.h"

#define HEADERS_BYTES ((size_t)64 * 1024)
#define TYPE_BYTES    ((size_t)128)
#define LEAST_BUFFER  ((size_t)16 * 1024)

/* A server that asks for more patience than this waits for the next pass. */
#define LONGEST_WAIT_MS INT64_C(10000)

struct client {
	CURL *curl;
	struct client_options options;
};

/* One attempt, and what has come of it. */
struct exchange {
	size_t limit;                  /* of the body */
	char *body;
	size_t length, room;
	size_t headers;                /* bytes so far */
	bool too_long;
	CURLcode code;
	char error[CURL_ERROR_SIZE];
	long sent;                     /* bytes of the request that went out */
	long status;
	char type[TYPE_BYTES];
	curl_off_t retry_after;        /* seconds; 0: none */
};

DEFINE_RELEASE(headers_release, struct curl_slist *, curl_slist_free_all)

static void
initialize(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

/* Milliseconds. */
static long
patience(long value, long fallback)
{
	return (long)(clock_patience((value > 0 ? value : fallback) *
	    INT64_C(1000)) / 1000);
}

struct client *
client_new(const struct client_options *options)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct client *client = calloc(1, sizeof(*client));

	pthread_once(&once, initialize);
	if (client == NULL || (client->curl = curl_easy_init()) == NULL)
		abort();
	client->options = *options;
	client->options.connect_time = patience(options->connect_time, 10000);
	client->options.silence_time = patience(options->silence_time, 30000);
	client->options.total_time = patience(options->total_time, 120000);
	client->options.repeat_time = patience(options->repeat_time, 500);
	return client;
}

void
client_free(struct client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	free(client);
}

static void
exchange_release(struct exchange *exchange)
{
	if (exchange->length > 0)
		explicit_bzero(exchange->body, exchange->length);
	free(exchange->body);
}

/* Not realloc: answers carry credentials, and what it leaves is not wiped. */
static void
grow(struct exchange *exchange, size_t need)
{
	size_t room = exchange->room > 0 ? exchange->room : LEAST_BUFFER;
	char *body;

	while (room < need)
		room *= 2;
	if (room == exchange->room)
		return;
	if ((body = malloc(room)) == NULL)
		abort();
	if (exchange->length > 0)
		memcpy(body, exchange->body, exchange->length);
	exchange_release(exchange);
	exchange->body = body;
	exchange->room = room;
}

static size_t
take_body(char *bytes, size_t one, size_t count, void *context)
{
	struct exchange *exchange = context;

	(void)one;
	if (count > exchange->limit - exchange->length) {
		exchange->too_long = true;
		return CURL_WRITEFUNC_ERROR;
	}
	if (count > 0) {
		grow(exchange, exchange->length + count);
		memcpy(exchange->body + exchange->length, bytes, count);
		exchange->length += count;
	}
	return count;
}

/* Interim answers count too: a server may not send them for ever. */
static size_t
take_header(char *bytes, size_t one, size_t count, void *context)
{
	struct exchange *exchange = context;

	(void)bytes;
	(void)one;
	if (count > HEADERS_BYTES - exchange->headers) {
		exchange->too_long = true;
		return CURL_WRITEFUNC_ERROR;
	}
	exchange->headers += count;
	return count;
}

/* curl_easy_setopt is a macro that checks types, so it is used as it is. */
#define SET(option, value) do {                                              \
	if (curl_easy_setopt(curl, (option), (value)) != CURLE_OK)           \
		return -1;                                                   \
} while (0)

/* What holds for all requests of the client. */
static int
set_rules(CURL *curl, const struct client_options *options)
{
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PROTOCOLS_STR, options->plain ? "http" : "https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_PROXY, options->proxy != NULL ? options->proxy : "");
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (options->ca_bundle != NULL) {
		SET(CURLOPT_CAINFO, options->ca_bundle);
		SET(CURLOPT_CAPATH, NULL);
	}
	SET(CURLOPT_CONNECTTIMEOUT_MS, options->connect_time);
	SET(CURLOPT_TIMEOUT_MS, options->total_time);
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, (options->silence_time + 999) / 1000);
	SET(CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	return 0;
}

static int
set_request(CURL *curl, const struct client_request *request,
    struct curl_slist *headers)
{
	SET(CURLOPT_URL, request->url);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_FRESH_CONNECT, request->repeatable ? 0L : 1L);
	if (request->body != NULL) {
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length);
		SET(CURLOPT_POSTFIELDS, request->body);
	}
	if (request->signature != NULL) {
		SET(CURLOPT_AWS_SIGV4, request->signature->scope);
		SET(CURLOPT_USERNAME, request->signature->key_id);
		SET(CURLOPT_PASSWORD, request->signature->secret);
	}
	return 0;
}

static int
set_exchange(CURL *curl, struct exchange *exchange)
{
	SET(CURLOPT_ERRORBUFFER, exchange->error);
	SET(CURLOPT_HEADERFUNCTION, take_header);
	SET(CURLOPT_HEADERDATA, exchange);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, exchange);
	/* What says beforehand that it is too long is not even begun. */
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)exchange->limit);
	return 0;
}

#undef SET

static bool
is_header(const char *line)
{
	if (strchr(line, ':') == NULL)
		return false;
	for (; *line != '\0'; line++)
		if ((unsigned char)*line < 0x20 || *line == 0x7f)
			return false;
	return true;
}

static int
list_headers(const char *const *lines, struct curl_slist **headers,
    struct failure *why)
{
	struct curl_slist *longer;

	for (; lines != NULL && *lines != NULL; lines++) {
		/* Not repeated in the detail: it may be a secret. */
		if (!is_header(*lines))
			return fail(why, FAULT_INTERNAL,
			    "a request's header is malformed");
		if ((longer = curl_slist_append(*headers, *lines)) == NULL)
			abort();
		*headers = longer;
	}
	return 0;
}

static void
wipe_headers(struct curl_slist **headers)
{
	for (struct curl_slist *at = *headers; at != NULL; at = at->next)
		explicit_bzero(at->data, strlen(at->data));
	headers_release(headers);
}

/* libcurl's words, which may quote the server's bytes. */
static const char *
explain(struct exchange *exchange)
{
	if (exchange->error[0] == '\0')
		return curl_easy_strerror(exchange->code);
	for (char *at = exchange->error; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e)
			*at = '?';
	return exchange->error;
}

/* Failures before anything was sent that waiting does not mend. */
static bool
is_ours(CURLcode code)
{
	static const CURLcode ours[] = {
		CURLE_UNSUPPORTED_PROTOCOL, CURLE_FAILED_INIT,
		CURLE_URL_MALFORMAT, CURLE_NOT_BUILT_IN, CURLE_OUT_OF_MEMORY,
		CURLE_BAD_FUNCTION_ARGUMENT, CURLE_UNKNOWN_OPTION,
		CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ENGINE_NOTFOUND,
		CURLE_SSL_CIPHER, CURLE_AUTH_ERROR,
	};

	for (size_t i = 0; i < COUNT_OF(ours); i++)
		if (code == ours[i])
			return true;
	return false;
}

/* Failures after the request went out in which the other side fell silent. */
static bool
is_silence(CURLcode code)
{
	static const CURLcode silence[] = {
		CURLE_OPERATION_TIMEDOUT, CURLE_GOT_NOTHING, CURLE_SEND_ERROR,
		CURLE_RECV_ERROR,
	};

	for (size_t i = 0; i < COUNT_OF(silence); i++)
		if (code == silence[i])
			return true;
	return false;
}

static int
fail_exchange(struct exchange *exchange, bool repeatable,
    struct failure *why)
{
	CURLcode code = exchange->code;
	enum fault fault;

	if (exchange->sent == 0)
		fault = is_ours(code) ? FAULT_INTERNAL : FAULT_BUSY;
	else if (!repeatable)
		fault = FAULT_UNCERTAIN;
	else
		fault = is_silence(code) ? FAULT_BUSY : FAULT_INVALID;
	if (exchange->too_long || code == CURLE_FILESIZE_EXCEEDED)
		return fail(why, fault, "the answer is too long (%zu bytes "
		    "are allowed)", exchange->limit);
	return fail(why, fault, "%s", explain(exchange));
}

/* Lower case, without parameters; "" for anything that is no media type. */
static void
set_type(struct exchange *exchange, const char *header)
{
	size_t length = header != NULL ? strcspn(header, "; \t") : 0;

	if (length >= sizeof(exchange->type))
		return;
	for (size_t i = 0; i < length; i++) {
		char byte = header[i];

		if (byte < 0x21 || byte > 0x7e) {
			exchange->type[0] = '\0';
			return;
		}
		exchange->type[i] = byte >= 'A' && byte <= 'Z' ?
		    (char)(byte - 'A' + 'a') : byte;
	}
}

static int
read_answer(const struct exchange *exchange, struct arena *arena,
    struct client_answer *answer, struct failure *why)
{
	if (exchange->status >= 300 && exchange->status < 400)
		return fail(why, FAULT_INVALID, "the answer is a redirect "
		    "(status %ld), which is not followed", exchange->status);
	if (exchange->status < 200 || exchange->status > 599)
		return fail(why, FAULT_INVALID, "the answer has status %ld",
		    exchange->status);
	*answer = (struct client_answer){
		.status = (int)exchange->status,
		.type = arena_text(arena, exchange->type),
		.body = arena_copy(arena, exchange->body, exchange->length),
		.length = exchange->length,
	};
	return 0;
}

/* How much of an answer ${arena} can take beside its content type. */
static size_t
answer_limit(const struct client_request *request, const struct arena *arena)
{
	size_t left = arena_left(arena), rest = 2 * TYPE_BYTES;

	left = left > rest ? left - rest : 0;
	return request->max_answer < left ? request->max_answer : left;
}

/* One attempt; -1 if it could not even begin. */
static int
attempt(struct client *client, const struct client_request *request,
    struct curl_slist *headers, struct exchange *exchange)
{
	CURL *curl = client->curl;
	const char *type = NULL;
	int result = -1;

	if (set_rules(curl, &client->options) == 0 &&
	    set_request(curl, request, headers) == 0 &&
	    set_exchange(curl, exchange) == 0) {
		exchange->code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE,
		    &exchange->sent);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE,
		    &exchange->status);
		curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER,
		    &exchange->retry_after);
		curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
		set_type(exchange, type);
		result = 0;
	}
	/* Forgets what it was given, but keeps the connections. */
	curl_easy_reset(curl);
	return result;
}

/* A failure that time may mend. */
static bool
is_passing(const struct exchange *exchange)
{
	long status = exchange->status;

	if (exchange->code != CURLE_OK)
		return exchange->sent == 0 && !is_ours(exchange->code);
	return status == 429 || status == 500 || status == 502 ||
	    status == 503 || status == 504;
}

/*
 * Milliseconds to wait before repetition ${n}, or -1 if the server asks for
 * too many: as long as it says, else "full jitter", which spreads clients
 * best (Brooker, Exponential Backoff And Jitter, 2015).
 */
static int64_t
wait_before(unsigned n, int64_t scale, const struct exchange *exchange)
{
	if (exchange->retry_after > LONGEST_WAIT_MS / 1000)
		return -1;
	if (exchange->retry_after > 0)
		return exchange->retry_after * 1000;
	while (n-- > 0 && scale < LONGEST_WAIT_MS)
		scale *= 2;
	if (scale > LONGEST_WAIT_MS)
		scale = LONGEST_WAIT_MS;
	return arc4random_uniform((uint32_t)scale + 1);
}

static void
pause_for(int64_t milliseconds)
{
	struct timespec left = {
		.tv_sec = milliseconds / 1000,
		.tv_nsec = milliseconds % 1000 * 1000000,
	};

	while (nanosleep(&left, &left) != 0)
		;
}

int
client_send(struct client *client, const struct client_request *request,
    struct arena *arena, struct client_answer *answer, struct failure *why)
{
	SCOPED(wipe_headers) struct curl_slist *headers = NULL;
	unsigned repeats = request->repeatable ? client->options.repeats : 0;

	if (list_headers(request->headers, &headers, why) != 0)
		return -1;
	for (unsigned n = 0;; n++) {
		SCOPED(exchange_release) struct exchange exchange = {
			.limit = answer_limit(request, arena),
		};
		int64_t wait;

		if (attempt(client, request, headers, &exchange) != 0)
			return fail(why, FAULT_INTERNAL,
			    "libcurl does not take an option");
		if (n < repeats && is_passing(&exchange) &&
		    (wait = wait_before(n, client->options.repeat_time,
		    &exchange)) >= 0) {
			pause_for(wait);
			continue;
		}
		return exchange.code == CURLE_OK ?
		    read_answer(&exchange, arena, answer, why) :
		    fail_exchange(&exchange, request->repeatable, why);
	}
}
