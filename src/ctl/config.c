#include <stdio.h>

#include "base/text.h"
#include "ctl/command.h"
#include "ctl/settings.h"

#define ARENA_BYTES ((size_t)1 << 20)

static const struct {
	const char *name;
	enum program program;
} programs[] = {
	{ "api", PROGRAM_API },
	{ "reconcile", PROGRAM_RECONCILE },
	{ "ctl", PROGRAM_CTL },
};

static int
find_program(const char *name, enum program *program, struct failure *why)
{
	for (size_t i = 0; i < COUNT_OF(programs); i++) {
		if (text_is(programs[i].name, name)) {
			*program = programs[i].program;
			return 0;
		}
	}
	return command_misuse(why, "the program is api, reconcile or ctl");
}

static void
print_settings(const struct config *config, enum program program,
    struct arena *arena)
{
	for (const struct setting *setting = config_settings;
	    setting->name != NULL; setting++)
		if ((setting->programs & (unsigned)program) != 0)
			printf("%-32s %-28s %s\n", setting->name,
			    config_show(setting, config, arena),
			    setting->help);
}

static int
config_run(int argc, char **argv, struct failure *why)
{
	SCOPED(arena_release) struct arena *arena = arena_new(ARENA_BYTES);
	struct config config;
	enum program program = PROGRAM_CTL;

	if (argc != 2)
		return command_misuse(why, "it takes the name of a program");
	if (find_program(argv[1], &program, why) != 0 ||
	    settings_load(&config, program, arena, why) != 0)
		return -1;
	print_settings(&config, program, arena);
	return 0;
}

const struct command command_config = {
	.name = "config",
	.arguments = "PROGRAM",
	.summary = "Check and explain a program's configuration",
	.help = "PROGRAM is api, reconcile or ctl.  Settings come from the "
	    "environment and from\n"
	    SETTINGS_FILE "; secrets are never shown.  Run it as the\n"
	    "program's own user to see what that may read.\n",
	.run = config_run,
};
