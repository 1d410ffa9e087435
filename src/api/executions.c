/* Executions, and asking for a pass now. */
#include "ask.h"
#include "executions_sql.h"
#include "permission.h"
#include "routes.h"

#define ROWS_MOST 1000
#define OFFSET_MOST INT64_C(1000000000000)

#define FILTERS                                                              \
	{ .name = "resource_id", .place = IN_QUERY, .kind = FIELD_UUID },    \
	{ .name = "action", .place = IN_QUERY, .kind = FIELD_TEXT,           \
	    .empty_is_absent = true },                                       \
	{ .name = "success", .place = IN_QUERY, .kind = FIELD_BOOL },        \
	{ .name = "status", .place = IN_QUERY, .kind = FIELD_TEXT,           \
	    .empty_is_absent = true },                                       \
	{ .name = "hours", .place = IN_QUERY, .kind = FIELD_INT,             \
	    .help = "Only the last so many hours; 0: no limit." }

static const struct field list_fields[] = {
	FILTERS,
	{ .name = "limit", .place = IN_QUERY, .kind = FIELD_INT,
	    .fallback = "100", .low = 0, .high = ROWS_MOST },
	{ .name = "offset", .place = IN_QUERY, .kind = FIELD_INT,
	    .fallback = "0", .low = 0, .high = OFFSET_MOST },
	{ .name = NULL }
};

static const struct field count_fields[] = { FILTERS, { .name = NULL } };

/* The reconciler's answer has just the members that the contract has. */
static int
execution_reconcile(struct exchange *exchange, struct failure *why)
{
	const char *answer;

	if (ask_for(exchange, "pass", NULL, ASK_SYNC_PATIENCE, &answer,
	    why) != 0)
		return -1;
	response_json(exchange->response, 200, answer);
	return 0;
}

static const char *const actions[] = { "START", "STOP", NULL };
static const char *const desired[] = { "RUNNING", "STOPPED", NULL };
static const char *const states[] = { "RUNNING", "STOPPED", "UNKNOWN", NULL };
static const char *const statuses[] = {
	"pending", "completed", "failed", "superseded", NULL
};

static const struct member execution_members[] = {
	{ .name = "id", .kind = MEMBER_UUID },
	{ .name = "organization_id", .kind = MEMBER_UUID },
	{ .name = "resource_id", .kind = MEMBER_UUID },
	{ .name = "action", .kind = MEMBER_TEXT, .choices = actions },
	{ .name = "desired_state", .kind = MEMBER_TEXT, .choices = desired },
	{ .name = "actual_state_before", .kind = MEMBER_TEXT,
	    .choices = states },
	{ .name = "status", .kind = MEMBER_TEXT, .choices = statuses },
	{ .name = "success", .kind = MEMBER_BOOL },
	{ .name = "error_message", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "reason", .kind = MEMBER_OBJECT,
	    .help = "The rule that decided." },
	{ .name = "executed_at", .kind = MEMBER_TIME },
	{ .name = NULL }
};
static const struct answer execution = { "Execution", execution_members };

static const struct member total_members[] = {
	{ .name = "total", .kind = MEMBER_INT },
	{ .name = NULL }
};
static const struct answer total = { "Total", total_members };

static const struct member pass_members[] = {
	{ .name = "processed", .kind = MEMBER_INT },
	{ .name = "actions_taken", .kind = MEMBER_INT },
	{ .name = "errors", .kind = MEMBER_INT },
	{ .name = NULL }
};
static const struct answer pass = { "PassResult", pass_members };

const struct route executions_routes[] = {
	{
		.method = "GET", .path = "/api/v1/executions",
		.operation = "execution_list", .tag = "executions",
		.summary = "Executions, newest first",
		.permission = &permission_execution_read,
		.fields = list_fields, .statement = &execution_list,
		.status = 200, .answer = &execution, .answers_list = true,
	},
	{
		.method = "GET", .path = "/api/v1/executions/count",
		.operation = "execution_count", .tag = "executions",
		.summary = "How many executions there are",
		.permission = &permission_execution_read,
		.fields = count_fields, .statement = &execution_count,
		.status = 200, .answer = &total,
	},
	{
		.method = "POST", .path = "/api/v1/executions/reconcile",
		.operation = "execution_reconcile", .tag = "executions",
		.summary = "Run a pass now and wait for it",
		.permission = &permission_pass_request,
		.handle = execution_reconcile,
		.status = 200, .answer = &pass,
		.errors = (const int[]){ 503, 504, 0 },
	},
	{ .method = NULL }
};
