#include <argon2.h>
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "crypto/password.h"
#include "t/tap.h"

static const char *const common[] = {
#include "src/crypto/common_passwords.inc"
};

static struct password_limit unlimited;

/* Stored with these parameters, and salt and tag of these sizes. */
static const char *
stored_with(uint32_t memory, uint32_t passes, uint32_t lanes, size_t salt,
    size_t tag)
{
	static const unsigned char salts[64] = { 1, 2, 3 };
	static char stored[512];

	if (argon2id_hash_encoded(passes, memory, lanes, "correct horse", 13,
	    salts, salt, tag, stored, sizeof(stored)) != ARGON2_OK)
		abort();
	return stored;
}

static void
test_hash(void)
{
	char stored[PASSWORD_STORED_BYTES], again[PASSWORD_STORED_BYTES];
	struct failure why = { 0 };
	bool weak = true;

	ok(password_hash(&unlimited, "correct horse", stored, &why) == 0 &&
	    strncmp(stored, "$argon2id$v=19$m=19456,t=2,p=1$", 31) == 0,
	    "a password is stored with the parameters promised");
	is_int((int64_t)strlen(stored), 31 + 22 + 1 + 43,
	    "its salt has 16 bytes and its tag 32");
	password_hash(&unlimited, "correct horse", again, &why);
	ok(strcmp(stored, again) != 0, "every hash has a salt of its own");
	ok(password_verify(&unlimited, "correct horse", stored, &weak,
	    &why) == 0 && !weak, "the right password verifies and is not weak");
}

static bool
is_wrong(const char *password, const char *stored)
{
	struct failure why = { 0 };
	bool weak = true;

	return password_verify(&unlimited, password, stored, &weak,
	    &why) == -1 && why.fault == FAULT_UNAUTHENTICATED && weak &&
	    strcmp(why.detail, "the password is wrong") == 0;
}

