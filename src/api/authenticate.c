#include "authenticate.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define KEY_MIN 8
#define KEY_MAX 256

/* RFC 6750; the scheme's name in any case, other schemes are ignored. */
static const char *
bearer_token(const struct request *request)
{
	static const char scheme[] = "Bearer ";
	const char *header = request->header(request, "HTTP_AUTHORIZATION");

	if (header == NULL ||
	    strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	header += sizeof(scheme) - 1;
	return header + strspn(header, " ");
}

static void
take_token(struct exchange *exchange)
{
	const struct request *request = exchange->request;
	const char *token = bearer_token(request);
	struct token_claims claims;
	struct failure ignored = { .fault = FAULT_NONE };

	if (token == NULL || token_recall(&exchange->service->seen,
	    &exchange->service->tokens, TOKEN_ACCESS, token, request->now,
	    &claims, &ignored) != 0)
		return;
	exchange->credentials.user = arena_text(request->arena, claims.user);
	exchange->credentials.organization = arena_text(request->arena,
	    claims.organization);
}

static void
take_key(struct exchange *exchange)
{
	const struct request *request = exchange->request;
	const char *key = request->header(request, "HTTP_X_API_KEY");
	struct lookup_hashes hashes;
	char *text;

	if (key == NULL || strlen(key) < KEY_MIN || strlen(key) > KEY_MAX)
		return;
	hash_lookup(&exchange->service->lookups, LOOKUP_API_KEY, key, &hashes);
	text = arena_alloc(request->arena, HASHES_TEXT_BYTES);
	exchange_hashes(&hashes, text);
	exchange->credentials.key_hashes = text;
}

void
authenticate(struct exchange *exchange)
{
	take_token(exchange);
	take_key(exchange);
}

bool
authenticate_is_somebody(const struct exchange *exchange)
{
	return exchange->credentials.user != NULL ||
	    exchange->credentials.key_hashes != NULL;
}
