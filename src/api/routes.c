#include "routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "config.h"
#include "http/openapi.h"

static const struct route *const tables[] = {
	system_routes, organizations_routes, users_routes, auth_routes,
	keys_routes, providers_routes, accounts_routes, resources_routes,
	policies_routes, overrides_routes, executions_routes,
};

static size_t
table_length(const struct route *table)
{
	size_t length = 0;

	while (table[length].method != NULL)
		length++;
	return length;
}

static struct route *
join_tables(size_t *total)
{
	struct route *joined;
	size_t count = 0, at = 0;

	for (size_t i = 0; i < COUNT_OF(tables); i++)
		count += table_length(tables[i]);
	if ((joined = calloc(count, sizeof(*joined))) == NULL)
		abort();
	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		size_t length = table_length(tables[i]);

		memcpy(joined + at, tables[i], length * sizeof(*joined));
		at += length;
	}
	*total = count;
	return joined;
}

const struct route *
routes_all(size_t *nroutes)
{
	static struct route *joined;
	static size_t count;

	if (joined == NULL)
		joined = join_tables(&count);
	*nroutes = count;
	return joined;
}

void
routes_print_openapi(struct text *text)
{
	const struct openapi_info info = {
		.title = "Diurnal",
		.version = PACKAGE_VERSION,
		.description = "Holds machines to the hours of their "
		    "policies.",
		.server = "/",
	};
	const struct route *routes;
	size_t nroutes;

	routes = routes_all(&nroutes);
	openapi_print(&info, routes, nroutes, text);
}
