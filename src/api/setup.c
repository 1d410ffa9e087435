#include "setup.h"

#include <string.h>

#include "crypto/hash.h"

const char *
setup_guarded(const struct exchange *exchange)
{
	return exchange->service->config.setup_token != NULL ?
	    "true" : "false";
}

bool
setup_shown(const struct exchange *exchange)
{
	const char *want = exchange->service->config.setup_token;
	const char *shown = exchange->request->header(exchange->request,
	    "HTTP_X_SETUP_TOKEN");

	return want != NULL && shown != NULL &&
	    strlen(shown) == strlen(want) &&
	    hash_equal(shown, want, strlen(want));
}

int
setup_check(const struct exchange *exchange, struct failure *why)
{
	if (exchange->service->config.setup_token == NULL ||
	    setup_shown(exchange))
		return 0;
	return fail(why, FAULT_DENIED, "The header X-Setup-Token must hold "
	    "this installation's set-up token.");
}
