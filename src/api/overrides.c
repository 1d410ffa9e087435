/* Overrides: this resource, in this state, until then. */
#include "overrides_sql.h"
#include "permission.h"
#include "routes.h"

static const char *const states[] = { "RUNNING", "STOPPED", NULL };

static const struct field create_fields[] = {
	{ .name = "resource_id", .place = IN_BODY, .kind = FIELD_UUID,
	    .required = true },
	{ .name = "desired_state", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .choices = states },
	{ .name = "expires_at", .place = IN_BODY, .kind = FIELD_TIME,
	    .required = true,
	    .help = "Any time; a past one is never listed." },
	{ .name = "reason", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true },
	{ .name = NULL }
};

static const struct field list_fields[] = {
	{ .name = "resource_id", .place = IN_QUERY, .kind = FIELD_UUID },
	{ .name = NULL }
};

static const struct field id_fields[] = {
	{ .name = "override_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

static const struct member override_members[] = {
	{ .name = "id", .kind = MEMBER_UUID },
	{ .name = "organization_id", .kind = MEMBER_UUID },
	{ .name = "resource_id", .kind = MEMBER_UUID },
	{ .name = "desired_state", .kind = MEMBER_TEXT, .choices = states },
	{ .name = "starts_at", .kind = MEMBER_TIME },
	{ .name = "expires_at", .kind = MEMBER_TIME },
	{ .name = "reason", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "created_by_user_id", .kind = MEMBER_UUID,
	    .nullable = true },
	{ .name = "created_at", .kind = MEMBER_TIME },
	{ .name = NULL }
};
static const struct answer override = { "Override", override_members };

const struct route overrides_routes[] = {
	{
		.method = "POST", .path = "/api/v1/overrides",
		.operation = "override_create", .tag = "overrides",
		.summary = "Hold a resource in a state until a time",
		.permission = &permission_override_write,
		.fields = create_fields, .takes_body = true,
		.change = &override_create, .statement = &override_get,
		.new_id = "override_id", .missing = "Resource not found",
		.status = 201, .answer = &override, .wakes_reconciler = true,
		.errors = (const int[]){ 404, 0 },
	},
	{
		.method = "GET", .path = "/api/v1/overrides",
		.operation = "override_list", .tag = "overrides",
		.summary = "Overrides that have not expired, newest first",
		.permission = &permission_override_read,
		.fields = list_fields, .statement = &override_list,
		.status = 200, .answer = &override, .answers_list = true,
	},
	{
		.method = "DELETE", .path = "/api/v1/overrides/:override_id",
		.operation = "override_delete", .tag = "overrides",
		.summary = "End an override now",
		.permission = &permission_override_write,
		.fields = id_fields, .change = &override_delete,
		.missing = "Override not found", .status = 204,
		.wakes_reconciler = true,
		.errors = (const int[]){ 404, 0 },
	},
	{ .method = NULL }
};
