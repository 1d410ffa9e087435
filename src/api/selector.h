/*
 * What a policy selects: {"tags": {...}} or {"resource_ids": [...]}.
 */
#ifndef API_SELECTOR_H
#define API_SELECTOR_H

#include "http/field.h"

/* A field's check: complains about a selector that is not one of the two. */
void selector_check(const struct request *request, struct json_object *json,
    const char *text, const struct place *place,
    struct complaints *complaints);

#endif
