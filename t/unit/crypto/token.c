#include <stdlib.h>

#include "base/clock.h"
#include "base/scope.h"
#include "crypto/base64url.h"
#include "crypto/token.h"
#include "t/tap.h"

#define USER "01890a5d-ac96-774b-bcce-b302099a8057"
#define ORGANIZATION "01890a5d-ac96-774b-bcce-b302099a8058"
#define ID "01890a5d-ac96-774b-bcce-b302099a8059"
#define NOW (INT64_C(1772366400) * CLOCK_SECOND)
#define QUARTER (15 * CLOCK_MINUTE)

/* What we write, member by member, in our order. */
#define AUD "\"aud\":\"diurnal-api\","
#define EXP "\"exp\":1772367300,"
#define IAT "\"iat\":1772366400,"
#define ISS "\"iss\":\"diurnal\","
#define JTI "\"jti\":\"" ID "\","
#define ORG "\"org\":\"" ORGANIZATION "\","
#define SUB "\"sub\":\"" USER "\","
#define TYPE "\"type\":\"access\""
#define STANDARD AUD EXP IAT ISS JTI ORG SUB TYPE

static const char secret[] = "one secret of at least 32 bytes for tests";
static const char older[] = "another secret of at least 32 bytes, older";

static struct arena *arena;
static struct token_keys keys;

static const char *
encoded(const char *text)
{
	char *made = arena_alloc(arena, BASE64URL_TEXT_BYTES(strlen(text)));

	base64url_encode(bytes_of_text(text), made);
	return made;
}

/* ${text} and its signature, as somebody makes it who has the key. */
static const char *
signed_text(const struct token_key *key, const char *text)
{
	char signature[BASE64URL_TEXT_BYTES(HASH_BYTES)];
	const struct bytes part = bytes_of_text(text);
	unsigned char mac[HASH_BYTES];

	hash_hmac(bytes_of(key->signing, sizeof(key->signing)), &part, 1,
	    mac);
	base64url_encode(bytes_of(mac, sizeof(mac)), signature);
	return arena_printf(arena, "%s.%s", text, signature);
}

static const char *
forged(const char *payload)
{
	return signed_text(&keys.current, arena_printf(arena, "%s.%s",
	    keys.current.header, encoded(payload)));
}

static enum fault
fault_at(enum token_kind kind, const char *token, int64_t now)
{
	struct token_claims claims = { .user = "untouched" };
	struct failure why = { 0 };

	if (token_verify(&keys, kind, token, now, &claims, &why) == 0)
		return FAULT_NONE;
	if (!text_is(why.detail, "the token is not valid") ||
	    !text_is(claims.user, "untouched"))
		return FAULT_INTERNAL;
	return why.fault;
}

static bool
is_accepted(const char *token)
{
	return fault_at(TOKEN_ACCESS, token, NOW) == FAULT_NONE;
}

static bool
is_refused(const char *token)
{
	return fault_at(TOKEN_ACCESS, token, NOW) == FAULT_UNAUTHENTICATED;
}

static const char *
issued(void)
{
	return token_issue(&keys, TOKEN_ACCESS, USER, ORGANIZATION, NOW,
	    QUARTER, arena);
}

static void
test_round_trip(void)
{
	const char *token = issued(), *other = issued();
	struct token_claims claims, again;
	struct failure why = { 0 };
	char uuid[UUID_TEXT_BYTES];

	ok(token_verify(&keys, TOKEN_ACCESS, token, NOW, &claims, &why) == 0,
	    "a token that was issued verifies");
	is_text(claims.user, USER, "it names the user");
	is_text(claims.organization, ORGANIZATION, "it names the organization");
	ok(text_to_uuid(claims.id, uuid) == 0, "its id is a UUID");
	is_int(claims.issued, NOW, "it says when it was issued");
	is_int(claims.expires, NOW + QUARTER, "it says when it expires");
	ok(token_verify(&keys, TOKEN_ACCESS, other, NOW, &again, &why) == 0 &&
	    !text_is(claims.id, again.id), "two tokens have different ids");
	ok(strlen(token) < 600, "a token is short");
}

