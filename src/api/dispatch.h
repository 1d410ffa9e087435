/*
 * From a request to its response, in the order of checks that api.md 1.6
 * fixes: route, syntax, caller, permission, fields, then the route's own.
 */
#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include "http/request.h"
#include "http/response.h"

/* fcgi_serve's `serve`; ${service} is a struct service.  Logs the outcome. */
void dispatch(void *service, struct request *request,
    struct response *response);

/* fcgi_serve's `done`: what waits until the client has its answer. */
void dispatch_done(void *service);

#endif
