/* Policies: schedules for what they select. */
#include "permission.h"
#include "policies_sql.h"
#include "routes.h"
#include "schedule/schedule.h"
#include "schedule/zone.h"
#include "selector.h"

static void
check_zone(const struct request *request, struct json_object *json,
    const char *text, const struct place *place,
    struct complaints *complaints)
{
	const struct zone *zone;
	struct failure why = { .fault = FAULT_NONE };

	(void)json;
	if (zone_open(text, request->arena, &zone, &why) != 0)
		complain(complaints, place, "value_error", "%s", why.detail);
}

/*
 * The schedule must fit its type.  Without a type it is a weekly one, also in
 * an update whose policy is stored with another (api.md 2.8).
 */
static void
check_schedule(const struct request *request, struct complaints *complaints)
{
	struct json_object *json = request_value(request, "schedule")->json;
	const char *name = request_text(request, "schedule_type");
	const struct place body = { .name = "body" };
	struct failure why = { .fault = FAULT_NONE };
	enum schedule_type type = SCHEDULE_WEEKLY;
	struct schedule schedule;

	if (json == NULL)
		return;
	if ((name != NULL && schedule_type_from(name, &type, &why) != 0) ||
	    schedule_parse(type, json, request->arena, &schedule, &why) != 0)
		complain(complaints, &body, "value_error", "%s", why.detail);
}

static const char *const types[] = { "weekly", "cron", NULL };

#define SCHEDULE_HELP "Weekly: day to list of {start, end, next_day}; "     \
	"cron: {start, stop}."

static const struct field create_fields[] = {
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .low = 1, .high = 200 },
	{ .name = "description", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true },
	{ .name = "timezone", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .check = check_zone,
	    .help = "IANA zone name.", .example = "\"Europe/Madrid\"" },
	{ .name = "schedule_type", .place = IN_BODY, .kind = FIELD_TEXT,
	    .fallback = "weekly", .choices = types },
	{ .name = "schedule", .place = IN_BODY, .kind = FIELD_OBJECT,
	    .required = true, .help = SCHEDULE_HELP,
	    .example = "{\"monday\":[{\"start\":\"09:00\","
		"\"end\":\"18:00\"}]}" },
	{ .name = "resource_selector", .place = IN_BODY,
	    .kind = FIELD_OBJECT, .required = true, .check = selector_check,
	    .help = "Exactly one of tags and resource_ids.",
	    .example = "{\"tags\":{\"env\":\"dev\"}}" },
	{ .name = "priority", .place = IN_BODY, .kind = FIELD_INT,
	    .fallback = "0", .low = -1000, .high = 1000,
	    .help = "Policies of the highest priority decide." },
	{ .name = "is_enabled", .place = IN_BODY, .kind = FIELD_BOOL,
	    .fallback = "true" },
	{ .name = NULL }
};

static const struct field update_fields[] = {
	{ .name = "policy_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .low = 1, .high = 200 },
	{ .name = "description", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true },
	{ .name = "timezone", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .check = check_zone,
	    .help = "IANA zone name." },
	{ .name = "schedule_type", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .choices = types },
	{ .name = "schedule", .place = IN_BODY, .kind = FIELD_OBJECT,
	    .nullable = true, .help = SCHEDULE_HELP },
	{ .name = "resource_selector", .place = IN_BODY,
	    .kind = FIELD_OBJECT, .nullable = true, .check = selector_check,
	    .help = "Exactly one of tags and resource_ids." },
	{ .name = "priority", .place = IN_BODY, .kind = FIELD_INT,
	    .nullable = true, .low = -1000, .high = 1000 },
	{ .name = "is_enabled", .place = IN_BODY, .kind = FIELD_BOOL,
	    .nullable = true },
	{ .name = NULL }
};

static const struct field id_fields[] = {
	{ .name = "policy_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

static const struct member policy_members[] = {
	{ .name = "id", .kind = MEMBER_UUID },
	{ .name = "organization_id", .kind = MEMBER_UUID },
	{ .name = "name", .kind = MEMBER_TEXT },
	{ .name = "description", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "timezone", .kind = MEMBER_TEXT },
	{ .name = "schedule_type", .kind = MEMBER_TEXT, .choices = types },
	{ .name = "schedule", .kind = MEMBER_OBJECT },
	{ .name = "resource_selector", .kind = MEMBER_OBJECT },
	{ .name = "priority", .kind = MEMBER_INT },
	{ .name = "is_enabled", .kind = MEMBER_BOOL },
	{ .name = "created_at", .kind = MEMBER_TIME },
	{ .name = "updated_at", .kind = MEMBER_TIME },
	{ .name = NULL }
};
static const struct answer policy = { "Policy", policy_members };

static const struct member preview_members[] = {
	{ .name = "policy_id", .kind = MEMBER_UUID },
	{ .name = "affected_resource_count", .kind = MEMBER_INT },
	{ .name = "sample_resources", .kind = MEMBER_TEXTS,
	    .help = "At most ten ids." },
	{ .name = NULL }
};
static const struct answer preview = { "PolicyPreview", preview_members };

#define MISSING "Policy not found"
#define ONE "/api/v1/policies/:policy_id"

const struct route policies_routes[] = {
	{
		.method = "POST", .path = "/api/v1/policies",
		.operation = "policy_create", .tag = "policies",
		.summary = "Create a policy",
		.permission = &permission_policy_write,
		.fields = create_fields, .takes_body = true,
		.check = check_schedule,
		.change = &policy_create, .statement = &policy_get,
		.new_id = "policy_id", .missing = MISSING,
		.status = 201, .answer = &policy, .wakes_reconciler = true,
	},
	{
		.method = "GET", .path = "/api/v1/policies",
		.operation = "policy_list", .tag = "policies",
		.summary = "All policies by name",
		.permission = &permission_policy_read,
		.statement = &policy_list,
		.status = 200, .answer = &policy, .answers_list = true,
	},
	{
		.method = "GET", .path = ONE,
		.operation = "policy_get", .tag = "policies",
		.summary = "One policy",
		.permission = &permission_policy_read,
		.fields = id_fields, .statement = &policy_get,
		.missing = MISSING, .status = 200, .answer = &policy,
		.errors = (const int[]){ 404, 0 },
	},
	{
		.method = "PUT", .path = ONE,
		.operation = "policy_update", .tag = "policies",
		.summary = "Change a policy; what is absent or null stays",
		.permission = &permission_policy_write,
		.fields = update_fields, .takes_body = true,
		.check = check_schedule,
		.change = &policy_update, .statement = &policy_get,
		.missing = MISSING, .status = 200, .answer = &policy,
		.wakes_reconciler = true, .errors = (const int[]){ 404, 0 },
	},
	{
		.method = "DELETE", .path = ONE,
		.operation = "policy_delete", .tag = "policies",
		.summary = "Delete a policy; what it selected is left as it is",
		.permission = &permission_policy_write,
		.fields = id_fields, .change = &policy_delete,
		.missing = MISSING, .status = 204,
		.errors = (const int[]){ 404, 0 },
	},
	{
		.method = "GET", .path = ONE "/preview",
		.operation = "policy_preview", .tag = "policies",
		.summary = "The resources that a policy selects",
		.permission = &permission_policy_read,
		.fields = id_fields, .statement = &policy_preview,
		.missing = MISSING, .status = 200, .answer = &preview,
		.errors = (const int[]){ 404, 0 },
	},
	{ .method = NULL }
};
