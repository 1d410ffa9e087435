/*
 * The administrator's tool, diurnalctl, as a tree of commands.  Each stands in
 * a file of its own in src/ctl and is one const entry here; what the tool
 * prints about its use is made from these entries.
 *
 * Exit statuses are those of <sysexits.h> that scripts and units act on:
 *
 *	0  EX_OK           done
 *	64 EX_USAGE        no such command, or not used like this
 *	65 EX_DATAERR      the input is wrong
 *	69 EX_UNAVAILABLE  something needed, such as the database, is not there
 *	70 EX_SOFTWARE     a fault of ours or of this host
 *	75 EX_TEMPFAIL     not now: try again
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <sysexits.h>

#include "base/failure.h"

struct command {
	const char *name;
	const char *arguments;         /* as shown: "[--json] FILE"; or "" */
	const char *summary;           /* one line, without a full stop */
	const char *help;              /* more lines, each ended; or NULL */

	/*
	 * Do it.  ${argv}[0] is the command's name and ${argv}[${argc}] NULL.
	 * The fault decides the exit status, unless it is a misuse
	 * (command_misuse).
	 */
	int (*run)(int argc, char **argv, struct failure *why);

	/* Instead of run: what comes under it, ended by NULL. */
	const struct command *const *under;
};

/* In src/ctl/NAME.c. */
extern const struct command command_config;
extern const struct command command_db_init;
extern const struct command command_migrate;
extern const struct command command_schedule;

/*
 * Run what ${argv} asks of ${root}, the tool itself: `COMMAND ...`, `help
 * [COMMAND ...]`, `COMMAND --help` or `--version`.  What went wrong is told
 * on stderr.  Yields the exit status.
 */
int command_main(const struct command *root, int argc, char **argv);

/* Fail because the arguments are not what the command takes: EX_USAGE. */
int command_misuse(struct failure *why, const char *what);

#endif
