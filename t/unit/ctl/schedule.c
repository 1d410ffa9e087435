/*
 * `diurnalctl schedule windows`, and through it src/schedule as a whole,
 * against the cases in t/data/schedule.jsonl.  These were answered by a
 * program written independently and for clarity.  Each line is a question
 * whose last member, "expect", is the answer.
 *
 * The answers hold for tzdata 2025b, which is why the tests bring it along
 * (t/data/tzdata.zi, named by TZDIR).
 */
#include <sysexits.h>

#include "base/scope.h"
#include "t/tap.h"
#include "t/unit/ctl/diurnalctl.h"

#define LINE_BYTES 65536

static const char *const argv_windows[] = {
	"diurnalctl", "schedule", "windows", NULL
};

/* Whether ${answer} is, byte for byte, what the end of ${question} expects. */
static bool
agrees(const char *question, const char *answer)
{
	static const char mark[] = "\"expect\": ";
	static const char refused[] = "{\"error\": ";
	const char *expect = strstr(question, mark);
	size_t length;

	if (expect == NULL)
		abort();
	expect += strlen(mark);
	if (strncmp(expect, refused, strlen(refused)) == 0)
		return strncmp(answer, refused, strlen(refused)) == 0;
	length = strcspn(answer, "\n");
	return strncmp(expect, answer, length) == 0 &&
	    strcmp(expect + length, "}\n") == 0;
}

static void
test_cases(void)
{
	static char question[LINE_BYTES], answer[LINE_BYTES];
	FILE *in = fopen(TEST_DATA "/schedule.jsonl", "r"), *out = tmpfile();
	int total = 0, wrong = 0;

	if (in == NULL || out == NULL)
		abort();
	is_int(run_files(argv_windows, fileno(in), out, stderr), EX_OK,
	    "all cases are answered");
	rewind(in);
	rewind(out);
	while (fgets(question, sizeof(question), in) != NULL) {
		total++;
		if (fgets(answer, sizeof(answer), out) != NULL &&
		    agrees(question, answer))
			continue;
		if (wrong++ < 5)
			fprintf(stderr, "# case %d: %s#  got: %s", total,
			    question, answer);
	}
	is_int(total, 2000, "there are 2,000 cases");
	is_int(wrong, 0, "every answer is the expected one");
	ok(fgets(answer, sizeof(answer), out) == NULL,
	    "there are no more answers than questions");
	fclose(in);
	fclose(out);
}

#define UTC(from, to, schedule) "{\"timezone\": \"UTC\", \"from\": \"" from  \
	"\", \"to\": \"" to "\", \"schedule\": " schedule "}"
#define DAY UTC("2025-01-06T00:00:00Z", "2025-01-07T00:00:00Z",              \
	"{\"monday\": [{\"start\": \"09:00\", \"end\": \"18:00\"}]}")
#define DAY_ANSWER "{\"windows\": [[\"2025-01-06T09:00:00Z\", "             \
	"\"2025-01-06T18:00:00Z\"]]}\n"

