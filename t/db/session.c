#include "t/db/db.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define BIG ((size_t)20 << 20)

static const struct config here;       /* what libpq's environment says */

QUERY(echo, SHAPE_ONE, "select $1 as value, length($1) as n", "value");
QUERY(echo_again, SHAPE_ONE, "select $1 as value, length($1) as n", "value");
QUERY(put_thing, SHAPE_NOTHING, "insert into things values ($1)", "thing");
QUERY(count_things, SHAPE_ONE, "select count(*) as n from things");
QUERY(all_things, SHAPE_MANY, "select * from things");
QUERY(divide, SHAPE_ONE, "select 1 / $1::int as n", "by");
QUERY(transaction, SHAPE_ONE, "select pg_current_xact_id() as n");
QUERY(count_prepared, SHAPE_ONE, "select count(*) as n from "
    "pg_prepared_statements where name in ('echo', 'divide', 'echo_again')");
QUERY(own_pid, SHAPE_ONE, "select pg_backend_pid() as n");
QUERY(die, SHAPE_ONE, "select pg_terminate_backend(pg_backend_pid()), "
    "pg_sleep(5)");
QUERY(die_once, SHAPE_ONE, "select nextval('lives') as n, case "
    "when currval('lives') = 1 then pg_terminate_backend(pg_backend_pid()) "
    "end, case when currval('lives') = 1 then pg_sleep(5) end");
QUERY(terminate, SHAPE_ONE, "select pg_terminate_backend($1::int)", "pid");
QUERY(forget, SHAPE_NOTHING, "deallocate all");
QUERY(listen_here, SHAPE_NOTHING, "listen answers");
QUERY(notify, SHAPE_ONE, "select pg_notify($1, $2)", "channel", "payload");
QUERY(two_rows, SHAPE_MANY, "select generate_series(1, 2) as n");
QUERY(two_for_one, SHAPE_ONE, "select generate_series(1, 2) as n");
QUERY(two_for_one_or_none, SHAPE_ONE_OR_NONE,
    "select generate_series(1, 2) as n");
QUERY(none_for_one, SHAPE_ONE, "select 1 as n where false");
QUERY(row_for_nothing, SHAPE_NOTHING, "select 1 as n");
QUERY(slow, SHAPE_ONE, "select pg_sleep(10)");
QUERY(short_time, SHAPE_ONE,
    "select set_config('statement_timeout', '50', true)");
QUERY(stage, SHAPE_NOTHING, "create temporary table stage (thing text) "
    "on commit drop");
QUERY(fill, SHAPE_NOTHING, "copy stage from stdin");
QUERY(merge, SHAPE_NOTHING, "insert into things select thing from stage");
QUERY(mixed, SHAPE_ONE, "select 'text'::text as text, 7::bigint as number, "
    "true as yes, null::text as nothing, 'x'::text as word");

static void
arrange(struct session *session)
{
	db_do(session, "create schema if not exists diurnal;"
	    "drop table if exists diurnal.things;"
	    "create table diurnal.things (thing text,"
	    "  unique (thing) deferrable initially deferred);"
	    "drop sequence if exists diurnal.lives;"
	    "create sequence diurnal.lives");
}

static void
test_one_transaction(struct session *session)
{
	struct failure why = { .fault = FAULT_NONE };
	struct statement both[] = {
		{ .query = &transaction }, { .query = &transaction },
	};
	struct statement fails[] = {
		{ .query = &put_thing, BINDS({ "thing", "one" }) },
		{ .query = &put_thing, BINDS({ "thing", "two" }) },
		{ .query = &divide, BINDS({ "by", "0" }) },
	};

	ok(session_run(session, both, 2, false, &why) == 0 &&
	    text_is(rows_text(both[0].rows, 0, "n"),
	    rows_text(both[1].rows, 0, "n")),
	    "the statements of a run are one transaction");
	statements_free(both, 2);
	ok(session_run(session, fails, 3, false, &why) == -1 &&
	    why.fault == FAULT_INTERNAL, "a run fails with its statement");
	is_text(why.detail, "divide: a value does not fit [22012]",
	    "the failure names the statement and no value");
	is_int(db_number(session, &count_things), 0,
	    "a failing third statement leaves nothing of the first two");
	ok(fails[0].rows == NULL && fails[2].rows == NULL,
	    "a failing run yields no rows");
	fails[2].binds = (const struct bind[]){ { "by", "1" } };
	why = (struct failure){ .fault = FAULT_NONE };
	ok(session_run(session, fails, 3, false, &why) == 0 &&
	    db_number(session, &count_things) == 2,
	    "the same run with a sound statement leaves all of it");
	ok(rows_affected(fails[0].rows) == 1, "an insert counts its rows");
	statements_free(fails, 3);
}

