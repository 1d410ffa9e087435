/*
 * Taking in cloud credentials: checked for form, sealed to the organization's
 * key and bound to their account's row, and shown to the provider by the
 * reconciler before they are stored.  The API can never open them again.
 */
#ifndef API_SEALING_H
#define API_SEALING_H

#include "exchange.h"
#include "provider/catalogue.h"

struct sealing {
	const char *key_id;            /* of the organization's key */
	const char *sealed;            /* as a parameter of type bytea */
	const char *hints;             /* JSON: the fields that may be shown */
};

/* The request gave no credentials: absent, null, or only null and blank
 * members. */
bool sealing_is_blank(const struct json_object *credentials);

/*
 * Take in ${credentials} of ${provider} for the account ${account}, which
 * need not exist yet.  Waits for the reconciler's check.  FAULT_REFUSED with
 * what is wrong with them, in the provider's own words where it was the
 * provider that said no.
 */
int sealing_take(struct exchange *exchange,
    const struct provider_entry *provider, const char *account,
    const struct json_object *credentials, struct sealing *sealing,
    struct failure *why);

#endif
