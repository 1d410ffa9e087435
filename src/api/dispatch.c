#include "dispatch.h"

#include "authenticate.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cors.h"
#include "exchange.h"
#include "forget.h"
#include "http/problem.h"
#include "routes.h"
#include "service.h"

/* The only fault in the input that is told before it is known who asks. */
static bool
is_no_json(const struct complaints *complaints)
{
	return complaints->count > 0 &&
	    text_is(complaints->first->type, "json_invalid");
}

/* Steps 2 and 3: route, and what cannot be read at all. */
static int
find_route(struct exchange *exchange)
{
	struct request *request = exchange->request;
	struct response *response = exchange->response;
	const char *allow = NULL;
	const struct route *routes;
	size_t nroutes;

	routes = routes_all(&nroutes);
	switch (route_find(routes, nroutes, request->method, request->path,
	    request->arena, &request->route, request->params,
	    &request->nparams, &allow)) {
	case MATCH_NONE:
		problem_status(response, 404, "There is nothing here.");
		return -1;
	case MATCH_PATH:
		problem_status(response, 405, NULL);
		response_header(response, "Allow", allow);
		return -1;
	case MATCH_ROUTE:
		break;
	}
	if (request->route->takes_body)
		body_parse(request, &exchange->complaints);
	if (!is_no_json(&exchange->complaints))
		return 0;
	problem_complaints(response, &exchange->complaints);
	return -1;
}

/* Step 7, which may only be told to callers who pass steps 4 to 6. */
static int
check_fields(struct exchange *exchange, struct failure *why)
{
	struct request *request = exchange->request;
	struct complaints *complaints = &exchange->complaints;

	if (complaints->count == 0)
		fields_read(request, complaints);
	if (complaints->count == 0 && request->route->check != NULL)
		request->route->check(request, complaints);
	if (complaints->count == 0)
		return 0;
	if (request->route->permission != NULL &&
	    exchange_run(exchange, NULL, 0, why) != 0)
		return -1;
	problem_complaints(exchange->response, complaints);
	return 0;
}

static int
answer(struct exchange *exchange, struct failure *why)
{
	const struct route *route = exchange->request->route;

	authenticate(exchange);
	if (route->permission != NULL && !authenticate_is_somebody(exchange))
		return fail(why, FAULT_UNAUTHENTICATED,
		    "Sign in first: no usable token or API key was sent.");
	if (check_fields(exchange, why) != 0)
		return -1;
	if (exchange->response->status != 0)
		return 0;
	if (route->handle != NULL)
		return route->handle(exchange, why);
	return exchange_serve(exchange, NULL, 0, why);
}

static void
log_outcome(const struct request *request, const struct response *response,
    const struct failure *why)
{
	enum log_level level = why->fault == FAULT_INTERNAL ||
	    why->fault == FAULT_UNCERTAIN ? LOG_ERROR :
	    why->fault == FAULT_BUSY || why->fault == FAULT_LATE ?
	    LOG_WARNING : LOG_DEBUG;

	LOG(level, why->fault != FAULT_NONE ? "request failed" : "request",
	    LOG_TEXT("method", request->method),
	    LOG_TEXT("route", request->route != NULL ? request->route->path :
		""),
	    LOG_INT("status", response->status),
	    LOG_INT("microseconds", clock_now() - request->now),
	    LOG_TEXT("why", why->detail));
}

void
dispatch(void *context, struct request *request, struct response *response)
{
	struct service *service = context;
	struct exchange exchange = { .service = service, .request = request,
		.response = response,
		.complaints = { .arena = request->arena } };
	struct failure why = { .fault = FAULT_NONE };

	log_context("request_id", request->id);
	if (cors_preflight(&service->config, request, response))
		return;
	if (find_route(&exchange) == 0) {
		if (answer(&exchange, &why) != 0)
			problem_failure(response, &why);
		else
			service->wake_reconciler |= response->status < 400 &&
			    request->route->wakes_reconciler;
	}
	cors_headers(&service->config, request, response);
	log_outcome(request, response, &why);
	if (exchange.answer != NULL)
		service_keep(service, exchange.answer);
}

void
dispatch_done(void *context)
{
	struct service *service = context;

	service_keep(service, NULL);
	if (service->wake_reconciler)
		service_wake_reconciler(service);
	service->wake_reconciler = false;
	log_context("request_id", NULL);
	forget_stack();
}
