#include "src/reconcile/refresh.h"

#include <json-c/json.h>
#include <string.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "db/session.h"
#include "schedule/windows.h"
#include "src/reconcile/epoch.h"
#include "src/reconcile/refresh_sql.h"

/* The horizon, around the present. */
#define BEHIND CLOCK_DAY
#define AHEAD  (15 * CLOCK_DAY)

/* One for every other minute is the most that cron can say, and in sixteen
 * days that is 11,520. */
#define WINDOWS_MOST 12000

/* Written at once: so many policies, or so many bytes. */
#define BATCH_MOST "200"
#define BATCH_BYTES ((size_t)4 << 20)

/* One policy: its schedule, its windows, and their text. */
#define POLICY_BYTES (SCHEDULE_BYTES + WINDOWS_BYTES(WINDOWS_MOST) +         \
	((size_t)8 << 20))

struct policy {
	const char *organization_id, *id;
	const char *timezone, *schedule_type, *schedule;
};

static const struct column columns[] = {
	COLUMN(struct policy, organization_id),
	COLUMN(struct policy, id),
	COLUMN(struct policy, timezone),
	COLUMN(struct policy, schedule_type),
	COLUMN_OR_NULL(struct policy, schedule),
};

struct batch {
	const struct errand *errand;
	struct session *session;
	int64_t from, to;
	struct arena *arena;           /* one policy */
	struct text computed;          /* JSON */
	struct refreshment done;
};

static void
json_release(struct json_object **object)
{
	json_object_put(*object);
}

/* {"Europe/Berlin": FINGERPRINT, ...} of all zones in use, as they are now. */
static int
fingerprints(struct session *session, struct text *list, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ZONE_BYTES);
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = &refresh_zones };

	if (session_run(session, &statement, 1, true, why) != 0)
		return -1;
	rows = statement.rows;
	text_add_text(list, "{");
	for (size_t i = 0; i < rows_count(rows); i++) {
		const char *name = rows_text(rows, i, "timezone");
		const struct zone *zone = NULL;
		struct failure none = { 0 };

		arena_reset(arena);
		text_add_text(list, i == 0 ? "" : ",");
		text_add_json(list, name);
		text_add_text(list, ":");
		text_add_json(list, zone_open(name, arena, &zone, &none) == 0 ?
		    zone_fingerprint(zone) : "");
	}
	text_add_text(list, "}");
	return 0;
}

static void
add_end(struct text *text, int64_t when)
{
	char stamp[CLOCK_TEXT_BYTES];

	if (when <= CLOCK_MIN || when >= CLOCK_MAX)
		return;                /* never: an open end */
	clock_format(when, stamp);
	text_add_text(text, stamp);
}

/* {[2026-03-02T08:00:00.000000Z,2026-03-02T17:00:00.000000Z)} */
static const char *
multirange(const struct windows *windows, struct arena *arena)
{
	struct text text = { .arena = arena };

	text_add_text(&text, "{");
	for (size_t i = 0; i < windows->count; i++) {
		text_add_text(&text, i == 0 ? "[" : ",[");
		add_end(&text, windows->list[i].start);
		text_add_text(&text, ",");
		add_end(&text, windows->list[i].end);
		text_add_text(&text, ")");
	}
	text_add_text(&text, "}");
	return text_get(&text);
}

static int
compute(const struct batch *batch, const struct policy *policy,
    const struct zone *zone, const char **running, struct failure *why)
{
	SCOPED(json_release) struct json_object *object = NULL;
	struct schedule schedule;
	struct windows windows;
	enum schedule_type type;

	if (policy->schedule == NULL)
		return fail(why, FAULT_INVALID, "the schedule is too long");
	object = json_tokener_parse(policy->schedule);
	if (schedule_type_from(policy->schedule_type, &type, why) != 0 ||
	    schedule_parse(type, object, batch->arena, &schedule, why) != 0 ||
	    windows_between(&schedule, zone, batch->from, batch->to,
	    WINDOWS_MOST, batch->arena, &windows, why) != 0)
		return -1;
	*running = multirange(&windows, batch->arena);
	return 0;
}

static void
add_member(struct text *text, const char *name, const char *value)
{
	text_add_format(text, ",\"%s\":", name);
	if (value == NULL)
		text_add_text(text, "null");
	else
		text_add_json(text, value);
}

