/*
 * Migrations: the files migrations/NNNN_name.sql, compiled in, applied forward
 * only and in order, each in a transaction of its own together with its row
 * in schema_migrations (version, name, sha256, applied_at, applied_by), all
 * under one advisory lock.
 */
#ifndef DB_MIGRATION_H
#define DB_MIGRATION_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"

struct config;
struct session;

struct migration {
	int64_t version;               /* 1, 2, 3 ... without gaps */
	const char *name;              /* "0001_foundation" */
	const char *sql;
	const char *sha256;            /* hex, of the file's bytes */
};

/* All that this build knows (migrations/ through build-aux/embed). */
extern const struct migration migrations[];
extern const size_t migrations_count;

enum migration_state {
	MIGRATION_APPLIED,
	MIGRATION_PENDING,
	MIGRATION_CHANGED,             /* applied, with another checksum */
	MIGRATION_UNKNOWN,             /* applied, but not in this build */
	MIGRATION_STATE_COUNT
};

struct migration_status {
	int64_t version;
	const char *name;
	enum migration_state state;
	const char *applied_at;        /* NULL if pending */
};

/* Every migration known here or applied there, by version. */
int migration_status(const struct config *config, struct arena *arena,
    struct migration_status **status, size_t *count, struct failure *why);

/*
 * Apply what is pending; ${applied} counts them.  Refuses (FAULT_CONFLICT),
 * before it changes anything, when the database is ahead of this build or an
 * applied file's checksum differs.  A migration that fails leaves no trace
 * and names itself in the failure.
 */
int migration_apply(const struct config *config, size_t *applied,
    struct failure *why);

/*
 * Is the database exactly at this build's version?  FAULT_CONFLICT with one
 * clear line otherwise: "database is at version 3, this program needs 4: run
 * diurnalctl migrate", "... is newer than this program: upgrade it".
 */
int migration_check(struct session *session, struct failure *why);

const char *migration_state_name(enum migration_state state);

#endif
