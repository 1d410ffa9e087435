#include "provider/catalogue.h"

#include <assert.h>
#include <json-c/json.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"

static const struct credential_field aws_fields[] = {
	{ "access_key_id", "Access Key ID", CREDENTIAL_TEXT,
	    .required = true, .max_length = 128 },
	{ "secret_access_key", "Secret Access Key", CREDENTIAL_PASSWORD,
	    .required = true, .secret = true, .max_length = 256 },
	{ "session_token", "Session Token", CREDENTIAL_PASSWORD,
	    .secret = true, .hidden = true, .max_length = 8192 },
	{ "region", "Region", CREDENTIAL_TEXT,
	    .hidden = true, .max_length = 32 },
	{ "role_arn", "Role ARN", CREDENTIAL_TEXT,
	    .hidden = true, .max_length = 2048 },
	{ "external_id", "External ID", CREDENTIAL_TEXT,
	    .hidden = true, .max_length = 1224 },
};

static const struct credential_field azure_fields[] = {
	{ "subscription_id", "Subscription ID", CREDENTIAL_TEXT,
	    .required = true, .max_length = 128 },
	{ "tenant_id", "Tenant ID", CREDENTIAL_TEXT,
	    .required = true, .max_length = 128 },
	{ "client_id", "Client ID", CREDENTIAL_TEXT,
	    .required = true, .max_length = 128 },
	{ "client_secret", "Client Secret", CREDENTIAL_PASSWORD,
	    .required = true, .secret = true, .max_length = 512 },
};

static const struct credential_field gcp_fields[] = {
	{ "project_id", "Project ID", CREDENTIAL_TEXT,
	    .required = true, .max_length = 128 },
	{ "service_account_json", "Service Account JSON", CREDENTIAL_TEXTAREA,
	    .required = true, .secret = true, .max_length = 16384 },
};

static const struct credential_field demo_fields[] = {
	{ "machines", "Machines", CREDENTIAL_TEXT,
	    .required = true, .max_length = 16 },
	{ "failure_percent", "Failures (%)", CREDENTIAL_TEXT,
	    .max_length = 16 },
	{ "throttle_percent", "Throttled calls (%)", CREDENTIAL_TEXT,
	    .max_length = 16 },
	{ "delay_seconds", "Duration of a call (seconds)", CREDENTIAL_TEXT,
	    .max_length = 16 },
	{ "settle_seconds", "Duration of a state change (seconds)",
	    CREDENTIAL_TEXT, .max_length = 16 },
};

static const struct provider_region aws_regions[] = {
	{ "us-east-1", "US East (N. Virginia)" },
	{ "us-east-2", "US East (Ohio)" },
	{ "us-west-1", "US West (N. California)" },
	{ "us-west-2", "US West (Oregon)" },
	{ "af-south-1", "Africa (Cape Town)" },
	{ "ap-east-1", "Asia Pacific (Hong Kong)" },
	{ "ap-east-2", "Asia Pacific (Taipei)" },
	{ "ap-south-1", "Asia Pacific (Mumbai)" },
	{ "ap-south-2", "Asia Pacific (Hyderabad)" },
	{ "ap-southeast-1", "Asia Pacific (Singapore)" },
	{ "ap-southeast-2", "Asia Pacific (Sydney)" },
	{ "ap-southeast-3", "Asia Pacific (Jakarta)" },
	{ "ap-southeast-4", "Asia Pacific (Melbourne)" },
	{ "ap-southeast-5", "Asia Pacific (Malaysia)" },
	{ "ap-southeast-6", "Asia Pacific (New Zealand)" },
	{ "ap-southeast-7", "Asia Pacific (Thailand)" },
	{ "ap-northeast-1", "Asia Pacific (Tokyo)" },
	{ "ap-northeast-2", "Asia Pacific (Seoul)" },
	{ "ap-northeast-3", "Asia Pacific (Osaka)" },
	{ "ca-central-1", "Canada (Central)" },
	{ "ca-west-1", "Canada West (Calgary)" },
	{ "eu-central-1", "Europe (Frankfurt)" },
	{ "eu-central-2", "Europe (Zurich)" },
	{ "eu-west-1", "Europe (Ireland)" },
	{ "eu-west-2", "Europe (London)" },
	{ "eu-west-3", "Europe (Paris)" },
	{ "eu-south-1", "Europe (Milan)" },
	{ "eu-south-2", "Europe (Spain)" },
	{ "eu-north-1", "Europe (Stockholm)" },
	{ "il-central-1", "Israel (Tel Aviv)" },
	{ "me-south-1", "Middle East (Bahrain)" },
	{ "me-central-1", "Middle East (UAE)" },
	{ "mx-central-1", "Mexico (Central)" },
	{ "sa-east-1", "South America (São Paulo)" },
};