static void
test_header(void)
{
	const char *want = encoded(arena_printf(arena,
	    "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	    keys.current.kid));

	is_text(keys.current.header, want,
	    "the header is alg, kid and typ, whatever libjwt's version");
	ok(strncmp(issued(), want, strlen(want)) == 0,
	    "tokens begin with it");
	is_int((int64_t)strlen(keys.current.kid), 16, "a kid is 8 bytes");
	ok(!text_is(keys.current.kid, keys.previous.kid),
	    "another secret has another kid");
}

/* Signed with our key all the same; %s is our kid. */
static const struct {
	const char *text, *name;
} bad_headers[] = {
	{ "{\"alg\":\"none\",\"kid\":\"%s\",\"typ\":\"JWT\"}", "alg none" },
	{ "{\"alg\":\"None\",\"kid\":\"%s\",\"typ\":\"JWT\"}", "alg None" },
	{ "{\"alg\":\"HS512\",\"kid\":\"%s\",\"typ\":\"JWT\"}", "alg HS512" },
	{ "{\"alg\":\"HS384\",\"kid\":\"%s\",\"typ\":\"JWT\"}", "alg HS384" },
	{ "{\"alg\":\"RS256\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	    "alg RS256 with the secret as its key" },
	{ "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}", "alg ES256" },
	{ "{\"alg\":\"hs256\",\"kid\":\"%s\",\"typ\":\"JWT\"}", "alg hs256" },
	{ "{\"kid\":\"%s\",\"typ\":\"JWT\"}", "no alg" },
	{ "{\"alg\":\"HS256\",\"kid\":\"%s\"}", "no typ" },
	{ "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"at+jwt\"}",
	    "another typ" },
	{ "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"kid\":\"%s\","
	    "\"typ\":\"JWT\"}", "a critical header" },
	{ "{\"alg\":\"HS256\",\"crit\":[],\"kid\":\"%s\",\"typ\":\"JWT\"}",
	    "an empty critical header" },
	{ "{\"alg\":\"none\",\"alg\":\"HS256\",\"kid\":\"%s\","
	    "\"typ\":\"JWT\"}", "alg twice" },
	{ "{\"alg\":\"HS256\",\"jku\":\"//x\",\"kid\":\"%s\","
	    "\"typ\":\"JWT\"}", "a place to fetch keys from" },
	{ "{\"alg\":\"HS256\",\"kid\":\"%s\",\"typ\":\"JWT\",",
	    "a header that is no JSON" },
	{ "{\"alg\": \"HS256\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
	    "a header with a space" },
	{ "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"%s\"}",
	    "a header in another order" },
	{ "{\"alg\":\"HS256\",\"kid\":\"0123456789abcdef\",\"typ\":\"JWT\"}",
	    "a kid that is nobody's" },
	{ "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", "no kid" },
	{ "{}", "an empty header" },
};

static void
test_headers(void)
{
	const char *payload = encoded("{" STANDARD "}");

	ok(is_accepted(forged("{" STANDARD "}")),
	    "the standard payload, signed, is accepted");
	for (size_t i = 0; i < COUNT_OF(bad_headers); i++) {
		const char *text = bad_headers[i].text;
		const char *at = strstr(text, "%s");

		if (at != NULL)
			text = arena_printf(arena, "%.*s%s%s",
			    (int)(at - text), text, keys.current.kid, at + 2);
		ok(is_refused(signed_text(&keys.current, arena_printf(arena,
		    "%s.%s", encoded(text), payload))), "%s is refused",
		    bad_headers[i].name);
	}
}

static void
test_no_signature(void)
{
	const char *token = issued();
	int body = (int)(strrchr(token, '.') - token);
	const char *none = encoded("{\"alg\":\"none\",\"typ\":\"JWT\"}");
	const char *payload = encoded("{" STANDARD "}");

	ok(is_refused(arena_printf(arena, "%.*s", body, token)),
	    "a token without its third segment is refused");
	ok(is_refused(arena_printf(arena, "%.*s.", body, token)),
	    "a token with an empty signature is refused");
	ok(is_refused(arena_printf(arena, "%s.%s.", none, payload)),
	    "a token of alg none is refused");
	ok(is_refused(arena_printf(arena, "%s.%s", none, payload)),
	    "so it is with two segments");
}

static void
test_shapes(void)
{
	const char *token = issued();
	const char *payload = strchr(token, '.') + 1;
	char big[TOKEN_MAX_BYTES + 2];

	ok(is_refused(""), "an empty token is refused");
	ok(is_refused("."), "a dot is refused");
	ok(is_refused(".."), "two dots are refused");
	ok(is_refused("..."), "three dots are refused");
	ok(is_refused(arena_printf(arena, "%s.x", token)),
	    "a fourth segment is refused");
	ok(is_refused(arena_printf(arena, "%s.", token)),
	    "a dot at the end is refused");
	ok(is_refused(arena_printf(arena, ".%s", token)),
	    "a dot in front is refused");
	ok(is_refused(arena_printf(arena, ".%s", payload)),
	    "an empty header is refused");
	ok(is_refused(arena_printf(arena, "%s..%s", keys.current.header,
	    strchr(payload, '.') + 1)), "an empty payload is refused");
	ok(is_refused(arena_printf(arena, "%s=", token)),
	    "padding behind the signature is refused");
	ok(is_refused(arena_printf(arena, " %s", token)) &&
	    is_refused(arena_printf(arena, "%s\n", token)),
	    "white space around it is refused");
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	ok(is_refused(big), "a text longer than any token is refused");
}

/* A good token with an extra claim of ${size} characters. */
static const char *
stuffed(int size)
{
	return forged(arena_printf(arena, "{\"a\":\"%0*d\"," STANDARD "}",
	    size, 0));
}

static void
test_length(void)
{
	int size = 1;

	while (strlen(stuffed(size + 1)) <= TOKEN_MAX_BYTES)
		size++;
	ok(is_accepted(stuffed(size)),
	    "a token of %zu bytes is read, an extra claim and all",
	    strlen(stuffed(size)));
	ok(is_refused(stuffed(size + 1)), "one of %zu bytes is not",
	    strlen(stuffed(size + 1)));
}

/* What is signed is still not read unless it is spelled in the one way. */
static void
test_padding(void)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ "=", "an =" }, { "==", "two =" }, { "\n", "a newline" },
		{ "A", "a character" }, { ".", "a dot" },
	};
	const char *payload = encoded("{" STANDARD "}");

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		ok(is_refused(signed_text(&keys.current, arena_printf(arena,
		    "%s.%s%s", keys.current.header, payload,
		    cases[i].text))), "%s behind the payload is refused",
		    cases[i].name);
}

