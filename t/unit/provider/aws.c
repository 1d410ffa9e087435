#include "src/provider/aws.h"

#include <json-c/json.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/text.h"
#include "t/server.h"
#include "t/tap.h"

DEFINE_RELEASE(json_release, struct json_object *, json_object_put)

/* What the server answers, one after the other; the last one for ever. */
struct reply {
	int status;
	const char *type, *body;       /* body NULL: hang up */
};

#define REPLIES 8

static struct server server;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct reply replies[REPLIES];
static size_t nreplies;
static struct server_request requests[REPLIES];
static size_t nrequests;

#define EC2 "<DescribeInstancesResponse>"
#define EC2_END "</DescribeInstancesResponse>"
#define MACHINE(id) "<reservationSet><item><instancesSet><item><instanceId>" \
	id "</instanceId><instanceState><name>running</name></instanceState>"  \
	"</item></instancesSet></item></reservationSet>"
#define PAGE(id, token) EC2 MACHINE(id) "<nextToken>" token "</nextToken>"    \
	EC2_END
#define LAST_PAGE(id) EC2 MACHINE(id) EC2_END
#define CHANGE(id) "<item><instanceId>" id "</instanceId></item>"
#define CHANGES(inside) "<StopInstancesResponse><instancesSet>" inside        \
	"</instancesSet></StopInstancesResponse>"
#define ERROR(code, message) "<Response><Errors><Error><Code>" code           \
	"</Code><Message>" message "</Message></Error></Errors></Response>"
#define IDENTITY "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>"  \
	"arn:aws:iam::1:user/x</Arn></GetCallerIdentityResult>"                \
	"</GetCallerIdentityResponse>"
#define ROLE_KEYS "<AssumeRoleResponse><AssumeRoleResult><Credentials>"       \
	"<AccessKeyId>ASIATEMP</AccessKeyId><SecretAccessKey>TEMPSECRET"       \
	"</SecretAccessKey><SessionToken>TEMPTOKEN</SessionToken>"             \
	"</Credentials></AssumeRoleResult></AssumeRoleResponse>"

static struct reply
next_reply(const struct server_request *request)
{
	struct reply reply;

	pthread_mutex_lock(&mutex);
	if (nrequests < REPLIES)
		requests[nrequests] = *request;
	reply = replies[nrequests < nreplies ? nrequests : nreplies - 1];
	nrequests++;
	pthread_mutex_unlock(&mutex);
	return reply;
}

static void
serve(int connection)
{
	struct server_request request;
	char head[256];

	while (server_read(connection, &request)) {
		struct reply reply = next_reply(&request);

		if (reply.body == NULL)
			return;
		/* So much patience that nobody waits for us. */
		snprintf(head, sizeof(head), "HTTP/1.1 %d X\r\n"
		    "Content-Type: %s\r\nRetry-After: 3600\r\n"
		    "Content-Length: %zu\r\n\r\n", reply.status,
		    reply.type, strlen(reply.body));
		server_write(connection, head, strlen(head));
		server_write(connection, reply.body, strlen(reply.body));
	}
}

static void
answer_with(const struct reply *list, size_t count)
{
	pthread_mutex_lock(&mutex);
	memcpy(replies, list, count * sizeof(*list));
	nreplies = count;
	nrequests = 0;
	pthread_mutex_unlock(&mutex);
}

#define ANSWER(...) do {                                                      \
	static const struct reply list_[] = { __VA_ARGS__ };                  \
	answer_with(list_, COUNT_OF(list_));                                  \
} while (0)
#define XML(body_) { 200, "text/xml", body_ }

static size_t
requests_seen(void)
{
	size_t count;

	pthread_mutex_lock(&mutex);
	count = nrequests;
	pthread_mutex_unlock(&mutex);
	return count;
}

static bool
asked(size_t request, const char *what)
{
	return request < requests_seen() &&
	    strstr(requests[request].bytes, what) != NULL;
}

/* An account with ${more} beside its key, at the server. */
struct fixture {
	struct arena *arena;
	struct provider_account *account;
};

