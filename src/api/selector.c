#include "selector.h"

#include <json-c/json.h>

#include "base/text.h"

#define TAGS_MOST 50
#define IDS_MOST 1000

static void
check_tags(struct json_object *tags, const struct place *parent,
    struct complaints *complaints)
{
	const struct place place = { .parent = parent, .name = "tags" };

	if (!json_object_is_type(tags, json_type_object)) {
		complain(complaints, &place, "dict_type",
		    "must be an object of texts");
		return;
	}
	if (json_object_object_length(tags) < 1 ||
	    json_object_object_length(tags) > TAGS_MOST)
		complain(complaints, &place, "value_error",
		    "must name 1 to %d tags", TAGS_MOST);
	json_object_object_foreach(tags, key, value) {
		const struct place tag = { .parent = &place, .name = key };

		if (!json_object_is_type(value, json_type_string))
			complain(complaints, &tag, "string_type",
			    "must be a text");
	}
}

static void
check_ids(struct json_object *ids, const struct place *parent,
    struct complaints *complaints)
{
	const struct place place = { .parent = parent,
		.name = "resource_ids" };
	char canonical[UUID_TEXT_BYTES];

	if (!json_object_is_type(ids, json_type_array)) {
		complain(complaints, &place, "list_type",
		    "must be a list of resource ids");
		return;
	}
	if (json_object_array_length(ids) > IDS_MOST)
		complain(complaints, &place, "too_long",
		    "must have at most %d entries", IDS_MOST);
	for (size_t i = 0; i < json_object_array_length(ids); i++) {
		struct json_object *id = json_object_array_get_idx(ids, i);
		const struct place entry = { .parent = &place, .index = i };

		if (!json_object_is_type(id, json_type_string))
			complain(complaints, &entry, "uuid_type",
			    "must be a UUID as text");
		/* Other forms of a UUID are not known to PostgreSQL. */
		else if (json_object_get_string_len(id) !=
		    UUID_TEXT_BYTES - 1 ||
		    text_to_uuid(json_object_get_string(id), canonical) != 0)
			complain(complaints, &entry, "uuid_parsing",
			    "must be a UUID");
	}
}

void
selector_check(const struct request *request, struct json_object *json,
    const char *text, const struct place *place,
    struct complaints *complaints)
{
	struct json_object *tags, *ids;
	bool has_tags, has_ids;

	(void)request;
	(void)text;
	has_tags = json_object_object_get_ex(json, "tags", &tags);
	has_ids = json_object_object_get_ex(json, "resource_ids", &ids);
	if (has_tags == has_ids)
		complain(complaints, place, "value_error",
		    "must have exactly one of tags and resource_ids");
	else if (has_tags)
		check_tags(tags, place, complaints);
	else
		check_ids(ids, place, complaints);
}
