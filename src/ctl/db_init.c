#include <stdio.h>

#include "base/arena.h"
#include "ctl/command.h"
#include "ctl/settings.h"
#include "db/provision.h"

#define ARENA_BYTES ((size_t)1 << 20)

static void
print_line(void *context, const char *what)
{
	(void)context;
	printf("%s\n", what);
	fflush(stdout);
}

static int
db_init(int argc, char **argv, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	struct config config;

	(void)argv;
	if (argc > 1)
		return command_misuse(why, "it takes no arguments");
	if (settings_load(&config, PROGRAM_CTL, arena, why) != 0)
		return -1;
	return provision_apply(&config, print_line, NULL, why);
}

const struct command command_db_init = {
	.name = "db-init",
	.arguments = "",
	.summary = "Make the database and its roles",
	.help = "Signs in as a superuser of the server: as DATABASE_URL or "
	    "POSTGRES_USER says, else\n"
	    "as the system user who runs it (on the host: postgres).  Doing "
	    "it again mends what\n"
	    "differs and leaves the rest alone.\n",
	.run = db_init,
};
