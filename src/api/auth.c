/*
 * Signing in: by password, by a refresh token, and, once, by being the first.
 *
 * A sign-in is two round trips with the password hash between them: find the
 * user, then say what came of it.  Unknown users cost the same (a dummy hash)
 * and are told the same.
 */
#include <json-c/json.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/base64url.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "crypto/token.h"
#include "keys.h"
#include "routes.h"
#include "setup.h"
#include "sign_in_sql.h"

#define REFRESH_BYTES 32               /* 256 bits */
#define REFUSAL "The email or the password is wrong."

struct known_user {
	const char *user_id, *organization_id, *password_hash;
	bool is_active, mfa_enabled;
};

static const struct column known_user_columns[] = {
	COLUMN(struct known_user, user_id),
	COLUMN(struct known_user, organization_id),
	COLUMN(struct known_user, password_hash),
	COLUMN(struct known_user, is_active),
	COLUMN(struct known_user, mfa_enabled),
};

/* A refresh token, and what the database is told of it. */
struct refresh {
	char token[BASE64URL_TEXT_BYTES(REFRESH_BYTES)];
	char hash[HASH_TEXT_BYTES];
	char days[24];
};

static void
refresh_make(const struct exchange *exchange, struct refresh *refresh)
{
	unsigned char bytes[REFRESH_BYTES];
	struct lookup_hashes hashes;

	random_secret(bytes, sizeof(bytes));
	base64url_encode(bytes_of(bytes, sizeof(bytes)), refresh->token);
	explicit_bzero(bytes, sizeof(bytes));
	hash_lookup(&exchange->service->lookups, LOOKUP_REFRESH_TOKEN,
	    refresh->token, &hashes);
	exchange_hash(hashes.current, refresh->hash);
	snprintf(refresh->days, sizeof(refresh->days), "%lld", (long long)
	    exchange->service->config.jwt_refresh_token_expire_days);
}

static const char *
issue_access(const struct exchange *exchange, const char *user,
    const char *organization)
{
	const struct service *service = exchange->service;

	return token_issue(&service->tokens, TOKEN_ACCESS, user, organization,
	    exchange->request->now,
	    service->config.jwt_access_token_expire_minutes * CLOCK_MINUTE,
	    exchange->request->arena);
}

/* ${rows} is sign_in_user's. */
static void
answer_tokens(struct exchange *exchange, const struct rows *rows,
    const struct refresh *refresh)
{
	const char *access = issue_access(exchange,
	    rows_text(rows, 0, "user_id"),
	    rows_text(rows, 0, "organization_id"));

	response_json(exchange->response, 200, arena_printf(
	    exchange->request->arena, "{\"access_token\":\"%s\","
	    "\"refresh_token\":\"%s\",\"token_type\":\"bearer\","
	    "\"user\":%s}", access, refresh->token,
	    rows_text(rows, 0, "body")));
}

static int
find_user(struct exchange *exchange, struct known_user *user,
    struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = exchange_bind(exchange, &sign_in_find,
	    NULL, 0);

	if (exchange_run(exchange, &statement, 1, why) != 0)
		return -1;
	rows = statement.rows;
	return rows_count(rows) == 0 ? 0 : row_read(rows, 0,
	    known_user_columns, COUNT_OF(known_user_columns), user,
	    exchange->request->arena, why);
}

/* Tell the log, with the email as it was sent, then the caller. */
static int
refuse_sign_in(struct exchange *exchange, struct failure *why)
{
	struct json_object *email = request_value(exchange->request,
	    "email")->json;
	struct statement statement = { .query = &sign_in_failed,
		BINDS({ "email", json_object_get_string(email) }) };

	if (exchange_run(exchange, &statement, 1, why) != 0)
		return -1;
	rows_free(statement.rows);
	return fail(why, FAULT_UNAUTHENTICATED, REFUSAL);
}

/*
 * Is it this user's password?  ${new_hash} becomes what to store from now on:
 * the old hash, or a stronger one.
 */
static int
check_password(struct exchange *exchange, const struct known_user *user,
    const char **new_hash, struct failure *why)
{
	const struct password_limit *limit = &exchange->service->passwords;
	const char *password = request_text(exchange->request, "password");
	struct failure cause = { .fault = FAULT_NONE };
	char *stronger;
	bool weak;

	if (password_verify(limit, password, user->password_hash, &weak,
	    &cause) != 0 || !user->is_active) {
		if (cause.fault == FAULT_NONE ||
		    cause.fault == FAULT_UNAUTHENTICATED)
			return refuse_sign_in(exchange, why);
		*why = cause;
		return -1;
	}
	*new_hash = user->password_hash;
	if (!weak)
		return 0;
	stronger = arena_alloc(exchange->request->arena,
	    PASSWORD_STORED_BYTES);
	if (password_hash(limit, password, stronger, why) != 0)
		return -1;
	*new_hash = stronger;
	return 0;
}

