#include "src/provider/aws.h"

#include <assert.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "net/client.h"
#include "src/provider/aws_xml.h"

#define EC2_VERSION "2016-11-15"
#define STS_VERSION "2011-06-15"

/* What the longest answers may be; their parsing needs some more. */
#define PAGE_BYTES   ((size_t)64 << 20)
#define ANSWER_BYTES ((size_t)1 << 20)
#define PAGE_ARENA   (3 * PAGE_BYTES)
#define ANSWER_ARENA ((size_t)8 << 20)

/* DescribeInstances gives at most this many at a time. */
#define PAGE_SIZE "1000"
#define PAGES     10000u

/* For the pages of one region: a pass waits for all its regions. */
#define PAGES_TIME (3 * CLOCK_MINUTE)

#define BATCH 50

/* How long temporary credentials are asked for, and used. */
#define ROLE_SECONDS 3600
#define ROLE_TIME    ((ROLE_SECONDS - 300) * CLOCK_SECOND)

struct provider_account {
	struct arena *results;         /* the context's */
	struct arena *arena;           /* our own: wiped with the account */
	struct client *client;
	const char *endpoint;          /* with a slash behind; NULL: Amazon's */
	const char *region;
	struct aws_keys keys;          /* as given */
	const char *role, *external_id, *session;
	struct arena *role_arena;      /* of what follows; NULL: none yet */
	struct aws_keys role_keys;
	int64_t role_until;            /* clock_monotonic() */
};

enum service { SERVICE_EC2, SERVICE_STS, SERVICE_COUNT };

static const struct {
	const char *name;              /* in host names and signatures */
	const char *title;
	const char *version;
} services[SERVICE_COUNT] = {
	[SERVICE_EC2] = { "ec2", "EC2", EC2_VERSION },
	[SERVICE_STS] = { "sts", "STS", STS_VERSION },
};

/* One call, and what is known of it beforehand. */
struct call {
	enum service service;
	const char *region;
	bool command;                  /* it changes something */
	struct text form;
};

/* Partitions of Amazon's cloud by the beginning of a region's code. */
static const struct {
	const char *prefix, *domain;
} partitions[] = {
	{ "cn-", "amazonaws.com.cn" },
	{ "eusc-", "amazonaws.eu" },
	{ "us-iso-", "c2s.ic.gov" },
	{ "us-isob-", "sc2s.sgov.gov" },
	{ "", "amazonaws.com" },
};

/*
 * What the codes of errors mean to us; the first that fits.  A `*` stands for
 * any end.  Codes that are not here are judged by the answer's status.  After
 * "Common client error codes" and "Server error codes" in the EC2 API
 * Reference, and "Common Errors" in that of STS.
 */
static const struct {
	const char *code;
	enum fault fault;
} errors[] = {
	{ "RequestLimitExceeded", FAULT_BUSY },
	{ "Throttl*", FAULT_BUSY },
	{ "EC2ThrottledException", FAULT_BUSY },
	{ "RequestThrottled*", FAULT_BUSY },
	{ "TooManyRequestsException", FAULT_BUSY },
	{ "BandwidthLimitExceeded", FAULT_BUSY },
	{ "PriorRequestNotComplete", FAULT_BUSY },
	{ "SlowDown", FAULT_BUSY },
	{ "AuthFailure", FAULT_UNAUTHENTICATED },
	{ "InvalidClientTokenId", FAULT_UNAUTHENTICATED },
	{ "InvalidAccessKeyId", FAULT_UNAUTHENTICATED },
	{ "InvalidToken", FAULT_UNAUTHENTICATED },
	{ "SignatureDoesNotMatch", FAULT_UNAUTHENTICATED },
	{ "IncompleteSignature", FAULT_UNAUTHENTICATED },
	{ "MissingAuthenticationToken*", FAULT_UNAUTHENTICATED },
	{ "UnrecognizedClient*", FAULT_UNAUTHENTICATED },
	{ "ExpiredToken*", FAULT_UNAUTHENTICATED },
	{ "RequestExpired", FAULT_UNAUTHENTICATED },
	{ "OptInRequired", FAULT_UNAUTHENTICATED },
	{ "PendingVerification", FAULT_UNAUTHENTICATED },
	{ "Blocked", FAULT_UNAUTHENTICATED },
	{ "UnauthorizedOperation", FAULT_DENIED },
	{ "AccessDenied*", FAULT_DENIED },
	{ "RegionDisabledException", FAULT_DENIED },
	{ "InvalidInstanceID*", FAULT_REFUSED },
	{ "IncorrectInstanceState", FAULT_REFUSED },
	{ "IncorrectState", FAULT_REFUSED },
	{ "UnsupportedOperation", FAULT_REFUSED },
	{ "OperationNotPermitted", FAULT_REFUSED },
	/* Answered with status 500, but plainly not carried out. */
	{ "InsufficientInstanceCapacity", FAULT_REFUSED },
	{ "InsufficientHostCapacity", FAULT_REFUSED },
	{ "InsufficientReservedInstanceCapacity", FAULT_REFUSED },
};

