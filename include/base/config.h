/*
 * Configuration: one table of settings (src/base/config.c) says of each its
 * name, kind, default, bounds, whether it is secret, which programs read it
 * and one line of help.  Values come, first hit wins, from
 *
 *	the environment variable NAME,
 *	the file named by NAME_FILE (one trailing newline is dropped),
 *	the systemd credential NAME ($CREDENTIALS_DIRECTORY/NAME),
 *	the default.
 *
 * An empty value counts as absent.  /etc/diurnal/diurnal.env becomes the
 * environment through the unit's EnvironmentFile=; diurnalctl reads it itself
 * (config_read_file).
 */
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"

enum program {
	PROGRAM_API = 1 << 0,
	PROGRAM_RECONCILE = 1 << 1,
	PROGRAM_DELIVER = 1 << 2,
	PROGRAM_CTL = 1 << 3,
};

enum setting_kind {
	SETTING_TEXT,
	SETTING_INT,
	SETTING_BOOL,          /* true/false/yes/no/on/off/1/0, any case */
	SETTING_KEY,           /* 64 hex digits or base64 of 32 bytes */
	SETTING_PASSPHRASE,    /* text of at least 32 bytes */
	SETTING_KIND_COUNT
};

struct setting {
	const char *name;
	enum setting_kind kind;
	bool secret;
	unsigned programs;     /* who reads it */
	unsigned required;     /* who does not start without it */
	const char *fallback;  /* as text; NULL: absent */
	int64_t low, high;     /* bounds of SETTING_INT */
	size_t offset;         /* of its member in struct config */
	const char *help;
};

/*
 * What was configured.  Texts are NULL when absent and live in the arena that
 * config_load was given; so do 32-byte keys.
 */
struct config {
	const char *database_url;
	const char *postgres_server, *postgres_port, *postgres_user;
	const char *postgres_password, *postgres_db;
	const unsigned char *encryption_key;           /* reconcile: cloud */
	const unsigned char *encryption_key_previous;
	const char *jwt_secret_key;                    /* api */
	const char *jwt_secret_key_previous;
	int64_t jwt_access_token_expire_minutes;
	int64_t jwt_refresh_token_expire_days;
	int64_t password_min_length;
	bool organizations_public;
	const char *setup_token;
	const char *rate_limits;
	bool cors_allow_all_origins;
	const char *cors_origins;
	const char *public_api_url;
	bool disable_docs;
	bool migrate_on_start;
	const char *log_level, *log_format;
	const char *trusted_proxies;
	const char *trigger_file;                      /* api, reconcile */
	int64_t waiting_workers;                       /* api */
	int64_t discovery_threads;                     /* reconcile */
	const char *aws_endpoint_url;                  /* reconcile */
	const char *aws_ca_bundle;
};

/* All settings, ended by one without a name. */
extern const struct setting config_settings[];

/*
 * Read the settings of ${program} into ${config}.  Fails (FAULT_INVALID) with
 * one line that names the setting, what is wrong with it and what to do: one
 * that is missing, too short, a placeholder ("changeme" and the like), out of
 * bounds, unreadable, or a secret equal to another secret.  A secret's value
 * is never part of the line.
 */
int config_load(struct config *config, enum program program,
    struct arena *arena, struct failure *why);

/*
 * Put the KEY=VALUE lines of ${path} (systemd's EnvironmentFile syntax:
 * comments, blank lines, single and double quotes, backslash at the end of a
 * line) into the environment, where the environment has no such variable
 * yet.  A file that does not exist is FAULT_MISSING.
 */
int config_read_file(const char *path, struct failure *why);

/*
 * The setting's present value as text for a person: secrets as "(set)" or
 * "(not set)".
 */
const char *config_show(const struct setting *setting,
    const struct config *config, struct arena *arena);

#endif
