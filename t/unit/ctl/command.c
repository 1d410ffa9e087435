#include <sysexits.h>

#include "base/scope.h"
#include "t/tap.h"
#include "t/unit/ctl/diurnalctl.h"

static const struct {
	const char *what;
	const char *argv[5];
	int status;
	const char *said, *complained; /* what it begins with */
} uses[] = {
	{ "nothing is a misuse", { "diurnalctl" }, EX_USAGE, "",
	    "diurnalctl: which command?\n"
	    "Usage: diurnalctl COMMAND [ARGUMENT...]\n" },
	{ "so is an unknown command", { "diurnalctl", "frobnicate" },
	    EX_USAGE, "", "diurnalctl: no such command: frobnicate\n" },
	{ "also below another", { "diurnalctl", "schedule", "x", "y" },
	    EX_USAGE, "", "diurnalctl schedule: no such command: x\n"
	    "Usage: diurnalctl schedule COMMAND [ARGUMENT...]\n" },
	{ "half a command is a misuse", { "diurnalctl", "schedule" },
	    EX_USAGE, "", "diurnalctl schedule: which command?\n" },
	{ "so are arguments where there are none",
	    { "diurnalctl", "schedule", "windows", "x" }, EX_USAGE, "",
	    "diurnalctl schedule windows: takes no arguments\n"
	    "Usage: diurnalctl schedule windows < QUESTIONS\n" },
	{ "--version tells the version", { "diurnalctl", "--version" },
	    EX_OK, "diurnalctl 0.", "" },
	{ "help lists the commands", { "diurnalctl", "help" }, EX_OK,
	    "Usage: diurnalctl COMMAND [ARGUMENT...]\n\n"
	    "Administer Diurnal on this host.\n\nCommands:\n", "" },
	{ "so does --help", { "diurnalctl", "--help" }, EX_OK,
	    "Usage: diurnalctl COMMAND", "" },
	{ "and -h", { "diurnalctl", "-h" }, EX_OK,
	    "Usage: diurnalctl COMMAND", "" },
	{ "help tells about a command", { "diurnalctl", "help", "schedule" },
	    EX_OK, "Usage: diurnalctl schedule COMMAND", "" },
	{ "and one below it", { "diurnalctl", "help", "schedule", "windows" },
	    EX_OK, "Usage: diurnalctl schedule windows < QUESTIONS\n\n"
	    "Show when schedules say RUNNING.\n\nReads JSON lines", "" },
	{ "a command has --help, too",
	    { "diurnalctl", "schedule", "windows", "--help" }, EX_OK,
	    "Usage: diurnalctl schedule windows", "" },
	{ "help about nothing is a misuse", { "diurnalctl", "help", "x" },
	    EX_USAGE, "", "diurnalctl: no such command: x\n" },
};

static bool
begins_with(const char *text, const char *with)
{
	/* What says nothing says nothing at all. */
	return *with == '\0' ? *text == '\0' :
	    strncmp(text, with, strlen(with)) == 0;
}

static void
test_uses(void)
{
	for (size_t i = 0; i < COUNT_OF(uses); i++) {
		struct run run = run_tool(uses[i].argv, "", 0);

		if (!ok(run.status == uses[i].status &&
		    begins_with(run.said, uses[i].said) &&
		    begins_with(run.complained, uses[i].complained), "%s",
		    uses[i].what))
			fprintf(stderr, "# %d\n%s---\n%s", run.status,
			    run.said, run.complained);
	}
}

static void
test_full_disk(void)
{
	static const char *const argv[] = { "diurnalctl", "--help", NULL };
	FILE *full = fopen("/dev/full", "w"), *err = tmpfile();
	char complained[SAID_BYTES];

	if (full == NULL || err == NULL)
		abort();
	is_int(run_files(argv, STDIN_FILENO, full, err), EX_SOFTWARE,
	    "an answer that cannot be written is a failure");
	fclose(full);
	run_catch(err, complained);
	is_text(complained, "diurnalctl: cannot write to standard output\n",
	    "and told as that");
}

int
main(void)
{
	test_uses();
	test_full_disk();
	return tap_done();
}