static const struct {
	const char *members, *name;
} bad_claims[] = {
	{ EXP IAT ISS JTI ORG SUB TYPE, "no aud" },
	{ "\"aud\":\"other\"," EXP IAT ISS JTI ORG SUB TYPE, "another aud" },
	{ "\"aud\":[\"diurnal-api\"]," EXP IAT ISS JTI ORG SUB TYPE,
	    "a list as aud" },
	{ AUD IAT ISS JTI ORG SUB TYPE, "no exp" },
	{ AUD "\"exp\":\"1772367300\"," IAT ISS JTI ORG SUB TYPE,
	    "a text as exp" },
	{ AUD "\"exp\":1772367300.5," IAT ISS JTI ORG SUB TYPE,
	    "a fraction as exp" },
	{ AUD "\"exp\":-1," IAT ISS JTI ORG SUB TYPE, "a negative exp" },
	{ AUD "\"exp\":9223372036854775807," IAT ISS JTI ORG SUB TYPE,
	    "an exp beyond all time" },
	{ AUD "\"exp\":null," IAT ISS JTI ORG SUB TYPE, "null as exp" },
	{ AUD EXP ISS JTI ORG SUB TYPE, "no iat" },
	{ AUD EXP "\"iat\":true," ISS JTI ORG SUB TYPE, "true as iat" },
	{ AUD EXP IAT JTI ORG SUB TYPE, "no iss" },
	{ AUD EXP IAT "\"iss\":\"Diurnal\"," JTI ORG SUB TYPE, "another iss" },
	{ AUD EXP IAT ISS ORG SUB TYPE, "no jti" },
	{ AUD EXP IAT ISS JTI SUB TYPE, "no org" },
	{ AUD EXP IAT ISS JTI "\"org\":\"x\"," SUB TYPE,
	    "an org that is no UUID" },
	{ AUD EXP IAT ISS JTI ORG TYPE, "no sub" },
	{ AUD EXP IAT ISS JTI ORG "\"sub\":7," TYPE, "a number as sub" },
	{ AUD EXP IAT ISS JTI ORG
	    "\"sub\":\"01890A5D-AC96-774B-BCCE-B302099A8057\"," TYPE,
	    "a sub in upper case" },
	{ AUD EXP IAT ISS JTI ORG
	    "\"sub\":\"01890a5dac96774bbcceb302099a8057\"," TYPE,
	    "a sub without hyphens" },
	{ AUD EXP IAT ISS JTI ORG "\"sub\":\"" USER "\"", "no type" },
	{ AUD EXP IAT ISS JTI ORG SUB "\"type\":\"refresh\"",
	    "another type" },
	{ AUD EXP IAT ISS JTI ORG SUB TYPE "," TYPE, "a member twice" },
	{ AUD EXP IAT ISS JTI ORG "\"sub\":\"" ID "\"," SUB TYPE,
	    "two users" },
	{ AUD "\"exp\":1," EXP IAT ISS JTI ORG SUB TYPE, "two expiries" },
	{ AUD EXP IAT ISS JTI ORG SUB " " TYPE, "a space" },
	{ EXP AUD IAT ISS JTI ORG SUB TYPE, "another order" },
	{ AUD EXP IAT ISS JTI "\"nbf\":1772366500," ORG SUB TYPE,
	    "a token for later" },
	{ AUD EXP IAT ISS JTI "\"nbf\":\"x\"," ORG SUB TYPE,
	    "an nbf that is no number" },
	{ AUD EXP IAT ISS JTI "\"nbf\":0.5," ORG SUB TYPE,
	    "an nbf that is a fraction" },
	{ AUD EXP IAT ISS JTI "\"nbf\":-1," ORG SUB TYPE,
	    "a negative nbf" },
	{ "\"a\":\"\xff\"," STANDARD, "invalid UTF-8" },
	{ "\"a\":\"\\u0000\"," STANDARD, "an escaped NUL" },
	{ "", "an empty payload" },
};

