/* Cloud accounts: a provider, sealed credentials for it, where to look. */
#include <json-c/json.h>
#include <string.h>

#include "accounts_sql.h"
#include "ask.h"
#include "base/text.h"
#include "crypto/random.h"
#include "permission.h"
#include "provider/catalogue.h"
#include "routes.h"
#include "sealing.h"

#define REGIONS_MOST 100
#define REGION_LENGTH 64

static void
check_provider(const struct request *request, struct json_object *json,
    const char *text, const struct place *place,
    struct complaints *complaints)
{
	const struct provider_entry *provider = catalogue_find(text);

	(void)request;
	(void)json;
	if (provider == NULL)
		complain(complaints, place, "value_error",
		    "is not a provider; see /api/v1/providers/metadata");
	else if (!provider->manageable)
		complain(complaints, place, "value_error",
		    "this version cannot manage %s accounts yet",
		    provider->display_name);
}

static bool
is_region_code(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length > 0 && length <= REGION_LENGTH && text[length] == '\0';
}

/* New regions open between two of our releases: only their form is checked,
 * and one that does not exist shows as the account's error. */
static void
check_regions(const struct request *request, struct json_object *json,
    const char *text, const struct place *place,
    struct complaints *complaints)
{
	(void)request;
	(void)text;
	for (size_t i = 0; i < json_object_array_length(json); i++) {
		const struct place entry = { .parent = place, .index = i };

		if (!is_region_code(json_object_get_string(
		    json_object_array_get_idx(json, i))))
			complain(complaints, &entry, "value_error",
			    "must be a region's code, such as eu-west-1");
	}
}

static const char *const modes[] = { "enforce", "observe", NULL };

static const struct field create_fields[] = {
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .low = 1, .high = 200 },
	{ .name = "provider_type", .place = IN_BODY, .kind = FIELD_TEXT,
	    .required = true, .check = check_provider,
	    .example = "\"aws\"" },
	{ .name = "credentials", .place = IN_BODY, .kind = FIELD_OBJECT,
	    .required = true, .secret = true,
	    .help = "The provider's credential fields; checked against the "
		"provider before they are stored." },
	{ .name = "is_active", .place = IN_BODY, .kind = FIELD_BOOL,
	    .fallback = "true" },
	{ .name = "mode", .place = IN_BODY, .kind = FIELD_TEXT,
	    .fallback = "enforce", .choices = modes },
	{ .name = "selected_regions", .place = IN_BODY, .kind = FIELD_TEXTS,
	    .nullable = true, .high = REGIONS_MOST, .check = check_regions,
	    .help = "Null or empty: every region." },
	{ .name = NULL }
};

