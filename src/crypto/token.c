#include "crypto/token.h"

#include <assert.h>
#include <jwt.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/scope.h"
#include "crypto/base64url.h"
#include "crypto/random.h"

#define ISSUER "diurnal"
#define AUDIENCE "diurnal-api"

/* Clocks of hosts that share a database may differ by so many seconds. */
#define LEEWAY 5

static const char refusal[] = "the token is not valid";

static const char *const kind_names[TOKEN_KIND_COUNT] = {
	[TOKEN_ACCESS] = "access",
	[TOKEN_MFA_PENDING] = "mfa_pending",
};

/* libjwt's own strings: tokens and claims of tokens that are still good. */
static void
free_wiped(char *text)
{
	OPENSSL_cleanse(text, strlen(text));
	free(text);
}

DEFINE_RELEASE(jwt_release, jwt_t *, jwt_free)
DEFINE_RELEASE(text_release, char *, free_wiped)

const char *
token_kind_name(enum token_kind kind)
{
	assert(kind >= 0 && kind < TOKEN_KIND_COUNT);
	return kind_names[kind];
}

/* An empty token under ${key}.  libjwt fails here for want of memory only. */
static jwt_t *
new_jwt(const struct token_key *key)
{
	jwt_t *jwt = NULL;

	if (jwt_new(&jwt) != 0 || jwt_set_alg(jwt, JWT_ALG_HS256,
	    key->signing, sizeof(key->signing)) != 0 ||
	    jwt_add_header(jwt, "kid", key->kid) != 0)
		abort();
	return jwt;
}

static char *
encode(jwt_t *jwt)
{
	char *text = jwt_encode_str(jwt);

	if (text == NULL)
		abort();
	return text;
}

/* What libjwt makes of algorithm, kid and typ: always the same bytes. */
static void
learn_header(struct token_key *key)
{
	SCOPED(jwt_release) jwt_t *jwt = new_jwt(key);
	SCOPED(text_release) char *text = encode(jwt);
	size_t length = strcspn(text, ".");

	assert(length < sizeof(key->header));
	memcpy(key->header, text, length);
	key->header[length] = '\0';
}

static void
derive(const char *secret, struct token_key *key)
{
	const struct bytes material = bytes_of_text(secret);
	unsigned char id[HASH_KEY_ID_BYTES];

	hash_hkdf(material, bytes_of(NULL, 0),
	    bytes_of_text("diurnal token signing v1"), key->signing,
	    sizeof(key->signing));
	hash_key_id(material, "diurnal token key id v1", id);
	text_from_bytes(id, sizeof(id), key->kid);
	learn_header(key);
}

int
token_keys_init(struct token_keys *keys, const char *secret,
    const char *previous, struct failure *why)
{
	if (strlen(secret) < TOKEN_SECRET_MIN ||
	    (previous != NULL && strlen(previous) < TOKEN_SECRET_MIN))
		return fail(why, FAULT_INVALID,
		    "the secret for tokens has fewer than %d bytes",
		    TOKEN_SECRET_MIN);
	memset(keys, 0, sizeof(*keys));
	derive(secret, &keys->current);
	if ((keys->has_previous = previous != NULL))
		derive(previous, &keys->previous);
	return 0;
}

