#include "http/field.h"

#include <assert.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/json.h"
#include "http/percent.h"
#include "http/route.h"

#define DOUBLE_WHOLE_MAX 9007199254740992.0    /* 2^53 */
#define EMAIL_MAX 254                  /* RFC 5321, 4.5.3.1.3, less < and > */

static const char *const place_names[FIELD_PLACE_COUNT] = {
	[IN_PATH] = "path",
	[IN_QUERY] = "query",
	[IN_BODY] = "body",
};

/* One field while it is read. */
struct reading {
	const struct request *request;
	const struct field *field;
	const struct place *place;
	struct complaints *complaints;
	struct json_object *json;      /* of a body's member, else NULL */
};

const char *
field_place_name(enum field_place place)
{
	assert(place >= 0 && place < FIELD_PLACE_COUNT);
	return place_names[place];
}

static bool
has_bounds(const struct field *field)
{
	return field->low != 0 || field->high != 0;
}

void
field_bounds(const struct field *field, int64_t *low, int64_t *high)
{
	static const int64_t highest[FIELD_KIND_COUNT] = {
		[FIELD_TEXT] = FIELD_TEXT_MAX,
		[FIELD_INT] = INT32_MAX,
		[FIELD_NUMBER] = FIELD_NUMBER_MAX,
		[FIELD_EMAIL] = EMAIL_MAX,
		[FIELD_TEXTS] = FIELD_ITEMS_MAX,
		[FIELD_TEXT_MAP] = FIELD_ITEMS_MAX,
	};
	bool is_number = field->kind == FIELD_INT ||
	    field->kind == FIELD_NUMBER;

	*low = is_number ? -highest[field->kind] : 0;
	*high = highest[field->kind];
	if (has_bounds(field)) {
		*low = field->low;
		*high = field->high;
	}
}

/* Complain about the field as a whole; always NULL. */
static const char *
wrong(const struct reading *reading, const char *type, const char *message)
{
	complain(reading->complaints, reading->place, type, "%s", message);
	return NULL;
}

static const char *
too_small(const struct reading *reading, int64_t low)
{
	complain(reading->complaints, reading->place, "greater_than_equal",
	    "must be at least %" PRId64, low);
	return NULL;
}

static const char *
too_great(const struct reading *reading, int64_t high)
{
	complain(reading->complaints, reading->place, "less_than_equal",
	    "must be at most %" PRId64, high);
	return NULL;
}

static const char *
read_choice(const struct reading *reading, const char *text)
{
	struct text list = { .arena = reading->complaints->arena };
	const char *const *choice = reading->field->choices;

	for (; *choice != NULL; choice++) {
		if (text_is(*choice, text))
			return text;
		text_add_format(&list, "%s%s", list.length > 0 ? ", " : "",
		    *choice);
	}
	complain(reading->complaints, reading->place, "value_error",
	    "must be one of: %s", text_get(&list));
	return NULL;
}

static const char *
read_text(const struct reading *reading, const char *text)
{
	int64_t low, high, length = (int64_t)text_characters(text);

	field_bounds(reading->field, &low, &high);
	if (length < low || length > high) {
		complain(reading->complaints, reading->place, "value_error",
		    "must have between %" PRId64 " and %" PRId64
		    " characters", low, high);
		return NULL;
	}
	return reading->field->choices != NULL ?
	    read_choice(reading, text) : text;
}

static const char *
bounded_int(const struct reading *reading, int64_t number)
{
	int64_t low, high;

	field_bounds(reading->field, &low, &high);
	if (number < low)
		return too_small(reading, low);
	if (number > high)
		return too_great(reading, high);
	return arena_printf(reading->request->arena, "%" PRId64, number);
}

static const char *
read_int(const struct reading *reading, const char *text)
{
	const char *digits = text + (*text == '-' || *text == '+');
	int64_t number = *text == '-' ? INT64_MIN : INT64_MAX;

	if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0')
		return wrong(reading, "int_parsing", "must be a whole number");
	/* What does not fit int64_t is beyond every bound. */
	(void)text_to_int64(text, INT64_MIN, INT64_MAX, &number);
	return bounded_int(reading, number);
}

static const char *
read_json_int(const struct reading *reading)
{
	double number = json_object_get_double(reading->json);

	if (json_object_is_type(reading->json, json_type_int))
		return bounded_int(reading,
		    json_object_get_int64(reading->json));
	/* Where doubles skip whole numbers, none is meant. */
	if (number > DOUBLE_WHOLE_MAX)
		return bounded_int(reading, INT64_MAX);
	if (number < -DOUBLE_WHOLE_MAX)
		return bounded_int(reading, INT64_MIN);
	if (number != (double)(int64_t)number)
		return wrong(reading, "int_from_float",
		    "must be a whole number");
	return bounded_int(reading, (int64_t)number);
}

