/*
 * HTTP going out, for worker threads: one blocking exchange at a time, on
 * libcurl, which the first client sets up for the process.  A client belongs
 * to one thread and keeps its connections for the next request.
 *
 * What may happen on the wire is settled here, for all callers:
 *
 *	HTTP/1.1 over TLS 1.2 or later, certificate and name always verified;
 *	plain HTTP only for a client that was made for it;
 *	no redirect is followed, no proxy taken from the environment;
 *	every exchange ends: time-outs for connecting, for silence and in all;
 *	answers are bounded: one byte more, and reading ends.
 *
 * Where to connect is the operator's or the program's choice.  Addresses that
 * a tenant chooses (webhooks, racks) need a policy on what they resolve to,
 * which this client does not have: do not give it any.
 */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/scope.h"

struct client;

/* Times in milliseconds.  0: the default in brackets. */
struct client_options {
	const char *ca_bundle;         /* PEM file instead of the system's
	                                * authorities; NULL: the system's */
	const char *proxy;             /* URL; NULL: none */
	bool plain;                    /* http instead of https: the operator
	                                * configured such an address */
	long connect_time;             /* resolve, connect, TLS [10 s] */
	long silence_time;             /* without a byte; whole s [30 s] */
	long total_time;               /* one exchange [120 s] */
	unsigned repeats;              /* most repetitions of a request that
	                                * may be repeated */
	long repeat_time;              /* scale of the waits between them:
	                                * up to this, twice this, ... [500] */
};

/* AWS Signature Version 4, put on by libcurl. */
struct client_signature {
	const char *scope;             /* "aws:amz:REGION:SERVICE" */
	const char *key_id, *secret;
};

struct client_request {
	const char *url;
	const char *const *headers;    /* "Name: value", ended by NULL; or
	                                * NULL */
	const char *body;              /* NULL: GET; else POST */
	size_t length;
	const struct client_signature *signature;      /* NULL: unsigned */
	size_t max_answer;             /* bytes of its body */

	/*
	 * The request may arrive twice: it asks only, or the server knows it
	 * again.  Then it is repeated, options.repeats times at most, when
	 * nobody could be reached or the answer is 429, 500, 502, 503 or 504,
	 * after a random wait (or Retry-After, if that is short).  A request
	 * that may not arrive twice goes over a connection of its own: when a
	 * used one has died, libcurl would send it again unasked.
	 */
	bool repeatable;
};

struct client_answer {
	int status;                    /* 200..299 or 400..599 */
	const char *type;              /* "text/xml": in lower case, without
	                                * parameters; "" if there is none */
	const char *body;              /* a NUL behind it */
	size_t length;
};

/*
 * Copies nothing but the options' values: their texts outlive the client.
 * Never NULL; without memory the process ends.
 */
struct client *client_new(const struct client_options *options)
    __attribute__((returns_nonnull));

/* NULL is allowed. */
void client_free(struct client *client);

DEFINE_RELEASE(client_release, struct client *, client_free)

/*
 * Send ${request} and wait for the answer, whatever its status; what it holds
 * lives in ${arena}.  Fails with
 *
 *	FAULT_BUSY       the request was not sent (name not resolved, nobody
 *	                 listens, TLS failed, too slow); or it was, it may be
 *	                 repeated, and no answer came
 *	FAULT_UNCERTAIN  it may not be repeated, was sent at least in part, and
 *	                 no complete, acceptable answer came
 *	FAULT_INVALID    the answer is a redirect (then also for what may not
 *	                 be repeated: it was not carried out), no HTTP, cut
 *	                 short, or longer than max_answer or than the arena
 *	                 has room for
 *	FAULT_INTERNAL   our own: an unusable URL, header or certificate file
 */
int client_send(struct client *client, const struct client_request *request,
    struct arena *arena, struct client_answer *answer, struct failure *why);

#endif