static bool
code_fits(const char *pattern, const char *code)
{
	size_t length = strcspn(pattern, "*");

	if (pattern[length] == '\0')
		return text_is(pattern, code);
	return strncmp(pattern, code, length) == 0;
}

/* ${code} may be NULL, when the answer named none. */
static enum fault
fault_of(const char *code, int status, bool command)
{
	for (size_t i = 0; code != NULL && i < COUNT_OF(errors); i++)
		if (code_fits(errors[i].code, code))
			return errors[i].fault;
	if (status == 429 || status == 503)
		return FAULT_BUSY;
	if (status >= 500)
		return command ? FAULT_UNCERTAIN : FAULT_BUSY;
	if (code == NULL)
		return FAULT_INVALID;
	if (status == 401)
		return FAULT_UNAUTHENTICATED;
	return status == 403 ? FAULT_DENIED : FAULT_REFUSED;
}

static bool
is_xml(const struct client_answer *answer)
{
	return text_is(answer->type, "text/xml") ||
	    text_is(answer->type, "application/xml");
}

/*
 * One line, fit to be shown: behind it, Amazon repeats the request that it
 * expected to be signed, with the session token in it.
 */
static const char *
public_line(const struct aws_error *error, const struct aws_keys *keys,
    struct arena *arena)
{
	const char *line = arena_printf(arena, "%.*s",
	    (int)strcspn(error->message, "\r\n"), error->message);

	/* By its beginning: the rest may have been cut off. */
	if (keys->token == NULL || strstr(line, arena_printf(arena, "%.16s",
	    keys->token)) == NULL)
		return line;
	return "(the reason repeats the session token, so it is not shown)";
}

/* An answer that says no. */
static int
fail_answer(const struct call *call, const struct aws_keys *keys,
    const struct client_answer *answer, struct arena *arena,
    struct failure *why)
{
	struct aws_error error = { 0 };
	struct failure garbage = { 0 };

	/* Whatever its type: emulators and gateways are careless there. */
	if (aws_xml_error(answer->body, answer->length, arena, &error,
	    &garbage) != 0)
		return fail(why, fault_of(NULL, answer->status, call->command),
		    "%s in %s answers with status %d and no reason",
		    services[call->service].title, call->region,
		    answer->status);
	return fail(why, fault_of(error.code, answer->status, call->command),
	    "%s: %s", error.code, public_line(&error, keys, arena));
}

/* What was answered is not what was promised. */
static int
fail_garbage(const struct call *call, struct failure *why)
{
	if (call->command)
		why->fault = FAULT_UNCERTAIN;
	return fail_doing(why, "%s in %s", services[call->service].title,
	    call->region);
}

/* RFC 3986, section 2.3: what stays as it is. */
static bool
is_unreserved(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' ||
	    byte == '_' || byte == '~';
}

static void
form_add(struct text *form, const char *name, const char *value)
{
	text_add_format(form, "&%s=", name);
	for (; *value != '\0'; value++) {
		if (is_unreserved(*value))
			text_add(form, value, 1);
		else
			text_add_format(form, "%%%02X",
			    (unsigned)(unsigned char)*value);
	}
}

static struct call
call_new(enum service service, const char *region, const char *action,
    struct arena *arena)
{
	struct call call = {
		.service = service, .region = region, .form.arena = arena,
	};

	text_add_format(&call.form, "Action=%s&Version=%s", action,
	    services[service].version);
	return call;
}

static const char *
url_of(const struct provider_account *account, const struct call *call,
    struct arena *arena)
{
	size_t i = 0;