static void
add_policy(struct batch *batch, const struct policy *policy,
    const char *fingerprint, const char *running, const char *error)
{
	struct text *text = &batch->computed;

	text_add_text(text, text->length == 0 ? "[" : ",");
	text_add_text(text, "{\"schedule\":");
	text_add_text(text, policy->schedule == NULL ? "null" :
	    policy->schedule);
	add_member(text, "organization", policy->organization_id);
	add_member(text, "policy", policy->id);
	add_member(text, "timezone", policy->timezone);
	add_member(text, "type", policy->schedule_type);
	add_member(text, "fingerprint", fingerprint);
	add_member(text, "running", running);
	add_member(text, "error", error);
	text_add_text(text, "}");
}

static int
store(struct batch *batch, struct failure *why)
{
	char from[CLOCK_TEXT_BYTES], to[CLOCK_TEXT_BYTES];
	struct statement statement;

	if (batch->computed.length == 0)
		return 0;
	text_add_text(&batch->computed, "]");
	clock_format(batch->from, from);
	clock_format(batch->to, to);
	statement = (struct statement){ .query = &refresh_store, BINDS(
	    { "computed", text_get(&batch->computed) },
	    { "from", from }, { "to", to },
	    { "now", batch->errand->now_text }) };
	FAULT_POINT("refresh.before_store");
	if (epoch_run(batch->errand->epoch, batch->session, &statement, 1,
	    false, why) != 0)
		return -1;
	FAULT_POINT("refresh.stored");
	rows_free(statement.rows);
	batch->computed.length = 0;
	return 0;
}

static int
renew(struct batch *batch, const struct policy *policy, struct failure *why)
{
	SCOPED(arena_release) struct arena *zones = arena_new(ZONE_BYTES);
	const struct zone *zone = NULL;
	const char *running = "{}";
	struct failure flaw = { 0 };

	if (zone_open(policy->timezone, zones, &zone, &flaw) != 0 ||
	    compute(batch, policy, zone, &running, &flaw) != 0) {
		batch->done.failures++;
		LOG(LOG_WARNING, "policy without windows",
		    LOG_TEXT("policy", policy->id),
		    LOG_TEXT("reason", flaw.detail));
	}
	batch->done.computed++;
	add_policy(batch, policy, zone == NULL ? "" : zone_fingerprint(zone),
	    running, flaw.fault == FAULT_NONE ? NULL : flaw.detail);
	return batch->computed.length < BATCH_BYTES ? 0 : store(batch, why);
}

/* Renew some of what is stale; ${count} becomes how many. */
static int
renew_some(struct batch *batch, const char *zones, size_t *count,
    struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	struct statement statement = { .query = &refresh_stale, BINDS(
	    { "zones", zones }, { "now", batch->errand->now_text },
	    { "most", BATCH_MOST }) };

	if (session_run(batch->session, &statement, 1, true, why) != 0)
		return -1;
	rows = statement.rows;
	*count = rows_count(rows);
	for (size_t i = 0; i < *count; i++) {
		struct policy policy = { 0 };

		arena_reset(batch->arena);
		if (row_read(rows, i, columns, COUNT_OF(columns), &policy,
		    batch->arena, why) != 0 || renew(batch, &policy, why) != 0)
			return -1;
	}
	return store(batch, why);
}

int
refresh(const struct errand *errand, struct session *session,
    struct refreshment *refreshment, struct failure *why)
{
	SCOPED(arena_release) struct arena *lists = arena_new(
	    8 * BATCH_BYTES);
	SCOPED(arena_release) struct arena *arena = arena_new(POLICY_BYTES);
	struct batch batch = { .errand = errand, .session = session,
	    .from = errand->now - BEHIND, .to = errand->now + AHEAD,
	    .arena = arena, .computed = { .arena = lists } };
	struct text zones = { .arena = lists };
	size_t count;

	/* Each round looks at the zones again: tzdata may be being upgraded. */
	do {
		zones.length = 0;
		if (fingerprints(session, &zones, why) != 0 ||
		    renew_some(&batch, text_get(&zones), &count, why) != 0)
			return -1;
	} while (count > 0);
	*refreshment = batch.done;
	return 0;
}