static const struct provider_region azure_regions[] = {
	{ "eastus", "East US" },
	{ "eastus2", "East US 2" },
	{ "westus", "West US" },
	{ "westus2", "West US 2" },
	{ "westus3", "West US 3" },
	{ "centralus", "Central US" },
	{ "northcentralus", "North Central US" },
	{ "southcentralus", "South Central US" },
	{ "westcentralus", "West Central US" },
	{ "canadacentral", "Canada Central" },
	{ "canadaeast", "Canada East" },
	{ "brazilsouth", "Brazil South" },
	{ "northeurope", "North Europe" },
	{ "westeurope", "West Europe" },
	{ "uksouth", "UK South" },
	{ "ukwest", "UK West" },
	{ "francecentral", "France Central" },
	{ "francesouth", "France South" },
	{ "switzerlandnorth", "Switzerland North" },
	{ "switzerlandwest", "Switzerland West" },
	{ "germanywestcentral", "Germany West Central" },
	{ "norwayeast", "Norway East" },
	{ "norwaywest", "Norway West" },
	{ "swedencentral", "Sweden Central" },
	{ "polandcentral", "Poland Central" },
	{ "qatarcentral", "Qatar Central" },
	{ "uaenorth", "UAE North" },
	{ "uaecentral", "UAE Central" },
	{ "southafricanorth", "South Africa North" },
	{ "southafricawest", "South Africa West" },
	{ "eastasia", "East Asia" },
	{ "southeastasia", "Southeast Asia" },
	{ "australiaeast", "Australia East" },
	{ "australiasoutheast", "Australia Southeast" },
	{ "australiacentral", "Australia Central" },
	{ "japaneast", "Japan East" },
	{ "japanwest", "Japan West" },
	{ "koreacentral", "Korea Central" },
	{ "koreasouth", "Korea South" },
	{ "centralindia", "Central India" },
	{ "southindia", "South India" },
	{ "westindia", "West India" },
};

/* In GCP machines live in zones: a region's code and a letter. */
#define ZONE(region, letter, place)                                          \
	{ region "-" letter, place " (" letter ")" }
#define ZONES_ABC(region, place) ZONE(region, "a", place),                   \
	ZONE(region, "b", place), ZONE(region, "c", place)
#define ZONES_ABCF(region, place) ZONES_ABC(region, place),                  \
	ZONE(region, "f", place)
#define ZONES_BCD(region, place) ZONE(region, "b", place),                   \
	ZONE(region, "c", place), ZONE(region, "d", place)

static const struct provider_region gcp_regions[] = {
	ZONES_ABCF("us-central1", "Iowa"),
	ZONES_BCD("us-east1", "South Carolina"),
	ZONES_ABC("us-east4", "N. Virginia"),
	ZONES_ABC("us-east5", "Columbus"),
	ZONES_ABC("us-west1", "Oregon"),
	ZONES_ABC("us-west2", "Los Angeles"),
	ZONES_ABC("us-west3", "Salt Lake City"),
	ZONES_ABC("us-west4", "Las Vegas"),
	ZONES_ABC("us-south1", "Dallas"),
	ZONES_BCD("europe-west1", "Belgium"),
	ZONES_ABC("europe-west2", "London"),
	ZONES_ABC("europe-west3", "Frankfurt"),
	ZONES_ABC("europe-west4", "Netherlands"),
	ZONES_ABC("europe-north1", "Finland"),
	ZONES_ABC("asia-east1", "Taiwan"),
	ZONES_ABC("asia-east2", "Hong Kong"),
	ZONES_ABC("asia-northeast1", "Tokyo"),
	ZONES_ABC("asia-northeast2", "Osaka"),
	ZONES_ABC("asia-southeast1", "Singapore"),
	ZONES_ABC("asia-southeast2", "Jakarta"),
	ZONES_ABC("asia-south1", "Mumbai"),
	ZONES_ABC("australia-southeast1", "Sydney"),
	ZONES_ABC("southamerica-east1", "São Paulo"),
	ZONES_ABC("me-west1", "Tel Aviv"),
};

static const struct provider_region demo_regions[] = {
	{ "demo-north", "Demo North" },
	{ "demo-south", "Demo South" },
	{ "demo-west", "Demo West" },
};

