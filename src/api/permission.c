#include "permission.h"

#include <stddef.h>

const struct permission permission_self_read = {
	"self:read", "one's own user, keys and sessions",
};
const struct permission permission_self_write = {
	"self:write", "change one's own profile, password and keys",
};
const struct permission permission_organization_write = {
	"organization:write", "change the organization's settings",
};
const struct permission permission_user_read = {
	"user:read", "see the organization's users",
};
const struct permission permission_user_write = {
	"user:write", "create, change and delete users",
};
const struct permission permission_account_read = {
	"account:read", "see cloud accounts, never their secrets",
};
const struct permission permission_account_write = {
	"account:write", "create, change, delete and sync cloud accounts",
};
const struct permission permission_resource_read = {
	"resource:read", "see resources",
};
const struct permission permission_policy_read = {
	"policy:read", "see policies",
};
const struct permission permission_policy_write = {
	"policy:write", "create, change and delete policies",
};
const struct permission permission_override_read = {
	"override:read", "see overrides",
};
const struct permission permission_override_write = {
	"override:write", "create and delete overrides",
};
const struct permission permission_execution_read = {
	"execution:read", "see executions",
};
const struct permission permission_pass_request = {
	"pass:request", "have the reconciler run now",
};
const struct permission permission_audit_read = {
	"audit:read", "read the audit log",
};

const struct permission *const permissions[] = {
	&permission_self_read,
	&permission_self_write,
	&permission_organization_write,
	&permission_user_read,
	&permission_user_write,
	&permission_account_read,
	&permission_account_write,
	&permission_resource_read,
	&permission_policy_read,
	&permission_policy_write,
	&permission_override_read,
	&permission_override_write,
	&permission_execution_read,
	&permission_pass_request,
	&permission_audit_read,
	NULL
};
