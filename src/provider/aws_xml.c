#include "src/provider/aws_xml.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"

#define PATH_BYTES  ((size_t)256)
#define CHUNK_BYTES ((size_t)64 * 1024)
#define ROOM_BYTES  ((size_t)1 << 20)
#define TAGS_BYTES  ((size_t)256 * 1024)

#define UNUSED __attribute__((unused))

/* Texts of one thing in the answer: a machine, a region, an error... */
struct thing {
	const char *id, *type, *state, *lifecycle, *root_device;
	const char *code, *opt_in;
	const char *arn, *key_id, *secret, *token, *message;
	const char *tag_key, *tag_value;
	const char *name, *group;      /* from its tags */
	struct text tags;              /* "{...", not closed yet */
};

struct parse;

/*
 * What to do with the elements of a document, by the names on the way to
 * them: keep an element's text in the thing, or act where it ends.
 */
struct rule {
	const char *path;              /* without the root: "a/b" */
	size_t offset;                 /* of the text in struct thing */
	void (*end)(struct parse *parse);      /* NULL: keep the text */
};

struct document {
	const char *root;              /* NULL: any */
	const struct rule *rules;
	size_t nrules;
};

struct parse {
	const struct document *document;
	struct arena *arena;
	struct failure *why;
	const char *region;            /* for pages */
	xmlParserCtxtPtr parser;
	char path[PATH_BYTES];         /* of the element, without the root */
	size_t path_length;
	unsigned depth;                /* of the element; the root has 1 */
	unsigned beyond;               /* levels below any path of ours */
	const struct rule *rule;       /* of the element, to keep its text */
	char value[AWS_VALUE_BYTES + 1];
	size_t length;
	struct thing thing;
	struct aws_found *first, **last;
	const char **texts;
	size_t ntexts;
};

DEFINE_RELEASE(parser_release, xmlParserCtxtPtr, xmlFreeParserCtxt)

static void
stop(struct parse *parse, const char *what)
{
	if (parse->why->fault == FAULT_NONE)
		fail(parse->why, FAULT_INVALID, "%s", what);
	xmlStopParser(parse->parser);
}

static const struct rule *
find_rule(const struct parse *parse)
{
	const struct document *document = parse->document;

	for (size_t i = 0; i < document->nrules; i++)
		if (text_is(document->rules[i].path, parse->path))
			return &document->rules[i];
	return NULL;
}

static void
enter(struct parse *parse, const char *name)
{
	size_t length = strlen(name), at = parse->path_length;

	if (parse->beyond > 0 || at + 1 + length >= sizeof(parse->path)) {
		parse->beyond++;
		return;
	}
	if (at > 0)
		parse->path[at++] = '/';
	memcpy(parse->path + at, name, length + 1);
	parse->path_length = at + length;
}

static void
leave(struct parse *parse)
{
	const char *slash;

	if (parse->beyond > 0) {
		parse->beyond--;
		return;
	}
	slash = strrchr(parse->path, '/');
	parse->path_length = slash != NULL ? (size_t)(slash - parse->path) : 0;
	parse->path[parse->path_length] = '\0';
}

static void
on_start(void *context, const xmlChar *name, const xmlChar *prefix UNUSED,
    const xmlChar *uri UNUSED, int nnamespaces UNUSED,
    const xmlChar **namespaces UNUSED, int nattributes UNUSED,
    int ndefaulted UNUSED, const xmlChar **attributes UNUSED)
{
	struct parse *parse = context;
	const char *root = parse->document->root;

	parse->rule = NULL;
	parse->length = 0;
	if (parse->depth++ == 0) {
		if (root != NULL && !text_is((const char *)name, root))
			stop(parse, arena_printf(parse->arena,
			    "the answer is a %s, not a %s",
			    (const char *)name, root));
		return;
	}
	enter(parse, (const char *)name);
	if (parse->beyond == 0) {
		parse->rule = find_rule(parse);
		if (parse->rule != NULL && parse->rule->end != NULL)
			parse->rule = NULL;
	}
}

static void
on_text(void *context, const xmlChar *bytes, int count)
{
	struct parse *parse = context;
	size_t length = (size_t)count;

	if (parse->rule == NULL)
		return;
	if (length > AWS_VALUE_BYTES - parse->length) {
		stop(parse, arena_printf(parse->arena, "%s is too long",
		    parse->path));
		return;
	}
	memcpy(parse->value + parse->length, bytes, length);
	parse->length += length;
}

