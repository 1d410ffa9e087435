#include "src/provider/demo.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "db/session.h"
#include "src/provider/demo_sql.h"

#define PAGE 1000
#define NUMBER_BYTES 24

struct provider_account {
	struct provider_context context;
	int64_t machines, failure_percent, throttle_percent;
	int64_t delay_seconds, settle_seconds;
};

static const struct {
	const char *key;
	int64_t low, high, fallback;
	size_t offset;
} numbers[] = {
#define OFFSET(member) offsetof(struct provider_account, member)
	{ "machines", 1, 200000, 30, OFFSET(machines) },
	{ "failure_percent", 0, 100, 0, OFFSET(failure_percent) },
	{ "throttle_percent", 0, 100, 0, OFFSET(throttle_percent) },
	{ "delay_seconds", 0, 300, 0, OFFSET(delay_seconds) },
	{ "settle_seconds", 0, 3600, 3, OFFSET(settle_seconds) },
};

static int
demo_open(const struct provider_context *context,
    const struct json_object *credentials, struct provider_account **account,
    struct failure *why)
{
	struct provider_account *new = arena_alloc(context->arena,
	    sizeof(*new));

	new->context = *context;
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		int64_t *number = (int64_t *)((char *)new +
		    numbers[i].offset);
		struct json_object *value = NULL;
		const char *text;

		*number = numbers[i].fallback;
		json_object_object_get_ex(credentials, numbers[i].key, &value);
		text = value == NULL ? "" : json_object_get_string(value);
		if (*text != '\0' && text_to_int64(text, numbers[i].low,
		    numbers[i].high, number) != 0) {
			why->field = numbers[i].key;
			return fail(why, FAULT_REFUSED,
			    "credentials: %s is not a number from %lld to "
			    "%lld", numbers[i].key, (long long)numbers[i].low,
			    (long long)numbers[i].high);
		}
	}
	*account = new;
	return 0;
}

static void
demo_close(struct provider_account *account)
{
	(void)account;                 /* it is its arena's */
}

static void
dawdle(const struct provider_account *account)
{
	struct timespec rest = { .tv_sec = (time_t)account->delay_seconds };

	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		continue;
}

/* A number below 100 that depends on nothing but ${what} and ${when}. */
static int64_t
chance(const char *what, int64_t when)
{
	unsigned char hash[HASH_BYTES];
	char text[160];
	int length = snprintf(text, sizeof(text), "%s %lld", what,
	    (long long)when);

	assert(length > 0 && (size_t)length < sizeof(text));
	hash_sha256(bytes_of(text, (size_t)length), hash);
	return (hash[0] << 8 | hash[1]) % 100;
}

static int
demo_check(struct provider_account *account, const char **identity,
    struct failure *why)
{
	(void)why;
	dawdle(account);
	*identity = arena_printf(account->context.arena,
	    "demo cloud of %lld machines", (long long)account->machines);
	return 0;
}

static int
demo_regions(struct provider_account *account, const char *const **regions,
    size_t *nregions, struct failure *why)
{
	const struct provider_entry *entry = demo_provider.entry;
	const char **list = arena_array(account->context.arena,
	    entry->nregions, sizeof(*list));

	(void)why;
	for (size_t i = 0; i < entry->nregions; i++)
		list[i] = entry->regions[i].code;
	*regions = list;
	*nregions = entry->nregions;
	return 0;
}

static int
find_region(const char *region, size_t *share, struct failure *why)
{
	const struct provider_entry *entry = demo_provider.entry;

	for (size_t i = 0; i < entry->nregions; i++)
		if (text_is(entry->regions[i].code, region)) {
			*share = i;
			return 0;
		}
	return fail(why, FAULT_REFUSED, "there is no region %.64s", region);
}

static int
create(struct provider_account *account, const char *region,
    struct failure *why)
{
	const struct provider_context *context = &account->context;
	char machines[NUMBER_BYTES], share[NUMBER_BYTES], regions[NUMBER_BYTES];
	struct statement statement;
	size_t at = 0;

	if (find_region(region, &at, why) != 0)
		return -1;
	snprintf(machines, sizeof(machines), "%lld",
	    (long long)account->machines);
	snprintf(share, sizeof(share), "%zu", at);
	snprintf(regions, sizeof(regions), "%zu",
	    demo_provider.entry->nregions);
	statement = (struct statement){ .query = &demo_create, BINDS(
	    { "organization", context->organization_id },
	    { "account", context->account_id }, { "region", region },
	    { "machines", machines }, { "regions", regions },
	    { "share", share }) };
	if (session_run(context->session, &statement, 1, true, why) != 0)
		return -1;
	rows_free(statement.rows);
	return 0;
}

/* What the clouds call it on the way. */
static const char *
state_word(enum resource_state state, bool passing)
{
	if (state == STATE_RUNNING)
		return passing ? "starting" : "running";
	return passing ? "stopping" : "stopped";
}

static int
hand_over(const struct rows *rows, size_t row, const char *region,
    const struct sighting_sink *sink, struct failure *why)
{
	const char *passing = rows_text(rows, row, "passing");
	struct sighting sighting = {
		.id = rows_text(rows, row, "id"),
		.name = rows_text(rows, row, "name"),
		.region = region,
		.type = rows_text(rows, row, "instance_type"),
		.state = text_is(rows_text(rows, row, "state"), "running") ?
		    STATE_RUNNING : STATE_STOPPED,
		.passing = passing != NULL && *passing == 't',
		.hands_off = rows_text(rows, row, "hands_off"),
		.tags = rows_text(rows, row, "tags"),
	};

	sighting.provider_state = state_word(sighting.state,
	    sighting.passing);
	return sink->put(sink->context, &sighting, why);
}

