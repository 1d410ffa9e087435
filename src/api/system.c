/* What anyone may ask: is it up, is it ready, what is it. */
#include "config.h"
#include "exchange.h"
#include "routes.h"
#include "system_sql.h"

static int
system_root(struct exchange *exchange, struct failure *why)
{
	(void)why;
	response_json(exchange->response, 200,
	    "{\"message\":\"Diurnal API\"}");
	return 0;
}

static int
system_health(struct exchange *exchange, struct failure *why)
{
	(void)why;
	response_json(exchange->response, 200, "{\"status\":\"healthy\"}");
	return 0;
}

/* The keys are there, or the worker would not have started. */
static int
system_ready(struct exchange *exchange, struct failure *why)
{
	if (exchange_run(exchange, NULL, 0, why) != 0)
		return -1;
	response_json(exchange->response, 200, "{\"status\":\"ready\"}");
	return 0;
}

static int
system_status_get(struct exchange *exchange, struct failure *why)
{
	const struct bind version = { "version", PACKAGE_VERSION };

	return exchange_serve(exchange, &version, 1, why);
}

static const struct member message_members[] = {
	{ .name = "message", .kind = MEMBER_TEXT },
	{ .name = NULL }
};
static const struct answer message = { "Message", message_members };

static const struct member health_members[] = {
	{ .name = "status", .kind = MEMBER_TEXT },
	{ .name = NULL }
};
static const struct answer health = { "Health", health_members };

static const struct member status_members[] = {
	{ .name = "bootstrapped", .kind = MEMBER_BOOL,
	    .help = "True as soon as one organization exists." },
	{ .name = "version", .kind = MEMBER_TEXT },
	{ .name = NULL }
};
static const struct answer status = { "SystemStatus", status_members };

const struct route system_routes[] = {
	{
		.method = "GET", .path = "/",
		.operation = "root", .tag = "system",
		.summary = "What runs here",
		.handle = system_root, .status = 200, .answer = &message,
	},
	{
		.method = "GET", .path = "/health",
		.operation = "health", .tag = "system",
		.summary = "Is the process alive",
		.handle = system_health, .status = 200, .answer = &health,
	},
	{
		.method = "GET", .path = "/ready",
		.operation = "ready", .tag = "system",
		.summary = "Is the database there and at this version",
		.handle = system_ready, .status = 200, .answer = &health,
		.errors = (const int[]){ 503, 0 },
	},
	{
		.method = "GET", .path = "/api/v1/system/status",
		.operation = "system_status", .tag = "system",
		.summary = "The installation as anyone may see it",
		.handle = system_status_get, .statement = &system_status,
		.status = 200, .answer = &status,
	},
	{ .method = NULL }
};