static void
test_claims(void)
{
	static const char *const none[] = { "", "{", "[]", "\"x\"", "7",
		"{" STANDARD "}x" };

	for (size_t i = 0; i < COUNT_OF(bad_claims); i++)
		ok(is_refused(forged(arena_printf(arena, "{%s}",
		    bad_claims[i].members))), "%s is refused",
		    bad_claims[i].name);
	for (size_t i = 0; i < COUNT_OF(none); i++)
		ok(is_refused(forged(none[i])), "'%.10s' as payload is "
		    "refused", none[i]);
	ok(is_accepted(forged("{" AUD EXP IAT ISS JTI "\"nbf\":1772366400,"
	    ORG SUB TYPE "}")), "a token for now is accepted");
}

static void
test_times(void)
{
	const char *token = issued();

	is_int(fault_at(TOKEN_ACCESS, token, NOW + QUARTER - 1), FAULT_NONE,
	    "a token is good until its last microsecond");
	is_int(fault_at(TOKEN_ACCESS, token, NOW + QUARTER),
	    FAULT_UNAUTHENTICATED, "then it is good no more");
	is_int(fault_at(TOKEN_ACCESS, token, NOW + CLOCK_DAY),
	    FAULT_UNAUTHENTICATED, "nor is it a day later");
	is_int(fault_at(TOKEN_ACCESS, token, NOW - 5 * CLOCK_SECOND),
	    FAULT_NONE, "clocks may differ by five seconds");
	is_int(fault_at(TOKEN_ACCESS, token, NOW - 5 * CLOCK_SECOND - 1),
	    FAULT_UNAUTHENTICATED, "by more it is not yet issued");
}

static void
test_kinds(void)
{
	for (int i = 0; i < TOKEN_KIND_COUNT; i++) {
		const char *token = token_issue(&keys, i, USER, ORGANIZATION,
		    NOW, QUARTER, arena);

		for (int j = 0; j < TOKEN_KIND_COUNT; j++)
			is_int(fault_at(j, token, NOW), i == j ? FAULT_NONE :
			    FAULT_UNAUTHENTICATED, "a token is of one kind");
	}
	is_text(token_kind_name(TOKEN_ACCESS), "access", "access is access");
	is_text(token_kind_name(TOKEN_MFA_PENDING), "mfa_pending",
	    "mfa_pending is mfa_pending");
}

static bool
verifies(const struct token_keys *with, const char *token)
{
	struct token_claims claims;
	struct failure why = { 0 };

	return token_verify(with, TOKEN_ACCESS, token, NOW, &claims,
	    &why) == 0;
}

static void
test_rotation(void)
{
	struct token_keys before, during, after;
	struct failure why = { 0 };
	const char *old, *new;

	token_keys_init(&before, older, NULL, &why);
	token_keys_init(&during, secret, older, &why);
	token_keys_init(&after, secret, NULL, &why);
	old = token_issue(&before, TOKEN_ACCESS, USER, ORGANIZATION, NOW,
	    QUARTER, arena);
	new = token_issue(&during, TOKEN_ACCESS, USER, ORGANIZATION, NOW,
	    QUARTER, arena);
	ok(verifies(&during, old), "the previous secret's tokens verify");
	ok(verifies(&during, new) && verifies(&after, new),
	    "new tokens are under the current secret");
	ok(!verifies(&after, old),
	    "once the previous secret is removed its tokens do not verify");
	ok(!verifies(&before, new), "nor do new ones under the old secret");
}

