/* JSON as it is written in a test. */
#ifndef T_UNIT_SCHEDULE_JSON_H
#define T_UNIT_SCHEDULE_JSON_H

#include <json-c/json.h>
#include <stdlib.h>

#include "base/scope.h"

DEFINE_RELEASE(json_release, json_object *, json_object_put)

/* ${text} has to be JSON; NULL is its null. */
static inline json_object *
json_of(const char *text)
{
	enum json_tokener_error error;
	json_object *object = json_tokener_parse_verbose(text, &error);

	if (error != json_tokener_success)
		abort();
	return object;
}

#endif