static const struct {
	const char *what, *question, *answer;
} lines[] = {
	{ "weekly is the type when none is given", DAY, DAY_ANSWER },
	{ "white space around a line does not matter", " " DAY " \r",
	    DAY_ANSWER },
	{ "an offset in from and to counts",
	    UTC("2025-01-06T10:00:00+01:00", "2025-01-06T12:00:00+01:00",
	    "{\"monday\": [{\"start\": \"09:00\", \"end\": \"18:00\"}]}"),
	    "{\"windows\": [[\"2025-01-06T09:00:00Z\", "
	    "\"2025-01-06T11:00:00Z\"]]}\n" },
	{ "no windows are an empty list",
	    UTC("2025-01-06T00:00:00Z", "2025-01-07T00:00:00Z", "{}"),
	    "{\"windows\": []}\n" },
	{ "so is a span that ends before it begins",
	    UTC("2025-01-07T00:00:00Z", "2025-01-06T00:00:00Z",
	    "{\"monday\": [{\"start\": \"00:00\", \"end\": \"24:00\"}]}"),
	    "{\"windows\": []}\n" },
	{ "an empty line is wrong", "", "{\"error\": \"line is not JSON\"}\n" },
	{ "so is half a line", "{\"timezone\": ",
	    "{\"error\": \"line is not JSON\"}\n" },
	{ "and one with something behind it", DAY "x",
	    "{\"error\": \"line is not JSON\"}\n" },
	{ "and a list", "[]", "{\"error\": \"line is not an object\"}\n" },
	{ "and a number", "1", "{\"error\": \"line is not an object\"}\n" },
	{ "and one that is not UTF-8", "{\"\xff\": 1}",
	    "{\"error\": \"line is not UTF-8\"}\n" },
	{ "the time zone may not be missing", "{}",
	    "{\"error\": \"timezone is missing\"}\n" },
	{ "nor be a number", "{\"timezone\": 1}",
	    "{\"error\": \"timezone is not a text\"}\n" },
	{ "nor hide something behind a NUL", "{\"timezone\": \"UTC\\u0000\"}",
	    "{\"error\": \"timezone is not a text\"}\n" },
	{ "nor be unknown", "{\"timezone\": \"Mars\"}",
	    "{\"error\": \"unknown time zone\"}\n" },
	{ "from may not be missing", "{\"timezone\": \"UTC\"}",
	    "{\"error\": \"from is missing\"}\n" },
	{ "and has to be a time",
	    "{\"timezone\": \"UTC\", \"from\": \"2025-02-30T00:00:00Z\"}",
	    "{\"error\": \"from is not a time\"}\n" },
	{ "and so has to",
	    "{\"timezone\": \"UTC\", \"from\": \"2025-01-01\", \"to\": \"\"}",
	    "{\"error\": \"to is not a time\"}\n" },
	{ "the schedule may not be missing",
	    "{\"timezone\": \"UTC\", \"from\": \"2025-01-01\", "
	    "\"to\": \"2025-01-01\"}",
	    "{\"error\": \"schedule is missing\"}\n" },
	{ "nor its type be unknown",
	    "{\"timezone\": \"UTC\", \"from\": \"2025-01-01\", "
	    "\"to\": \"2025-01-01\", \"schedule_type\": \"hourly\"}",
	    "{\"error\": \"schedule type must be weekly or cron\"}\n" },
	{ "quotes in an error are escaped",
	    UTC("2025-01-06", "2025-01-07", "{\"monday\": [{\"start\": 9}]}"),
	    "{\"error\": \"monday, window 1: start must be a time from "
	    "\\\"00:00\\\" to \\\"23:59\\\"\"}\n" },
};

static void
test_lines(void)
{
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct run run;
		char input[1024];
		int length = snprintf(input, sizeof(input), "%s\n%s\n",
		    lines[i].question, DAY);
		size_t answered = strlen(lines[i].answer);

		run = run_tool(argv_windows, input, (size_t)length);
		if (!ok(run.status == EX_OK && run.complained[0] == '\0' &&
		    strncmp(run.said, lines[i].answer, answered) == 0 &&
		    strcmp(run.said + answered, DAY_ANSWER) == 0,
		    "%s, and the next line is answered", lines[i].what))
			fprintf(stderr, "# %d %s%s", run.status, run.said,
			    run.complained);
	}
}

static void
test_extremes(void)
{
	static char input[2 * 1024 * 1024];
	static const char nul[] = "{\"timezone\": \"UTC\0\"}";
	struct run run;

	memset(input, '[', sizeof(input));
	run = run_tool(argv_windows, input, 1024 * 1024 + 1);
	is_text(run.said, "{\"error\": \"line of more than 1048576 bytes\"}\n",
	    "a line of more than a mebibyte is refused");
	run = run_tool(argv_windows, input, 1024 * 1024);
	is_text(run.said, "{\"error\": \"line is not JSON\"}\n",
	    "one that is nested without end is, too");
	run = run_tool(argv_windows, nul, sizeof(nul) - 1);
	is_text(run.said, "{\"error\": \"line is not UTF-8\"}\n",
	    "a NUL does not end a line");
	run = run_tool(argv_windows, DAY, strlen(DAY));
	is_text(run.said, DAY_ANSWER, "the last line needs no end");
	run = run_tool(argv_windows, "", 0);
	ok(run.status == EX_OK && run.said[0] == '\0',
	    "no questions have no answers");
}

static void
test_no_input(void)
{
	int folder = open("/", O_RDONLY | O_CLOEXEC);
	FILE *out = tmpfile(), *err = tmpfile();
	char complained[SAID_BYTES];

	if (folder < 0 || out == NULL || err == NULL)
		abort();
	is_int(run_files(argv_windows, folder, out, err), EX_SOFTWARE,
	    "input that cannot be read is a failure");
	run_catch(err, complained);
	is_text(complained, "diurnalctl schedule windows: standard input: "
	    "Is a directory\n", "and told as that");
	fclose(out);
	close(folder);
}

int
main(void)
{
	test_cases();
	test_lines();
	test_extremes();
	test_no_input();
	return tap_done();
}
