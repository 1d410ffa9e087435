#include <sysexits.h>

#include "base/scope.h"
#include "t/tap.h"
#include "t/unit/ctl/diurnalctl.h"

#define SECRET "correct horse battery staple, and more"

static struct run
explain(const char *program)
{
	const char *argv[] = { "diurnalctl", "config", program, NULL };

	return run_tool(argv, "", 0);
}

int
main(void)
{
	struct run run;

	unsetenv("JWT_SECRET_KEY");
	run = explain("api");
	is_int(run.status, EX_DATAERR, "what does not start is not fine");
	ok(strstr(run.complained, "JWT_SECRET_KEY") != NULL,
	    "the setting that is missing is named");

	setenv("JWT_SECRET_KEY", SECRET, 1);
	run = explain("api");
	is_int(run.status, EX_OK, "what starts is fine");
	ok(strstr(run.said, "PASSWORD_MIN_LENGTH") != NULL,
	    "a setting is explained");
	ok(strstr(run.said, SECRET) == NULL &&
	    strstr(run.complained, SECRET) == NULL,
	    "a secret is not shown");
	ok(strstr(run.said, "ENCRYPTION_KEY") == NULL,
	    "another program's settings are not its own");

	run = explain("nginx");
	is_int(run.status, EX_USAGE, "a program that is not ours is a misuse");
	return tap_done();
}
