#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "db/migration.h"

#define SERVICE_ARENA ((size_t)1 << 20)
#define STATEMENT_TIMEOUT (20 * INT64_C(1000000))

static int
start_log(const struct config *config, struct failure *why)
{
	enum log_level level;
	enum log_format format;

	if (log_level_from(config->log_level, &level) != 0 ||
	    log_format_from(config->log_format, &format) != 0)
		return fail(why, FAULT_INVALID,
		    "LOG_LEVEL or LOG_FORMAT is not one that exists");
	log_open("diurnal-api", level, format);
	return 0;
}

int
service_open(struct service *service, struct failure *why)
{
	struct config *config = &service->config;

	*service = (struct service){ .arena = arena_new(SERVICE_ARENA),
		.passwords.directory = -1 };
	if (config_load(config, PROGRAM_API, service->arena, why) != 0 ||
	    start_log(config, why) != 0 ||
	    token_keys_init(&service->tokens, config->jwt_secret_key,
		config->jwt_secret_key_previous, why) != 0 ||
	    password_limit_open(&service->passwords,
		config->password_lock_directory, why) != 0)
		return -1;
	hash_lookup_init(&service->lookups, config->jwt_secret_key,
	    config->jwt_secret_key_previous);
	return 0;
}

void
service_close(struct service *service)
{
	rows_free(service->answer);
	session_close(service->session);
	password_limit_close(&service->passwords);
	token_keys_wipe(&service->tokens);
	hash_lookup_wipe(&service->lookups);
	arena_free(service->arena);
}

static int
connect_session(struct service *service, struct failure *why)
{
	const struct session_options options = {
		.application_name = "diurnal-api",
		.role = "diurnal_api",
		.statement_timeout = STATEMENT_TIMEOUT,
	};

	if (service->session != NULL)
		return 0;
	return session_open(&service->config, &options, &service->session,
	    why);
}

/* Each reason once, not with every request. */
static void
say_unready(struct service *service, const char *reason)
{
	if (text_is(service->unready, reason))
		return;
	snprintf(service->unready, sizeof(service->unready), "%s", reason);
	LOG(LOG_ERROR, "not serving this database", LOG_TEXT("why", reason));
}

/* Once a connection, which asking makes if the last one is lost: whoever
 * migrates restarts the workers. */
static int
check_version(struct service *service, struct failure *why)
{
	struct failure cause = { .fault = FAULT_NONE };

	if (service->is_ready && session_is_connected(service->session) &&
	    service->ready_generation ==
	    session_generation(service->session))
		return 0;
	service->is_ready = false;
	if (migration_check(service->session, &cause) != 0) {
		say_unready(service, cause.detail);
		return fail(why, FAULT_BUSY, "%s", cause.detail);
	}
	service->is_ready = true;
	service->unready[0] = '\0';
	service->ready_generation = session_generation(service->session);
	return 0;
}

int
service_session(struct service *service, struct session **session,
    struct failure *why)
{
	if (connect_session(service, why) != 0 ||
	    check_version(service, why) != 0)
		return -1;
	*session = service->session;
	return 0;
}

void
service_keep(struct service *service, struct rows *rows)
{
	rows_free(service->answer);
	service->answer = rows;
}

void
service_wake_reconciler(const struct service *service)
{
	const char *path = service->config.trigger_file;
	int trigger = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
	    0660);

	if (trigger < 0)
		LOG(LOG_WARNING, "cannot wake the reconciler",
		    LOG_TEXT("file", path), LOG_TEXT("why", strerror(errno)));
	else
		close(trigger);
}
