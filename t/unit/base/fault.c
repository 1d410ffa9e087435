#include "base/fault.h"

#include <stdlib.h>

#include "t/tap.h"

const char *const fault_points[] = { "one.here", "one.there", NULL };

#ifdef TEST_HOOKS

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* What ends a child that passes one.here twice and one.there once. */
static int
fate(const char *order)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		setenv("DIURNAL_FAULT", order, 1);
		FAULT_POINT("one.here");
		FAULT_POINT("one.there");
		FAULT_POINT("one.here");
		_exit(0);
	}
	waitpid(child, &status, WUNTRACED);
	if (!WIFSTOPPED(status))
		return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	kill(child, SIGCONT);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) - SIGSTOP : -1;
}

static const struct {
	const char *order;
	int fate;
	const char *name;
} cases[] = {
	{ "", 0, "without an order nothing happens" },
	{ "kill@one.there", SIGKILL, "kill ends the process at its point" },
	{ "kill@one.here:2", SIGKILL, "the second passing counts" },
	{ "kill@one.here:3", 0, "a passing that never comes does nothing" },
	{ "stop@one.here", -SIGSTOP, "stop goes on when it is continued" },
	{ "kill@one.her", SIGABRT, "half a name is no point" },
	{ "kill@nowhere", SIGABRT, "an unknown point is refused" },
	{ "burn@one.here", SIGABRT, "an unknown deed is refused" },
	{ "kill@one.here:0", SIGABRT, "passings are counted from 1" },
	{ "nonsense", SIGABRT, "an order without a point is refused" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_int(fate(cases[i].order), cases[i].fate, cases[i].name);
	return tap_done();
}

#else

int
main(void)
{
	return tap_skip_all("built without test hooks");
}

#endif
