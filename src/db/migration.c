#include "db/migration.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "db/lock.h"
#include "db/session.h"
#include "src/db/migration_sql.h"
#include "src/db/transaction.h"

#define STATUS_BYTES ((size_t)4 << 20)
#define NUMBER_BYTES 24

/* Two programs that migrate when they start may well start together. */
#define PATIENCE (5 * CLOCK_SECOND)

/* A row of the book. */
struct entry {
	int64_t version;
	const char *name, *sha256, *applied_at;
};

static const struct column entry_columns[] = {
	COLUMN(struct entry, version),
	COLUMN(struct entry, name),
	COLUMN(struct entry, sha256),
	COLUMN(struct entry, applied_at),
};

struct book {
	struct entry *entries;
	size_t count;
};

/* The login roles read it, to see whether the database fits them. */
static const char make_book[] =
	"create schema diurnal_meta;\n"
	"create table diurnal_meta.schema_migrations (\n"
	"  version bigint primary key,\n"
	"  name text not null,\n"
	"  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),\n"
	"  applied_at timestamptz not null default clock_timestamp(),\n"
	"  applied_by text not null default session_user\n"
	");\n"
	"grant usage on schema diurnal_meta\n"
	"  to diurnal_api, diurnal_reconcile, diurnal_deliver;\n"
	"grant select on diurnal_meta.schema_migrations\n"
	"  to diurnal_api, diurnal_reconcile, diurnal_deliver;\n";

/* Rather give up than make every statement queue behind a lock we wait for. */
static const char bound_lock_waits[] = "set local lock_timeout = '15s'";

static const char *const state_names[MIGRATION_STATE_COUNT] = {
	[MIGRATION_APPLIED] = "applied",
	[MIGRATION_PENDING] = "pending",
	[MIGRATION_CHANGED] = "changed",
	[MIGRATION_UNKNOWN] = "unknown",
};

const char *
migration_state_name(enum migration_state state)
{
	return state >= 0 && state < MIGRATION_STATE_COUNT ?
	    state_names[state] : "unknown";
}

/* As the owner, whoever signs in; diurnal_owner itself cannot. */
static int
open_as_owner(const struct config *config, struct session **session,
    struct failure *why)
{
	const struct session_options options = {
		.application_name = "diurnalctl",
		.role = "diurnal_owner",
		.administrator = true,
	};

	return session_open(config, &options, session, why);
}

static int
is_there(struct session *session, bool *there, struct failure *why)
{
	struct statement look = { .query = &migration_book_query };

	if (session_run(session, &look, 1, true, why) != 0)
		return -1;
	*there = text_is(rows_text(look.rows, 0, "is_there"), "t");
	statements_free(&look, 1);
	return 0;
}

static int
entries_read(const struct rows *rows, struct arena *arena, struct book *book,
    struct failure *why)
{
	size_t count = rows_count(rows);
	struct entry *entries;

	if (count > arena_left(arena) / sizeof(*entries) / 2)
		return fail(why, FAULT_INTERNAL, "%zu migrations in the "
		    "database", count);
	entries = arena_array(arena, count, sizeof(*entries));
	for (size_t i = 0; i < count; i++) {
		if (row_read(rows, i, entry_columns, COUNT_OF(entry_columns),
		    &entries[i], arena, why) != 0)
			return fail_doing(why, "schema_migrations");
	}
	*book = (struct book){ .entries = entries, .count = count };
	return 0;
}

/* What was applied, by version; ${book} stays as it is if there is none yet. */
static int
book_read(struct session *session, struct arena *arena, struct book *book,
    struct failure *why)
{
	struct statement read = { .query = &migration_applied_query };
	bool there = false;
	int result;

	if (is_there(session, &there, why) != 0)
		return -1;
	if (!there)
		return 0;
	if (session_run(session, &read, 1, true, why) != 0)
		return -1;
	result = entries_read(read.rows, arena, book, why);
	statements_free(&read, 1);
	return result;
}

static struct migration_status
pending(const struct migration *migration)
{
	return (struct migration_status){
		.version = migration->version, .name = migration->name,
		.state = MIGRATION_PENDING,
	};
}

/* Versions have no gaps, so each says where its migration is. */
static struct migration_status
applied(const struct entry *entry)
{
	enum migration_state state = MIGRATION_UNKNOWN;

	if (entry->version >= 1 && entry->version <= (int64_t)migrations_count)
		state = text_is(entry->sha256,
		    migrations[entry->version - 1].sha256) ?
		    MIGRATION_APPLIED : MIGRATION_CHANGED;
	return (struct migration_status){
		.version = entry->version, .name = entry->name,
		.state = state, .applied_at = entry->applied_at,
	};
}

/* Merge the two lists, each in the order of versions; returns the count. */
static size_t
merge(const struct book *book, struct arena *arena,
    struct migration_status **status)
{
	size_t known = 0, count = 0;
	struct migration_status *merged = arena_array(arena,
	    migrations_count + book->count, sizeof(*merged));

