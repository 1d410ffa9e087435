#include "base/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/scope.h"
#include "t/tap.h"

static char path[] = "/tmp/diurnal-env-XXXXXX";

static int
read_text(const char *text, struct failure *why)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0)
		abort();
	return config_read_file(path, why);
}

/* What T_A is, read from a file. */
static const struct {
	const char *text, *value, *name;
} values[] = {
	{ "T_A=b", "b", "a line need not end" },
	{ "T_A=b\n", "b", "a line may end" },
	{ "T_A=b\r\n", "b", "as on another system" },
	{ "\n \n# T_A=x\n; T_A=x\n\t# T_A=x\nT_A=b\n", "b",
	    "comments and blank lines are passed over" },
	{ "# x \\\nT_A=b\n", "b", "a comment is one line" },
	{ "T_A=\n", "", "a value may be empty" },
	{ "  T_A = b c \t\n", "b c", "blanks around a value are dropped" },
	{ "T_A=b=c # d\n", "b=c # d", "behind a value there is no comment" },
	{ "T_A='b  c '\n", "b  c ", "quotes keep blanks" },
	{ "T_A=\" b\" \n", " b", "both kinds of them" },
	{ "T_A='b\\n\"$c'\n", "b\\n\"$c", "single quotes keep all" },
	{ "T_A='b\\\\c'\n", "b\\\\c", "backslashes, too" },
	{ "T_A='b\nc'\n", "b\nc", "even the end of the line" },
	{ "T_A=\"b\\\"\\\\\\$\\`\\n\"\n", "b\"\\$`\\n",
	    "in double quotes a backslash is the shell's" },
	{ "T_A=\"b\\\nc\"\n", "bc", "and takes the end of the line away" },
	{ "T_A=b\\\nc\n", "bc", "so it does without quotes" },
	{ "T_A=b\\c\\ \n", "bc ", "and it takes any character as it is" },
	{ "T_A='b'\"c\"d\n", "bcd", "pieces are put together" },
	{ "T_A=b'c'\n", "b'c'", "a quote in the middle is none" },
	{ "T_A=b\\", "b", "a backslash may end the file" },
	{ "T_A=1\nT_A=2\n", "2", "the last of two is taken" },
	{ "T_A=ü\n", "ü", "a value is UTF-8" },
};

static const struct {
	const char *text, *detail;
} broken[] = {
	{ "T_B=1\nT_A\n", "line 2 is not of the form KEY=VALUE" },
	{ "T_B=1\n\n=x\n", "line 3 is not of the form KEY=VALUE" },
	{ "T_B=1\nexport T_A=x\n", "line 2 is not of the form KEY=VALUE" },
	{ "T_B=1\n1T=x\n", "line 2 is not of the form KEY=VALUE" },
	{ "T_B=1\nT-A=x\n", "line 2 is not of the form KEY=VALUE" },
	{ "T_B='\n\n'\nT_A\n", "line 4 is not of the form KEY=VALUE" },
	{ "T_B=1\\\n2\nT_A\n", "line 3 is not of the form KEY=VALUE" },
	{ "T_B=1\nT_A='x\n\n", "line 2: a quote is opened and not closed" },
	{ "T_A=\"x\\", "line 1: a quote is opened and not closed" },
	{ "T_A=\xff\n", "not UTF-8" },
};

static void
test_values(void)
{
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		struct failure why = { .fault = FAULT_NONE };

		unsetenv("T_A");
		read_text(values[i].text, &why);
		is_text(getenv("T_A"), values[i].value, values[i].name);
	}
}

static void
test_broken(void)
{
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct failure why = { .fault = FAULT_NONE };

		unsetenv("T_B");
		ok(read_text(broken[i].text, &why) == -1 &&
		    why.fault == FAULT_INVALID &&
		    strstr(why.detail, broken[i].detail) != NULL,
		    "refused: %s", broken[i].detail);
		ok(getenv("T_B") == NULL, "and nothing of it is taken");
	}
}

static void
test_environment_first(void)
{
	struct failure why = { .fault = FAULT_NONE };

	setenv("T_A", "mine", 1);
	setenv("T_B", "", 1);
	unsetenv("T_C");
	read_text("T_A=1\nT_B=2\nT_C=3\n", &why);
	is_text(getenv("T_A"), "mine", "what the environment has stays");
	is_text(getenv("T_B"), "", "also if it is empty");
	is_text(getenv("T_C"), "3", "what it lacks is added");
}

/* The worst for memory: as many entries as can be in the longest file. */
static void
test_sizes(void)
{
	struct failure why = { .fault = FAULT_NONE };
	char *text = malloc(70000);

	unsetenv("A");
	for (size_t i = 0; i < 16384; i++)
		memcpy(text + 4 * i, "A=b\n", 5);
	ok(read_text(text, &why) == 0, "64 KiB of small entries are read");
	memset(text, 'b', 65536);
	memcpy(text, "T_D=", 4);
	ok(read_text(text, &why) == 0, "64 KiB of one entry are read");
	text[65536] = 'b';
	text[65537] = '\0';
	ok(read_text(text, &why) == -1 && why.fault == FAULT_INVALID,
	    "a longer file is refused");
	unsetenv("T_D");
	free(text);
}

static void
test_missing(void)
{
	struct failure why = { .fault = FAULT_NONE };

	ok(config_read_file("/nonexistent/x", &why) == -1 &&
	    why.fault == FAULT_MISSING, "a file that is not there is missing");
}

int
main(void)
{
	close(mkstemp(path));
	test_values();
	test_broken();
	test_environment_first();
	test_sizes();
	test_missing();
	unlink(path);
	return tap_done();
}