static void
test_wrong(void)
{
	char stored[PASSWORD_STORED_BYTES], big[PASSWORD_MAX_BYTES + 2];
	struct failure why = { 0 };

	password_hash(&unlimited, "correct horse", stored, &why);
	memset(big, 'a', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	ok(is_wrong("correct horsf", stored), "another password is wrong");
	ok(is_wrong("Correct horse", stored), "another case is wrong");
	ok(is_wrong("correct horse ", stored), "one with more behind is wrong");
	ok(is_wrong("", stored), "an empty password is wrong");
	ok(is_wrong(big, stored), "one that is too long is wrong");
	ok(is_wrong("correct horse", NULL),
	    "a user who does not exist fails with the very same text");
	ok(is_wrong(big, NULL), "also when the password is too long");
}

static void
test_lengths(void)
{
	char stored[PASSWORD_STORED_BYTES] = "untouched";
	char big[PASSWORD_MAX_BYTES + 2];
	struct failure why = { 0 };
	bool weak;

	memset(big, 'a', sizeof(big));
	big[PASSWORD_MAX_BYTES + 1] = '\0';
	ok(password_hash(&unlimited, big, stored, &why) == -1 &&
	    why.fault == FAULT_INVALID && strcmp(stored, "untouched") == 0,
	    "a password one byte too long is not stored");
	why = (struct failure){ 0 };
	big[PASSWORD_MAX_BYTES] = '\0';
	ok(password_hash(&unlimited, big, stored, &why) == 0 &&
	    password_verify(&unlimited, big, stored, &weak, &why) == 0,
	    "the longest password can be used");
}

static void
test_weak(void)
{
	static const struct {
		uint32_t memory, passes, lanes;
		size_t salt, tag;
		bool weak;
		const char *name;
	} cases[] = {
		{ 19456, 2, 1, 16, 32, false, "today's parameters" },
		{ 32768, 3, 2, 32, 64, false, "stronger parameters" },
		{ 19455, 2, 1, 16, 32, true, "less memory" },
		{ 19456, 1, 1, 16, 32, true, "fewer passes" },
		{ 19456, 2, 1, 8, 32, true, "a shorter salt" },
		{ 19456, 2, 1, 16, 16, true, "a shorter tag" },
		{ 64, 1, 1, 8, 16, true, "the weakest of all" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure why = { 0 };
		bool weak = !cases[i].weak;

		ok(password_verify(&unlimited, "correct horse",
		    stored_with(cases[i].memory, cases[i].passes,
		    cases[i].lanes, cases[i].salt, cases[i].tag), &weak,
		    &why) == 0 && weak == cases[i].weak,
		    "%s verify and are %sto be raised", cases[i].name,
		    cases[i].weak ? "" : "not ");
	}
}

#define SALT "c29tZXNhbHRzb21lc2FsdA"
#define TAG "Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm8"

static void
test_unusable(void)
{
	static const char *const cases[] = {
		"",
		"!",
		"$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
		"$argon2i$v=19$m=19456,t=2,p=1$" SALT "$" TAG,
		"$argon2d$v=19$m=19456,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=16$m=19456,t=2,p=1$" SALT "$" TAG,
		"$argon2id$m=19456,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=1048577,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=99999999999999999999,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=19456,t=65,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=19456,t=2,p=17$" SALT "$" TAG,
		"$argon2id$v=19$m=0,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=019456,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=-1,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=19456,t=2,p=1",
		"$argon2id$v=19$m=19456,t=2,p=1$",
		"$argon2id$v=19$m=19456,t=2,p=1$" SALT,
		"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$",
		"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$Zm9vYg",
		"$argon2id$v=19$m=19456,t=2,p=1$c29t$" TAG,
		"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" TAG "!",
		"$argon2id$v=19$m=19456,t=2,p=1,x=1$" SALT "$" TAG,
		"$argon2id$v=19$m=4,t=2,p=1$" SALT "$" TAG,
		"$argon2id$v=19$m=19456,t=2,p=1$" SALT "$" TAG TAG TAG TAG TAG,
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct failure why = { 0 };
		bool weak = true;

		ok(password_verify(&unlimited, "x", cases[i], &weak,
		    &why) == -1 && why.fault == FAULT_INTERNAL && weak,
		    "'%.60s' is not computed", cases[i]);
	}
}

/* Nanoseconds of processor time that a wrong password costs. */
static int64_t
cost_of(const char *stored)
{
	struct timespec before, after;
	struct failure why = { 0 };
	bool weak;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	password_verify(&unlimited, "wrong horse", stored, &weak, &why);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	return (after.tv_sec - before.tv_sec) * INT64_C(1000000000) +
	    after.tv_nsec - before.tv_nsec;
}

/*
 * A hash takes tens of milliseconds, all that surrounds it microseconds.
 * Taken in turn, and the least of each, so that what else the machine does
 * weighs on both alike.
 */
static void
test_same_time(void)
{
	int64_t known = INT64_MAX, unknown = INT64_MAX, cost;
	char stored[PASSWORD_STORED_BYTES];
	struct failure why = { 0 };

	password_hash(&unlimited, "correct horse", stored, &why);
	for (int i = 0; i < 10; i++) {
		cost = cost_of(stored);
		known = cost < known ? cost : known;
		cost = cost_of(NULL);
		unknown = cost < unknown ? cost : unknown;
	}
	ok(unknown > known / 2 && known > unknown / 2,
	    "a user who does not exist takes as long (%" PRId64
	    " us and %" PRId64 " us)", unknown / 1000, known / 1000);
}

static int
hold(const char *directory, int slot)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/password-%d.lock", directory, slot);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) != 0)
		abort();
	return fd;
}

/* A process that holds both slots until it is killed. */
static pid_t
hold_both(const char *directory)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) != 0 || (pid = fork()) < 0)
		abort();
	if (pid == 0) {
		hold(directory, 0);
		hold(directory, 1);
		if (write(ready[1], "", 1) != 1)
			abort();
		for (;;)
			pause();
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		abort();
	close(ready[0]);
	return pid;
}

static enum fault
fault_of(const struct password_limit *limit, const char *stored)
{
	struct failure why = { 0 };
	bool weak;

	password_verify(limit, "correct horse", stored, &weak, &why);
	return why.fault;
}

static void
test_slots(const char *directory)
{
	char stored[PASSWORD_STORED_BYTES] = "";
	struct password_limit limit;
	struct failure why = { 0 };
	pid_t pid;
	int slot;

	ok(password_limit_open(&limit, directory, &why) == 0,
	    "slots can be shared through a directory");
	slot = hold(directory, 0);
	ok(password_hash(&limit, "correct horse", stored, &why) == 0,
	    "while one slot is taken there is another");
	close(slot);
	pid = hold_both(directory);
	limit.patience = 30 * CLOCK_SECOND / 1000;
	is_int(fault_of(&limit, stored), FAULT_BUSY,
	    "while both are taken a check is turned away");
	is_int(fault_of(&limit, NULL), FAULT_BUSY,
	    "also for a user who does not exist");
	ok(password_hash(&limit, "x", stored, &why) == -1 &&
	    why.fault == FAULT_BUSY, "nor is anything hashed to be stored");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	is_int(fault_of(&limit, stored), FAULT_NONE,
	    "a holder that is killed gives its slots back");
	password_limit_close(&limit);
}

