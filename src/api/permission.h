/*
 * What a caller can be allowed, as a typed catalogue.  Which role holds what
 * is the table role_permissions in the database; a test holds the names of
 * both against each other.
 */
#ifndef API_PERMISSION_H
#define API_PERMISSION_H

#include "http/route.h"

extern const struct permission permission_self_read;
extern const struct permission permission_self_write;
extern const struct permission permission_organization_write;
extern const struct permission permission_user_read;
extern const struct permission permission_user_write;
extern const struct permission permission_account_read;
extern const struct permission permission_account_write;
extern const struct permission permission_resource_read;
extern const struct permission permission_policy_read;
extern const struct permission permission_policy_write;
extern const struct permission permission_override_read;
extern const struct permission permission_override_write;
extern const struct permission permission_execution_read;
extern const struct permission permission_pass_request;
extern const struct permission permission_audit_read;

/* All of them, ended by NULL. */
extern const struct permission *const permissions[];

#endif