static void
on_end(void *context, const xmlChar *name UNUSED,
    const xmlChar *prefix UNUSED, const xmlChar *uri UNUSED)
{
	struct parse *parse = context;
	const struct rule *rule = NULL;

	if (--parse->depth == 0)
		return;
	if (parse->beyond == 0)
		rule = find_rule(parse);
	if (rule != NULL && arena_left(parse->arena) < ROOM_BYTES)
		stop(parse, "the answer is too long");
	else if (rule != NULL && rule->end != NULL)
		rule->end(parse);
	else if (rule != NULL && rule == parse->rule)
		*(const char **)(void *)((char *)&parse->thing +
		    rule->offset) = arena_copy(parse->arena, parse->value,
		    parse->length);
	parse->rule = NULL;
	leave(parse);
}

/* Without a declaration there are no entities but the five of XML itself. */
static void
on_doctype(void *context, const xmlChar *name UNUSED,
    const xmlChar *public_id UNUSED, const xmlChar *system_id UNUSED)
{
	stop(context, "the answer has a document type declaration");
}

static int
explain(struct parse *parse)
{
	const xmlError *error = xmlCtxtGetLastError(parse->parser);
	const char *message = error != NULL && error->message != NULL ?
	    error->message : "cut short";

	if (parse->why->fault != FAULT_NONE)
		return -1;
	return fail(parse->why, FAULT_INVALID,
	    "the answer is not well-formed XML: line %d: %.*s",
	    error != NULL ? error->line : 0,
	    (int)strcspn(message, "\r\n"), message);
}

static int
parse_bytes(struct parse *parse, const char *bytes, size_t length)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	xmlSAXHandler handlers = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.cdataBlock = on_text,
		.internalSubset = on_doctype,
	};
	SCOPED(parser_release) xmlParserCtxtPtr parser = NULL;

	pthread_once(&once, xmlInitParser);
	parser = xmlCreatePushParserCtxt(&handlers, parse, NULL, 0, NULL);
	if (parser == NULL)
		abort();
	xmlCtxtUseOptions(parser,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	parse->parser = parser;
	while (length > 0 && parse->why->fault == FAULT_NONE) {
		size_t chunk = length < CHUNK_BYTES ? length : CHUNK_BYTES;

		if (xmlParseChunk(parser, bytes, (int)chunk, 0) != 0)
			return explain(parse);
		bytes += chunk;
		length -= chunk;
	}
	if (xmlParseChunk(parser, NULL, 0, 1) != 0 || !parser->wellFormed ||
	    parse->why->fault != FAULT_NONE)
		return explain(parse);
	return 0;
}

/*
 * Parse the whole document; NULL if that fails.  Not on the stack, for a
 * parse holds a whole value.
 */
static struct parse *
parse_document(const struct document *document, const char *bytes,
    size_t length, const char *region, struct arena *arena,
    struct failure *why)
{
	struct parse *parse;

	if (arena_left(arena) < ROOM_BYTES) {
		fail(why, FAULT_INVALID, "the answer is too long");
		return NULL;
	}
	parse = arena_alloc(arena, sizeof(*parse));
	parse->document = document;
	parse->arena = arena;
	parse->why = why;
	parse->region = region;
	parse->last = &parse->first;
	return parse_bytes(parse, bytes, length) == 0 ? parse : NULL;
}

#define TEXT(path_, member) { .path = (path_),                               \
	.offset = offsetof(struct thing, member) }
#define END(path_, function) { .path = (path_), .end = (function) }
#define DOCUMENT(root_, rules_) { .root = (root_), .rules = (rules_),        \
	.nrules = COUNT_OF(rules_) }

static void
keep_text(struct parse *parse, const char *text)
{
	if (parse->ntexts == AWS_TEXTS) {
		stop(parse, "the answer lists too many things");
		return;
	}
	if (parse->texts == NULL)
		parse->texts = arena_array(parse->arena, AWS_TEXTS,
		    sizeof(*parse->texts));
	parse->texts[parse->ntexts++] = text;
}

/* The machines of a page. */