/* The user whom the request's email and password name, or a refusal. */
static int
sign_in(struct exchange *exchange, struct known_user *user,
    const char **new_hash, struct failure *why)
{
	*user = (struct known_user){ .password_hash = NULL };
	if (find_user(exchange, user, why) != 0)
		return -1;
	return check_password(exchange, user, new_hash, why);
}

/*
 * Take on ${user} and run ${then}, whose last statement is sign_in_user.  If
 * the password was changed since it was verified, nothing happens.
 */
static int
run_signed_in(struct exchange *exchange, const struct known_user *user,
    const char *new_hash, const struct query *const *then, size_t nthen,
    const struct bind *extra, size_t nextra, struct rows **rows,
    struct failure *why)
{
	struct statement run[8];
	struct bind who[] = {
		{ "organization_id", user->organization_id },
		{ "user_id", user->user_id },
		{ "old_hash", user->password_hash },
		{ "new_hash", new_hash },
		{ "refusal", REFUSAL },
	};
	size_t count = 0;

	run[count++] = exchange_bind(exchange, &sign_in_become, who,
	    COUNT_OF(who));
	run[count++] = exchange_bind(exchange, &sign_in_mark, who,
	    COUNT_OF(who));
	for (size_t i = 0; i < nthen; i++)
		run[count++] = exchange_bind(exchange, then[i], extra,
		    nextra);
	if (exchange_run(exchange, run, count, why) != 0)
		return -1;
	*rows = take(run[count - 1].rows);
	statements_free(run, count);
	return 0;
}

static int
auth_token_handle(struct exchange *exchange, struct failure *why)
{
	static const struct query *const then[] = {
		&sign_in_open_session, &sign_in_audit_login, &sign_in_user,
	};
	SCOPED(rows_release) struct rows *rows = NULL;
	struct known_user user;
	struct refresh refresh;
	const char *new_hash;

	if (sign_in(exchange, &user, &new_hash, why) != 0)
		return -1;
	refresh_make(exchange, &refresh);
	if (run_signed_in(exchange, &user, new_hash, then, COUNT_OF(then),
	    (const struct bind[]){ { "refresh_hash", refresh.hash },
		{ "refresh_days", refresh.days } }, 2, &rows, why) != 0)
		return -1;
	answer_tokens(exchange, rows, &refresh);
	return 0;
}

static int
auth_login_handle(struct exchange *exchange, struct failure *why)
{
	static const struct query *const then[] = {
		&sign_in_login_key, &sign_in_user,
	};
	SCOPED(rows_release) struct rows *rows = NULL;
	struct known_user user;
	struct new_key key;
	struct bind binds[NEW_KEY_BINDS];
	const char *new_hash;

	if (sign_in(exchange, &user, &new_hash, why) != 0)
		return -1;
	keys_make(exchange, &key, binds);
	if (run_signed_in(exchange, &user, new_hash, then, COUNT_OF(then),
	    binds, NEW_KEY_BINDS, &rows, why) != 0)
		return -1;
	response_json(exchange->response, 200, arena_printf(
	    exchange->request->arena, "{\"key\":\"%s\",\"user\":%s}",
	    key.key, rows_text(rows, 0, "body")));
	return 0;
}

static int
auth_bootstrap_handle(struct exchange *exchange, struct failure *why)
{
	struct refresh refresh;
	const struct bind guarded = { "guarded", setup_guarded(exchange) };
	struct statement run[4];

	if (setup_check(exchange, why) != 0)
		return -1;
	refresh_make(exchange, &refresh);
	run[0] = exchange_bind(exchange, &sign_in_bootstrap, &guarded, 1);
	run[1] = (struct statement){ .query = &sign_in_open_session, BINDS(
	    { "refresh_hash", refresh.hash },
	    { "refresh_days", refresh.days }) };
	run[2] = (struct statement){ .query = &sign_in_audit_bootstrap };
	run[3] = (struct statement){ .query = &sign_in_user };
	if (exchange_run(exchange, run, COUNT_OF(run), why) != 0)
		return -1;
	answer_tokens(exchange, run[3].rows, &refresh);
	statements_free(run, COUNT_OF(run));
	return 0;
}

