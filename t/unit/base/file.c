#include "base/file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/tap.h"

static char path[] = "/tmp/diurnal-file-XXXXXX";

static void
put(const char *bytes, size_t length, mode_t mode)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fwrite(bytes, 1, length, file) != length ||
	    fclose(file) != 0 || chmod(path, mode) != 0)
		abort();
}

/* The fault of reading ${name} into 8 bytes. */
static enum fault
fault_of(const char *name, bool secret, char bytes[8])
{
	struct failure why = { .fault = FAULT_NONE };

	memset(bytes, 'x', 8);
	file_read(name, secret, bytes, 8, &why);
	return why.fault;
}

static void
test_read(void)
{
	struct failure why = { .fault = FAULT_NONE };
	char bytes[8];

	put("1234567", 7, 0600);
	ok(file_read(path, false, bytes, 8, &why) == 0, "a file is read");
	is_text(bytes, "1234567", "whole, and ended by a NUL");
	put("", 0, 0600);
	ok(file_read(path, false, bytes, 8, &why) == 0, "an empty one too");
	is_text(bytes, "", "as nothing");
}

static void
test_bounds(void)
{
	char bytes[8];

	put("12345678", 8, 0600);
	is_int(fault_of(path, false, bytes), FAULT_INVALID,
	    "a file that is too long is refused");
	ok(memcmp(bytes, "\0\0\0\0\0\0\0\0", 8) == 0,
	    "and nothing of it is left in memory");
	is_int(fault_of("/dev/zero", false, bytes), FAULT_INVALID,
	    "a file without end is refused");
	put("12\0", 3, 0600);
	is_int(fault_of(path, false, bytes), FAULT_INVALID,
	    "a NUL is refused");
}

static void
test_modes(void)
{
	char bytes[8];

	put("1", 1, 0644);
	is_int(fault_of(path, true, bytes), FAULT_INVALID,
	    "a secret that everyone can read is refused");
	ok(bytes[0] == 'x', "and not even read");
	is_int(fault_of(path, false, bytes), FAULT_NONE,
	    "what is no secret may be read by everyone");
	put("1", 1, 0602);
	is_int(fault_of(path, true, bytes), FAULT_INVALID,
	    "a secret that everyone can write is refused");
	put("1", 1, 0640);
	is_int(fault_of(path, true, bytes), FAULT_NONE,
	    "a secret's group may read it");
}

static void
test_missing(void)
{
	char bytes[8];

	is_int(fault_of("/nonexistent/x", false, bytes), FAULT_MISSING,
	    "a file that does not exist is missing");
	is_int(fault_of("/", false, bytes), FAULT_INVALID,
	    "a folder is not a file");
	is_int(fault_of("/", true, bytes), FAULT_INVALID,
	    "nor a secret one");
}

int
main(void)
{
	close(mkstemp(path));
	test_read();
	test_bounds();
	test_modes();
	test_missing();
	unlink(path);
	return tap_done();
}