static const char *
bounded_number(const struct reading *reading, const char *text)
{
	double number = strtod(text, NULL);
	int64_t low, high;

	field_bounds(reading->field, &low, &high);
	if (number < (double)low)
		return too_small(reading, low);
	if (number > (double)high)
		return too_great(reading, high);
	return arena_text(reading->request->arena, text);
}

static const char *
read_number(const struct reading *reading, const char *text)
{
	if (!json_is_number(text))
		return wrong(reading, "float_parsing", "must be a number");
	return bounded_number(reading, text);
}

/* A tree keeps the digits of a number as they came. */
static const char *
read_json_number(const struct reading *reading)
{
	return bounded_number(reading,
	    json_object_to_json_string(reading->json));
}

static const char *
read_bool(const struct reading *reading, const char *text)
{
	static const char *const yes[] = { "true", "1", "yes", "on", "y", "t" };
	static const char *const no[] = { "false", "0", "no", "off", "n", "f" };

	for (size_t i = 0; i < COUNT_OF(yes); i++)
		if (text_is_nocase(text, yes[i]))
			return "true";
	for (size_t i = 0; i < COUNT_OF(no); i++)
		if (text_is_nocase(text, no[i]))
			return "false";
	return wrong(reading, "bool_parsing", "must be true or false");
}

static const char *
read_json_bool(const struct reading *reading)
{
	return json_object_get_boolean(reading->json) ? "true" : "false";
}

static const char *
read_uuid(const struct reading *reading, const char *text)
{
	char canonical[UUID_TEXT_BYTES];

	if (text_to_uuid(text, canonical) != 0)
		return wrong(reading, "uuid_parsing", "must be a UUID");
	return arena_text(reading->request->arena, canonical);
}

static const char *
read_time(const struct reading *reading, const char *text)
{
	char canonical[CLOCK_TEXT_BYTES];
	int64_t when;

	if (clock_parse(text, &when) != 0)
		return wrong(reading, "datetime_parsing",
		    "must be a time as in RFC 3339");
	clock_format(when, canonical);
	return arena_text(reading->request->arena, canonical);
}

/* The local part as RFC 5322's dot-atom; other scripts by RFC 6531. */
static bool
is_local_part(const char *text, size_t length)
{
	static const char special[] = "!#$%&'*+/=?^_`{|}~-";

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '.' && i > 0 && i < length - 1 && text[i - 1] != '.')
			continue;
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c < 0x80 &&
		    strchr(special, c) == NULL)
			return false;
	}
	return length > 0;
}

static bool
is_domain_label(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    c < 0x80 && c != '-')
			return false;
	}
	return length > 0 && length <= 63 && text[0] != '-' &&
	    text[length - 1] != '-';
}

/* ${domain} is in lower case. */
static bool
is_domain(const char *domain)
{
	static const char *const reserved[] = { "localhost", "local", "test",
		"invalid" };
	const char *label = domain;
	size_t labels = 1;

	for (;; labels++) {
		size_t length = strcspn(label, ".");

		if (!is_domain_label(label, length))
			return false;
		if (label[length] == '\0')
			break;
		label += length + 1;
	}
	for (size_t i = 0; i < COUNT_OF(reserved); i++)
		if (text_is(label, reserved[i]))
			return false;
	return labels > 1;
}

