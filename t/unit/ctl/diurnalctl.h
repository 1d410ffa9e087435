/* Runs the built tool and catches what it says. */
#ifndef T_UNIT_CTL_DIURNALCTL_H
#define T_UNIT_CTL_DIURNALCTL_H

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MOST  4
#define SAID_BYTES 4096

struct run {
	int status;                    /* of its exit; -1: killed */
	char said[SAID_BYTES];         /* on standard output ... */
	char complained[SAID_BYTES];   /* ... and error, as far as it fits */
};

static inline void
run_catch(FILE *file, char text[SAID_BYTES])
{
	rewind(file);
	text[fread(text, 1, SAID_BYTES - 1, file)] = '\0';
	fclose(file);
}

/* ${argv} begins with "diurnalctl" and ends with NULL; ${in} is its input. */
static inline int
run_files(const char *const *argv, int in, FILE *out, FILE *err)
{
	posix_spawn_file_actions_t actions;
	char *args[ARGS_MOST + 1] = { NULL };
	pid_t pid;
	int status;

	/* execve does not write to them, but its type does not say so. */
	for (int i = 0; i < ARGS_MOST && argv[i] != NULL; i++)
		memcpy(&args[i], &argv[i], sizeof(args[i]));
	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, in, 0) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, fileno(out), 1) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, fileno(err), 2) != 0 ||
	    posix_spawn(&pid, "./diurnalctl", &actions, NULL, args,
	    environ) != 0 ||
	    waitpid(pid, &status, 0) != pid)
		abort();
	posix_spawn_file_actions_destroy(&actions);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline struct run
run_tool(const char *const *argv, const char *input, size_t length)
{
	FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
	struct run run;

	if (in == NULL || out == NULL || err == NULL ||
	    fwrite(input, 1, length, in) != length)
		abort();
	rewind(in);
	run.status = run_files(argv, fileno(in), out, err);
	fclose(in);
	run_catch(out, run.said);
	run_catch(err, run.complained);
	return run;
}

#endif
