#include "ctl/command.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "config.h"

#define DEPTH_MOST 4                   /* of the tree, the tool included */

/* From the tool down to the command that is meant. */
struct path {
	const struct command *commands[DEPTH_MOST];
	size_t depth;
};

static const int exits[FAULT_COUNT] = {
	[FAULT_NONE] = EX_OK,
	[FAULT_INVALID] = EX_DATAERR,
	[FAULT_REFUSED] = EX_DATAERR,
	[FAULT_UNAUTHENTICATED] = EX_UNAVAILABLE,
	[FAULT_DENIED] = EX_UNAVAILABLE,
	[FAULT_MISSING] = EX_DATAERR,
	[FAULT_CONFLICT] = EX_UNAVAILABLE,
	[FAULT_BUSY] = EX_TEMPFAIL,
	[FAULT_LATE] = EX_TEMPFAIL,
	[FAULT_UPSTREAM] = EX_UNAVAILABLE,
	[FAULT_UNCERTAIN] = EX_TEMPFAIL,
	[FAULT_INTERNAL] = EX_SOFTWARE,
};

/* The field of a failure that is a misuse. */
static const char misused[] = "arguments";

static const struct command *
find_under(const struct command *command, const char *name)
{
	const struct command *const *next = command->under;

	for (; next != NULL && *next != NULL; next++)
		if (text_is((*next)->name, name))
			return *next;
	return NULL;
}

/* Follow names for as long as they lead on; yields how many were used. */
static int
follow(struct path *path, int argc, char **argv)
{
	const struct command *next;
	int used = 0;

	while (used < argc && (next = find_under(
	    path->commands[path->depth - 1], argv[used])) != NULL) {
		assert(path->depth < DEPTH_MOST);
		path->commands[path->depth++] = next;
		used++;
	}
	return used;
}

static void
print_path(const struct path *path, FILE *out)
{
	for (size_t i = 0; i < path->depth; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "",
		    path->commands[i]->name);
}

static void
print_usage(const struct path *path, FILE *out)
{
	const struct command *command = path->commands[path->depth - 1];

	fputs("Usage: ", out);
	print_path(path, out);
	fprintf(out, " %s\n", command->under != NULL ? "COMMAND [ARGUMENT...]" :
	    command->arguments);
}

static void
print_help(const struct path *path)
{
	const struct command *command = path->commands[path->depth - 1];
	const struct command *const *next = command->under;

	print_usage(path, stdout);
	printf("\n%s.\n", command->summary);
	if (command->help != NULL)
		printf("\n%s", command->help);
	if (next == NULL)
		return;
	printf("\nCommands:\n");
	for (; *next != NULL; next++)
		printf("  %-12s %s\n", (*next)->name, (*next)->summary);
	printf("\nRun \"");
	print_path(path, stdout);
	printf(" COMMAND --help\" to learn more about one.\n");
}

static bool
is_help(const char *argument)
{
	return text_is(argument, "--help") || text_is(argument, "-h");
}

/* Run what ${argv} asks for; ${path} tells how far it led. */
static int
dispatch(struct path *path, int argc, char **argv, struct failure *why)
{
	bool help = argc > 0 && text_is(argv[0], "help");
	int used = help + follow(path, argc - help, argv + help);
	const struct command *command = path->commands[path->depth - 1];

	if (used < argc ? is_help(argv[used]) : help) {
		print_help(path);
		return 0;
	}
	if (!help && command->run != NULL)
		return command->run(argc - used + 1, argv + used - 1, why);
	if (used == argc)
		return command_misuse(why, "which command?");
	why->field = misused;
	return fail(why, FAULT_INVALID, "no such command: %s", argv[used]);
}

/* Say what went wrong; yields the exit status. */
static int
tell(const struct path *path, const struct failure *why)
{
	print_path(path, stderr);
	fprintf(stderr, ": %s\n", why->detail);
	if (why->field != misused)
		return exits[why->fault];
	print_usage(path, stderr);
	return EX_USAGE;
}

int
command_main(const struct command *root, int argc, char **argv)
{
	struct path path = { { root }, 1 };
	struct failure why = { .fault = FAULT_NONE };
	int result = 0;

	if (argc > 1 && text_is(argv[1], "--version"))
		printf("%s %s\n", root->name, PACKAGE_VERSION);
	else
		result = dispatch(&path, argc - 1, argv + 1, &why);
	/* What was printed has to have arrived. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && result == 0)
		result = fail(&why, FAULT_INTERNAL,
		    "cannot write to standard output");
	return result == 0 ? EX_OK : tell(&path, &why);
}

int
command_misuse(struct failure *why, const char *what)
{
	why->field = misused;
	return fail(why, FAULT_INVALID, "%s", what);
}