static const struct field update_fields[] = {
	{ .name = "account_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = "name", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .low = 1, .high = 200 },
	{ .name = "credentials", .place = IN_BODY, .kind = FIELD_OBJECT,
	    .nullable = true, .secret = true,
	    .help = "The complete set, or nothing to keep the old one." },
	{ .name = "is_active", .place = IN_BODY, .kind = FIELD_BOOL,
	    .nullable = true },
	{ .name = "mode", .place = IN_BODY, .kind = FIELD_TEXT,
	    .nullable = true, .choices = modes },
	{ .name = "selected_regions", .place = IN_BODY, .kind = FIELD_TEXTS,
	    .nullable = true, .high = REGIONS_MOST, .check = check_regions,
	    .help = "Null or empty: every region." },
	{ .name = NULL }
};

static const struct field id_fields[] = {
	{ .name = "account_id", .place = IN_PATH, .kind = FIELD_UUID,
	    .required = true },
	{ .name = NULL }
};

static int
account_create_handle(struct exchange *exchange, struct failure *why)
{
	const struct request *request = exchange->request;
	char id[UUID_TEXT_BYTES];
	struct sealing sealing;

	random_uuid(id);
	if (sealing_take(exchange,
	    catalogue_find(request_text(request, "provider_type")), id,
	    request_value(request, "credentials")->json, &sealing, why) != 0)
		return -1;
	return exchange_serve(exchange, (const struct bind[]){
	    { "account_id", id }, { "key_id", sealing.key_id },
	    { "sealed", sealing.sealed }, { "hints", sealing.hints } }, 4,
	    why);
}

static int
find_provider(struct exchange *exchange,
    const struct provider_entry **provider, struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = exchange_bind(exchange,
	    &account_provider, NULL, 0);

	if (exchange_run(exchange, &statement, 1, why) != 0)
		return -1;
	rows = statement.rows;
	if (rows_count(rows) == 0)
		return fail(why, FAULT_MISSING, "%s",
		    exchange->request->route->missing);
	*provider = catalogue_find(rows_text(rows, 0, "provider_type"));
	if (*provider == NULL)
		return fail(why, FAULT_INTERNAL, "account of provider %s",
		    rows_text(rows, 0, "provider_type"));
	return 0;
}

static int
account_update_handle(struct exchange *exchange, struct failure *why)
{
	const struct request *request = exchange->request;
	const struct json_object *credentials = request_value(request,
	    "credentials")->json;
	const struct provider_entry *provider;
	struct sealing sealing = { .sealed = NULL };

	if (!sealing_is_blank(credentials) &&
	    (find_provider(exchange, &provider, why) != 0 ||
		sealing_take(exchange, provider,
		    request_text(request, "account_id"), credentials,
		    &sealing, why) != 0))
		return -1;
	return exchange_serve(exchange, (const struct bind[]){
	    { "key_id", sealing.key_id }, { "sealed", sealing.sealed },
	    { "hints", sealing.hints } }, 3, why);
}

/* The reconciler's answer is {"created","updated","total"} or {"error"}. */
static int
account_sync(struct exchange *exchange, struct failure *why)
{
	const char *answer;
	const struct provider_entry *provider;
	struct json_object *json, *error;
	int result = 0;

	if (find_provider(exchange, &provider, why) != 0 ||
	    ask_for(exchange, "sync", request_text(exchange->request,
		"account_id"), ASK_SYNC_PATIENCE, &answer, why) != 0)
		return -1;
	json = json_tokener_parse(answer);
	if (json_object_object_get_ex(json, "error", &error))
		result = fail(why, FAULT_UPSTREAM, "%s",
		    json_object_get_string(error));
	else
		response_json(exchange->response, 200, arena_printf(
		    exchange->request->arena, "{\"created\":%d,\"updated\":%d,"
		    "\"total\":%d,\"accounts_synced\":null}",
		    json_object_get_int(json_object_object_get(json,
			"created")),
		    json_object_get_int(json_object_object_get(json,
			"updated")),
		    json_object_get_int(json_object_object_get(json,
			"total"))));
	json_object_put(json);
	return result;
}

static const struct member account_members[] = {
	{ .name = "id", .kind = MEMBER_UUID },
	{ .name = "organization_id", .kind = MEMBER_UUID },
	{ .name = "name", .kind = MEMBER_TEXT },
	{ .name = "provider_type", .kind = MEMBER_TEXT },
	{ .name = "is_active", .kind = MEMBER_BOOL },
	{ .name = "mode", .kind = MEMBER_TEXT, .choices = modes },
	{ .name = "selected_regions", .kind = MEMBER_TEXTS,
	    .nullable = true },
	{ .name = "last_sync_at", .kind = MEMBER_TIME, .nullable = true },
	{ .name = "error", .kind = MEMBER_TEXT, .nullable = true,
	    .help = "Why the last look at it failed." },
	{ .name = "created_at", .kind = MEMBER_TIME },
	{ .name = "updated_at", .kind = MEMBER_TIME },
	{ .name = "credential_hints", .kind = MEMBER_TEXT_MAP,
	    .nullable = true,
	    .help = "Null when the stored secret cannot be opened." },
	{ .name = NULL }
};
static const struct answer account = { "CloudAccount", account_members };

static const struct member sync_members[] = {
	{ .name = "created", .kind = MEMBER_INT },
	{ .name = "updated", .kind = MEMBER_INT },
	{ .name = "total", .kind = MEMBER_INT },
	{ .name = "accounts_synced", .kind = MEMBER_INT, .nullable = true },
	{ .name = NULL }
};
static const struct answer sync = { "SyncResult", sync_members };

#define MISSING "Cloud account not found"

const struct route accounts_routes[] = {
	{
		.method = "POST", .path = "/api/v1/cloud-accounts",
		.operation = "cloud_account_create", .tag = "cloud-accounts",
		.summary = "Add a cloud account, once its provider accepts "
		    "the credentials",
		.permission = &permission_account_write,
		.fields = create_fields, .takes_body = true,
		.handle = account_create_handle,
		.change = &account_create, .statement = &account_get,
		.missing = MISSING,
		.status = 201, .answer = &account, .wakes_reconciler = true,
		.errors = (const int[]){ 400, 503, 504, 0 },
	},
	{
		.method = "GET", .path = "/api/v1/cloud-accounts",
		.operation = "cloud_account_list", .tag = "cloud-accounts",
		.summary = "All cloud accounts",
		.permission = &permission_account_read,
		.statement = &account_list,
		.status = 200, .answer = &account, .answers_list = true,
	},
	{
		.method = "GET", .path = "/api/v1/cloud-accounts/:account_id",
		.operation = "cloud_account_get", .tag = "cloud-accounts",
		.summary = "One cloud account",
		.permission = &permission_account_read,
		.fields = id_fields, .statement = &account_get,
		.missing = MISSING, .status = 200, .answer = &account,
		.errors = (const int[]){ 404, 0 },
	},
	{
		.method = "PUT", .path = "/api/v1/cloud-accounts/:account_id",
		.operation = "cloud_account_update", .tag = "cloud-accounts",
		.summary = "Change a cloud account",
		.permission = &permission_account_write,
		.fields = update_fields, .takes_body = true,
		.handle = account_update_handle,
		.change = &account_update, .statement = &account_get,
		.missing = MISSING,
		.status = 200, .answer = &account, .wakes_reconciler = true,
		.errors = (const int[]){ 400, 404, 503, 504, 0 },
	},
	{
		.method = "DELETE",
		.path = "/api/v1/cloud-accounts/:account_id",
		.operation = "cloud_account_delete", .tag = "cloud-accounts",
		.summary = "Forget a cloud account and what was found in it",
		.permission = &permission_account_write,
		.fields = id_fields, .change = &account_delete,
		.missing = MISSING, .status = 204,
		.errors = (const int[]){ 404, 0 },
	},
	{
		.method = "POST",
		.path = "/api/v1/cloud-accounts/:account_id/sync",
		.operation = "cloud_account_sync", .tag = "cloud-accounts",
		.summary = "Look for its machines now and wait for it",
		.permission = &permission_account_write,
		.fields = id_fields, .handle = account_sync,
		.missing = MISSING, .status = 200, .answer = &sync,
		.errors = (const int[]){ 404, 502, 503, 504, 0 },
	},
	{ .method = NULL }
};
