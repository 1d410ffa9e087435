/*
 * Amazon EC2: machines through the EC2 Query API 2016-11-15, who we are and
 * roles through STS.  Credentials are the catalogue's: a key, or a key with a
 * session token; with `role_arn` (and `external_id`) that role is assumed, for
 * an hour at a time, and what calls EC2 are its temporary credentials.
 *
 * `region` (us-east-1 if absent) is where identity, roles and the list of
 * regions are asked for.  With an endpoint in the context everything is asked
 * there.
 */
#ifndef SRC_PROVIDER_AWS_H
#define SRC_PROVIDER_AWS_H

#include "provider/provider.h"

extern const struct provider aws_provider;

#endif
