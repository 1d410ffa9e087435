#include "http/request.h"

#include <assert.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/text.h"
#include "http/route.h"

const struct value *
request_value(const struct request *request, const char *name)
{
	const struct field *fields = request->route->fields;

	for (size_t i = 0; fields != NULL && fields[i].name != NULL; i++)
		if (text_is(fields[i].name, name))
			return &request->values[i];
	assert(!"the route has no such field");
	abort();
}

const char *
request_text(const struct request *request, const char *name)
{
	return request_value(request, name)->text;
}

void
request_end(struct request *request)
{
	json_object_put(request->json);
	request->json = NULL;
}
