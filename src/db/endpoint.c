#include "src/db/endpoint.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/text.h"
#include "db/session.h"
#include "src/db/sqlstate.h"

#define KEYWORDS_MAX 64
#define ENDPOINT_BYTES ((size_t)64 * 1024)
#define OLDEST_SERVER 150000           /* security_invoker views */

/* The arguments of PQconnectStartParams. */
struct endpoint {
	struct arena *arena;
	const char *keywords[KEYWORDS_MAX + 1];
	const char *values[KEYWORDS_MAX + 1];
	size_t count;
};

DEFINE_RELEASE(conninfo_release, PQconninfoOption *, PQconninfoFree)
DEFINE_RELEASE(conn_release, PGconn *, PQfinish)

/* What applies unless DATABASE_URL says otherwise: a server that has gone
 * without a word is noticed within a minute. */
static const struct {
	const char *keyword, *value;
} defaults[] = {
	{ "connect_timeout", "10" },
	{ "keepalives_idle", "30" },
	{ "keepalives_interval", "10" },
	{ "keepalives_count", "3" },
	{ "tcp_user_timeout", "60000" },
};

/*
 * Pinned for every connection by the startup packet, whatever the server, the
 * database or the role have set.
 */
static const char pinned[] =
	" -c search_path=" ENDPOINT_SEARCH_PATH
	" -c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres"
	" -c bytea_output=hex -c standard_conforming_strings=on"
	" -c default_transaction_isolation=read\\ committed"
	" -c idle_in_transaction_session_timeout=60s -c jit=off";

static void
put(struct endpoint *endpoint, const char *keyword, const char *value)
{
	size_t at = 0;

	if (value == NULL)
		return;
	while (at < endpoint->count &&
	    !text_is(endpoint->keywords[at], keyword))
		at++;
	assert(at < KEYWORDS_MAX);
	if (at == endpoint->count)
		endpoint->keywords[endpoint->count++] =
		    arena_text(endpoint->arena, keyword);
	endpoint->values[at] = arena_text(endpoint->arena, value);
}

static const char *
get(const struct endpoint *endpoint, const char *keyword)
{
	for (size_t i = 0; i < endpoint->count; i++) {
		if (text_is(endpoint->keywords[i], keyword))
			return endpoint->values[i];
	}
	return NULL;
}

static bool
is_password_in_host(const struct endpoint *endpoint)
{
	const char *host = get(endpoint, "host"), *port = get(endpoint, "port");

	/* A leading @ is an abstract socket; commas separate several. */
	return (host != NULL && host[0] != '\0' &&
	    strchr(host + 1, '@') != NULL) ||
	    (port != NULL && port[strspn(port, "0123456789,")] != '\0');
}

/* libpq would quote what it cannot read, and that may be the password. */
static int
url_fail(struct failure *why)
{
	why->field = "DATABASE_URL";
	return fail(why, FAULT_INVALID, "DATABASE_URL is not of the form "
	    "postgresql://USER:PASSWORD@HOST:PORT/DATABASE with special "
	    "characters percent-encoded (@ is %%40, / is %%2F)");
}

static int
put_url(struct endpoint *endpoint, const char *url, struct failure *why)
{
	SCOPED(conninfo_release) PQconninfoOption *options = NULL;

	if (strlen(url) > ENDPOINT_BYTES / 4)
		return url_fail(why);
	options = PQconninfoParse(url, NULL);
	if (options == NULL)
		return url_fail(why);
	for (PQconninfoOption *at = options; at->keyword != NULL; at++)
		put(endpoint, at->keyword, at->val);
	return is_password_in_host(endpoint) ? url_fail(why) : 0;
}

static void
put_settings(struct endpoint *endpoint, const struct config *config)
{
	put(endpoint, "host", config->postgres_server);
	put(endpoint, "port", config->postgres_port);
	put(endpoint, "user", config->postgres_user);
	put(endpoint, "password", config->postgres_password);
	put(endpoint, "dbname", config->postgres_db);
}

