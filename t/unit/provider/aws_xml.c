#include "src/provider/aws_xml.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/text.h"
#include "t/tap.h"

#define ARENA_BYTES ((size_t)4 << 20)

DEFINE_RELEASE(json_release, struct json_object *, json_object_put)

#define PAGE(inside) "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"           \
	"<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/"    \
	"2016-11-15/\"><requestId>r</requestId>" inside                       \
	"</DescribeInstancesResponse>"
#define MACHINES(inside) PAGE("<reservationSet><item><instancesSet>" inside   \
	"</instancesSet></item></reservationSet>")
#define MACHINE(id, inside) "<item><instanceId>" id "</instanceId>" inside    \
	"</item>"
#define STATE(word) "<instanceState><code>16</code><name>" word               \
	"</name></instanceState>"
#define RUNNING STATE("running")
#define TAG(key, value) "<item><key>" key "</key><value>" value               \
	"</value></item>"

/* As EC2 writes it, with what we do not read, too. */
static const char sample[] = PAGE(
    "<reservationSet><item><reservationId>r-1</reservationId>"
    "<groupSet><item><groupId>sg-1</groupId></item></groupSet>"
    "<instancesSet><item><instanceId>i-1</instanceId>"
    "<imageId>ami-1</imageId>" STATE("stopped")
    "<instanceType>t3.large</instanceType>"
    "<placement><availabilityZone>eu-west-1a</availabilityZone></placement>"
    "<rootDeviceType>ebs</rootDeviceType>"
    "<networkInterfaceSet><item><attachment><instanceId>i-no</instanceId>"
    "</attachment><tagSet><item><key>no</key><value>no</value></item>"
    "</tagSet></item></networkInterfaceSet>"
    "<tagSet>" TAG("Name", "web &amp; \"db\"") TAG("env", "pr\xc3\xb6""d")
    "<item><key>empty</key><value/></item></tagSet></item>"
    MACHINE("i-2", RUNNING) "</instancesSet></item>"
    "<item><instancesSet>" MACHINE("i-3", STATE("pending"))
    "</instancesSet></item></reservationSet><nextToken>t+1/=</nextToken>");

static int
parse_page(const char *bytes, size_t length, struct arena *arena,
    struct aws_page *page, struct failure *why)
{
	return aws_xml_page(bytes, length, "eu-west-1", arena, page, why);
}

static void
test_sample(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	struct aws_page page = { 0 };
	struct failure why = { 0 };
	const struct sighting *one, *two, *three;

	is_int(parse_page(sample, strlen(sample), arena, &page, &why), 0,
	    "a page is read");
	one = &page.first->sighting;
	two = &page.first->next->sighting;
	three = &page.first->next->next->sighting;
	is_text(one->id, "i-1", "a machine has its own id");
	is_text(one->name, "web & \"db\"", "its name is the tag Name");
	is_text(one->region, "eu-west-1", "its region is the one asked for");
	is_text(one->type, "t3.large", "its type is known");
	is_int(one->state, STATE_STOPPED, "its state is known");
	is_text(one->provider_state, "stopped", "... and Amazon's word");
	ok(!one->passing && one->hands_off == NULL, "it is ours to start");
	is_text(one->tags, "{\"Name\":\"web & \\\"db\\\"\","
	    "\"env\":\"pr\xc3\xb6""d\",\"empty\":\"\"}",
	    "its tags are its own, as JSON");
	is_text(two->id, "i-2", "machines of one reservation follow");
	ok(two->name == NULL && two->type == NULL,
	    "nothing is left over from the one before");
	is_text(two->tags, "{}", "a machine may have no tags");
	is_text(three->id, "i-3", "machines of the next reservation follow");
	ok(page.first->next->next->next == NULL, "there are three");
	is_text(page.next_token, "t+1/=", "the next page is named");
}

