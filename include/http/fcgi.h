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

/*
 * Serve until SIGTERM or SIGINT (the request at hand is finished first).
 * For each request: read it into ${arena}, let ${serve} fill the response
 * (it cannot fail: what went wrong is a problem in the response), send it,
 * call ${done} (may be NULL; for what must wait until the client has its
 * answer), reset the arena.  What is not a request that HTTP allows is
 * answered with a problem and never reaches ${serve}.
 * FAULT_INTERNAL if descriptor 0 is no listening socket.
 */
int fcgi_serve(struct arena *arena,
    void (*serve)(void *context, struct request *request,
	struct response *response),
    void (*done)(void *context), void *context, struct failure *why);

#endif
