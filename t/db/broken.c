/* Connections that break, and what stands in their way. */
#include "t/db/db.h"
#include "t/db/proxy.h"

#define BIG ((size_t)20 << 20)

static const struct config here;       /* what libpq's environment says */

QUERY(put_thing, SHAPE_NOTHING, "insert into broken values ($1)", "thing");
QUERY(count_things, SHAPE_ONE, "select count(*) as n from broken");
QUERY(cold, SHAPE_ONE, "select 1 as n");
QUERY(colder, SHAPE_ONE, "select 2 as n");

static void
test_round_trips(struct proxy *proxy, struct session *session)
{
	struct failure why = { .fault = FAULT_NONE };
	struct statement run[] = {
		{ .query = &cold }, { .query = &colder }, { .query = &cold },
	};

	proxy->turns = 0;
	session_run(session, run, 3, false, &why);
	statements_free(run, 3);
	is_int(proxy->turns, 1, "a run that must prepare is one round trip");
	session_run(session, run, 3, false, &why);
	statements_free(run, 3);
	is_int(proxy->turns, 2, "a run that is prepared is one round trip");
}

static void
test_uncertain(struct proxy *proxy, struct session *session)
{
	struct failure why = { .fault = FAULT_NONE };
	const struct bind binds[] = { { "thing", "muted" } };
	struct statement put = { .query = &put_thing, .binds = binds,
		.nbinds = 1 };

	proxy->mode = PROXY_MUTE;
	ok(session_run(session, &put, 1, false, &why) == -1 &&
	    why.fault == FAULT_UNCERTAIN,
	    "a run whose answer is lost is uncertain");
	is_int(db_number(session, &count_things), 1,
	    "it may have been committed, and here it was");
	proxy->mode = PROXY_MUTE;
	is_int(db_number(session, &count_things), -1,
	    "one that only reads is lost like that as well");
	is_int(db_number(session, &count_things), 1, "the next goes through");
	proxy->mode = PROXY_MUTE;
	ok(db_run(session, &count_things, true, &why) == FAULT_NONE,
	    "but if it is marked safe it is repeated");
}

static void
test_busy(struct proxy *proxy, struct session *session)
{
	char *big = malloc(BIG + 1);
	struct failure why = { .fault = FAULT_NONE };
	const struct bind binds[] = { { "thing", big } };
	struct statement put = { .query = &put_thing, .binds = binds,
		.nbinds = 1 };
	int64_t before = db_number(session, &count_things);

	memset(big, 'x', BIG);
	big[BIG] = '\0';
	proxy->mode = PROXY_DEAF;
	ok(session_run(session, &put, 1, false, &why) == -1 &&
	    why.fault == FAULT_BUSY,
	    "a run that could not be sent in full is busy, not uncertain");
	is_int(db_number(session, &count_things), before,
	    "nothing of it was committed");
	why = (struct failure){ .fault = FAULT_NONE };
	proxy->mode = PROXY_DEAF;
	ok(session_run(session, &put, 1, true, &why) == 0,
	    "a safe run that could not be sent is sent again");
	statements_free(&put, 1);
	free(big);
}

static void
test_through_proxy(void)
{
	struct proxy proxy = { .mode = PROXY_PASS };
	struct failure why = { .fault = FAULT_NONE };
	struct config config = { .postgres_server = "127.0.0.1" };
	struct session *session, *forged = NULL;

	proxy_start(&proxy);
	config.postgres_port = proxy.port;
	session = db_open(&config);
	test_round_trips(&proxy, session);
	test_uncertain(&proxy, session);
	test_busy(&proxy, session);
	session_close(session);
	proxy.mode = PROXY_FORGE;
	ok(session_open(&config, &db_options, &forged, &why) == -1 &&
	    why.fault == FAULT_REFUSED && forged == NULL,
	    "a pooler is refused");
	proxy_stop(&proxy);
	why = (struct failure){ .fault = FAULT_NONE };
	ok(session_open(&config, &db_options, &forged, &why) == -1 &&
	    why.fault == FAULT_BUSY, "a server that is not there is busy");
}

/* Each has a password "hush" that must not come back. */
static const struct address {
	const char *name, *url;
	enum fault fault;
} addresses[] = {
	{ "a wrong password", "postgresql://nobody:hush@/postgres",
	    FAULT_BUSY },
	{ "an @ in the password", "postgresql://u:a@hush@localhost/postgres",
	    FAULT_INVALID },
	{ "a / in the password", "postgresql://u:hush/b@localhost/postgres",
	    FAULT_INVALID },
	{ "a ? in the password", "postgresql://u:a?hush@localhost/postgres",
	    FAULT_BUSY },
	{ "a % in the password", "postgresql://u:hush%zz@localhost/postgres",
	    FAULT_INVALID },
	{ "a key that does not exist", "host=localhost passwort=hush",
	    FAULT_INVALID },
	{ "no URL at all", "hush", FAULT_INVALID },
};

