#include "ctl/command.h"

static const struct command *const commands[] = {
	&command_config,
	&command_db_init,
	&command_migrate,
	&command_schedule,
	NULL
};

static const struct command diurnalctl = {
	.name = "diurnalctl",
	.summary = "Administer Diurnal on this host",
	.under = commands,
};

int
main(int argc, char **argv)
{
	return command_main(&diurnalctl, argc, argv);
}