static int64_t
milliseconds(int64_t micros)
{
	return (micros + 999) / 1000;
}

static void
put_pins(struct endpoint *endpoint, const struct session_options *options)
{
	const char *given = get(endpoint, "options");
	struct text pins = { .arena = endpoint->arena };

	if (given == NULL)
		given = getenv("PGOPTIONS");
	/* The last word on a setting counts, and it is ours. */
	text_add_format(&pins, "%.4096s%s", given != NULL ? given : "", pinned);
	text_add_format(&pins, " -c statement_timeout=%" PRId64
	    " -c idle_session_timeout=%" PRId64,
	    milliseconds(options->statement_timeout),
	    milliseconds(options->idle_session_timeout));
	if (options->role != NULL)
		text_add_format(&pins, " -c role=%s", options->role);
	put(endpoint, "options", text_get(&pins));
	put(endpoint, "application_name", options->application_name);
	put(endpoint, "client_encoding", "UTF8");
}

/* For what the configuration leaves open. */
static void
put_identity(struct endpoint *endpoint, const struct session_options *options)
{
	if (get(endpoint, "user") == NULL && !options->administrator)
		put(endpoint, "user", options->role);
	if (options->database != NULL)
		put(endpoint, "dbname", options->database);
	else if (get(endpoint, "dbname") == NULL)
		put(endpoint, "dbname", SESSION_DATABASE);
}

int
endpoint_new(const struct config *config,
    const struct session_options *options, struct endpoint **endpoint,
    struct failure *why)
{
	SCOPED(endpoint_release) struct endpoint *new = NULL;

	new = calloc(1, sizeof(*new));
	if (new == NULL)
		abort();
	new->arena = arena_new(ENDPOINT_BYTES);
	for (size_t i = 0; i < COUNT_OF(defaults); i++)
		put(new, defaults[i].keyword, defaults[i].value);
	if (config->database_url == NULL)
		put_settings(new, config);
	else if (put_url(new, config->database_url, why) != 0)
		return -1;
	put_identity(new, options);
	put_pins(new, options);
	*endpoint = take(new);
	return 0;
}

void
endpoint_free(struct endpoint *endpoint)
{
	if (endpoint == NULL)
		return;
	arena_free(endpoint->arena);
	free(endpoint);
}

int
endpoint_database(const struct config *config, struct arena *arena,
    const char **name, struct failure *why)
{
	const struct session_options options = { .administrator = true };
	SCOPED(endpoint_release) struct endpoint *endpoint = NULL;
	const char *found;

	if (endpoint_new(config, &options, &endpoint, why) != 0)
		return -1;
	found = get(endpoint, "dbname");
	if (strlen(found) >= arena_left(arena))
		return fail(why, FAULT_INVALID, "the database's name is too "
		    "long");
	*name = arena_text(arena, found);
	return 0;
}

static void
drop_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

static int
connect_fail(const PGconn *conn, struct failure *why)
{
	char line[sizeof(why->detail)];

	sqlstate_one_line(PQerrorMessage(conn), line, sizeof(line));
	return fail(why, FAULT_BUSY, "%s", line);
}

int
endpoint_connect(const struct endpoint *endpoint, PGconn **conn,
    struct failure *why)
{
	SCOPED(conn_release) PGconn *new = NULL;

	new = PQconnectdbParams(endpoint->keywords, endpoint->values, 0);
	if (new == NULL)
		abort();
	if (PQstatus(new) != CONNECTION_OK)
		return connect_fail(new, why);
	if (PQserverVersion(new) < OLDEST_SERVER)
		return fail(why, FAULT_REFUSED, "the database server is "
		    "PostgreSQL %d; Diurnal needs %d or newer",
		    PQserverVersion(new) / 10000, OLDEST_SERVER / 10000);
	PQsetNoticeReceiver(new, drop_notice, NULL);
	if (PQsetnonblocking(new, 1) != 0 || PQenterPipelineMode(new) != 1)
		return connect_fail(new, why);
	*conn = take(new);
	return 0;
}