	if (account->endpoint != NULL)
		return account->endpoint;
	/* The last prefix, being empty, fits all. */
	while (strncmp(partitions[i].prefix, call->region,
	    strlen(partitions[i].prefix)) != 0)
		i++;
	return arena_printf(arena, "https://%s.%s.%s/",
	    services[call->service].name, call->region,
	    partitions[i].domain);
}

/*
 * Send ${call}, signed with ${keys}.  ${arena} takes the answer, of at most
 * ${longest} bytes; it says that it is XML and no error.
 */
static int
send_call(struct provider_account *account, const struct call *call,
    const struct aws_keys *keys, size_t longest, struct arena *arena,
    struct client_answer *answer, struct failure *why)
{
	const struct client_signature signature = {
		.scope = arena_printf(arena, "aws:amz:%s:%s", call->region,
		    services[call->service].name),
		.key_id = keys->id,
		.secret = keys->secret,
	};
	const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded",
		keys->token == NULL ? NULL : arena_printf(arena,
		    "X-Amz-Security-Token: %s", keys->token),
		NULL,
	};
	const struct client_request request = {
		.url = url_of(account, call, arena),
		.headers = headers,
		.body = text_get(&call->form),
		.length = call->form.length,
		.signature = &signature,
		.max_answer = longest,
		.repeatable = !call->command,
	};
	struct client_answer got = { 0 };

	if (client_send(account->client, &request, arena, &got, why) != 0)
		return fail_doing(why, "%s in %s",
		    services[call->service].title, call->region);
	if (got.status >= 400)
		return fail_answer(call, keys, &got, arena, why);
	if (!is_xml(&got)) {
		fail(why, FAULT_INVALID, "the answer is no XML but %s",
		    *got.type != '\0' ? got.type : "of no type");
		return fail_garbage(call, why);
	}
	*answer = got;
	return 0;
}

/* Temporary credentials, with a clock of their own: nobody sets it. */
static int
assume_role(struct provider_account *account, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ANSWER_ARENA);
	struct call call = call_new(SERVICE_STS, account->region,
	    "AssumeRole", arena);
	int64_t now = clock_monotonic();
	struct client_answer answer;
	struct aws_keys keys;

	form_add(&call.form, "RoleArn", account->role);
	form_add(&call.form, "RoleSessionName", account->session);
	if (account->external_id != NULL)
		form_add(&call.form, "ExternalId", account->external_id);
	text_add_format(&call.form, "&DurationSeconds=%d", ROLE_SECONDS);
	if (send_call(account, &call, &account->keys, ANSWER_BYTES, arena,
	    &answer, why) != 0)
		return -1;
	if (aws_xml_keys(answer.body, answer.length, arena, &keys, why) != 0)
		return fail_garbage(&call, why);
	arena_free(account->role_arena);
	account->role_arena = take(arena);
	account->role_keys = keys;
	account->role_until = now + ROLE_TIME;
	return 0;
}

/* The credentials for calls to EC2. */
static int
find_keys(struct provider_account *account, const struct aws_keys **keys,
    struct failure *why)
{
	if (account->role == NULL) {
		*keys = &account->keys;
		return 0;
	}
	if ((account->role_arena == NULL ||
	    clock_monotonic() >= account->role_until) &&
	    assume_role(account, why) != 0)
		return -1;
	*keys = &account->role_keys;
	return 0;
}

/* As send_call, with the credentials that are due. */
static int
make_call(struct provider_account *account, const struct call *call,
    size_t longest, struct arena *arena, struct client_answer *answer,
    struct failure *why)
{
	const struct aws_keys *keys;

	if (find_keys(account, &keys, why) != 0)
		return -1;
	return send_call(account, call, keys, longest, arena, answer, why);
}

/*
 * A region becomes part of a host name, and tenants choose it: [a-z0-9-], at
 * most 32.
 */
static int
check_region(const char *region, struct failure *why)
{
	size_t length = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (length >= 1 && length <= 32 && region[length] == '\0' &&
	    region[0] != '-' && region[length - 1] != '-')
		return 0;
	why->field = "region";
	return fail(why, FAULT_REFUSED, "this is not the code of a region");
}

/* A copy in ${arena}; NULL if the member is absent, null or blank. */
static const char *
member(const struct json_object *credentials, const char *key,
    struct arena *arena)
{
	struct json_object *value = NULL;
	const char *text;

