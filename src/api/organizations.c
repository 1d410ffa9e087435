/* Organizations. */
#include "organizations_sql.h"
#include "permission.h"
#include "routes.h"
#include "setup.h"

#define SLUG_TAKEN "This slug is taken by another organization."

static const char *
is_public(const struct exchange *exchange)
{
	return exchange->service->config.organizations_public ?
	    "true" : "false";
}

static int
organization_create_handle(struct exchange *exchange, struct failure *why)
{
	if (setup_check(exchange, why) != 0)
		return -1;
	return exchange_serve(exchange, (const struct bind[]){
	    { "guarded", setup_guarded(exchange) } }, 1, why);
}

static int
organization_read_handle(struct exchange *exchange, struct failure *why)
{
	return exchange_serve(exchange, (const struct bind[]){
	    { "public", is_public(exchange) } }, 1, why);
}

static int
organization_update_handle(struct exchange *exchange, struct failure *why)
{
	struct statement run[] = {
		exchange_bind(exchange, &organization_own, NULL, 0),
		exchange_bind(exchange, &organization_update, NULL, 0),
		exchange_bind(exchange, &organization_get, NULL, 0),
	};

	if (exchange_run(exchange, run, COUNT_OF(run), why) != 0) {
		/* The only thing there that is unique. */
		if (why->fault == FAULT_CONFLICT)
			snprintf(why->detail, sizeof(why->detail), "%s",
			    SLUG_TAKEN);
		return -1;
	}
	rows_free(run[0].rows);
	rows_free(run[1].rows);
	return exchange_answer(exchange, run[2].rows, why);
}

static const char *const unmatched[] = { "leave", "stop", NULL };

static const struct field create_fields[] = {
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .low = 1, .high = 200 },
	{ .name = "slug", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .low = 1, .high = 100 },
	{ .name = NULL }
};

static const struct field update_fields[] = {
	{ .name = "organization_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .low = 1, .high = 200 },
	{ .name = "slug", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .low = 1, .high = 100 },
	{ .name = "unmatched_resources", .place = IN_BODY,
	    .kind = FIELD_TEXT, .nullable = true, .choices = unmatched,
	    .help = "What happens to resources that no policy selects." },
	{ .name = NULL }
};

static const struct field id_fields[] = {
	{ .name = "organization_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

static const struct member organization_members[] = {
	{ .name = "id", .kind = MEMBER_UUID },
	{ .name = "name", .kind = MEMBER_TEXT },
	{ .name = "slug", .kind = MEMBER_TEXT },
	{ .name = "unmatched_resources", .kind = MEMBER_TEXT,
	    .choices = unmatched },
	{ .name = NULL }
};
const struct answer organization_answer = {
	"Organization", organization_members
};

#define MISSING "Organization not found"

const struct route organizations_routes[] = {
	{
		.method = "POST", .path = "/api/v1/organizations",
		.operation = "organization_create", .tag = "organizations",
		.summary = "Create the first organization",
		.fields = create_fields, .takes_body = true,
		.handle = organization_create_handle,
		.change = &organization_create,
		.statement = &organization_get,
		.new_id = "organization_id", .missing = MISSING,
		.status = 201, .answer = &organization_answer,
		.errors = (const int[]){ 403, 409, 0 },
	},
	{
		.method = "GET", .path = "/api/v1/organizations",
		.operation = "organization_list", .tag = "organizations",
		.summary = "Organizations that the caller may see",
		.caller_optional = true,
		.handle = organization_read_handle,
		.statement = &organization_list,
		.status = 200, .answer = &organization_answer,
		.answers_list = true, .errors = (const int[]){ 401, 0 },
	},
	{
		.method = "GET",
		.path = "/api/v1/organizations/:organization_id",
		.operation = "organization_get", .tag = "organizations",
		.summary = "One organization",
		.caller_optional = true, .fields = id_fields,
		.handle = organization_read_handle,
		.statement = &organization_find, .missing = MISSING,
		.status = 200, .answer = &organization_answer,
		.errors = (const int[]){ 401, 404, 0 },
	},
	{
		.method = "PUT",
		.path = "/api/v1/organizations/:organization_id",
		.operation = "organization_update", .tag = "organizations",
		.summary = "Change one's own organization",
		.permission = &permission_organization_write,
		.fields = update_fields, .takes_body = true,
		.handle = organization_update_handle, .missing = MISSING,
		.status = 200, .answer = &organization_answer,
		.wakes_reconciler = true,
		.errors = (const int[]){ 409, 0 },
	},
	{ .method = NULL }
};