static void
test_deferred(struct session *session)
{
	struct failure why = { .fault = FAULT_NONE };
	struct statement twice[] = {
		{ .query = &put_thing, BINDS({ "thing", "same" }) },
		{ .query = &put_thing, BINDS({ "thing", "same" }) },
	};
	int64_t before = db_number(session, &count_things);

	ok(session_run(session, twice, 2, false, &why) == -1 &&
	    why.fault == FAULT_CONFLICT,
	    "a constraint that speaks up at the commit fails the run");
	ok(strncmp(why.detail, "commit: ", 8) == 0,
	    "the commit is named as what failed");
	is_int(db_number(session, &count_things), before,
	    "a run that fails at its commit leaves nothing");
}

static void
test_prepared(void)
{
	SCOPED(session_release) struct session *session = db_open(&here);
	struct failure why = { .fault = FAULT_NONE };
	struct statement run[] = {
		{ .query = &echo, BINDS({ "value", "a" }) },
		{ .query = &divide, BINDS({ "by", "0" }) },
		{ .query = &echo_again, BINDS({ "value", "b" }) },
		{ .query = &echo, BINDS({ "value", "c" }) },
	};

	is_int(db_number(session, &count_prepared), 0,
	    "nothing is prepared before it is needed");
	session_run(session, run, 4, false, &why);
	is_int(db_number(session, &count_prepared), 2,
	    "what stands before and at the failure is prepared");
	run[1].binds = (const struct bind[]){ { "by", "1" } };
	why = (struct failure){ .fault = FAULT_NONE };
	ok(session_run(session, run, 4, false, &why) == 0,
	    "a preparation that was skipped is made up for");
	is_text(rows_text(run[3].rows, 0, "value"), "c",
	    "a statement may stand in a run twice");
	statements_free(run, 4);
	is_int(db_number(session, &count_prepared), 3,
	    "each statement is prepared once");
	ok(session_generation(session) == 1, "all on one connection");
}

static void
test_stale(struct session *session)
{
	struct failure why;

	ok(db_run(session, &all_things, false, &why) == FAULT_NONE &&
	    db_run(session, &forget, false, &why) == FAULT_NONE &&
	    db_run(session, &all_things, false, &why) == FAULT_NONE,
	    "a statement that the server forgot is prepared anew");
	db_do(session, "alter table things add column more text");
	ok(db_run(session, &all_things, false, &why) == FAULT_NONE,
	    "a statement whose columns changed is prepared anew");
	db_do(session, "alter table things drop column more");
}

static void
test_shapes(struct session *session)
{
	struct failure why;

	ok(db_run(session, &two_rows, false, &why) == FAULT_NONE,
	    "many are many");
	ok(db_run(session, &two_for_one, false, &why) == FAULT_INTERNAL,
	    "two rows are not one");
	ok(db_run(session, &two_for_one_or_none, false, &why) ==
	    FAULT_INTERNAL, "two rows are not one or none");
	ok(db_run(session, &none_for_one, false, &why) == FAULT_MISSING,
	    "no row where there should be one is missing");
	ok(db_run(session, &row_for_nothing, false, &why) == FAULT_INTERNAL,
	    "a row is not nothing");
}

struct mixed {
	const char *text, *word;
	int64_t number;
	bool yes;
	const char *nothing;
};

static const struct column mixed_columns[] = {
	COLUMN(struct mixed, word), COLUMN(struct mixed, number),
	COLUMN(struct mixed, yes), COLUMN(struct mixed, text),
	COLUMN_OR_NULL(struct mixed, nothing),
};

static const struct misfit {
	const char *name, *want;
	struct column column;
} misfits[] = {
	{ "a column that is not there", "there is no column absent",
	    { .kind = COLUMN_TEXT, .name = "absent" } },
	{ "a null where there should be none", "column nothing is null",
	    { .kind = COLUMN_TEXT, .name = "nothing" } },
	{ "a text where a number should be", "column text does not fit",
	    { .kind = COLUMN_INT64, .name = "text" } },
	{ "a number where a truth should be", "column number does not fit",
	    { .kind = COLUMN_BOOL, .name = "number" } },
};

