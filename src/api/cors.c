#include "cors.h"

#include <string.h>

#include "base/text.h"

/* Is ${origin} one of the comma list ${origins}? */
static bool
is_listed(const char *origins, const char *origin)
{
	size_t length = strlen(origin);

	while (origins != NULL && *origins != '\0') {
		size_t entry;

		origins += strspn(origins, ", ");
		entry = strcspn(origins, ", ");
		if (entry == length && strncmp(origins, origin, length) == 0)
			return length > 0;
		origins += entry;
	}
	return false;
}

void
cors_headers(const struct config *config, const struct request *request,
    struct response *response)
{
	const char *origin = request->header(request, "HTTP_ORIGIN");

	if (origin == NULL)
		return;
	if (config->cors_allow_all_origins) {
		response_header(response, "Access-Control-Allow-Origin", "*");
		return;
	}
	response_header(response, "Vary", "Origin");
	if (!is_listed(config->cors_origins, origin))
		return;
	response_header(response, "Access-Control-Allow-Origin", origin);
	response_header(response, "Access-Control-Allow-Credentials", "true");
}

bool
cors_preflight(const struct config *config, const struct request *request,
    struct response *response)
{
	if (!text_is(request->method, "OPTIONS") ||
	    request->header(request, "HTTP_ORIGIN") == NULL ||
	    request->header(request,
		"HTTP_ACCESS_CONTROL_REQUEST_METHOD") == NULL)
		return false;
	response_empty(response);
	cors_headers(config, request, response);
	response_header(response, "Access-Control-Allow-Methods",
	    "GET, POST, PUT, DELETE");
	response_header(response, "Access-Control-Allow-Headers",
	    "Authorization, X-API-Key, X-Setup-Token, Content-Type, "
	    "X-Request-ID, If-Match, Idempotency-Key");
	response_header(response, "Access-Control-Max-Age", "600");
	return true;
}
