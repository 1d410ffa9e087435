#include "db/provision.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"
#include "db/session.h"
#include "src/db/endpoint.h"
#include "src/db/provision_sql.h"
#include "src/db/transaction.h"

#define NAME_BYTES ((size_t)16 * 1024)

#define BARE "nosuperuser nobypassrls nocreatedb nocreaterole noinherit " \
	"noreplication"

static const struct role {
	const char *name, *can_login;
	const char *make, *mend;
} roles[] = {
	{ "diurnal_owner", "false",
	    "create role diurnal_owner nologin " BARE,
	    "alter role diurnal_owner nologin " BARE },
	{ "diurnal_api", "true",
	    "create role diurnal_api login " BARE,
	    "alter role diurnal_api login " BARE },
	{ "diurnal_reconcile", "true",
	    "create role diurnal_reconcile login " BARE,
	    "alter role diurnal_reconcile login " BARE },
	{ "diurnal_deliver", "true",
	    "create role diurnal_deliver login " BARE,
	    "alter role diurnal_deliver login " BARE },
};

/* In the database: only our roles come in, and only the reconciler, which
 * merges what it discovers, makes temporary tables. */
static const char privileges[] =
	"do $$\n"
	"begin\n"
	"  execute format('revoke all on database %I from public',\n"
	"    current_database());\n"
	"  execute format('grant connect on database %I\n"
	"    to diurnal_api, diurnal_reconcile, diurnal_deliver',\n"
	"    current_database());\n"
	"  execute format('grant temporary on database %I\n"
	"    to diurnal_reconcile', current_database());\n"
	"end\n"
	"$$;\n"
	"revoke all on schema public from public;\n";

/* Who asked for it all, and where it is told. */
struct work {
	const struct config *config;
	provision_tell *tell;
	void *context;
};

__attribute__((format(printf, 2, 3))) static void
tell(const struct work *work, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	work->tell(work->context, what);
}

static int
open_in(const struct work *work, const char *database,
    struct session **session, struct failure *why)
{
	const struct session_options options = {
		.application_name = "diurnalctl",
		.administrator = true,
		.database = database,
	};

	return session_open(work->config, &options, session, why);
}

static int
need_superuser(struct session *session, struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;

	if (session_one(session, &provision_self_query, NULL, 0, &rows,
	    why) != 0)
		return -1;
	if (!text_is(rows_text(rows, 0, "is_superuser"), "t"))
		return fail(why, FAULT_DENIED, "this needs a superuser of the "
		    "database server, and %s is none: run it as the system "
		    "user postgres, or set DATABASE_URL",
		    rows_text(rows, 0, "name"));
	return 0;
}

static int
provide_role(const struct work *work, struct session *session,
    const struct role *role, struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	const struct bind binds[] = {
		{ "name", role->name }, { "can_login", role->can_login },
	};
	const char *state;

	if (session_one(session, &provision_role_query, binds, COUNT_OF(binds),
	    &rows, why) != 0)
		return -1;
	state = rows_text(rows, 0, "state");
	if (text_is(state, "right")) {
		tell(work, "role %s is there", role->name);
		return 0;
	}
	if (session_script(session, text_is(state, "missing") ? role->make :
	    role->mend, why) != 0)
		return fail_doing(why, "role %s", role->name);
	tell(work, text_is(state, "missing") ? "made role %s" :
	    "took from role %s what it should not have", role->name);
	return 0;
}

static int
provide_database(const struct work *work, struct session *session,
    const char *name, struct failure *why)
{
	SCOPED(rows_release) struct rows *rows = NULL;
	const struct bind binds[] = { { "name", name } };
	const char *state;

	if (session_one(session, &provision_database_query, binds,
	    COUNT_OF(binds), &rows, why) != 0)
		return -1;
	state = rows_text(rows, 0, "state");
	if (text_is(rows_text(rows, 0, "is_the_servers"), "t"))
		return fail(why, FAULT_REFUSED, "%s is the server's own "
		    "database: name another one", name);
	if (text_is(state, "unusable"))
		return fail(why, FAULT_REFUSED, "database %s is there, but "
		    "its encoding is not UTF-8", name);
	if (text_is(state, "right")) {
		tell(work, "database %s is there", name);
		return 0;
	}
	if (session_script(session, rows_text(rows, 0,
	    text_is(state, "missing") ? "make" : "mend"), why) != 0)
		return fail_doing(why, "database %s", name);
	tell(work, text_is(state, "missing") ? "made database %s" :
	    "gave database %s to diurnal_owner", name);
	return 0;
}

static int
provide_privileges(const struct work *work, const char *name,
    struct failure *why)
{
	SCOPED(session_release) struct session *session = NULL;

	if (open_in(work, name, &session, why) != 0)
		return -1;
	if (session_script(session, privileges, why) != 0)
		return fail_doing(why, "privileges in database %s", name);
	tell(work, "database %s is open to these roles only", name);
	return 0;
}

int
provision_apply(const struct config *config, provision_tell *report,
    void *context, struct failure *why)
{
	const struct work work = { config, report, context };
	SCOPED(arena_release) struct arena *arena = arena_new(NAME_BYTES);
	SCOPED(session_release) struct session *session = NULL;
	const char *name;

	if (endpoint_database(config, arena, &name, why) != 0 ||
	    open_in(&work, "postgres", &session, why) != 0 ||
	    need_superuser(session, why) != 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		if (provide_role(&work, session, &roles[i], why) != 0)
			return -1;
	}
	if (provide_database(&work, session, name, why) != 0)
		return -1;
	return provide_privileges(&work, name, why);
}