	if (!json_object_object_get_ex(credentials, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	text = json_object_get_string(value);
	return text[strspn(text, " ")] != '\0' ? arena_text(arena, text) :
	    NULL;
}

static int
read_credentials(struct provider_account *account,
    const struct json_object *credentials, struct failure *why)
{
	struct arena *arena = account->arena;

	account->keys = (struct aws_keys){
		.id = member(credentials, "access_key_id", arena),
		.secret = member(credentials, "secret_access_key", arena),
		.token = member(credentials, "session_token", arena),
	};
	account->role = member(credentials, "role_arn", arena);
	account->external_id = member(credentials, "external_id", arena);
	account->region = member(credentials, "region", arena);
	if (account->region == NULL)
		account->region = "us-east-1";
	/* credentials_check has seen to this: it is ours if it is not so. */
	if (account->keys.id == NULL || account->keys.secret == NULL)
		return fail(why, FAULT_INTERNAL, "credentials: incomplete");
	return check_region(account->region, why);
}

static int
make_client(struct provider_account *account,
    const struct provider_context *context, struct failure *why)
{
	const char *endpoint = context->aws_endpoint_url;
	struct client_options options = {
		.ca_bundle = context->aws_ca_bundle,
		.connect_time = 5000,
		.silence_time = 20000,
		.total_time = 60000,
		.repeats = 2,
	};

	if (endpoint != NULL) {
		options.plain = strncmp(endpoint, "http://", 7) == 0;
		if (!options.plain && strncmp(endpoint, "https://", 8) != 0)
			return fail(why, FAULT_INTERNAL,
			    "AWS_ENDPOINT_URL is no http or https address");
		account->endpoint = arena_printf(account->arena, "%s%s",
		    endpoint, endpoint[strlen(endpoint) - 1] == '/' ? "" :
		    "/");
	}
	account->client = client_new(&options);
	return 0;
}

static void
aws_close(struct provider_account *account)
{
	client_free(account->client);
	arena_free(account->role_arena);
	arena_free(account->arena);
	free(account);
}

DEFINE_RELEASE(account_release, struct provider_account *, aws_close)

static int
aws_open(const struct provider_context *context,
    const struct json_object *credentials, struct provider_account **result,
    struct failure *why)
{
	SCOPED(account_release) struct provider_account *account =
	    calloc(1, sizeof(*account));

	if (account == NULL)
		abort();
	account->results = context->arena;
	account->arena = arena_new(ANSWER_ARENA);
	/* Who looks at the role's use in CloudTrail sees which account. */
	account->session = context->account_id == NULL ? "diurnal" :
	    arena_printf(account->arena, "diurnal-%.50s",
	    context->account_id);
	if (read_credentials(account, credentials, why) != 0 ||
	    make_client(account, context, why) != 0)
		return -1;
	*result = take(account);
	return 0;
}

static int
aws_check(struct provider_account *account, const char **identity,
    struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ANSWER_ARENA);
	struct call call = call_new(SERVICE_STS, account->region,
	    "GetCallerIdentity", arena);
	struct client_answer answer;
	const char *arn;

	if (make_call(account, &call, ANSWER_BYTES, arena, &answer, why) != 0)
		return -1;
	if (aws_xml_identity(answer.body, answer.length, arena, &arn,
	    why) != 0)
		return fail_garbage(&call, why);
	if (identity != NULL)
		*identity = arena_text(account->results, arn);
	return 0;
}

static int
aws_regions(struct provider_account *account,
    const char *const **regions, size_t *nregions, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ANSWER_ARENA);
	struct call call = call_new(SERVICE_EC2, account->region,
	    "DescribeRegions", arena);
	struct client_answer answer;
	struct aws_texts found;
	const char **codes;

	if (make_call(account, &call, ANSWER_BYTES, arena, &answer, why) != 0)
		return -1;
	if (aws_xml_regions(answer.body, answer.length, arena, &found,
	    why) != 0)
		return fail_garbage(&call, why);
	codes = arena_array(account->results, found.ntexts, sizeof(*codes));
	for (size_t i = 0; i < found.ntexts; i++) {
		if (check_region(found.texts[i], why) != 0) {
			why->fault = FAULT_INVALID;
			return fail_garbage(&call, why);
		}
		codes[i] = arena_text(account->results, found.texts[i]);
	}
	*regions = codes;
	*nregions = found.ntexts;
	return 0;
}

/*
 * Where discovery is in the pages of a region.  A token is remembered at
 * every page whose number is a power of two, and each later one is compared
 * with it: so going in circles of any length is noticed (Brent, 1980).
 */
