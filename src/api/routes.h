/*
 * All routes: each file of src/api lists its own, this one joins them.
 */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include <stddef.h>

#include "base/text.h"
#include "http/route.h"

/* The joined table, made at the first call and kept. */
const struct route *routes_all(size_t *nroutes);

/* The OpenAPI document of it. */
void routes_print_openapi(struct text *text);

/* Answers that more than one file gives. */
extern const struct answer organization_answer;

/* Tables of the files, each ended by a route without a method. */
extern const struct route system_routes[];
extern const struct route organizations_routes[];
extern const struct route users_routes[];
extern const struct route auth_routes[];
extern const struct route keys_routes[];
extern const struct route providers_routes[];
extern const struct route accounts_routes[];
extern const struct route resources_routes[];
extern const struct route policies_routes[];
extern const struct route overrides_routes[];
extern const struct route executions_routes[];

#endif