static void
fixture_release(struct fixture *fixture)
{
	if (fixture->account != NULL)
		aws_provider.close(fixture->account);
	arena_free(fixture->arena);
}

static int
open_account(struct fixture *fixture, const char *endpoint, const char *more,
    struct failure *why)
{
	SCOPED(json_release) struct json_object *credentials = NULL;
	struct provider_context context = { .account_id = "a-1" };

	fixture->arena = arena_new(1 << 20);
	context.arena = fixture->arena;
	context.aws_endpoint_url = endpoint != NULL ? endpoint :
	    arena_printf(fixture->arena, "http://127.0.0.1:%d", server.port);
	credentials = json_tokener_parse(arena_printf(fixture->arena,
	    "{\"access_key_id\":\"AKIAKEY\",\"secret_access_key\":"
	    "\"KEYSECRET\"%s}", more));
	return aws_provider.open(&context, credentials, &fixture->account,
	    why);
}

static struct fixture
opened(const char *more)
{
	struct fixture fixture = { 0 };
	struct failure why = { 0 };

	if (open_account(&fixture, NULL, more, &why) != 0)
		abort();
	return fixture;
}

/* A sink that writes down ids, and fails at ${refused} if there is one. */
struct seen {
	struct text ids;
	const char *refused;
};

static int
see(void *context, const struct sighting *sighting, struct failure *why)
{
	struct seen *seen = context;

	if (seen->refused != NULL && text_is(sighting->id, seen->refused))
		return fail(why, FAULT_LATE, "enough");
	text_add_format(&seen->ids, "%s@%s ", sighting->id,
	    sighting->region);
	return 0;
}

static int
discover(struct fixture *fixture, const char *region, struct seen *seen,
    struct failure *why)
{
	const struct sighting_sink sink = { see, seen };

	seen->ids = (struct text){ .arena = fixture->arena };
	return aws_provider.discover(fixture->account, region, &sink, why);
}

static int
command(struct fixture *fixture, const char *region, size_t nids,
    struct outcome outcomes[2], struct failure *why)
{
	static const char *const ids[] = { "i-1", "i-2" };

	return aws_provider.command(fixture->account, ACTION_STOP, region,
	    ids, nids, "token", outcomes, why);
}

static void
test_registry(void)
{
	ok(provider_find("aws") == &aws_provider, "aws is registered");
	ok(provider_find("azure") == NULL && provider_find("AWS") == NULL,
	    "what cannot be managed is not");
	ok(aws_provider.entry->manageable, "the catalogue says so");
	is_text(resource_state_name(STATE_RUNNING), "RUNNING", "RUNNING");
	is_text(resource_state_name(STATE_STOPPED), "STOPPED", "STOPPED");
	is_text(resource_state_name(STATE_UNKNOWN), "UNKNOWN", "UNKNOWN");
	is_text(action_name(ACTION_START), "START", "START");
	is_text(action_name(ACTION_STOP), "STOP", "STOP");
}

static void
test_bad_regions(void)
{
	static const char *const bad[] = {
		"", " ", "eu-west-1.evil.example", "eu_west_1", "EU-WEST-1",
		"eu-west-1/", "a@b", "-a", "a-", "a\tb",
		"a23456789012345678901234567890123",
	};
	SCOPED(fixture_release) struct fixture fixture = opened("");

	ANSWER(XML(LAST_PAGE("i-1")));
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct outcome outcomes[2];
		struct seen seen = { 0 };
		struct failure found = { 0 }, sent = { 0 };

		ok(discover(&fixture, bad[i], &seen, &found) == -1 &&
		    found.fault == FAULT_REFUSED &&
		    command(&fixture, bad[i], 1, outcomes, &sent) == -1 &&
		    sent.fault == FAULT_REFUSED, "'%s' is no region",
		    bad[i]);
	}
	is_int((int64_t)requests_seen(), 0, "nothing was sent");
}

