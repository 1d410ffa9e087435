#include "src/db/sqlstate.h"

#include "base/scope.h"
#include "t/tap.h"

#define SIZE 12

static const struct {
	const char *text, *line, *name;
} lines[] = {
	{ "one", "one", "a word stays" },
	{ "one\n", "one", "the line's end goes" },
	{ "one\n\ttwo\n", "one two", "lines become one" },
	{ "  one   two ", "one two", "blanks become one" },
	{ "", "", "nothing stays nothing" },
	{ "\n\n", "", "blanks alone become nothing" },
	{ "a\x01" "b\x7f", "a b\x7f", "a control character is a blank" },
	{ "12345678901", "12345678901", "what fits is kept whole" },
	{ "123456789012", "12345678901", "what does not is cut" },
	{ "1234567890\xc3\xa4", "1234567890", "not within a character" },
	{ "123456789\xe2\x82\xac", "123456789", "nor within a longer one" },
	{ "123456789\xc3\xa4x", "123456789\xc3\xa4", "but behind one" },
};

static const struct {
	const char *sqlstate;
	enum fault fault;
} faults[] = {
	{ "DI404", FAULT_MISSING }, { "DI405", FAULT_INTERNAL },
	{ "23505", FAULT_CONFLICT }, { "23502", FAULT_INTERNAL },
	{ "57014", FAULT_LATE }, { "57P05", FAULT_BUSY },
	{ "57000", FAULT_INTERNAL }, { "53100", FAULT_BUSY },
	{ "", FAULT_INTERNAL }, { "5", FAULT_INTERNAL },
};

int
main(void)
{
	char line[SIZE];

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		sqlstate_one_line(lines[i].text, line, sizeof(line));
		is_text(line, lines[i].line, lines[i].name);
	}
	for (size_t i = 0; i < COUNT_OF(faults); i++)
		ok(sqlstate_fault(faults[i].sqlstate) == faults[i].fault,
		    "\"%s\" is %s", faults[i].sqlstate,
		    fault_name(faults[i].fault));
	return tap_done();
}