static const struct {
	const char *word;
	enum resource_state state;
	bool passing;
} states[] = {
	{ "pending", STATE_RUNNING, true },
	{ "running", STATE_RUNNING, false },
	{ "stopping", STATE_STOPPED, true },
	{ "shutting-down", STATE_STOPPED, true },
	{ "stopped", STATE_STOPPED, false },
	{ "terminated", STATE_UNKNOWN, false },
};

static void
set_state(struct sighting *sighting, const char *word)
{
	sighting->provider_state = word;
	sighting->state = STATE_UNKNOWN;
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		if (!text_is_nocase(states[i].word, word))
			continue;
		sighting->state = states[i].state;
		sighting->passing = states[i].passing;
	}
}

/* Why the machine is not ours to start and stop; NULL if it is. */
static const char *
hands_off(const struct thing *thing, struct arena *arena)
{
	if (thing->group != NULL)
		return arena_printf(arena, "member of autoscaling group %s",
		    thing->group);
	if (thing->lifecycle != NULL && text_is(thing->lifecycle, "spot"))
		return "spot instance";
	if (thing->root_device != NULL &&
	    text_is(thing->root_device, "instance-store"))
		return "instance-store root device: cannot be stopped";
	return NULL;
}

static void
end_tag(struct parse *parse)
{
	struct thing *thing = &parse->thing;
	const char *key = thing->tag_key;
	const char *value = thing->tag_value != NULL ? thing->tag_value : "";

	thing->tag_key = thing->tag_value = NULL;
	if (key == NULL) {
		stop(parse, "a tag has no key");
		return;
	}
	if (thing->tags.length == 0)
		thing->tags = (struct text){ .arena = parse->arena };
	text_add_text(&thing->tags, thing->tags.length == 0 ? "{" : ",");
	text_add_json(&thing->tags, key);
	text_add_text(&thing->tags, ":");
	text_add_json(&thing->tags, value);
	if (thing->tags.length > TAGS_BYTES)
		stop(parse, "the tags of a machine are too long");
	if (text_is(key, "Name") && *value != '\0')
		thing->name = value;
	if (text_is(key, "aws:autoscaling:groupName"))
		thing->group = value;
}

static void
end_machine(struct parse *parse)
{
	struct thing *thing = &parse->thing;
	struct aws_found *found;

	if (thing->id == NULL || *thing->id == '\0' || thing->state == NULL) {
		stop(parse, "a machine has no id or no state");
		return;
	}
	if (thing->tags.length > 0)
		text_add_text(&thing->tags, "}");
	found = arena_alloc(parse->arena, sizeof(*found));
	found->sighting = (struct sighting){
		.id = thing->id,
		.name = thing->name,
		.region = parse->region,
		.type = thing->type,
		.hands_off = hands_off(thing, parse->arena),
		.tags = thing->tags.length > 0 ? text_get(&thing->tags) : "{}",
	};
	set_state(&found->sighting, thing->state);
	*parse->last = found;
	parse->last = &found->next;
	*thing = (struct thing){ .token = thing->token };
}

#define MACHINE "reservationSet/item/instancesSet/item"

static const struct rule page_rules[] = {
	TEXT(MACHINE "/instanceId", id),
	TEXT(MACHINE "/instanceType", type),
	TEXT(MACHINE "/instanceState/name", state),
	TEXT(MACHINE "/instanceLifecycle", lifecycle),
	TEXT(MACHINE "/rootDeviceType", root_device),
	TEXT(MACHINE "/tagSet/item/key", tag_key),
	TEXT(MACHINE "/tagSet/item/value", tag_value),
	END(MACHINE "/tagSet/item", end_tag),
	END(MACHINE, end_machine),
	TEXT("nextToken", token),
};

int
aws_xml_page(const char *bytes, size_t length, const char *region,
    struct arena *arena, struct aws_page *page, struct failure *why)
{
	static const struct document document =
	    DOCUMENT("DescribeInstancesResponse", page_rules);
	struct parse *parse;
	const char *token;

	if ((parse = parse_document(&document, bytes, length, region, arena,
	    why)) == NULL)
		return -1;
	token = parse->thing.token;
	*page = (struct aws_page){
		.first = parse->first,
		.next_token = token != NULL && *token != '\0' ? token : NULL,
	};
	return 0;
}

/* Lists. */

static void
end_region(struct parse *parse)
{
	struct thing *thing = &parse->thing;

	if (thing->code == NULL)
		stop(parse, "a region has no name");
	else if (thing->opt_in == NULL ||
	    !text_is(thing->opt_in, "not-opted-in"))
		keep_text(parse, thing->code);
	*thing = (struct thing){ 0 };
}