/* The kid of one key does not make the other's signature good. */
static void
test_crossed_keys(void)
{
	const char *text = arena_printf(arena, "%s.%s", keys.previous.header,
	    encoded("{" STANDARD "}"));

	ok(is_accepted(signed_text(&keys.previous, text)),
	    "the previous kid with the previous key is accepted");
	ok(is_refused(signed_text(&keys.current, text)),
	    "the previous kid with the current key is refused");
}

static void
test_tampering(void)
{
	const char *token = issued();
	const size_t length = strlen(token);
	char *copy = arena_text(arena, token);
	size_t refused = 0;

	for (size_t i = 0; i < length; i++) {
		for (int bit = 0; bit < 8; bit++) {
			copy[i] = (char)(token[i] ^ (1 << bit));
			refused += is_refused(copy);
		}
		copy[i] = token[i];
	}
	ok(refused == 8 * length, "no bit of a token can be changed");
	ok(is_accepted(copy), "unchanged it is still good");
	refused = 0;
	for (size_t i = 0; i < length; i++) {
		copy[length - 1 - i] = '\0';
		refused += is_refused(copy);
	}
	ok(refused == length, "no token can be shortened");
}

static void
test_secrets(void)
{
	struct token_keys made = { .current.kid = "untouched" };
	struct failure why = { 0 };

	ok(token_keys_init(&made, "0123456789012345678901234567890", NULL,
	    &why) == -1 && why.fault == FAULT_INVALID &&
	    text_is(made.current.kid, "untouched"),
	    "a secret of 31 bytes is refused");
	ok(strstr(why.detail, "0123") == NULL, "it is not shown");
	why = (struct failure){ 0 };
	ok(token_keys_init(&made, secret, "short", &why) == -1 &&
	    why.fault == FAULT_INVALID, "a short previous one is refused");
	why = (struct failure){ 0 };
	ok(token_keys_init(&made, "01234567890123456789012345678901", NULL,
	    &why) == 0, "one of 32 bytes is accepted");
}

static void
test_wipe(void)
{
	struct token_keys made, zeros;
	struct failure why = { 0 };

	memset(&zeros, 0, sizeof(zeros));
	token_keys_init(&made, secret, older, &why);
	token_keys_wipe(&made);
	ok(memcmp(&made, &zeros, sizeof(made)) == 0,
	    "nothing is left of keys that were wiped");
}

static bool
recalls(struct token_memory *memory, enum token_kind kind, const char *token,
    int64_t now, struct token_claims *claims)
{
	struct failure why = { 0 };

	return token_recall(memory, &keys, kind, token, now, claims,
	    &why) == 0;
}

static void
test_recall(void)
{
	struct token_memory memory = { 0 };
	struct token_claims first, again = { .expires = 0 };
	const char *token = token_issue(&keys, TOKEN_ACCESS, USER, ORGANIZATION,
	    NOW, 10 * CLOCK_MINUTE, arena);
	char *forged = arena_text(arena, token);

	ok(recalls(&memory, TOKEN_ACCESS, token, NOW, &first),
	    "a new token is verified");
	ok(recalls(&memory, TOKEN_ACCESS, token, NOW, &again) &&
	    strcmp(first.user, again.user) == 0 &&
	    strcmp(first.organization, again.organization) == 0 &&
	    strcmp(first.id, again.id) == 0 &&
	    first.expires == again.expires,
	    "what is remembered of it is what was found");
	ok(!recalls(&memory, TOKEN_MFA_PENDING, token, NOW, &again),
	    "a remembered token is still of its kind only");
	ok(!recalls(&memory, TOKEN_ACCESS, token, NOW + CLOCK_HOUR, &again),
	    "a remembered token still expires");
	forged[strlen(forged) - 2] ^= 1;
	ok(!recalls(&memory, TOKEN_ACCESS, forged, NOW, &again),
	    "a forged token does not pass for the one it was made from");
	ok(!recalls(&memory, TOKEN_ACCESS, forged, NOW, &again),
	    "a token that was refused is not remembered as good");
	ok(recalls(&memory, TOKEN_ACCESS, token, NOW, &again),
	    "a forged token does not push out the true one");
}

int
main(void)
{
	SCOPED(arena_release) struct arena *scoped = arena_new(1 << 26);
	struct failure why = { 0 };

	arena = scoped;
	if (token_keys_init(&keys, secret, older, &why) != 0)
		return 1;
	test_round_trip();
	test_header();
	test_headers();
	test_no_signature();
	test_shapes();
	test_length();
	test_padding();
	test_claims();
	test_times();
	test_kinds();
	test_rotation();
	test_crossed_keys();
	test_tampering();
	test_secrets();
	test_wipe();
	test_recall();
	return tap_done();
}