static void
test_rows(struct session *session)
{
	SCOPED(arena_release) struct arena *arena = arena_new(4096);
	SCOPED(arena_release) struct arena *small = arena_new(1);
	SCOPED(rows_release) struct rows *rows = NULL;
	struct failure why = { .fault = FAULT_NONE };
	struct mixed row = { .text = "", .word = "", .nothing = "kept" };

	ok(session_one(session, &mixed, NULL, 0, &rows, &why) == 0 &&
	    row_read(rows, 0, mixed_columns, COUNT_OF(mixed_columns), &row,
	    arena, &why) == 0, "a row that fits is read");
	ok(text_is(row.text, "text") && text_is(row.word, "x") &&
	    row.number == 7 && row.yes && text_is(row.nothing, "kept"),
	    "each column goes to its member, a null to none");
	ok(rows_text(rows, 0, "nothing") == NULL, "a null is no text");
	for (size_t i = 0; i < COUNT_OF(misfits); i++) {
		why = (struct failure){ .fault = FAULT_NONE };
		ok(row_read(rows, 0, &misfits[i].column, 1, &row, arena,
		    &why) == -1 && why.fault == FAULT_INTERNAL &&
		    text_is(why.detail, misfits[i].want), "%s is refused",
		    misfits[i].name);
	}
	why = (struct failure){ .fault = FAULT_NONE };
	ok(row_read(rows, 0, mixed_columns, 1, &row, small, &why) == -1,
	    "a text that does not fit into the arena is refused");
}

static void
test_values(struct session *session)
{
	struct failure why = { .fault = FAULT_NONE };
	SCOPED(rows_release) struct rows *rows = NULL;
	const struct bind null[] = { { "value", NULL } };
	const struct bind broken[] = { { "value", "\xff" } };

	ok(session_one(session, &echo, null, 1, &rows, &why) == 0 &&
	    rows_text(rows, 0, "value") == NULL, "a null goes and comes back");
	ok(session_one(session, &echo, broken, 1, NULL, &why) == -1 &&
	    session_is_connected(session),
	    "what is not UTF-8 is refused, and the session goes on");
}

static void
test_big(struct session *session)
{
	char *big = malloc(BIG + 1);
	struct failure why = { .fault = FAULT_NONE };
	struct statement run[] = {
		{ .query = &echo, BINDS({ "value", big }) },
		{ .query = &echo_again, BINDS({ "value", big }) },
		{ .query = &echo, BINDS({ "value", big }) },
	};

	memset(big, 'x', BIG);
	big[BIG] = '\0';
	ok(session_run(session, run, 3, false, &why) == 0 &&
	    text_is(rows_text(run[0].rows, 0, "value"), big) &&
	    text_is(rows_text(run[2].rows, 0, "value"), big),
	    "three times 20 MB go there and back in one run");
	statements_free(run, 3);
	for (size_t i = 15; i < BIG; i += 16)
		big[i] = '\n';
	run[0] = (struct statement){ .query = &stage };
	db_do(session, "alter table things drop constraint things_thing_key");
	ok(session_copy(session, run, 1, &fill, big, BIG, NULL, 0, &why) == 0,
	    "20 MB are copied");
	statements_free(run, 1);
	free(big);
}

static void
test_copy(struct session *session)
{
	struct failure why = { .fault = FAULT_NONE };
	struct statement before = { .query = &stage };
	struct statement after = { .query = &merge };
	static const char rows[] = "red\ngreen\nblue\n";
	static const char bad[] = "red\tone column too many\n";
	int64_t count = db_number(session, &count_things);

	ok(session_copy(session, &before, 1, &fill, rows, sizeof(rows) - 1,
	    &after, 1, &why) == 0 && rows_affected(after.rows) == 3,
	    "what was copied is there for the statements behind");
	statements_free(&before, 1);
	statements_free(&after, 1);
	ok(session_copy(session, &before, 1, &fill, "", 0, &after, 1,
	    &why) == 0 && rows_affected(after.rows) == 0,
	    "nothing at all can be copied");
	statements_free(&before, 1);
	statements_free(&after, 1);
	ok(session_copy(session, &before, 1, &fill, bad, sizeof(bad) - 1,
	    &after, 1, &why) == -1 && why.fault == FAULT_INTERNAL &&
	    before.rows == NULL && after.rows == NULL,
	    "data that does not fit fails the copy");
	why = (struct failure){ .fault = FAULT_NONE };
	ok(session_copy(session, &(struct statement){ .query = &stage }, 1,
	    &fill, rows, sizeof(rows) - 1, (struct statement[]){
	    { .query = &merge },
	    { .query = &divide, BINDS({ "by", "0" }) } }, 2, &why) == -1,
	    "a statement behind the copy can fail it");
	is_int(db_number(session, &count_things), count + 3,
	    "copies that failed leave nothing");
}