static void
test_addresses(void)
{
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		struct failure why = { .fault = FAULT_NONE };
		struct session *session = NULL;
		struct config config = { .database_url = addresses[i].url };

		ok(session_open(&config, &db_options, &session, &why) == -1 &&
		    why.fault == addresses[i].fault && session == NULL,
		    "%s: %s", addresses[i].name,
		    fault_name(addresses[i].fault));
		ok(strstr(why.detail, "hush") == NULL,
		    "%s does not come back", addresses[i].name);
	}
}

QUERY(pins, SHAPE_ONE, "select current_setting('search_path') as path, "
    "current_setting('timezone') as zone, "
    "current_setting('application_name') as name, "
    "current_setting('statement_timeout') as time, "
    "current_setting('enable_seqscan') as other, current_user as role");

static void
test_pins(void)
{
	SCOPED(session_release) struct session *session = NULL;
	SCOPED(rows_release) struct rows *rows = NULL;
	struct failure why = { .fault = FAULT_NONE };
	const struct config config = { .database_url = "postgresql:///?options="
	    "-c%20timezone%3DAsia/Tokyo%20-c%20enable_seqscan%3Doff"
	    "&application_name=mine" };
	struct session_options options = db_options;

	options.role = "pg_monitor";
	ok(session_open(&config, &options, &session, &why) == 0 &&
	    session_one(session, &pins, NULL, 0, &rows, &why) == 0,
	    "a session takes on a role");
	is_text(rows_text(rows, 0, "path"), "diurnal,pg_temp",
	    "search_path is pinned");
	is_text(rows_text(rows, 0, "zone"), "UTC",
	    "a pinned setting cannot be overridden by DATABASE_URL");
	is_text(rows_text(rows, 0, "name"), "test",
	    "nor can the program's name");
	is_text(rows_text(rows, 0, "time"), "20s",
	    "statement_timeout is what the session's options say");
	is_text(rows_text(rows, 0, "other"), "off",
	    "other options of DATABASE_URL are kept");
	is_text(rows_text(rows, 0, "role"), "pg_monitor",
	    "its rights are the role's");
}

static const struct refusal {
	const char *sqlstate;
	enum fault fault;
	const char *detail;
} refusals[] = {
	{ SQLSTATE_REFUSED, FAULT_REFUSED, "Said so." },
	{ SQLSTATE_UNAUTHENTICATED, FAULT_UNAUTHENTICATED, "Said so." },
	{ SQLSTATE_DENIED, FAULT_DENIED, "Said so." },
	{ SQLSTATE_MISSING, FAULT_MISSING, "Said so." },
	{ SQLSTATE_CONFLICT, FAULT_CONFLICT, "Said so." },
	{ SQLSTATE_INVALID, FAULT_INVALID, "Said so." },
	{ SQLSTATE_BUSY, FAULT_BUSY, "Said so." },
	{ "23505", FAULT_CONFLICT, "say: Said so. [23505]" },
	{ "23503", FAULT_CONFLICT, "say: Said so. [23503]" },
	{ "23514", FAULT_INTERNAL, "say: Said so. [23514]" },
	{ "40001", FAULT_BUSY, "say: Said so. [40001]" },
	{ "40P01", FAULT_BUSY, "say: Said so. [40P01]" },
	{ "53300", FAULT_BUSY, "say: Said so. [53300]" },
	{ "55P03", FAULT_BUSY, "say: Said so. [55P03]" },
	{ "57P01", FAULT_BUSY, "say: Said so. [57P01]" },
	{ "57014", FAULT_LATE, "say: Said so. [57014]" },
	{ "22P02", FAULT_INTERNAL, "say: a value does not fit [22P02]" },
	{ "42501", FAULT_INTERNAL, "say: Said so. [42501]" },
	{ "DI999", FAULT_INTERNAL, "say: Said so. [DI999]" },
};

QUERY(say, SHAPE_ONE, "select pg_temp.say($1)", "sqlstate");

static void
test_refusals(struct session *session)
{
	db_do(session, "create function pg_temp.say(sqlstate text) "
	    "returns int language plpgsql as $$ begin "
	    "raise exception using errcode = sqlstate, "
	    "message = 'Said so.'; end $$");
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		const struct refusal *want = &refusals[i];
		const struct bind binds[] = { { "sqlstate", want->sqlstate } };
		struct failure why = { .fault = FAULT_NONE };

		ok(session_one(session, &say, binds, 1, NULL, &why) == -1 &&
		    why.fault == want->fault &&
		    text_is(why.detail, want->detail), "%s is %s, \"%s\"",
		    want->sqlstate, fault_name(want->fault), want->detail);
	}
	ok(session_generation(session) == 1,
	    "the connection survives all of them");
}

int
main(void)
{
	if (!db_is_there())
		return tap_skip_all("no server: run it under pg_virtualenv");
	/* What the proxy counts are our turns, not those of TLS. */
	setenv("PGSSLMODE", "disable", 1);
	SCOPED(session_release) struct session *session = db_open(&here);

	db_do(session, "create schema if not exists diurnal;"
	    "drop table if exists diurnal.broken;"
	    "create table diurnal.broken (thing text)");
	test_through_proxy();
	test_addresses();
	test_pins();
	test_refusals(session);
	return tap_done();
}
