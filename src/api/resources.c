/* Resources: read only; discovery writes them. */
#include "permission.h"
#include "resources_sql.h"
#include "routes.h"

/* Where (page - 1) * page_size still is a bigint. */
#define PAGE_MOST 1000000000

static const struct field list_fields[] = {
	{ .name = "provider_type", .place = IN_QUERY, .kind = FIELD_TEXT,
	    .empty_is_absent = true },
	{ .name = "state", .place = IN_QUERY, .kind = FIELD_TEXT,
	    .empty_is_absent = true },
	{ .name = "cloud_account_id", .place = IN_QUERY, .kind = FIELD_UUID },
	{ .name = "region", .place = IN_QUERY, .kind = FIELD_TEXT,
	    .empty_is_absent = true },
	{ .name = "page", .place = IN_QUERY, .kind = FIELD_INT,
	    .fallback = "1", .low = 1, .high = PAGE_MOST },
	{ .name = "page_size", .place = IN_QUERY, .kind = FIELD_INT,
	    .fallback = "25", .low = 1, .high = 100 },
	{ .name = NULL }
};

static const struct field id_fields[] = {
	{ .name = "resource_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

static const char *const states[] = { "RUNNING", "STOPPED", "UNKNOWN", NULL };

static const struct member resource_members[] = {
	{ .name = "id", .kind = MEMBER_UUID },
	{ .name = "organization_id", .kind = MEMBER_UUID },
	{ .name = "cloud_account_id", .kind = MEMBER_UUID },
	{ .name = "provider_resource_id", .kind = MEMBER_TEXT },
	{ .name = "name", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "region", .kind = MEMBER_TEXT },
	{ .name = "resource_type", .kind = MEMBER_TEXT },
	{ .name = "state", .kind = MEMBER_TEXT, .choices = states },
	{ .name = "provider_state", .kind = MEMBER_TEXT, .nullable = true,
	    .help = "The provider's own word." },
	{ .name = "tags", .kind = MEMBER_TEXT_MAP, .nullable = true },
	{ .name = "instance_type", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "provider_type", .kind = MEMBER_TEXT, .nullable = true },
	{ .name = "hands_off", .kind = MEMBER_TEXT, .nullable = true,
	    .help = "Why it is never started or stopped." },
	{ .name = "note", .kind = MEMBER_TEXT, .nullable = true,
	    .help = "What would be done, or why nothing is." },
	{ .name = "last_seen_at", .kind = MEMBER_TIME },
	{ .name = "created_at", .kind = MEMBER_TIME },
	{ .name = "updated_at", .kind = MEMBER_TIME },
	{ .name = NULL }
};
static const struct answer resource = { "Resource", resource_members };

static const struct member page_members[] = {
	{ .name = "items", .kind = MEMBER_SHAPES, .shape = &resource },
	{ .name = "total", .kind = MEMBER_INT },
	{ .name = "page", .kind = MEMBER_INT },
	{ .name = "page_size", .kind = MEMBER_INT },
	{ .name = "total_pages", .kind = MEMBER_INT },
	{ .name = NULL }
};
static const struct answer page = { "ResourcePage", page_members };

const struct route resources_routes[] = {
	{
		.method = "GET", .path = "/api/v1/resources",
		.operation = "resource_list", .tag = "resources",
		.summary = "A page of resources by name",
		.permission = &permission_resource_read,
		.fields = list_fields, .statement = &resource_list,
		.status = 200, .answer = &page,
	},
	{
		.method = "GET", .path = "/api/v1/resources/:resource_id",
		.operation = "resource_get", .tag = "resources",
		.summary = "One resource",
		.permission = &permission_resource_read,
		.fields = id_fields, .statement = &resource_get,
		.missing = "Resource not found",
		.status = 200, .answer = &resource,
		.errors = (const int[]){ 404, 0 },
	},
	{ .method = NULL }
};
