#include "base/failure.h"

#include "base/text.h"
#include "t/tap.h"

static void
test_fail(void)
{
	struct failure why = { .fault = FAULT_NONE };

	is_int(fail(&why, FAULT_CONFLICT, "name %s is taken", "x"), -1,
	    "fail returns -1");
	is_int(why.fault, FAULT_CONFLICT, "the fault is kept");
	is_text(why.detail, "name x is taken", "the detail is filled in");
	ok(why.field == NULL, "no field is blamed");
}

static void
test_doing(void)
{
	struct failure why = { .fault = FAULT_NONE };

	fail(&why, FAULT_LATE, "no answer");
	is_int(fail_doing(&why, "account %d", 7), -1, "fail_doing returns -1");
	is_text(why.detail, "account 7: no answer",
	    "what was being done stands before the cause");
	is_int(why.fault, FAULT_LATE, "the fault stays");
}

/* Cut where it may, a detail is text that JSON and the database accept. */
static void
test_cut(void)
{
	static const char *const characters[] = { "a", "é", "€", "𝄞" };
	bool whole = true, full = true;

	for (size_t c = 0; c < 4; c++) {
		for (size_t shift = 0; shift < 8; shift++) {
			struct failure why = { .fault = FAULT_NONE };
			char text[2000] = "";
			size_t step = strlen(characters[c]);

			memset(text, '.', shift);
			for (size_t at = shift; at + step < sizeof(text);
			    at += step)
				memcpy(text + at, characters[c], step + 1);
			fail(&why, FAULT_INTERNAL, "%s", text);
			whole = whole &&
			    text_is_utf8(why.detail, strlen(why.detail));
			full = full &&
			    strlen(why.detail) + step >= sizeof(why.detail);
			fail_doing(&why, "%s", text + shift % 3);
			whole = whole &&
			    text_is_utf8(why.detail, strlen(why.detail));
		}
	}
	ok(whole, "a long detail is cut between characters");
	ok(full, "a long detail is cut as late as can be");
}

static void
test_long_doing(void)
{
	struct failure why = { .fault = FAULT_NONE };
	char cause[301], doing[301];

	memset(cause, 'c', 300);
	memset(doing, 'd', 300);
	cause[300] = doing[300] = '\0';
	fail(&why, FAULT_INTERNAL, "%s", cause);
	fail_doing(&why, "%s", doing);
	is_int((int64_t)strlen(why.detail), sizeof(why.detail) - 1,
	    "doing and cause together are cut to the room there is");
	ok(strncmp(why.detail, doing, 300) == 0 &&
	    strncmp(why.detail + 300, ": ccc", 5) == 0,
	    "the cut is at the end of the cause");
}

static void
test_names(void)
{
	bool named = true, differ = true;

	for (int a = 0; a < FAULT_COUNT; a++) {
		const char *name = fault_name((enum fault)a);

		named = named && name != NULL && *name != '\0';
		for (int b = 0; named && b < a; b++)
			differ = differ &&
			    strcmp(name, fault_name((enum fault)b)) != 0;
	}
	ok(named, "every fault has a name");
	ok(differ, "no two faults share a name");
	is_text(fault_name(FAULT_COUNT), "unknown",
	    "what is no fault is named so");
}

int
main(void)
{
	test_fail();
	test_doing();
	test_cut();
	test_long_doing();
	test_names();
	return tap_done();
}
