/* Users: oneself, and those of one's organization. */
#include <string.h>

#include "authenticate.h"
#include "crypto/password.h"
#include "passwords.h"
#include "permission.h"
#include "routes.h"
#include "setup.h"
#include "users_sql.h"

/*
 * Run what must hold before the route's change and answer.  ${guards} see the
 * state that the change then works on.
 */
static int
serve_guarded(struct exchange *exchange, const struct query *const *guards,
    size_t nguards, struct failure *why)
{
	const struct route *route = exchange->request->route;
	struct statement run[4];
	struct rows *answer = NULL;
	size_t count = 0;
	bool found;

	for (size_t i = 0; i < nguards; i++)
		run[count++] = exchange_bind(exchange, guards[i], NULL, 0);
	run[count++] = exchange_bind(exchange, route->change, NULL, 0);
	if (route->statement != NULL)
		run[count++] = exchange_bind(exchange, route->statement,
		    NULL, 0);
	if (exchange_run(exchange, run, count, why) != 0)
		return -1;
	found = rows_count(run[nguards].rows) > 0;
	if (found && route->statement != NULL)
		answer = take(run[count - 1].rows);
	statements_free(run, count);
	if (!found)
		return fail(why, FAULT_MISSING, "%s", route->missing);
	if (answer != NULL)
		return exchange_answer(exchange, answer, why);
	response_empty(exchange->response);
	return 0;
}

static int
user_create_handle(struct exchange *exchange, struct failure *why)
{
	char hash[PASSWORD_STORED_BYTES];

	if (passwords_check(exchange, "password", why) != 0 ||
	    (!authenticate_is_somebody(exchange) &&
		setup_check(exchange, why) != 0) ||
	    password_hash(&exchange->service->passwords,
		request_text(exchange->request, "password"), hash, why) != 0)
		return -1;
	return exchange_serve(exchange, (const struct bind[]){
	    { "password_hash", hash },
	    { "guarded", setup_guarded(exchange) },
	    { "shown", setup_shown(exchange) ? "true" : "false" } }, 3, why);
}

static int
user_update_handle(struct exchange *exchange, struct failure *why)
{
	static const struct query *const guards[] = {
		&user_lock_organization, &user_keep_admin
	};

	return serve_guarded(exchange, guards, COUNT_OF(guards), why);
}

static int
user_delete_handle(struct exchange *exchange, struct failure *why)
{
	static const struct query *const guards[] = { &user_not_oneself };

	return serve_guarded(exchange, guards, COUNT_OF(guards), why);
}

/* FAULT_REFUSED if ${password} is not the caller's; else ${hash} is what it
 * is stored as. */
static int
verify_own_password(struct exchange *exchange, const char *password,
    const char **hash, struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = &user_me_password_hash };
	struct failure cause = { .fault = FAULT_NONE };
	bool weak;

	if (exchange_run(exchange, &statement, 1, why) != 0)
		return -1;
	rows = statement.rows;
	if (password_verify(&exchange->service->passwords, password,
	    rows_text(rows, 0, "password_hash"), &weak, &cause) != 0) {
		if (cause.fault == FAULT_UNAUTHENTICATED)
			return fail(why, FAULT_REFUSED,
			    "The current password is incorrect.");
		*why = cause;
		return -1;
	}
	*hash = arena_text(exchange->request->arena,
	    rows_text(rows, 0, "password_hash"));
	return 0;
}

static int
user_me_password_handle(struct exchange *exchange, struct failure *why)
{
	const struct request *request = exchange->request;
	char hash[PASSWORD_STORED_BYTES];
	const char *old = NULL;

	if (passwords_check(exchange, "new_password", why) != 0 ||
	    verify_own_password(exchange, request_text(request,
		"current_password"), &old, why) != 0 ||
	    password_hash(&exchange->service->passwords,
		request_text(request, "new_password"), hash, why) != 0)
		return -1;
	return exchange_serve(exchange, (const struct bind[]){
	    { "old_hash", old }, { "new_hash", hash } }, 2, why);
}

static const char *const roles[] = { "admin", "operator", "viewer", NULL };

