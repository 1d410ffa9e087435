/*
 * JSON that comes in.  json-c builds the tree, but takes more than RFC 8259
 * allows (single quotes, NaN, control characters, overlong UTF-8), keeps the
 * last of duplicate members, cuts names at a NUL and numbers at 64 bits, and
 * spends a hundred times the memory of a small value.  So every byte is looked
 * at here first, and json-c only sees what is sound and bounded.
 */
#ifndef HTTP_JSON_H
#define HTTP_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "http/problem.h"

struct json_object;

#define JSON_DEPTH_MAX 32              /* arrays and objects in each other */
#define JSON_VALUES_MAX 100000
#define JSON_NUMBER_MAX 32             /* characters */
#define JSON_INTEGER_DIGITS 18         /* fits int64_t */
#define JSON_EXPONENT_MAX 255

/*
 * Parse an object, all of it, in UTF-8 and within the bounds above.  The
 * caller owns the tree (json_object_put).  NULL with exactly one complaint:
 *
 *	json_invalid at ["body", OFFSET]: no JSON, or too deep;
 *	json_invalid at ["body", LENGTH]: an object has two members of a name;
 *	model_attributes_type at ["body"]: JSON, but no object;
 *	value_error at ["body", MEMBER]: in that member of the object (or
 *	    ["body"]: in its name) there is a NUL, half a surrogate pair, a
 *	    number out of bounds, or the value that is one too many.
 */
struct json_object *json_read_object(const char *bytes, size_t length,
    struct complaints *complaints);

/* Is ${text} a number of RFC 8259 within the bounds above? */
bool json_is_number(const char *text);

#endif