static void
test_open(void)
{
	static const struct {
		const char *endpoint, *more;
		enum fault fault;
		const char *what;
	} cases[] = {
		{ NULL, "", FAULT_NONE, "a key is enough" },
		{ NULL, ",\"region\":\"cn-north-1\"", FAULT_NONE,
		    "a region is accepted" },
		{ NULL, ",\"region\":\" \"", FAULT_NONE,
		    "a blank region is none" },
		{ NULL, ",\"region\":\"a.b\"", FAULT_REFUSED,
		    "a region must be one" },
		{ "ftp://127.0.0.1/", "", FAULT_INTERNAL,
		    "an endpoint must be one of HTTP" },
		{ "", "", FAULT_INTERNAL, "an endpoint may not be empty" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(fixture_release) struct fixture fixture = { 0 };
		struct failure why = { 0 };

		open_account(&fixture, cases[i].endpoint, cases[i].more,
		    &why);
		is_text(fault_name(why.fault), fault_name(cases[i].fault),
		    cases[i].what);
		is_int(fixture.account != NULL, cases[i].fault == FAULT_NONE,
		    "... and there is an account just then");
	}
}

static void
test_pages(void)
{
	SCOPED(fixture_release) struct fixture fixture = opened("");
	struct seen seen = { 0 };
	struct failure why = { 0 };

	ANSWER(XML(PAGE("i-1", "a+b/c=")), XML(PAGE("i-2", "next")),
	    XML(LAST_PAGE("i-3")));
	is_int(discover(&fixture, "eu-west-1", &seen, &why), 0,
	    "a region is discovered");
	is_text(text_get(&seen.ids),
	    "i-1@eu-west-1 i-2@eu-west-1 i-3@eu-west-1 ",
	    "... all pages of it, in order");
	is_int((int64_t)requests_seen(), 3, "... with a request for each");
	ok(asked(0, "Action=DescribeInstances&Version=2016-11-15"
	    "&MaxResults=1000") && !asked(0, "NextToken"),
	    "the first page is asked for");
	ok(asked(1, "&NextToken=a%2Bb%2Fc%3D"),
	    "a token comes back as it was, encoded");
	ok(asked(0, "Credential=AKIAKEY/") &&
	    asked(0, "/eu-west-1/ec2/aws4_request"),
	    "requests are signed for their region");
	ok(!asked(0, "Security-Token"), "... without a token if there is none");
}

static void
test_endless_pages(void)
{
	static const struct reply same[] = { XML(PAGE("i-1", "a")) };
	static const struct reply circle[] = {
		XML(PAGE("i-0", "x")), XML(PAGE("i-1", "a")),
		XML(PAGE("i-2", "b")), XML(PAGE("i-3", "c")),
		XML(PAGE("i-1", "a")), XML(PAGE("i-2", "b")),
		XML(PAGE("i-3", "c")), XML(PAGE("i-1", "a")),
	};
	static const struct {
		const struct reply *list;
		size_t count;
		const char *what;
	} cases[] = {
		{ same, 1, "a token that comes again" },
		{ circle, 8, "tokens that go in circles" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		SCOPED(fixture_release) struct fixture fixture = opened("");
		struct seen seen = { 0 };
		struct failure why = { 0 };

		answer_with(cases[i].list, cases[i].count);
		ok(discover(&fixture, "eu-west-1", &seen, &why) == -1 &&
		    why.fault == FAULT_INVALID, "%s: %s", cases[i].what,
		    why.detail);
		ok(requests_seen() <= REPLIES + 2, "... is noticed soon");
	}
}

static void
test_sink_stops(void)
{
	SCOPED(fixture_release) struct fixture fixture = opened("");
	struct seen seen = { .refused = "i-2" };
	struct failure why = { 0 };

	ANSWER(XML(PAGE("i-1", "a")), XML(PAGE("i-2", "b")),
	    XML(LAST_PAGE("i-3")));
	ok(discover(&fixture, "eu-west-1", &seen, &why) == -1 &&
	    why.fault == FAULT_LATE && text_is(why.detail, "enough"),
	    "what the sink says ends the discovery");
	is_int((int64_t)requests_seen(), 2, "... at once");
}

static void
test_second_page_breaks(void)
{
	SCOPED(fixture_release) struct fixture fixture = opened("");
	struct seen seen = { 0 };
	struct failure why = { 0 };

	ANSWER(XML(PAGE("i-1", "a")), XML(EC2 MACHINE("i-2")));
	ok(discover(&fixture, "eu-west-1", &seen, &why) == -1 &&
	    why.fault == FAULT_INVALID,
	    "a truncated page ends the discovery: %s", why.detail);
	is_text(text_get(&seen.ids), "i-1@eu-west-1 ",
	    "... and nothing of it is believed");
}

/* What is made of an answer, for a reading call and for a command. */
static const struct {
	struct reply reply;
	enum fault reading, command;
	const char *detail;
} refusals[] = {
	{ { 503, "text/xml", ERROR("RequestLimitExceeded", "Slow") },
	    FAULT_BUSY, FAULT_BUSY, "RequestLimitExceeded: Slow" },
	{ { 400, "text/xml", ERROR("Throttling", "Rate exceeded") },
	    FAULT_BUSY, FAULT_BUSY, "Throttling: Rate exceeded" },
	{ { 400, "text/xml", ERROR("ThrottlingException", "x") },
	    FAULT_BUSY, FAULT_BUSY, "" },
	{ { 400, "text/xml", ERROR("EC2ThrottledException", "x") },
	    FAULT_BUSY, FAULT_BUSY, "" },
	{ { 400, "text/html", ERROR("Throttling", "x") }, FAULT_BUSY,
	    FAULT_BUSY, "Throttling: x" },
	{ { 429, "text/html", "slow" }, FAULT_BUSY, FAULT_BUSY,
	    "status 429" },
	{ { 503, "text/html", "down" }, FAULT_BUSY, FAULT_BUSY,
	    "status 503" },
	{ { 401, "text/xml", ERROR("AuthFailure", "Not able to validate") },
	    FAULT_UNAUTHENTICATED, FAULT_UNAUTHENTICATED,
	    "AuthFailure: Not able to validate" },
	{ { 403, "text/xml", ERROR("InvalidClientTokenId", "x") },
	    FAULT_UNAUTHENTICATED, FAULT_UNAUTHENTICATED, "" },
	{ { 403, "text/xml", ERROR("SignatureDoesNotMatch", "x") },
	    FAULT_UNAUTHENTICATED, FAULT_UNAUTHENTICATED, "" },
	{ { 403, "text/xml", ERROR("ExpiredToken", "x") },
	    FAULT_UNAUTHENTICATED, FAULT_UNAUTHENTICATED, "" },
	{ { 400, "text/xml", ERROR("RequestExpired", "x") },
	    FAULT_UNAUTHENTICATED, FAULT_UNAUTHENTICATED, "" },
	{ { 401, "text/xml", ERROR("OptInRequired", "x") },
	    FAULT_UNAUTHENTICATED, FAULT_UNAUTHENTICATED, "" },
	{ { 401, "text/xml", ERROR("Novelty", "x") },
	    FAULT_UNAUTHENTICATED, FAULT_UNAUTHENTICATED, "" },
	{ { 403, "text/xml", ERROR("UnauthorizedOperation", "x") },
	    FAULT_DENIED, FAULT_DENIED, "" },
	{ { 403, "text/xml", ERROR("AccessDenied", "x") },
	    FAULT_DENIED, FAULT_DENIED, "" },
	{ { 403, "text/xml", ERROR("Novelty", "x") },
	    FAULT_DENIED, FAULT_DENIED, "" },
	{ { 400, "text/xml", ERROR("InvalidInstanceID.NotFound", "i-1") },
	    FAULT_REFUSED, FAULT_REFUSED, "InvalidInstanceID.NotFound: i-1" },
	{ { 400, "text/xml", ERROR("IncorrectInstanceState", "x") },
	    FAULT_REFUSED, FAULT_REFUSED, "" },
	{ { 400, "text/xml", ERROR("UnsupportedOperation", "x") },
	    FAULT_REFUSED, FAULT_REFUSED, "" },
	{ { 400, "text/xml", ERROR("OperationNotPermitted", "x") },
	    FAULT_REFUSED, FAULT_REFUSED, "" },
	{ { 400, "text/xml", ERROR("Novelty", "x") },
	    FAULT_REFUSED, FAULT_REFUSED, "Novelty: x" },
	{ { 500, "text/xml", ERROR("InsufficientInstanceCapacity", "x") },
	    FAULT_REFUSED, FAULT_REFUSED, "" },
	{ { 500, "text/xml", ERROR("InternalError", "x") },
	    FAULT_BUSY, FAULT_UNCERTAIN, "InternalError: x" },
	{ { 502, "text/html", "<html>" }, FAULT_BUSY, FAULT_UNCERTAIN,
	    "EC2 in eu-west-1 answers with status 502" },
	{ { 504, "", "" }, FAULT_BUSY, FAULT_UNCERTAIN, "status 504" },
	{ { 404, "text/html", "<html>" }, FAULT_INVALID, FAULT_INVALID,
	    "status 404" },
	{ { 400, "text/xml", "<Response>" }, FAULT_INVALID, FAULT_INVALID,
	    "status 400" },
	{ { 302, "text/html", "" }, FAULT_INVALID, FAULT_INVALID,
	    "EC2 in eu-west-1: the answer is a redirect" },
	{ { 200, "text/html", LAST_PAGE("i-1") }, FAULT_INVALID,
	    FAULT_UNCERTAIN, "EC2 in eu-west-1: the answer is no XML but "
	    "text/html" },
	{ { 200, "", LAST_PAGE("i-1") }, FAULT_INVALID, FAULT_UNCERTAIN,
	    "no XML but of no type" },
	{ { 200, "text/xml", "" }, FAULT_INVALID, FAULT_UNCERTAIN,
	    "not well-formed" },
	{ { 200, "text/xml", "<a><b>" }, FAULT_INVALID, FAULT_UNCERTAIN,
	    "" },
	{ { 204, "text/xml", "" }, FAULT_INVALID, FAULT_UNCERTAIN,
	    "not well-formed" },
	{ { 0, NULL, NULL }, FAULT_BUSY, FAULT_UNCERTAIN,
	    "EC2 in eu-west-1: " },
};

static void
test_refusals(void)
{
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		SCOPED(fixture_release) struct fixture fixture = opened("");
		struct outcome outcomes[2] = { { { .fault = FAULT_LATE } } };
		struct seen seen = { 0 };
		struct failure found = { 0 }, sent = { 0 };

		answer_with(&refusals[i].reply, 1);
		ok(discover(&fixture, "eu-west-1", &seen, &found) == -1 &&
		    strstr(found.detail, refusals[i].detail) != NULL,
		    "a discovery fails: %s", found.detail);
		is_text(fault_name(found.fault),
		    fault_name(refusals[i].reading), "... with its fault");
		answer_with(&refusals[i].reply, 1);
		ok(command(&fixture, "eu-west-1", 1, outcomes, &sent) == -1 &&
		    strstr(sent.detail, refusals[i].detail) != NULL &&
		    outcomes[0].failure.fault == FAULT_LATE,
		    "a command fails: %s", sent.detail);
		is_text(fault_name(sent.fault),
		    fault_name(refusals[i].command), "... with its fault");
		is_int((int64_t)requests_seen(), 1, "... after one try");
	}
}

static void
test_nothing_leaks(void)
{
	SCOPED(fixture_release) struct fixture fixture =
	    opened(",\"session_token\":\"GIVENTOKEN\"");
	struct failure why = { 0 }, again = { 0 };

	ANSWER({ 403, "text/xml", ERROR("SignatureDoesNotMatch",
	    "No match.\n\nThe Canonical String for this request should have "
	    "been\n'POST\nx-amz-security-token:GIVENTOKEN\n'") });
	aws_provider.check(fixture.account, NULL, &why);
	is_text(why.detail, "SignatureDoesNotMatch: No match.",
	    "a message ends before the request that it repeats");
	ANSWER({ 403, "text/xml", ERROR("Forbidden",
	    "You sent x-amz-security-token: GIVENTOKEN") });
	aws_provider.check(fixture.account, NULL, &again);
	is_text(again.detail, "Forbidden: (the reason repeats the session "
	    "token, so it is not shown)", "one that repeats it is not shown");
	ok(asked(0, "X-Amz-Security-Token: GIVENTOKEN\r\n") &&
	    asked(0, "x-amz-security-token"),
	    "a session token goes along, signed");
}

static void
test_long_message(void)
{
	SCOPED(fixture_release) struct fixture fixture = opened("");
	static char body[4096];        /* the server reads it */
	char message[2048];
	struct reply reply = { 400, "text/xml", body };
	struct failure why = { 0 };

	for (size_t i = 0; i + 2 < sizeof(message); i += 2)
		memcpy(message + i, "\xc3\xa4", 3);
	snprintf(body, sizeof(body), ERROR("Long", "%s"), message);
	answer_with(&reply, 1);
	aws_provider.check(fixture.account, NULL, &why);
	ok(strlen(why.detail) > 400 &&
	    text_is_utf8(why.detail, strlen(why.detail)),
	    "a long message is cut between characters");
}

static void
test_command(void)
{
	static const char *const ids[] = { "i-1", "i&2" };
	SCOPED(fixture_release) struct fixture fixture = opened("");
	struct outcome outcomes[2] = { 0 };
	struct failure why = { 0 };

	ANSWER(XML(CHANGES(CHANGE("i-2") CHANGE("i-1"))));
	ok(command(&fixture, "eu-west-1", 2, outcomes, &why) == 0 &&
	    outcomes[0].failure.fault == FAULT_NONE &&
	    outcomes[1].failure.fault == FAULT_NONE,
	    "a command is accepted for each machine");
	ok(asked(0, "Action=StopInstances&Version=2016-11-15"
	    "&InstanceId.1=i-1&InstanceId.2=i-2"), "... that it names");
	ANSWER(XML(CHANGES(CHANGE("i-2"))));
	ok(command(&fixture, "eu-west-1", 2, outcomes, &why) == 0 &&
	    outcomes[0].failure.fault == FAULT_UNCERTAIN &&
	    outcomes[1].failure.fault == FAULT_NONE,
	    "a machine that the answer does not mention is uncertain");
	aws_provider.command(fixture.account, ACTION_START, "eu-west-1", ids,
	    2, "token", outcomes, &why);
	ok(asked(1, "Action=StartInstances") &&
	    asked(1, "&InstanceId.2=i%262"),
	    "an id adds nothing to the command");
}

static void
test_check(void)
{
	SCOPED(fixture_release) struct fixture fixture =
	    opened(",\"region\":\"eu-west-3\"");
	const char *identity = NULL;
	struct failure why = { 0 };

	ANSWER(XML(IDENTITY));
	ok(aws_provider.check(fixture.account, &identity, &why) == 0 &&
	    text_is(identity, "arn:aws:iam::1:user/x"),
	    "a check tells who we are");
	ok(asked(0, "Action=GetCallerIdentity&Version=2011-06-15") &&
	    asked(0, "/eu-west-3/sts/aws4_request"),
	    "... by asking STS in the account's region");
	is_int(aws_provider.check(fixture.account, NULL, &why), 0,
	    "... if that is wanted");
}

static void
test_regions(void)
{
	SCOPED(fixture_release) struct fixture fixture = opened("");
	const char *const *regions = NULL;
	size_t count = 7;
	struct failure why = { 0 };

#define REGION(code) "<item><regionName>" code "</regionName></item>"
#define REGIONS(inside) "<DescribeRegionsResponse><regionInfo>" inside        \
	"</regionInfo></DescribeRegionsResponse>"
	ANSWER(XML(REGIONS(REGION("eu-west-1") REGION("evil.example/"))));
	ok(aws_provider.regions(fixture.account, &regions, &count,
	    &why) == -1 && why.fault == FAULT_INVALID && count == 7,
	    "a region that is none is refused, whoever says it");
	why = (struct failure){ 0 };
	ANSWER(XML(REGIONS(REGION("eu-west-1") REGION("us-gov-west-1"))));
	ok(aws_provider.regions(fixture.account, &regions, &count,
	    &why) == 0 && count == 2 && text_is(regions[0], "eu-west-1") &&
	    text_is(regions[1], "us-gov-west-1"), "regions are listed");
}

static void
test_role(void)
{
	SCOPED(fixture_release) struct fixture fixture =
	    opened(",\"role_arn\":\"arn:aws:iam::1:role/r+x\","
	    "\"external_id\":\"e/1\"");
	struct seen seen = { 0 };
	struct failure why = { 0 };

	ANSWER({ 403, "text/xml", ERROR("AccessDenied", "not this role") },
	    XML(ROLE_KEYS), XML(LAST_PAGE("i-1")));
	ok(discover(&fixture, "eu-west-1", &seen, &why) == -1 &&
	    why.fault == FAULT_DENIED && requests_seen() == 1,
	    "without the role nothing is asked");
	why = (struct failure){ 0 };
	is_int(discover(&fixture, "eu-west-1", &seen, &why), 0,
	    "a role is assumed");
	ok(asked(1, "Action=AssumeRole&Version=2011-06-15"
	    "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr%2Bx"
	    "&RoleSessionName=diurnal-a-1&ExternalId=e%2F1"
	    "&DurationSeconds=3600") && asked(1, "Credential=AKIAKEY/") &&
	    asked(1, "/us-east-1/sts/"), "... with the account's key");
	ok(asked(2, "Credential=ASIATEMP/") &&
	    asked(2, "X-Amz-Security-Token: TEMPTOKEN\r\n"),
	    "... and what is asked then is asked in it");
	discover(&fixture, "eu-west-2", &seen, &why);
	ok(requests_seen() == 4 && asked(3, "Action=DescribeInstances") &&
	    asked(3, "Credential=ASIATEMP/"), "... for more than one call");
}

static void
test_uncertain_role(void)
{
	SCOPED(fixture_release) struct fixture fixture =
	    opened(",\"role_arn\":\"r\"");
	struct outcome outcomes[2];
	struct failure why = { 0 };

	ANSWER({ 200, "text/xml", "<AssumeRoleResponse/>" });
	ok(command(&fixture, "eu-west-1", 1, outcomes, &why) == -1 &&
	    why.fault == FAULT_INVALID && !asked(0, "ExternalId"),
	    "a command that was not sent for want of a role had no effect");
}

static void
test_nobody_listens(void)
{
	SCOPED(fixture_release) struct fixture fixture = { 0 };
	struct server gone = { 0 };
	struct outcome outcomes[2];
	struct failure why = { 0 };
	char endpoint[64];

	server_start(&gone, serve);
	server_stop(&gone);
	snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%d/",
	    gone.port);
	open_account(&fixture, endpoint, "", &why);
	ok(command(&fixture, "eu-west-1", 1, outcomes, &why) == -1 &&
	    why.fault == FAULT_BUSY,
	    "a command that reached nobody had no effect: %s", why.detail);
}

int
main(void)
{
	server_start(&server, serve);
	test_registry();
	test_bad_regions();
	test_open();
	test_pages();
	test_endless_pages();
	test_sink_stops();
	test_second_page_breaks();
	test_refusals();
	test_nothing_leaks();
	test_long_message();
	test_command();
	test_check();
	test_regions();
	test_role();
	test_uncertain_role();
	test_nobody_listens();
	server_stop(&server);
	return tap_done();
}