struct paging {
	char token[AWS_VALUE_BYTES + 1];       /* of the next; "": none */
	char mark[AWS_VALUE_BYTES + 1];
	unsigned pages;
	int64_t until;                 /* clock_monotonic() */
};

static int
turn_page(struct paging *paging, const char *token, struct failure *why)
{
	unsigned pages = ++paging->pages;

	if (token == NULL) {
		paging->token[0] = '\0';
		return 0;
	}
	if (pages >= PAGES || text_is(token, paging->mark))
		return fail(why, FAULT_INVALID,
		    "the list of machines does not end");
	if (clock_monotonic() >= paging->until)
		return fail(why, FAULT_BUSY,
		    "the list of machines comes too slowly");
	memcpy(paging->token, token, strlen(token) + 1);
	if ((pages & (pages - 1)) == 0)
		memcpy(paging->mark, token, strlen(token) + 1);
	return 0;
}

static int
discover_page(struct provider_account *account, const char *region,
    struct paging *paging, const struct sighting_sink *sink,
    struct arena *arena, struct failure *why)
{
	struct call call = call_new(SERVICE_EC2, region, "DescribeInstances",
	    arena);
	struct client_answer answer;
	struct aws_page page;

	form_add(&call.form, "MaxResults", PAGE_SIZE);
	if (paging->token[0] != '\0')
		form_add(&call.form, "NextToken", paging->token);
	if (make_call(account, &call, PAGE_BYTES, arena, &answer, why) != 0)
		return -1;
	if (aws_xml_page(answer.body, answer.length, region, arena, &page,
	    why) != 0)
		return fail_garbage(&call, why);
	if (turn_page(paging, page.next_token, why) != 0)
		return fail_garbage(&call, why);
	for (const struct aws_found *at = page.first; at != NULL;
	    at = at->next)
		if (sink->put(sink->context, &at->sighting, why) != 0)
			return -1;
	return 0;
}

static int
aws_discover(struct provider_account *account, const char *region,
    const struct sighting_sink *sink, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(PAGE_ARENA);
	struct paging paging = {
		.until = clock_monotonic() + clock_patience(PAGES_TIME),
	};

	if (check_region(region, why) != 0)
		return -1;
	do {
		arena_reset(arena);
		if (discover_page(account, region, &paging, sink, arena,
		    why) != 0)
			return -1;
	} while (paging.token[0] != '\0');
	return 0;
}

static bool
holds(const struct aws_texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->ntexts; i++)
		if (text_is(texts->texts[i], text))
			return true;
	return false;
}

static const char *const commands[ACTION_COUNT] = {
	[ACTION_START] = "StartInstances",
	[ACTION_STOP] = "StopInstances",
};

/*
 * The token is not used.  Starting what runs and stopping what is stopped is
 * neither an error nor a change, so these two need none to be safe to repeat
 * (EC2 Developer Guide, "Ensuring idempotency").
 */
static int
aws_command(struct provider_account *account, enum action action,
    const char *region, const char *const *ids, size_t nids,
    const char *token, struct outcome *outcomes, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ANSWER_ARENA);
	struct call call = call_new(SERVICE_EC2, region, commands[action],
	    arena);
	struct client_answer answer;
	struct aws_texts changed;

	(void)token;
	assert(nids >= 1 && nids <= BATCH);
	call.command = true;
	for (size_t i = 0; i < nids; i++)
		form_add(&call.form, arena_printf(arena, "InstanceId.%zu",
		    i + 1), ids[i]);
	if (check_region(region, why) != 0 ||
	    make_call(account, &call, ANSWER_BYTES, arena, &answer, why) != 0)
		return -1;
	if (aws_xml_changes(answer.body, answer.length, arena, &changed,
	    why) != 0)
		return fail_garbage(&call, why);
	for (size_t i = 0; i < nids; i++) {
		outcomes[i] = (struct outcome){ 0 };
		if (!holds(&changed, ids[i]))
			fail(&outcomes[i].failure, FAULT_UNCERTAIN,
			    "EC2 in %s does not mention it", region);
	}
	return 0;
}

const struct provider aws_provider = {
	.entry = &catalogue_aws,
	.batch = BATCH,
	.patience = 15 * CLOCK_MINUTE,
	.open = aws_open,
	.close = aws_close,
	.check = aws_check,
	.regions = aws_regions,
	.discover = aws_discover,
	.command = aws_command,
};