static const struct field create_fields[] = {
	{ .name = "email", .place = IN_BODY, .kind = FIELD_EMAIL,
	    .required = true },
	{ .name = "password", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .high = 1024, .secret = true },
	{ .name = "organization_id", .place = IN_BODY, .kind = FIELD_UUID,
	    .required = true },
	{ .name = "full_name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .high = 200 },
	{ .name = "role", .place = IN_BODY, .kind = FIELD_TEXT,
	    .fallback = "viewer", .choices = roles },
	{ .name = "is_active", .place = IN_BODY, .kind = FIELD_BOOL,
	    .fallback = "true" },
	{ .name = NULL }
};

static const struct field update_fields[] = {
	{ .name = "user_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = "full_name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .high = 200 },
	{ .name = "role", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .choices = roles },
	{ .name = "is_active", .place = IN_BODY, .kind = FIELD_BOOL,
	    .nullable = true },
	{ .name = NULL }
};

static const struct field me_fields[] = {
	{ .name = "full_name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .high = 200 },
	{ .name = NULL }
};

static const struct field password_fields[] = {
	{ .name = "current_password", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .high = 1024, .secret = true },
	{ .name = "new_password", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .high = 1024, .secret = true },
	{ .name = NULL }
};

static const struct field id_fields[] = {
	{ .name = "user_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

static const struct member user_members[] = {
	{ .name = "id", .kind = MEMBER_UUID },
	{ .name = "email", .kind = MEMBER_TEXT },
	{ .name = "full_name", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "role", .kind = MEMBER_TEXT, .choices = roles },
	{ .name = "is_active", .kind = MEMBER_BOOL },
	{ .name = "organization_id", .kind = MEMBER_UUID },
	{ .name = "organization", .kind = MEMBER_SHAPE, .nullable = true,
	    .shape = &organization_answer },
	{ .name = "mfa_enabled", .kind = MEMBER_BOOL },
	{ .name = NULL }
};
static const struct answer user = { "User", user_members };

#define MISSING "User not found"

const struct route users_routes[] = {
	{
		.method = "POST", .path = "/api/v1/users",
		.operation = "user_create", .tag = "users",
		.summary = "Create a user; anyone may create an "
		    "organization's first",
		.caller_optional = true,
		.fields = create_fields, .takes_body = true,
		.handle = user_create_handle,
		.change = &user_create, .statement = &user_get,
		.new_id = "user_id", .missing = MISSING,
		.status = 200, .answer = &user,
		.errors = (const int[]){ 400, 403, 503, 0 },
	},
	{
		.method = "GET", .path = "/api/v1/users",
		.operation = "user_list", .tag = "users",
		.summary = "Users of one's organization",
		.permission = &permission_user_read,
		.statement = &user_list,
		.status = 200, .answer = &user, .answers_list = true,
	},
	{
		.method = "GET", .path = "/api/v1/users/me",
		.operation = "user_me", .tag = "users",
		.summary = "Oneself",
		.permission = &permission_self_read,
		.statement = &user_me, .status = 200, .answer = &user,
	},
	{
		.method = "PUT", .path = "/api/v1/users/me",
		.operation = "user_me_update", .tag = "users",
		.summary = "Change one's own profile",
		.permission = &permission_self_write,
		.fields = me_fields, .takes_body = true,
		.change = &user_me_update, .statement = &user_me,
		.missing = MISSING, .status = 200, .answer = &user,
	},
	{
		.method = "PUT", .path = "/api/v1/users/me/password",
		.operation = "user_me_password", .tag = "users",
		.summary = "Change one's own password; ends all sessions",
		.permission = &permission_self_write,
		.fields = password_fields, .takes_body = true,
		.handle = user_me_password_handle,
		.change = &user_me_password_set, .missing = MISSING,
		.status = 204, .errors = (const int[]){ 400, 503, 0 },
	},
	{
		.method = "PUT", .path = "/api/v1/users/:user_id",
		.operation = "user_update", .tag = "users",
		.summary = "Change a user of one's organization",
		.permission = &permission_user_write,
		.fields = update_fields, .takes_body = true,
		.handle = user_update_handle,
		.change = &user_update, .statement = &user_get,
		.missing = MISSING, .status = 200, .answer = &user,
		.errors = (const int[]){ 400, 404, 0 },
	},
	{
		.method = "DELETE", .path = "/api/v1/users/:user_id",
		.operation = "user_delete", .tag = "users",
		.summary = "Delete a user of one's organization",
		.permission = &permission_user_write,
		.fields = id_fields, .handle = user_delete_handle,
		.change = &user_delete, .missing = MISSING,
		.status = 204, .errors = (const int[]){ 400, 404, 0 },
	},
	{ .method = NULL }
};