void
token_keys_wipe(struct token_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

const char *
token_issue(const struct token_keys *keys, enum token_kind kind,
    const char *user, const char *organization, int64_t now,
    int64_t lifetime, struct arena *arena)
{
	SCOPED(jwt_release) jwt_t *jwt = new_jwt(&keys->current);
	SCOPED(text_release) char *text = NULL;
	int64_t issued = now / CLOCK_SECOND;
	char id[UUID_TEXT_BYTES];

	assert(text_is_uuid(user) && text_is_uuid(organization));
	assert(now >= 0 && lifetime >= CLOCK_SECOND);
	random_uuid(id);
	if (jwt_add_grant(jwt, "sub", user) != 0 ||
	    jwt_add_grant(jwt, "org", organization) != 0 ||
	    jwt_add_grant(jwt, "type", token_kind_name(kind)) != 0 ||
	    jwt_add_grant(jwt, "iss", ISSUER) != 0 ||
	    jwt_add_grant(jwt, "aud", AUDIENCE) != 0 ||
	    jwt_add_grant(jwt, "jti", id) != 0 ||
	    jwt_add_grant_int(jwt, "iat", issued) != 0 ||
	    jwt_add_grant_int(jwt, "exp", issued +
	    lifetime / CLOCK_SECOND) != 0)
		abort();
	text = encode(jwt);
	return arena_text(arena, text);
}

/* The three segments of a token, and its text before the last dot. */
struct segments {
	struct bytes header, payload, signature, text;
};

static int
split(const char *token, struct segments *segments)
{
	size_t length = strnlen(token, TOKEN_MAX_BYTES + 1);
	const char *first, *second;

	if (length > TOKEN_MAX_BYTES ||
	    (first = strchr(token, '.')) == NULL ||
	    (second = strchr(first + 1, '.')) == NULL ||
	    strchr(second + 1, '.') != NULL)
		return -1;
	*segments = (struct segments){
		.header = bytes_of(token, (size_t)(first - token)),
		.payload = bytes_of(first + 1, (size_t)(second - first - 1)),
		.signature = bytes_of_text(second + 1),
		.text = bytes_of(token, (size_t)(second - token)),
	};
	return segments->header.length > 0 && segments->payload.length > 0 &&
	    segments->signature.length > 0 ? 0 : -1;
}

static bool
is_header_of(const struct token_key *key, const struct bytes *header)
{
	return strlen(key->header) == header->length &&
	    memcmp(key->header, header->at, header->length) == 0;
}

/*
 * Whose header is it?  Comparing its bytes with those we write pins alg, typ
 * and kid, and keeps crit and everything else out, before anything is parsed.
 */
static const struct token_key *
find_key(const struct token_keys *keys, const struct bytes *header)
{
	if (is_header_of(&keys->current, header))
		return &keys->current;
	if (keys->has_previous && is_header_of(&keys->previous, header))
		return &keys->previous;
	return NULL;
}

/*
 * The signature is checked here because libjwt 1.x compares its text with
 * strcmp.  That libjwt checks it once more (read_payload) is meant: no single
 * mistake in either place lets a token through.
 */
static bool
is_signed(const struct token_key *key, const struct segments *segments)
{
	unsigned char want[HASH_BYTES], got[HASH_BYTES];
	size_t length;

	if (base64url_decode(segments->signature, got, sizeof(got),
	    &length) != 0 || length != sizeof(got))
		return false;
	hash_hmac(bytes_of(key->signing, sizeof(key->signing)),
	    &segments->text, 1, want);
	return hash_equal(want, got, sizeof(want));
}

/*
 * Is what libjwt understood all that was signed?  It writes claims in one way
 * only, so a payload with a member twice, whose last would win silently, or
 * spelled in any other way is not what it would write.
 */
static bool
is_canonical(jwt_t *jwt, struct bytes payload)
{
	SCOPED(text_release) char *text = jwt_get_grants_json(jwt, NULL);
	unsigned char signed_text[TOKEN_MAX_BYTES];
	size_t length;

	return text != NULL && base64url_decode(payload, signed_text,
	    sizeof(signed_text), &length) == 0 && strlen(text) == length &&
	    memcmp(text, signed_text, length) == 0;
}

static jwt_t *
read_payload(const struct token_key *key, const char *token,
    struct bytes payload)
{
	SCOPED(jwt_release) jwt_t *jwt = NULL;

	if (jwt_decode(&jwt, token, key->signing, sizeof(key->signing)) != 0 ||
	    jwt_get_alg(jwt) != JWT_ALG_HS256 || !is_canonical(jwt, payload))
		return NULL;
	return take(jwt);
}

static int
read_uuid(jwt_t *jwt, const char *name, char uuid[UUID_TEXT_BYTES])
{
	const char *text = jwt_get_grant(jwt, name);

	if (text == NULL || !text_is_uuid(text))
		return -1;
	memcpy(uuid, text, UUID_TEXT_BYTES);
	return 0;
}

static bool
has_text(jwt_t *jwt, const char *name, const char *want)
{
	const char *text = jwt_get_grant(jwt, name);

	return text != NULL && text_is(text, want);
}

/*
 * A time, in whole seconds within what we store.  It is read from the claim's
 * JSON, because libjwt 1.x takes any other kind of value for a number, too.
 */
static int
read_time(jwt_t *jwt, const char *name, int64_t *when)
{
	SCOPED(text_release) char *json = jwt_get_grants_json(jwt, name);
	int64_t seconds;

	if (json == NULL || text_to_int64(json, 0, CLOCK_MAX / CLOCK_SECOND,
	    &seconds) != 0)
		return -1;
	*when = seconds * CLOCK_SECOND;
	return 0;
}

/* We write no nbf; should there be one, it holds (RFC 7519, 4.1.5). */
static bool
is_early(jwt_t *jwt, int64_t now)
{
	SCOPED(text_release) char *json = jwt_get_grants_json(jwt, "nbf");
	int64_t when;

	return json != NULL && (read_time(jwt, "nbf", &when) != 0 ||
	    when > now + LEEWAY * CLOCK_SECOND);
}

static int
read_claims(jwt_t *jwt, enum token_kind kind, int64_t now,
    struct token_claims *claims)
{
	if (!has_text(jwt, "iss", ISSUER) ||
	    !has_text(jwt, "aud", AUDIENCE) ||
	    !has_text(jwt, "type", token_kind_name(kind)) ||
	    read_uuid(jwt, "sub", claims->user) != 0 ||
	    read_uuid(jwt, "org", claims->organization) != 0 ||
	    read_uuid(jwt, "jti", claims->id) != 0 ||
	    read_time(jwt, "iat", &claims->issued) != 0 ||
	    read_time(jwt, "exp", &claims->expires) != 0)
		return -1;
	return claims->expires > now &&
	    claims->issued <= now + LEEWAY * CLOCK_SECOND &&
	    !is_early(jwt, now) ? 0 : -1;
}

static int
verify(const struct token_keys *keys, enum token_kind kind,
    const char *token, int64_t now, struct token_claims *claims)
{
	SCOPED(jwt_release) jwt_t *jwt = NULL;
	const struct token_key *key;
	struct segments segments;

	if (split(token, &segments) != 0 ||
	    (key = find_key(keys, &segments.header)) == NULL ||
	    !is_signed(key, &segments) ||
	    (jwt = read_payload(key, token, segments.payload)) == NULL)
		return -1;
	return read_claims(jwt, kind, now, claims);
}

int
token_verify(const struct token_keys *keys, enum token_kind kind,
    const char *token, int64_t now, struct token_claims *claims,
    struct failure *why)
{
	struct token_claims read;

	if (verify(keys, kind, token, now, &read) != 0)
		return fail(why, FAULT_UNAUTHENTICATED, "%s", refusal);
	*claims = read;
	return 0;
}

int
token_recall(struct token_memory *memory, const struct token_keys *keys,
    enum token_kind kind, const char *token, int64_t now,
    struct token_claims *claims, struct failure *why)
{
	size_t length = strnlen(token, TOKEN_MAX_BYTES + 1), at;
	unsigned char digest[HASH_BYTES];

	/* One that is too long is refused there, unread. */
	if (length > TOKEN_MAX_BYTES)
		return token_verify(keys, kind, token, now, claims, why);
	hash_sha256(bytes_of(token, length), digest);
	at = digest[0] % TOKEN_MEMORY;
	if (memory->entries[at].is_used &&
	    memory->entries[at].kind == kind &&
	    now < memory->entries[at].claims.expires &&
	    hash_equal(memory->entries[at].digest, digest, HASH_BYTES)) {
		*claims = memory->entries[at].claims;
		return 0;
	}
	if (token_verify(keys, kind, token, now, claims, why) != 0)
		return -1;
	memory->entries[at].is_used = true;
	memory->entries[at].kind = kind;
	memcpy(memory->entries[at].digest, digest, HASH_BYTES);
	memory->entries[at].claims = *claims;
	return 0;
}