#define FIELDS(list) .fields = (list), .nfields = COUNT_OF(list)
#define REGIONS(list) .regions = (list), .nregions = COUNT_OF(list)

const struct provider_entry catalogue_aws = {
	.type = "aws", .display_name = "AWS", .color = "orange",
	.region_label = "Regions", .manageable = true,
	FIELDS(aws_fields), REGIONS(aws_regions),
};

const struct provider_entry catalogue_azure = {
	.type = "azure", .display_name = "Azure", .color = "blue",
	.region_label = "Regions",
	FIELDS(azure_fields), REGIONS(azure_regions),
};

const struct provider_entry catalogue_gcp = {
	.type = "gcp", .display_name = "GCP", .color = "red",
	.region_label = "Zones",
	FIELDS(gcp_fields), REGIONS(gcp_regions),
};

const struct provider_entry catalogue_demo = {
	.type = "demo", .display_name = "Demo", .color = "gray",
	.region_label = "Regions", .manageable = true,
	FIELDS(demo_fields), REGIONS(demo_regions),
};

const struct provider_entry *const catalogue_entries[] = {
	&catalogue_aws, &catalogue_azure, &catalogue_gcp, &catalogue_demo,
};

const size_t catalogue_count = COUNT_OF(catalogue_entries);

static const char *const kind_names[CREDENTIAL_KIND_COUNT] = {
	[CREDENTIAL_TEXT] = "text",
	[CREDENTIAL_PASSWORD] = "password",
	[CREDENTIAL_TEXTAREA] = "textarea",
};

const struct provider_entry *
catalogue_find(const char *type)
{
	for (size_t i = 0; i < catalogue_count; i++)
		if (text_is(catalogue_entries[i]->type, type))
			return catalogue_entries[i];
	return NULL;
}

const char *
credential_kind_name(enum credential_kind kind)
{
	assert(kind >= 0 && kind < CREDENTIAL_KIND_COUNT);
	return kind_names[kind];
}

static const struct credential_field *
find_field(const struct provider_entry *entry, const char *key)
{
	for (size_t i = 0; i < entry->nfields; i++)
		if (text_is(entry->fields[i].key, key))
			return &entry->fields[i];
	return NULL;
}

/*
 * Credentials end up in header lines and requests, where a line break would
 * begin something new; only a text of several lines may hold one.
 */
static bool
has_control(const struct credential_field *field, const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char byte = (unsigned char)*value;

		if (field->kind == CREDENTIAL_TEXTAREA &&
		    (byte == '\n' || byte == '\r' || byte == '\t'))
			continue;
		if (byte < 0x20 || byte == 0x7f)
			return true;
	}
	return false;
}

static bool
is_blank(const char *value)
{
	return value[strspn(value, " \t\r\n")] == '\0';
}

/* NULL if ${value} will do for ${field}, else what is wrong with it. */
static const char *
complaint(const struct credential_field *field,
    struct json_object *value)
{
	const char *text;
	size_t length;

	if (value == NULL)
		return field->required ? "is missing" : NULL;
	if (!json_object_is_type(value, json_type_string))
		return "is not a text";
	text = json_object_get_string(value);
	length = (size_t)json_object_get_string_len(value);
	if (length > field->max_length)
		return "is too long";
	if (strlen(text) != length || has_control(field, text))
		return "holds a control character";
	if (field->required && is_blank(text))
		return "is blank";
	return NULL;
}

static int
refuse(struct failure *why, const char *key, const char *what)
{
	why->field = key;
	return fail(why, FAULT_REFUSED, "credentials: %s %s", key, what);
}

int
credentials_check(const struct provider_entry *entry,
    const struct json_object *credentials, struct failure *why)
{
	if (!json_object_is_type(credentials, json_type_object))
		return fail(why, FAULT_REFUSED, "credentials: not an object");
	for (size_t i = 0; i < entry->nfields; i++) {
		const struct credential_field *field = &entry->fields[i];
		struct json_object *value = NULL;
		const char *what;

		json_object_object_get_ex(credentials, field->key, &value);
		if ((what = complaint(field, value)) != NULL)
			return refuse(why, field->key, what);
	}
	json_object_object_foreach(credentials, key, value) {
		(void)value;
		/* It may be a secret put on the wrong side: not repeated. */
		if (find_field(entry, key) == NULL)
			return fail(why, FAULT_REFUSED,
			    "credentials: a field that %s does not have",
			    entry->display_name);
	}
	return 0;
}