static const char *
read_email(const struct reading *reading, const char *text)
{
	static const char message[] = "must be an e-mail address";
	size_t local = strcspn(text, "@");
	char *email;

	if (text[local] == '\0' || strlen(text) > EMAIL_MAX ||
	    !is_local_part(text, local))
		return wrong(reading, "value_error", message);
	email = arena_text(reading->request->arena, text);
	for (char *c = email + local; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	if (!is_domain(email + local + 1))
		return wrong(reading, "value_error", message);
	return email;
}

/* The tree as it was sent, less white space. */
static const char *
read_tree(const struct reading *reading)
{
	size_t length;
	const char *text = json_object_to_json_string_length(reading->json,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	if (text == NULL)
		abort();
	if (length > FIELD_JSON_MAX)
		return wrong(reading, "value_error", "is too long");
	return arena_copy(reading->request->arena, text, length);
}

/* Is ${item}, at ${name} or ${index} in the field, a text? */
static bool
item_is_text(const struct reading *reading, struct json_object *item,
    const char *name, size_t index)
{
	const struct place place = { .parent = reading->place, .name = name,
	    .index = index };

	if (!json_object_is_type(item, json_type_string)) {
		complain(reading->complaints, &place, "string_type",
		    "must be a text");
		return false;
	}
	if (text_characters(json_object_get_string(item)) > FIELD_TEXT_MAX) {
		complain(reading->complaints, &place, "value_error",
		    "must have at most %d characters", FIELD_TEXT_MAX);
		return false;
	}
	return true;
}

static bool
length_is_bounded(const struct reading *reading, size_t length)
{
	int64_t low, high;

	field_bounds(reading->field, &low, &high);
	if ((int64_t)length < low)
		complain(reading->complaints, reading->place, "too_short",
		    "must have at least %" PRId64 " items", low);
	else if ((int64_t)length > high)
		complain(reading->complaints, reading->place, "too_long",
		    "must have at most %" PRId64 " items", high);
	else
		return true;
	return false;
}

static const char *
read_json_texts(const struct reading *reading)
{
	size_t length = json_object_array_length(reading->json);
	bool sound = true;

	if (!length_is_bounded(reading, length))
		return NULL;
	for (size_t i = 0; i < length; i++)
		sound = item_is_text(reading,
		    json_object_array_get_idx(reading->json, i), NULL, i) &&
		    sound;
	return sound ? read_tree(reading) : NULL;
}

static const char *
read_json_text_map(const struct reading *reading)
{
	bool sound = true;

	if (!length_is_bounded(reading,
	    (size_t)json_object_object_length(reading->json)))
		return NULL;
	json_object_object_foreach(reading->json, name, item) {
		sound = item_is_text(reading, item, name, 0) && sound;
	}
	return sound ? read_tree(reading) : NULL;
}

#define TYPE(type_) (1U << json_type_ ## type_)

/*
 * How each kind is read: ${from_text} what stands in a path, a query or a JSON
 * string, ${from_json} what is of the other JSON types in ${types}.  Both
 * yield the form that PostgreSQL takes, or NULL and have complained.
 */
static const struct kind {
	const char *(*from_text)(const struct reading *reading,
	    const char *text);
	const char *(*from_json)(const struct reading *reading);
	unsigned types;
	const char *code, *message;    /* for any other JSON type */
} kinds[FIELD_KIND_COUNT] = {
	[FIELD_TEXT] = { read_text, NULL, 0,
	    "string_type", "must be a text" },
	[FIELD_INT] = { read_int, read_json_int, TYPE(int) | TYPE(double),
	    "int_type", "must be a whole number" },
	[FIELD_NUMBER] = { read_number, read_json_number,
	    TYPE(int) | TYPE(double), "float_type", "must be a number" },
	[FIELD_BOOL] = { read_bool, read_json_bool, TYPE(boolean),
	    "bool_type", "must be true or false" },
	[FIELD_UUID] = { read_uuid, NULL, 0,
	    "uuid_type", "must be a UUID" },
	[FIELD_TIME] = { read_time, NULL, 0,
	    "datetime_type", "must be a time as in RFC 3339" },
	[FIELD_EMAIL] = { read_email, NULL, 0,
	    "string_type", "must be an e-mail address" },
	[FIELD_TEXTS] = { NULL, read_json_texts, TYPE(array),
	    "list_type", "must be a list of texts" },
	[FIELD_OBJECT] = { NULL, read_tree, TYPE(object),
	    "dict_type", "must be an object" },
	[FIELD_TEXT_MAP] = { NULL, read_json_text_map, TYPE(object),
	    "dict_type", "must be an object of texts" },
};

static const char *
read_json(const struct reading *reading)
{
	const struct kind *kind = &kinds[reading->field->kind];
	enum json_type type = json_object_get_type(reading->json);

	if (type == json_type_string && kind->from_text != NULL)
		return kind->from_text(reading,
		    json_object_get_string(reading->json));
	if ((kind->types & 1U << type) != 0)
		return kind->from_json(reading);
	return wrong(reading, kind->code, kind->message);
}

static void
check(const struct reading *reading, const char *text)
{
	if (reading->field->check != NULL)
		reading->field->check(reading->request, reading->json, text,
		    reading->place, reading->complaints);
}

static void
absent(const struct reading *reading, struct value *value)
{
	value->text = reading->field->fallback;
	if (reading->field->required)
		wrong(reading, "missing", "is required");
}

static void
read_member(struct reading *reading, struct value *value)
{
	struct json_object *body = reading->request->json;

	if (!json_object_object_get_ex(body, reading->field->name,
	    &reading->json)) {
		absent(reading, value);
		return;
	}
	value->present = true;
	value->json = reading->json;
	if (reading->json == NULL && reading->field->nullable)
		return;
	value->text = read_json(reading);
	if (value->text != NULL)
		check(reading, value->text);
}

/* ${raw} is what a path or query says, or NULL if it could not be decoded. */
static void
read_parameter(const struct reading *reading, const char *raw,
    struct value *value)
{
	const struct kind *kind = &kinds[reading->field->kind];

	assert(kind->from_text != NULL);
	if (raw == NULL) {
		wrong(reading, "value_error", "must be UTF-8 without a NUL");
		return;
	}
	if (raw[0] == '\0' && reading->field->empty_is_absent) {
		absent(reading, value);
		return;
	}
	value->present = true;
	value->text = kind->from_text(reading, raw);
	if (value->text != NULL)
		check(reading, value->text);
}

static void
read_path(const struct reading *reading, struct value *value)
{
	const struct request *request = reading->request;

	for (size_t i = 0; i < request->nparams; i++)
		if (text_is(request->params[i].name, reading->field->name)) {
			read_parameter(reading, request->params[i].value,
			    value);
			return;
		}
	absent(reading, value);
}

/*
 * The next NAME=VALUE of ${query}, which moves on behind it; false at the
 * end.  ${name} is decoded, NULL if it cannot be.
 */
static bool
next_pair(const char **query, struct arena *arena, const char **name,
    const char **raw, size_t *length)
{
	size_t pair = strcspn(*query, "&"), before = strcspn(*query, "&=");

	if (**query == '\0')
		return false;
	*name = percent_decode(arena, *query, before, PERCENT_QUERY);
	*raw = *query + before + (before < pair);
	*length = pair - before - (before < pair);
	*query += pair + ((*query)[pair] == '&');
	return true;
}

static void
read_query(const struct reading *reading, struct value *value)
{
	struct arena *arena = reading->request->arena;
	const char *at = reading->request->query, *name, *raw, *last = NULL;
	size_t length, last_length = 0;

	while (next_pair(&at, arena, &name, &raw, &length))
		if (name != NULL && text_is(name, reading->field->name)) {
			last = raw;
			last_length = length;
		}
	if (last == NULL)
		absent(reading, value);
	else
		read_parameter(reading, percent_decode(arena, last,
		    last_length, PERCENT_QUERY), value);
}

static void
read_field(const struct request *request, const struct field *field,
    struct complaints *complaints, struct value *value)
{
	const struct place root = { .name = place_names[field->place] };
	const struct place place = { .parent = &root, .name = field->name };
	struct reading reading = { .request = request, .field = field,
	    .place = &place, .complaints = complaints };

	switch (field->place) {
	case IN_PATH:
		read_path(&reading, value);
		break;
	case IN_QUERY:
		read_query(&reading, value);
		break;
	case IN_BODY:
		read_member(&reading, value);
		break;
	case FIELD_PLACE_COUNT:
		assert(!"no such place");
	}
}

void
fields_read(struct request *request, struct complaints *complaints)
{
	const struct field *fields = request->route->fields;
	size_t nfields = 0;

	while (fields != NULL && fields[nfields].name != NULL)
		nfields++;
	request->values = arena_array(request->arena, nfields,
	    sizeof(*request->values));
	for (size_t i = 0; i < nfields; i++)
		read_field(request, &fields[i], complaints,
		    &request->values[i]);
}

/* application/json or application/<x>+json, whatever parameters follow. */
static bool
is_json_type(const char *type)
{
	static const char application[] = "application/";
	char essence[128] = "";
	size_t length = strcspn(type, "; \t");

	if (length >= sizeof(essence))
		return false;
	memcpy(essence, type, length);
	if (text_is_nocase(essence, "application/json"))
		return true;
	if (length <= strlen(application) + strlen("+json") ||
	    !text_is_nocase(essence + length - strlen("+json"), "+json"))
		return false;
	essence[strlen(application)] = '\0';
	return text_is_nocase(essence, application);
}

void
body_parse(struct request *request, struct complaints *complaints)
{
	static const struct place body = { .name = "body" };

	if (request->body == NULL || request->body_length == 0)
		complain(complaints, &body, "missing", "is required");
	else if (request->content_type == NULL ||
	    !is_json_type(request->content_type))
		complain(complaints, &body, "model_attributes_type",
		    "must be sent as application/json");
	else
		request->json = json_read_object(request->body,
		    request->body_length, complaints);
}
