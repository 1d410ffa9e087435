/*
 * The providers as data: names, credential fields, regions.  This part is
 * linked into the API, which shows it and checks input against it; what calls
 * a provider is provider.h, which the API does not contain.
 */
#ifndef PROVIDER_CATALOGUE_H
#define PROVIDER_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

struct json_object;

enum credential_kind {
	CREDENTIAL_TEXT, CREDENTIAL_PASSWORD, CREDENTIAL_TEXTAREA,
	CREDENTIAL_KIND_COUNT
};

struct credential_field {
	const char *key, *label;
	enum credential_kind kind;
	bool required;
	bool secret;           /* not secret: may be shown as a hint */
	bool hidden;           /* accepted, but neither shown nor hinted */
	size_t max_length;     /* bytes */
};

struct provider_region {
	const char *code, *name;
};

struct provider_entry {
	const char *type;              /* "aws" */
	const char *display_name;      /* "AWS" */
	const char *color;
	const char *region_label;      /* "Regions", "Zones" */
	bool manageable;               /* this version can call it */
	const struct credential_field *fields;
	size_t nfields;
	const struct provider_region *regions;
	size_t nregions;
};

/* One by one, for what implements them. */
extern const struct provider_entry catalogue_aws, catalogue_azure,
    catalogue_gcp, catalogue_demo;

/* All of them, in the order in which they are shown. */
extern const struct provider_entry *const catalogue_entries[];
extern const size_t catalogue_count;

/* NULL if there is no provider of that type. */
const struct provider_entry *catalogue_find(const char *type);

/*
 * Check ${credentials} against ${entry}'s fields: an object that holds every
 * required field as a text that is not blank, within its length, and no
 * unknown one; what is not required may be null or absent.  Control
 * characters are refused (line breaks are allowed in a textarea).
 * FAULT_REFUSED names the field, never its value; the name of an unknown
 * field is not repeated either.
 */
int credentials_check(const struct provider_entry *entry,
    const struct json_object *credentials, struct failure *why);

/* "text", "password", "textarea" */
const char *credential_kind_name(enum credential_kind kind);

#endif