static void
test_wait(void)
{
	SCOPED(session_release) struct session *session = db_open(&here);
	SCOPED(session_release) struct session *other = db_open(&here);
	struct failure why;
	static const char *const said[][2] = {
		{ "answers", "another" }, { "answers", "mine" },
	};
	char pid[24];

	db_run(session, &listen_here, false, &why);
	for (size_t i = 0; i < COUNT_OF(said); i++) {
		const struct bind binds[] = {
			{ "channel", said[i][0] }, { "payload", said[i][1] },
		};

		session_one(other, &notify, binds, 2, NULL, &why);
	}
	ok(session_wait(session, "answers", "mine", 5 * CLOCK_SECOND,
	    &why) == 0, "the notification waited for is found among others");
	ok(session_wait(session, "answers", "mine", 50000, &why) == -1 &&
	    why.fault == FAULT_LATE, "it comes once, then the wait is late");
	snprintf(pid, sizeof(pid), "%" PRId64, db_number(session, &own_pid));
	why = (struct failure){ .fault = FAULT_NONE };
	session_one(other, &terminate, (const struct bind[]){ { "pid", pid } },
	    1, NULL, &why);
	ok(session_wait(session, "answers", "mine", 5 * CLOCK_SECOND,
	    &why) == -1 && why.fault == FAULT_BUSY,
	    "a wait ends with its connection");
}

/* Give the server time to say that it has ended the session. */
static bool
is_gone(struct session *session)
{
	for (int i = 0; i < 500 && session_is_connected(session); i++)
		usleep(10000);
	return !session_is_connected(session);
}

static void
test_reconnect(void)
{
	SCOPED(session_release) struct session *session = db_open(&here);
	SCOPED(session_release) struct session *other = db_open(&here);
	struct failure why = { .fault = FAULT_NONE };
	char pid[24];

	snprintf(pid, sizeof(pid), "%" PRId64, db_number(session, &own_pid));
	session_one(other, &terminate, (const struct bind[]){ { "pid", pid } },
	    1, NULL, &why);
	ok(is_gone(session), "a session that was ended is noticed");
	ok(db_number(session, &own_pid) > 0 && session_generation(session) == 2,
	    "the next run connects anew");
	ok(db_run(session, &die, false, &why) == FAULT_BUSY,
	    "ended in the middle of a statement, a run is busy");
	ok(!session_is_connected(session), "and the session disconnected");
	ok(db_run(session, &die_once, true, &why) == FAULT_NONE,
	    "a safe run is repeated when its connection was ended");
	ok(db_run(session, &die, true, &why) == FAULT_BUSY,
	    "a safe run is repeated only once");
}

static int
restart(const char *command)
{
	char *argv[] = { strdup("sh"), strdup("-c"), strdup(command), NULL };
	int status = -1;
	pid_t child;

	if (posix_spawnp(&child, "sh", NULL, NULL, argv, environ) == 0)
		waitpid(child, &status, 0);
	for (size_t i = 0; i < 3; i++)
		free(argv[i]);
	return status;
}

static void
test_restart(struct session *session)
{
	const char *command = getenv("T_RESTART");
	struct failure why;

	if (command == NULL) {
		printf("# no T_RESTART: not tested across a restart\n");
		return;
	}
	ok(restart(command) == 0, "the server restarts");
	ok(db_run(session, &all_things, false, &why) == FAULT_NONE,
	    "a run after a restart knows nothing of it");
}

static void
test_time(struct session *session)
{
	struct failure why = { .fault = FAULT_NONE };
	struct statement run[] = {
		{ .query = &short_time }, { .query = &slow },
	};

	ok(session_run(session, run, 2, false, &why) == -1 &&
	    why.fault == FAULT_LATE, "a statement that takes too long is late");
}

int
main(void)
{
	if (!db_is_there())
		return tap_skip_all("no server: run it under pg_virtualenv");
	SCOPED(session_release) struct session *session = db_open(&here);

	arrange(session);
	test_one_transaction(session);
	test_deferred(session);
	test_prepared();
	test_stale(session);
	test_shapes(session);
	test_rows(session);
	test_values(session);
	test_copy(session);
	test_big(session);
	test_wait();
	test_reconnect();
	test_time(session);
	test_restart(session);
	return tap_done();
}