static int
auth_refresh_handle(struct exchange *exchange, struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	char old[HASHES_TEXT_BYTES];
	struct lookup_hashes hashes;
	struct refresh refresh;
	struct statement statement;
	const char *user;

	hash_lookup(&exchange->service->lookups, LOOKUP_REFRESH_TOKEN,
	    request_text(exchange->request, "refresh_token"), &hashes);
	exchange_hashes(&hashes, old);
	refresh_make(exchange, &refresh);
	statement = (struct statement){ .query = &sign_in_rotate, BINDS(
	    { "hashes", old }, { "refresh_hash", refresh.hash },
	    { "refresh_days", refresh.days }) };
	if (exchange_run(exchange, &statement, 1, why) != 0)
		return -1;
	rows = statement.rows;
	if ((user = rows_text(rows, 0, "user_id")) == NULL)
		return fail(why, FAULT_UNAUTHENTICATED,
		    "This refresh token cannot be used; sign in again.");
	response_json(exchange->response, 200, arena_printf(
	    exchange->request->arena, "{\"access_token\":\"%s\","
	    "\"refresh_token\":\"%s\",\"token_type\":\"bearer\"}",
	    issue_access(exchange, user, rows_text(rows, 0,
		"organization_id")), refresh.token));
	return 0;
}

static const struct field sign_in_fields[] = {
	{ .name = "email", .place = IN_BODY, .kind = FIELD_EMAIL,
	    .required = true },
	{ .name = "password", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .high = 1024, .secret = true },
	{ .name = NULL }
};

static const struct field refresh_fields[] = {
	{ .name = "refresh_token", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .secret = true },
	{ .name = NULL }
};

static const struct field bootstrap_fields[] = {
	{ .name = "user_id", .place = IN_BODY, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

static const struct member signed_in_members[] = {
	{ .name = "id", .kind = MEMBER_UUID },
	{ .name = "email", .kind = MEMBER_TEXT },
	{ .name = "full_name", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "role", .kind = MEMBER_TEXT },
	{ .name = "organization_id", .kind = MEMBER_UUID },
	{ .name = NULL }
};
static const struct answer signed_in = { "SignedInUser", signed_in_members };

static const char *const bearer[] = { "bearer", NULL };

static const struct member token_members[] = {
	{ .name = "access_token", .kind = MEMBER_TEXT },
	{ .name = "refresh_token", .kind = MEMBER_TEXT },
	{ .name = "token_type", .kind = MEMBER_TEXT, .choices = bearer },
	{ .name = "user", .kind = MEMBER_SHAPE, .shape = &signed_in },
	{ .name = NULL }
};
static const struct answer tokens = { "Tokens", token_members };

static const struct member rotated_members[] = {
	{ .name = "access_token", .kind = MEMBER_TEXT },
	{ .name = "refresh_token", .kind = MEMBER_TEXT },
	{ .name = "token_type", .kind = MEMBER_TEXT, .choices = bearer },
	{ .name = NULL }
};
static const struct answer rotated = { "RotatedTokens", rotated_members };

static const struct member login_members[] = {
	{ .name = "key", .kind = MEMBER_TEXT },
	{ .name = "user", .kind = MEMBER_SHAPE, .shape = &signed_in },
	{ .name = NULL }
};
static const struct answer login = { "LoginKey", login_members };

const struct route auth_routes[] = {
	{
		.method = "POST", .path = "/api/v1/auth/token",
		.operation = "auth_token", .tag = "auth",
		.summary = "Sign in",
		.fields = sign_in_fields, .takes_body = true,
		.handle = auth_token_handle,
		.status = 200, .answer = &tokens,
		.errors = (const int[]){ 401, 503, 0 },
	},
	{
		.method = "POST", .path = "/api/v1/auth/refresh",
		.operation = "auth_refresh", .tag = "auth",
		.summary = "A new access token, and the next refresh token",
		.fields = refresh_fields, .takes_body = true,
		.handle = auth_refresh_handle,
		.status = 200, .answer = &rotated,
		.errors = (const int[]){ 401, 0 },
	},
	{
		.method = "POST", .path = "/api/v1/auth/bootstrap",
		.operation = "auth_bootstrap", .tag = "auth",
		.summary = "Tokens for the only user of an organization",
		.fields = bootstrap_fields, .takes_body = true,
		.handle = auth_bootstrap_handle,
		.status = 200, .answer = &tokens,
		.errors = (const int[]){ 403, 404, 0 },
	},
	{
		.method = "POST", .path = "/api/v1/auth/login",
		.operation = "auth_login", .tag = "auth",
		.summary = "Sign in for an API key (deprecated)",
		.fields = sign_in_fields, .takes_body = true,
		.handle = auth_login_handle,
		.status = 200, .answer = &login,
		.errors = (const int[]){ 401, 503, 0 },
	},
	{ .method = NULL }
};