/* Read the page behind ${after}, and put its last id there. */
static int
discover_page(struct provider_account *account, const char *region,
    char after[64], size_t *count, const struct sighting_sink *sink,
    struct failure *why)
{
	const struct provider_context *context = &account->context;
	SCOPED(rows_release) struct rows *rows = NULL;
	char now[CLOCK_TEXT_BYTES], most[NUMBER_BYTES];
	struct statement statement = { .query = &demo_page, BINDS(
	    { "organization", context->organization_id },
	    { "account", context->account_id }, { "region", region },
	    { "now", now }, { "after", after }, { "most", most }) };

	clock_format(context->now, now);
	snprintf(most, sizeof(most), "%d", PAGE);
	if (session_run(context->session, &statement, 1, true, why) != 0)
		return -1;
	rows = statement.rows;
	*count = rows_count(rows);
	for (size_t i = 0; i < *count; i++)
		if (hand_over(rows, i, region, sink, why) != 0)
			return -1;
	if (*count > 0)
		snprintf(after, 64, "%s", rows_text(rows, *count - 1, "id"));
	return 0;
}

static int
demo_discover(struct provider_account *account, const char *region,
    const struct sighting_sink *sink, struct failure *why)
{
	char after[64] = "";
	size_t count;

	dawdle(account);
	if (create(account, region, why) != 0)
		return -1;
	do {
		if (discover_page(account, region, after, &count, sink,
		    why) != 0)
			return -1;
	} while (count == PAGE);
	return 0;
}

/* A JSON array of ${ids}. */
static const char *
ids_text(const char *const *ids, size_t nids, struct arena *arena)
{
	struct text text = { .arena = arena };

	for (size_t i = 0; i < nids; i++) {
		text_add_text(&text, i == 0 ? "[" : ",");
		text_add_json(&text, ids[i]);
	}
	text_add_text(&text, "]");
	return text_get(&text);
}

/* Fails with FAULT_REFUSED if one of the machines will not follow. */
static int
ask(const struct provider_account *account, const char *region,
    const char *const *ids, size_t nids, const char *list,
    struct failure *why)
{
	const struct provider_context *context = &account->context;
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = &demo_unable, BINDS(
	    { "organization", context->organization_id },
	    { "account", context->account_id }, { "region", region },
	    { "ids", list }) };

	for (size_t i = 0; i < nids; i++)
		if (chance(ids[i], context->now) < account->failure_percent)
			return fail(why, FAULT_REFUSED,
			    "%.64s: it does not feel like it", ids[i]);
	if (session_run(context->session, &statement, 1, true, why) != 0)
		return -1;
	rows = statement.rows;
	if (rows_count(rows) > 0)
		return fail(why, FAULT_REFUSED, "%.64s: %s",
		    rows_text(rows, 0, "id"), rows_text(rows, 0, "reason"));
	return 0;
}

static int
obey(const struct provider_account *account, enum action action,
    const char *list, const char *token, struct failure *why)
{
	const struct provider_context *context = &account->context;
	const char *target = action == ACTION_START ? "running" : "stopped";
	char now[CLOCK_TEXT_BYTES], settle[NUMBER_BYTES];
	struct statement statements[] = {
		{ .query = &demo_obey, BINDS(
		    { "organization", context->organization_id },
		    { "account", context->account_id }, { "ids", list },
		    { "now", now }, { "settle", settle },
		    { "target", target }) },
		{ .query = &demo_remember, BINDS(
		    { "organization", context->organization_id },
		    { "account", context->account_id }, { "ids", list },
		    { "now", now }, { "action", action_name(action) },
		    { "token", token }) },
		{ .query = &demo_forget, BINDS({ "now", now }) },
	};

	clock_format(context->now, now);
	snprintf(settle, sizeof(settle), "%lld",
	    (long long)account->settle_seconds);
	if (session_run(context->session, statements, COUNT_OF(statements),
	    false, why) != 0)
		return -1;
	statements_free(statements, COUNT_OF(statements));
	return 0;
}

static int
demo_command(struct provider_account *account, enum action action,
    const char *region, const char *const *ids, size_t nids,
    const char *token, struct outcome *outcomes, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);
	const char *list = ids_text(ids, nids, arena);

	assert(nids > 0 && nids <= demo_provider.batch);
	dawdle(account);
	if (chance(token, account->context.now) < account->throttle_percent)
		return fail(why, FAULT_BUSY,
		    "RequestLimitExceeded: too many commands");
	if (ask(account, region, ids, nids, list, why) != 0 ||
	    obey(account, action, list, token, why) != 0)
		return -1;
	for (size_t i = 0; i < nids; i++)
		outcomes[i] = (struct outcome){ 0 };
	return 0;
}

const struct provider demo_provider = {
	.entry = &catalogue_demo,
	.batch = 50,
	.patience = 5 * CLOCK_MINUTE,
	.open = demo_open,
	.close = demo_close,
	.check = demo_check,
	.regions = demo_regions,
	.discover = demo_discover,
	.command = demo_command,
};
