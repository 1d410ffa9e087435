/*
 * Configuration: one table (src/base/config_settings.c) says of each its
 * name, kind, default, bounds, whether it is secret, which programs read it
 * and one line of help.  Values come, first hit wins, from
 *
 *	the environment variable NAME,
 *	the file named by NAME_FILE,
 *	the systemd credential NAME ($CREDENTIALS_DIRECTORY/NAME),
 *	the default.
 *
 * Of a file one trailing newline is dropped; it holds at most 16 KiB, and the
 * file of a secret may not be open to everyone.  A value is UTF-8 without
 * control characters.  An empty value counts as absent.
 *
 * /etc/diurnal/diurnal.env becomes the environment through the unit's
 * EnvironmentFile=; diurnalctl reads it itself (config_read_file).
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
	SETTING_KEY,           /* 64 hex digits or base64 of 32 bytes
	                        * (RFC 4648 4 or 5, with its padding) */
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
	const char *choices;   /* of SETTING_TEXT: what is allowed, in any
	                        * case, separated by single spaces; NULL:
	                        * anything */
	int64_t low, high;     /* bounds of SETTING_INT */
	size_t offset;         /* of its member in struct config */
	const char *help;
};

/*
 * What was configured.  Texts and 32-byte keys are NULL when absent, or when
 * the program does not read them; they are static or live in the arena that
 * config_load was given.  Numbers that the program does not read are 0.
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
	const char *password_lock_directory;           /* api */
	int64_t waiting_workers;                       /* api */
	int64_t discovery_threads;                     /* reconcile */
	const char *aws_endpoint_url;                  /* reconcile */
	const char *aws_ca_bundle;
};

/* All settings, and behind them one without a name. */
#define CONFIG_SETTINGS 30
extern const struct setting config_settings[CONFIG_SETTINGS + 1];

/*
 * Read the settings of ${program}, and no other, into ${config}.  Fails
 * (FAULT_INVALID, the setting as field) with one line that names the setting,
 * what is wrong with it and what to do: one that is missing, too short, out of
 * bounds, unreadable, or a secret that is a placeholder ("changeme" and the
 * like), readable for everyone or equal to another secret.  A value is never
 * part of the line.
 */
int config_load(struct config *config, enum program program,
    struct arena *arena, struct failure *why);

/*
 * Put the KEY=VALUE lines of ${path} (systemd's EnvironmentFile syntax:
 * comments, blank lines, single and double quotes, backslash before a
 * character or at the end of a line; see systemd.exec(5)) into the
 * environment, where the environment has no such variable yet.  Of a key that
 * comes twice the last is taken.  A file that does not exist is FAULT_MISSING;
 * one with a line of another form, which systemd would pass over, is
 * FAULT_INVALID with the line's number, and nothing of it is taken.  Not safe
 * beside other threads.
 */
int config_read_file(const char *path, struct failure *why);

/*
 * The setting's present value as text for a person: secrets as "(set)" or
 * "(not set)".
 */
const char *config_show(const struct setting *setting,
    const struct config *config, struct arena *arena);

#endif