	for (size_t i = 0; i < book->count; i++) {
		while (known < migrations_count &&
		    migrations[known].version < book->entries[i].version)
			merged[count++] = pending(&migrations[known++]);
		if (known < migrations_count &&
		    migrations[known].version == book->entries[i].version)
			known++;
		merged[count++] = applied(&book->entries[i]);
	}
	while (known < migrations_count)
		merged[count++] = pending(&migrations[known++]);
	*status = merged;
	return count;
}

static int
status_read(struct session *session, struct arena *arena,
    struct migration_status **status, size_t *count, struct failure *why)
{
	struct book book = { .entries = NULL };

	if (book_read(session, arena, &book, why) != 0)
		return -1;
	*count = merge(&book, arena, status);
	return 0;
}

int
migration_status(const struct config *config, struct arena *arena,
    struct migration_status **status, size_t *count, struct failure *why)
{
	SCOPED(session_release) struct session *session = NULL;

	if (open_as_owner(config, &session, why) != 0)
		return -1;
	return status_read(session, arena, status, count, why);
}

static int64_t
version_applied(const struct migration_status *status, size_t count)
{
	int64_t version = 0;

	for (size_t i = 0; i < count; i++) {
		if (status[i].state != MIGRATION_PENDING)
			version = status[i].version;
	}
	return version;
}

/* What neither a migration nor time will mend. */
static int
refuse_strange(const struct migration_status *status, size_t count,
    struct failure *why)
{
	int64_t version = version_applied(status, count);

	for (size_t i = 0; i < count; i++) {
		if (status[i].state == MIGRATION_UNKNOWN)
			return fail(why, FAULT_CONFLICT, "database is at "
			    "version %" PRId64 ", which is newer than this "
			    "program (%zu): upgrade it", version,
			    migrations_count);
		if (status[i].state == MIGRATION_CHANGED)
			return fail(why, FAULT_CONFLICT, "migration %s is not "
			    "the one that was applied on %s: its checksum "
			    "differs", status[i].name, status[i].applied_at);
		if (status[i].state == MIGRATION_PENDING &&
		    status[i].version < version)
			return fail(why, FAULT_CONFLICT, "migration %s was "
			    "never applied, but later ones were",
			    status[i].name);
	}
	return 0;
}

int
migration_check(struct session *session, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(STATUS_BYTES);
	struct migration_status *status;
	size_t count;
	int64_t version;

	if (status_read(session, arena, &status, &count, why) != 0 ||
	    refuse_strange(status, count, why) != 0)
		return -1;
	version = version_applied(status, count);
	if (version != (int64_t)migrations_count)
		return fail(why, FAULT_CONFLICT, "database is at version "
		    "%" PRId64 ", this program needs %zu: run diurnalctl "
		    "migrate", version, migrations_count);
	return 0;
}

static int
book_make(struct session *session, struct failure *why)
{
	bool there = false;

	if (is_there(session, &there, why) != 0)
		return -1;
	if (there)
		return 0;
	if (session_begin(session, NULL, 0, why) != 0 ||
	    session_script(session, make_book, why) != 0 ||
	    session_commit(session, NULL, 0, why) != 0)
		return fail_doing(why, "schema_migrations");
	return 0;
}

static int
apply_one(struct session *session, uint64_t generation,
    const struct migration *migration, struct failure *why)
{
	char version[NUMBER_BYTES];
	struct statement record = {
		.query = &migration_record_query,
		BINDS({ "version", version }, { "name", migration->name },
		    { "sha256", migration->sha256 }),
	};

	snprintf(version, sizeof(version), "%" PRId64, migration->version);
	if (session_begin(session, NULL, 0, why) != 0)
		return -1;
	/* The lock is the connection's, and so is gone with it. */
	if (session_generation(session) != generation)
		return fail(why, FAULT_BUSY, "the connection to the database "
		    "was lost");
	if (session_script(session, bound_lock_waits, why) != 0 ||
	    session_script(session, migration->sql, why) != 0 ||
	    session_commit(session, &record, 1, why) != 0)
		return -1;
	statements_free(&record, 1);
	return 0;
}

static int
apply_pending(struct session *session, uint64_t generation,
    const struct migration_status *status, size_t count, size_t *applied,
    struct failure *why)
{
	size_t done = 0;

	for (size_t i = 0; i < count; i++) {
		if (status[i].state != MIGRATION_PENDING)
			continue;
		if (apply_one(session, generation,
		    &migrations[status[i].version - 1], why) != 0)
			return fail_doing(why, "migration %s", status[i].name);
		done++;
	}
	*applied = done;
	return 0;
}

int
migration_apply(const struct config *config, size_t *applied,
    struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(STATUS_BYTES);
	SCOPED(session_release) struct session *session = NULL;
	struct migration_status *status;
	uint64_t generation;
	size_t count;

	if (open_as_owner(config, &session, why) != 0 ||
	    lock_seize(session, LOCK_MIGRATION, PATIENCE, why) != 0)
		return -1;
	generation = session_generation(session);
	if (status_read(session, arena, &status, &count, why) != 0 ||
	    refuse_strange(status, count, why) != 0 ||
	    book_make(session, why) != 0)
		return -1;
	return apply_pending(session, generation, status, count, applied, why);
}