static void
end_change(struct parse *parse)
{
	struct thing *thing = &parse->thing;

	if (thing->id == NULL)
		stop(parse, "a change is of no machine");
	else
		keep_text(parse, thing->id);
	*thing = (struct thing){ 0 };
}

static const struct rule region_rules[] = {
	TEXT("regionInfo/item/regionName", code),
	TEXT("regionInfo/item/optInStatus", opt_in),
	END("regionInfo/item", end_region),
};

static const struct rule change_rules[] = {
	TEXT("instancesSet/item/instanceId", id),
	END("instancesSet/item", end_change),
};

static int
parse_texts(const struct document *document, const char *bytes,
    size_t length, struct arena *arena, struct aws_texts *texts,
    struct failure *why)
{
	struct parse *parse;

	if ((parse = parse_document(document, bytes, length, NULL, arena,
	    why)) == NULL)
		return -1;
	*texts = (struct aws_texts){ parse->texts, parse->ntexts };
	return 0;
}

int
aws_xml_regions(const char *bytes, size_t length, struct arena *arena,
    struct aws_texts *regions, struct failure *why)
{
	static const struct document document =
	    DOCUMENT("DescribeRegionsResponse", region_rules);

	return parse_texts(&document, bytes, length, arena, regions, why);
}

int
aws_xml_changes(const char *bytes, size_t length, struct arena *arena,
    struct aws_texts *ids, struct failure *why)
{
	/* StartInstancesResponse, StopInstancesResponse */
	static const struct document document = DOCUMENT(NULL, change_rules);

	return parse_texts(&document, bytes, length, arena, ids, why);
}

/* Single things. */

static const struct rule identity_rules[] = {
	TEXT("GetCallerIdentityResult/Arn", arn),
};

static const struct rule keys_rules[] = {
	TEXT("AssumeRoleResult/Credentials/AccessKeyId", key_id),
	TEXT("AssumeRoleResult/Credentials/SecretAccessKey", secret),
	TEXT("AssumeRoleResult/Credentials/SessionToken", token),
};

/* Of several errors the last one stays: one call has one. */
static const struct rule error_rules[] = {
	TEXT("Errors/Error/Code", code),       /* EC2 */
	TEXT("Errors/Error/Message", message),
	TEXT("Error/Code", code),              /* STS */
	TEXT("Error/Message", message),
};

int
aws_xml_identity(const char *bytes, size_t length, struct arena *arena,
    const char **arn, struct failure *why)
{
	static const struct document document =
	    DOCUMENT("GetCallerIdentityResponse", identity_rules);
	struct parse *parse;

	if ((parse = parse_document(&document, bytes, length, NULL, arena,
	    why)) == NULL)
		return -1;
	if (parse->thing.arn == NULL)
		return fail(why, FAULT_INVALID, "the answer names nobody");
	*arn = parse->thing.arn;
	return 0;
}

int
aws_xml_keys(const char *bytes, size_t length, struct arena *arena,
    struct aws_keys *keys, struct failure *why)
{
	static const struct document document =
	    DOCUMENT("AssumeRoleResponse", keys_rules);
	const struct thing *thing;
	struct parse *parse;

	if ((parse = parse_document(&document, bytes, length, NULL, arena,
	    why)) == NULL)
		return -1;
	thing = &parse->thing;
	if (thing->key_id == NULL || thing->secret == NULL ||
	    thing->token == NULL)
		return fail(why, FAULT_INVALID,
		    "the answer holds no credentials");
	*keys = (struct aws_keys){
		thing->key_id, thing->secret, thing->token,
	};
	return 0;
}

int
aws_xml_error(const char *bytes, size_t length, struct arena *arena,
    struct aws_error *error, struct failure *why)
{
	static const struct document document = DOCUMENT(NULL, error_rules);
	const struct thing *thing;
	struct parse *parse;

	if ((parse = parse_document(&document, bytes, length, NULL, arena,
	    why)) == NULL)
		return -1;
	thing = &parse->thing;
	if (thing->code == NULL || *thing->code == '\0')
		return fail(why, FAULT_INVALID, "the answer names no error");
	*error = (struct aws_error){
		thing->code, thing->message != NULL ? thing->message : "",
	};
	return 0;
}
