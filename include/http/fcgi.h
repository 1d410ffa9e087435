/*
 * FastCGI on libfcgi: one request after the other on the socket that
 * spawn-fcgi left as descriptor 0.
 */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include "base/arena.h"
#include "base/failure.h"
#include "http/request.h"
#include "http/response.h"

/* A body may have at most so many bytes: 10 MiB. */
#define FCGI_BODY_MAX ((size_t)10 * 1024 * 1024)

/* A server that neither sends nor takes anything for so long is given up. */
#define FCGI_PATIENCE_SECONDS 5

/*
 * Serve until SIGTERM or SIGINT (the request at hand is finished first).
 * For each request: read it into ${arena}, let ${serve} fill the response
 * (it cannot fail: what went wrong is a problem in the response), send it,
 * call ${done} (may be NULL; for what must wait until the client has its
 * answer), free the request's tree, reset the arena.
 *
 * What is not a request that HTTP allows is answered with a problem and never
 * reaches ${serve}: a target that is no path, or whose path is not UTF-8 or
 * holds a NUL (400), or that is too long (414); a Content-Length that is no
 * number, or longer than the body that comes (400).  A POST, PUT or PATCH
 * whose Content-Length exceeds FCGI_BODY_MAX is a 413, and its body is not
 * read; the body of any other method never is.
 *
 * Every response carries X-Request-ID: the request's own if that is 1..64
 * characters of [A-Za-z0-9._-], else a new UUID.
 *
 * Each connection carries one request and is then closed (nginx must not have
 * fastcgi_keep_conn on), since libfcgi serves one connection at a time and a
 * worker that kept its own would be lost to all others.
 *
 * From the first call on, the process's SIGTERM and SIGINT are blocked, SIGPIPE
 * is ignored, SIGALRM and its timer are used here, and descriptor 0 does not
 * block.
 *
 * The arena's limit must leave room for the body and what is made of it.
 * FAULT_INTERNAL if descriptor 0 is no listening socket, or accepting fails
 * for want of descriptors or memory; the process should then end.
 */
int fcgi_serve(struct arena *arena,
    void (*serve)(void *context, struct request *request,
	struct response *response),
    void (*done)(void *context), void *context, struct failure *why);

#endif