static void
test_states(void)
{
	static const struct {
		const char *word;
		enum resource_state state;
		bool passing;
	} cases[] = {
		{ "running", STATE_RUNNING, false },
		{ "pending", STATE_RUNNING, true },
		{ "stopped", STATE_STOPPED, false },
		{ "stopping", STATE_STOPPED, true },
		{ "shutting-down", STATE_STOPPED, true },
		{ "terminated", STATE_UNKNOWN, false },
		{ "RUNNING", STATE_RUNNING, false },
		{ "Stopping", STATE_STOPPED, true },
		{ "run", STATE_UNKNOWN, false },
		{ "hibernated", STATE_UNKNOWN, false },
		{ "", STATE_UNKNOWN, false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena =
		    arena_new(ARENA_BYTES);
		const char *xml = arena_printf(arena,
		    MACHINES(MACHINE("i-1", STATE("%s"))), cases[i].word);
		struct aws_page page = { 0 };
		struct failure why = { 0 };

		ok(parse_page(xml, strlen(xml), arena, &page, &why) == 0 &&
		    page.first->sighting.state == cases[i].state &&
		    page.first->sighting.passing == cases[i].passing &&
		    text_is(page.first->sighting.provider_state,
		    cases[i].word), "'%s' is %s%s", cases[i].word,
		    resource_state_name(cases[i].state),
		    cases[i].passing ? ", passing" : "");
	}
}

static void
test_hands_off(void)
{
	static const struct {
		const char *xml, *want;
	} cases[] = {
		{ MACHINES(MACHINE("i", RUNNING
		    "<instanceLifecycle>spot</instanceLifecycle>")),
		    "spot instance" },
		{ MACHINES(MACHINE("i", RUNNING
		    "<instanceLifecycle>scheduled</instanceLifecycle>")),
		    NULL },
		{ MACHINES(MACHINE("i", RUNNING
		    "<rootDeviceType>instance-store</rootDeviceType>")),
		    "instance-store root device: cannot be stopped" },
		{ MACHINES(MACHINE("i", RUNNING "<tagSet>"
		    TAG("aws:autoscaling:groupName", "web") "</tagSet>")),
		    "member of autoscaling group web" },
		{ MACHINES(MACHINE("i", RUNNING "<tagSet>"
		    TAG("autoscaling:groupName", "web") "</tagSet>")), NULL },
		{ MACHINES(MACHINE("i", RUNNING "<instanceLifecycle/>"
		    "<rootDeviceType/>")), NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena =
		    arena_new(ARENA_BYTES);
		struct aws_page page = { 0 };
		struct failure why = { 0 };

		if (ok(parse_page(cases[i].xml, strlen(cases[i].xml), arena,
		    &page, &why) == 0, "machine %zu is read", i))
			is_text(page.first->sighting.hands_off,
			    cases[i].want, cases[i].want != NULL ?
			    cases[i].want : "... and is ours");
	}
}

static void
test_tokens(void)
{
	static const struct {
		const char *xml, *want, *what;
	} cases[] = {
		{ PAGE("<reservationSet/>"), NULL, "no token is the end" },
		{ PAGE("<reservationSet/><nextToken/>"), NULL,
		    "an empty token is the end" },
		{ PAGE("<nextToken>a</nextToken><reservationSet><item>"
		    "<instancesSet>" MACHINE("i-1", RUNNING)
		    "</instancesSet></item></reservationSet>"), "a",
		    "a token may come first" },
		{ PAGE("<nextToken><![CDATA[<&>]]></nextToken>"), "<&>",
		    "a token may be character data" },
		{ PAGE("<x><nextToken>a</nextToken></x>"), NULL,
		    "a token elsewhere is none" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena =
		    arena_new(ARENA_BYTES);
		struct aws_page page = { .next_token = "?" };
		struct failure why = { 0 };

		parse_page(cases[i].xml, strlen(cases[i].xml), arena, &page,
		    &why);
		is_text(page.next_token, cases[i].want, cases[i].what);
	}
}

static const struct {
	const char *xml, *detail, *what;
} bad[] = {
	{ "", "not well-formed", "nothing" },
	{ " ", "not well-formed", "a space" },
	{ "null", "not well-formed", "JSON" },
	{ "<html><body><p>Hello<br></body></html>", "is a html, not",
	    "a page for people" },
	{ "<DescribeRegionsResponse/>",
	    "is a DescribeRegionsResponse, not", "another answer" },
	{ "<Response><Errors/></Response>", "is a Response, not",
	    "an error with status 200" },
	{ PAGE("") PAGE(""), "not well-formed", "two documents" },
	{ PAGE("") "more", "not well-formed", "text behind the end" },
	{ PAGE("&nbsp;"), "not well-formed", "an entity of HTML" },
	{ PAGE("<a></b>"), "not well-formed", "a wrong end" },
	{ PAGE("<nextToken>\xff</nextToken>"), "not well-formed",
	    "no UTF-8" },
	{ PAGE("<nextToken>\xc0\x80</nextToken>"), "not well-formed",
	    "NUL in two bytes" },
	{ PAGE("<nextToken>&#0;</nextToken>"), "not well-formed",
	    "NUL as a reference" },
	{ PAGE("<nextToken>&#xd800;</nextToken>"), "not well-formed",
	    "half a character" },
	{ MACHINES("<item>" RUNNING "</item>"), "no id", "a machine "
	    "without an id" },
	{ MACHINES(MACHINE("", RUNNING)), "no id", "a machine with an "
	    "empty id" },
	{ MACHINES(MACHINE("i-1", "")), "no state", "a machine without a "
	    "state" },
	{ MACHINES(MACHINE("<b>i</b>", RUNNING)), "no id",
	    "a machine whose id is no text" },
	{ MACHINES(MACHINE("i-1", RUNNING "<tagSet><item><value>a</value>"
	    "</item></tagSet>")), "no key", "a tag without a key" },
	{ "<!DOCTYPE DescribeInstancesResponse>" PAGE(""), "document type",
	    "a declaration before the XML declaration" },
	{ "<!DOCTYPE DescribeInstancesResponse>"
	    "<DescribeInstancesResponse/>", "document type",
	    "a document type" },
	{ "<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\">"
	    "<DescribeInstancesResponse/>", "document type",
	    "a document type elsewhere" },
	{ "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
	    "<DescribeInstancesResponse><nextToken>&e;</nextToken>"
	    "</DescribeInstancesResponse>", "document type",
	    "an entity that is a file" },
	{ "<!DOCTYPE x [<!ENTITY % p SYSTEM \"file:///etc/passwd\"> %p;]>"
	    "<DescribeInstancesResponse/>", "document type",
	    "a parameter entity" },
	{ "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">"
	    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;\">"
	    "<!ENTITY e \"&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;\">]>"
	    "<DescribeInstancesResponse><nextToken>&f;</nextToken>"
	    "</DescribeInstancesResponse>", "document type",
	    "a billion laughs" },
};

/* Refused, with a reason that can be shown, and the page left alone. */
static bool
is_refused(const char *bytes, size_t length, const char *detail)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	struct aws_page page = { .next_token = "?" };
	struct failure why = { 0 };
	int result = parse_page(bytes, length, arena, &page, &why);
	bool right = result == -1 && why.fault == FAULT_INVALID &&
	    strstr(why.detail, detail) != NULL &&
	    text_is_utf8(why.detail, strlen(why.detail)) &&
	    page.first == NULL && text_is(page.next_token, "?");

	if (!right)
		fprintf(stderr, "# %s: %s\n", fault_name(why.fault),
		    why.detail);
	return right;
}

static void
test_bad(void)
{
	static const char nul[] = PAGE("<nextToken>a\0b</nextToken>");

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ok(is_refused(bad[i].xml, strlen(bad[i].xml), bad[i].detail),
		    "refused: %s", bad[i].what);
	ok(is_refused(nul, sizeof(nul) - 1, ""), "refused: a NUL byte");
}

static void
test_truncated(void)
{
	size_t accepted = 0;

	for (size_t length = 0; length < strlen(sample); length++)
		if (!is_refused(sample, length, ""))
			accepted++;
	is_int((int64_t)accepted, 0,
	    "no beginning of a page passes for the whole");
}

/* Under a sanitizer this is the test; what is accepted is not the point. */
static void
test_damaged(void)
{
	static const char damage[] = { '<', '>', '&', '/', '\0', '\xff' };
	size_t strange = 0;

	for (size_t at = 0; at < strlen(sample); at++) {
		char copy[sizeof(sample)];

		memcpy(copy, sample, sizeof(sample));
		for (size_t i = 0; i < COUNT_OF(damage); i++) {
			SCOPED(arena_release) struct arena *arena =
			    arena_new(ARENA_BYTES);
			struct aws_page page = { 0 };
			struct failure why = { 0 };

			copy[at] = damage[i];
			if (parse_page(copy, strlen(sample), arena, &page,
			    &why) != 0 && why.fault != FAULT_INVALID)
				strange++;
		}
	}
	is_int((int64_t)strange, 0, "a damaged byte harms nothing");
}

/* ${times} times ${middle} between ${head} and ${tail}; to be freed. */
static char *
repeat(const char *head, const char *middle, size_t times, const char *tail)
{
	size_t length = strlen(middle);
	size_t size = strlen(head) + times * length + strlen(tail) + 1;
	char *bytes = malloc(size), *at = bytes;

	if (bytes == NULL)
		abort();
	memcpy(at, head, strlen(head));
	at += strlen(head);
	for (size_t i = 0; i < times; i++)
		memcpy(at + i * length, middle, length);
	memcpy(at + times * length, tail, strlen(tail) + 1);
	return bytes;
}

static void
test_huge(void)
{
	static const struct {
		const char *head, *middle;
		size_t times;
		const char *tail, *detail, *what;
	} cases[] = {
		{ "<DescribeInstancesResponse>", "<a>", 100000, "", "",
		    "deep nesting" },
		{ "<DescribeInstancesResponse><", "a", 1 << 20, "/>", "",
		    "a name of a megabyte" },
		{ "<DescribeInstancesResponse a='", "a", 12 << 20, "'/>", "",
		    "an attribute of twelve megabytes" },
		{ "<DescribeInstancesResponse><nextToken>", "a",
		    AWS_VALUE_BYTES + 1, "</nextToken>"
		    "</DescribeInstancesResponse>", "nextToken is too long",
		    "a token that is too long" },
		{ "<DescribeInstancesResponse><reservationSet><item>"
		    "<instancesSet><item><tagSet><item><key>a</key><value>",
		    "a", 1 << 20, "</value></item></tagSet></item>"
		    "</instancesSet></item></reservationSet>"
		    "</DescribeInstancesResponse>", "value is too long",
		    "a tag of a megabyte" },
		{ "<DescribeInstancesResponse><reservationSet><item>"
		    "<instancesSet><item><tagSet>", TAG("key", "value"),
		    1 << 16, "</tagSet></item></instancesSet></item>"
		    "</reservationSet></DescribeInstancesResponse>",
		    "tags of a machine are too long", "too many tags" },
		{ "<DescribeInstancesResponse><reservationSet><item>"
		    "<instancesSet>", MACHINE("i-1", RUNNING), 1 << 17,
		    "</instancesSet></item></reservationSet>"
		    "</DescribeInstancesResponse>", "the answer is too long",
		    "more machines than the arena has room for" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *bytes = repeat(cases[i].head, cases[i].middle,
		    cases[i].times, cases[i].tail);

		ok(is_refused(bytes, strlen(bytes), cases[i].detail),
		    "refused: %s", cases[i].what);
		free(bytes);
	}
}

static void
test_memory(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(arena_release) struct arena *tiny = arena_new(1024);
	char *bytes = repeat("<DescribeInstancesResponse>",
	    "<a b='c'>text</a>", 1 << 20, "</DescribeInstancesResponse>");
	struct aws_page page = { 0 };
	struct failure why = { 0 };

	is_int(parse_page(bytes, strlen(bytes), arena, &page, &why), 0,
	    "what is not read may be long");
	ok(arena_left(arena) > ARENA_BYTES - 64 * 1024,
	    "... and takes no memory");
	free(bytes);
	ok(parse_page(sample, strlen(sample), tiny, &page, &why) == -1 &&
	    why.fault == FAULT_INVALID, "an arena without room is no crash");
}

static void
test_tags_are_json(void)
{
	static const char xml[] = MACHINES(MACHINE("i", RUNNING "<tagSet>"
	    TAG("a\"b\\", "line\n&#9;&lt;/script&gt;\xe2\x80\xa8")
	    TAG("\xf0\x9f\x92\xa9", "'") "</tagSet>"));
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	SCOPED(json_release) struct json_object *tags = NULL;
	struct json_object *value = NULL;
	struct aws_page page = { 0 };
	struct failure why = { 0 };

	parse_page(xml, strlen(xml), arena, &page, &why);
	tags = json_tokener_parse(page.first->sighting.tags);
	ok(json_object_object_get_ex(tags, "a\"b\\", &value),
	    "a tag's key may hold anything");
	is_text(json_object_get_string(value), "line\n\t</script>\xe2\x80\xa8",
	    "a tag's value may hold anything");
	is_int(json_object_object_length(tags), 2, "... and no more comes");
}

static void
test_regions(void)
{
	static const char xml[] = "<DescribeRegionsResponse><regionInfo>"
	    "<item><regionName>a-1</regionName>"
	    "<optInStatus>opt-in-not-required</optInStatus></item>"
	    "<item><optInStatus>not-opted-in</optInStatus>"
	    "<regionName>b-1</regionName></item>"
	    "<item><regionName>c-1</regionName>"
	    "<optInStatus>opted-in</optInStatus></item>"
	    "<item><regionName>d-1</regionName></item>"
	    "</regionInfo></DescribeRegionsResponse>";
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	struct aws_texts regions = { 0 };
	struct failure why = { 0 };
	char *many;

	is_int(aws_xml_regions(xml, strlen(xml), arena, &regions, &why), 0,
	    "a list of regions is read");
	ok(regions.ntexts == 3 && text_is(regions.texts[0], "a-1") &&
	    text_is(regions.texts[1], "c-1") &&
	    text_is(regions.texts[2], "d-1"),
	    "regions that the account has not opted into are left out");
	many = repeat("<DescribeRegionsResponse><regionInfo>",
	    "<item><regionName>a</regionName></item>", AWS_TEXTS + 1,
	    "</regionInfo></DescribeRegionsResponse>");
	ok(aws_xml_regions(many, strlen(many), arena, &regions, &why) == -1 &&
	    why.fault == FAULT_INVALID && regions.ntexts == 3,
	    "a list without measure is refused");
	free(many);
}

static void
test_changes(void)
{
	static const char xml[] = "<StopInstancesResponse><instancesSet>"
	    "<item><instanceId>i-1</instanceId><currentState><code>64</code>"
	    "<name>stopping</name></currentState></item>"
	    "<item><instanceId>i-2</instanceId></item>"
	    "</instancesSet></StopInstancesResponse>";
	static const char empty[] = "<StartInstancesResponse/>";
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	struct aws_texts ids = { 0 };
	struct failure why = { 0 };

	ok(aws_xml_changes(xml, strlen(xml), arena, &ids, &why) == 0 &&
	    ids.ntexts == 2 && text_is(ids.texts[0], "i-1") &&
	    text_is(ids.texts[1], "i-2"), "changes are read");
	ok(aws_xml_changes(empty, strlen(empty), arena, &ids, &why) == 0 &&
	    ids.ntexts == 0, "there may be none");
}

static void
test_identity(void)
{
	static const char xml[] = "<GetCallerIdentityResponse>"
	    "<GetCallerIdentityResult><Arn>arn:aws:iam::1:user/x</Arn>"
	    "<UserId>AIDA</UserId></GetCallerIdentityResult>"
	    "</GetCallerIdentityResponse>";
	static const char nobody[] = "<GetCallerIdentityResponse/>";
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	const char *arn = "?";
	struct failure why = { 0 };

	ok(aws_xml_identity(nobody, strlen(nobody), arena, &arn, &why) == -1
	    && why.fault == FAULT_INVALID && text_is(arn, "?"),
	    "an identity of nobody is refused");
	why = (struct failure){ 0 };
	aws_xml_identity(xml, strlen(xml), arena, &arn, &why);
	is_text(arn, "arn:aws:iam::1:user/x", "an identity is read");
}

#define ROLE(inside) "<AssumeRoleResponse><AssumeRoleResult><Credentials>"    \
	"<AccessKeyId>ASIA</AccessKeyId>" inside "</Credentials>"             \
	"</AssumeRoleResult></AssumeRoleResponse>"

static void
test_keys(void)
{
	static const char xml[] = ROLE("<SecretAccessKey>s</SecretAccessKey>"
	    "<SessionToken>t</SessionToken>"
	    "<Expiration>2030-01-01T00:00:00Z</Expiration>");
	static const char half[] = ROLE("<SecretAccessKey>s</SecretAccessKey>");
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	struct aws_keys keys = { 0 };
	struct failure why = { 0 };

	ok(aws_xml_keys(half, strlen(half), arena, &keys, &why) == -1 &&
	    why.fault == FAULT_INVALID && keys.id == NULL,
	    "credentials without a token are refused");
	why = (struct failure){ 0 };
	ok(aws_xml_keys(xml, strlen(xml), arena, &keys, &why) == 0 &&
	    text_is(keys.id, "ASIA") && text_is(keys.secret, "s") &&
	    text_is(keys.token, "t"), "credentials are read");
}

static void
test_errors(void)
{
	static const struct {
		const char *xml, *code, *message;
	} cases[] = {
		{ "<Response><Errors><Error><Code>A</Code><Message>b</Message>"
		    "</Error></Errors><RequestID>r</RequestID></Response>",
		    "A", "b" },
		{ "<ErrorResponse><Error><Type>Sender</Type><Code>A</Code>"
		    "<Message>b</Message></Error></ErrorResponse>", "A", "b" },
		{ "<ErrorResponse><Error><Code>A</Code></Error>"
		    "</ErrorResponse>", "A", "" },
		{ "<Response><Errors/></Response>", NULL, NULL },
		{ "<html/>", NULL, NULL },
		{ "", NULL, NULL },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(arena_release) struct arena *arena =
		    arena_new(ARENA_BYTES);
		struct aws_error error = { 0 };
		struct failure why = { 0 };

		is_int(aws_xml_error(cases[i].xml, strlen(cases[i].xml),
		    arena, &error, &why), cases[i].code == NULL ? -1 : 0,
		    "an error document is read if it is one");
		is_text(error.code, cases[i].code, "... its code");
		is_text(error.message, cases[i].message, "... its message");
	}
}

int
main(void)
{
	test_sample();
	test_states();
	test_hands_off();
	test_tokens();
	test_bad();
	test_truncated();
	test_damaged();
	test_huge();
	test_memory();
	test_tags_are_json();
	test_regions();
	test_changes();
	test_identity();
	test_keys();
	test_errors();
	return tap_done();
}
