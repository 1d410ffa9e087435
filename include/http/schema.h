/*
 * JSON Schema (2020-12, as OpenAPI 3.1 uses it) of what routes read and answer.
 * Each is written as the member ${name} of the object that is open.
 */
#ifndef HTTP_SCHEMA_H
#define HTTP_SCHEMA_H

#include "http/field.h"
#include "http/route.h"
#include "http/writer.h"

/* ${field}'s value, with its bounds and default. */
void schema_field(struct writer *writer, const char *name,
    const struct field *field);

/* ${answer}, as the member of its own name. */
void schema_answer(struct writer *writer, const struct answer *answer);

/*
 * A reference to #/components/KIND/TARGET; with ${name} NULL, the object that
 * is open becomes the reference.
 */
void schema_reference(struct writer *writer, const char *name,
    const char *kind, const char *target);

#endif