/* Does the process ${pid} come to hold slot 0 alone, before it ends? */
static bool
comes_to_hold(pid_t pid, const char *directory)
{
	char path[128];
	bool held = false;
	int fd;

	snprintf(path, sizeof(path), "%s/password-0.lock", directory);
	if ((fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		abort();
	while (!held && waitpid(pid, NULL, WNOHANG) == 0) {
		held = flock(fd, LOCK_SH | LOCK_NB) != 0;
		flock(fd, LOCK_UN);
		usleep(1000);
	}
	close(fd);
	return held;
}

static void
test_holding(const char *directory)
{
	struct password_limit limit;
	struct failure why = { 0 };
	pid_t pid;
	bool weak;

	password_limit_open(&limit, directory, &why);
	if ((pid = fork()) == 0)
		_exit(password_verify(&limit, "x",
		    "$argon2id$v=19$m=19456,t=64,p=1$" SALT "$" TAG, &weak,
		    &why) != 0);
	ok(comes_to_hold(pid, directory),
	    "who hashes has a slot to himself meanwhile");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	password_limit_close(&limit);
}

static void
test_waiting(const char *directory)
{
	int slot = hold(directory, 0), hashed = 0, status;
	struct password_limit limit;
	struct failure why = { 0 };

	password_limit_open(&limit, directory, &why);
	for (int i = 0; i < 4; i++) {
		char stored[PASSWORD_STORED_BYTES];

		if (fork() == 0)
			_exit(password_hash(&limit, "x", stored, &why) != 0);
	}
	while (wait(&status) > 0)
		hashed += status == 0;
	is_int(hashed, 4, "four who share one slot all get it in the end");
	close(slot);
	password_limit_close(&limit);
}

static void
test_limit_failures(const char *directory)
{
	struct password_limit limit = { .directory = -7 };
	char stored[PASSWORD_STORED_BYTES], path[128];
	struct failure why = { 0 };

	ok(password_limit_open(&limit, "/nonexistent/directory", &why) == -1 &&
	    why.fault == FAULT_INTERNAL && limit.directory == -7,
	    "a directory that is not there is reported");
	why = (struct failure){ 0 };
	snprintf(path, sizeof(path), "%s/password-0.lock", directory);
	unlink(path);
	if (symlink("/dev/null", path) != 0)
		abort();
	password_limit_open(&limit, directory, &why);
	ok(password_hash(&limit, "x", stored, &why) == -1 &&
	    why.fault == FAULT_INTERNAL, "a lock file is no symbolic link");
	password_limit_close(&limit);
	is_int(limit.directory, -1, "what is closed has no limit");
	password_limit_close(&limit);
}

static void
test_limits(void)
{
	char directory[] = "/tmp/diurnal-password-XXXXXX", path[128];

	if (mkdtemp(directory) == NULL)
		abort();
	test_slots(directory);
	test_holding(directory);
	test_waiting(directory);
	test_limit_failures(directory);
	for (int i = 0; i < PASSWORD_SLOTS; i++) {
		snprintf(path, sizeof(path), "%s/password-%d.lock", directory,
		    i);
		unlink(path);
	}
	rmdir(directory);
}

static void
test_common_table(void)
{
	bool ordered = true, lower = true;
	int twelve = 0;

	for (size_t i = 0; i < COUNT_OF(common); i++) {
		ordered = ordered && (i == 0 ||
		    strcmp(common[i - 1], common[i]) < 0);
		for (const char *c = common[i]; *c != '\0'; c++)
			lower = lower && !isupper((unsigned char)*c);
		twelve += strlen(common[i]) >= 12;
	}
	ok(ordered, "the common passwords are in order, each once");
	ok(lower, "they are in lower case");
	ok(twelve >= 200, "at least 200 of them have twelve characters");
}

static void
test_common(void)
{
	static const char *const known[] = { "password1234", "123456789012",
		"qwertyuiop12", "PASSWORD1234", "Password1234!", "changeme",
		"!@#$%^", "zzzzzzzzzzzz" };
	static const char *const unknown[] = { "", "password1234x",
		"assword1234", "correct horse battery", "zzzzzzzzzzzzz",
		"\xc3\xa4\xc3\xb6\xc3\xbc" };
	bool all = true;

	for (size_t i = 0; i < COUNT_OF(common); i++)
		all = all && password_is_common(common[i]);
	ok(all, "every entry of the table is found");
	for (size_t i = 0; i < COUNT_OF(known); i++)
		ok(password_is_common(known[i]), "'%s' is common", known[i]);
	for (size_t i = 0; i < COUNT_OF(unknown); i++)
		ok(!password_is_common(unknown[i]), "'%s' is not common",
		    unknown[i]);
}

int
main(void)
{
	struct failure why = { 0 };

	ok(password_limit_open(&unlimited, NULL, &why) == 0 &&
	    unlimited.directory == -1, "no directory means no limit");
	test_hash();
	test_wrong();
	test_lengths();
	test_weak();
	test_unusable();
	test_same_time();
	test_limits();
	test_common_table();
	test_common();
	return tap_done();
}
