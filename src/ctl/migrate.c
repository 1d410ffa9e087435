#include <stdio.h>

#include "base/arena.h"
#include "base/text.h"
#include "ctl/command.h"
#include "ctl/settings.h"
#include "db/migration.h"

#define ARENA_BYTES ((size_t)8 << 20)

static int
print_status(const struct config *config, struct arena *arena,
    struct failure *why)
{
	struct migration_status *status;
	size_t count;

	if (migration_status(config, arena, &status, &count, why) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		printf("%-32s %-8s %s\n", status[i].name,
		    migration_state_name(status[i].state),
		    status[i].applied_at != NULL ? status[i].applied_at : "");
	return 0;
}

static int
apply(const struct config *config, struct failure *why)
{
	size_t applied;

	if (migration_apply(config, &applied, why) != 0)
		return -1;
	if (applied == 0)
		printf("The database is at version %zu: nothing to do.\n",
		    migrations_count);
	else
		printf("Applied %zu: the database is at version %zu.\n",
		    applied, migrations_count);
	return 0;
}

static int
migrate(int argc, char **argv, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	struct config config;

	if (argc > 2 || (argc == 2 && !text_is(argv[1], "status")))
		return command_misuse(why, "only \"status\" may follow");
	if (settings_load(&config, PROGRAM_CTL, arena, why) != 0)
		return -1;
	return argc == 2 ? print_status(&config, arena, why) :
	    apply(&config, why);
}

const struct command command_migrate = {
	.name = "migrate",
	.arguments = "[status]",
	.summary = "Bring the database to this version, or say where it is",
	.help = "Signs in as DATABASE_URL or POSTGRES_USER says, else as the "
	    "system user who runs it,\n"
	    "and acts as diurnal_owner: sign in as a superuser (on the host: "
	    "the system user\n"
	    "postgres) or as a member of that role.\n",
	.run = migrate,
};
