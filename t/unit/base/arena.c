#include "base/arena.h"

#include <signal.h>
#include <stdalign.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/tap.h"

#define LIMIT ((size_t)1 << 20)

/*
 * What arena_alloc returns aliases nothing, as far as the compiler knows; what
 * is in here may change behind its back.
 */
static unsigned char *volatile seen;

static bool
is_zero(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* Whether ${mistake} ends the process with SIGABRT. */
static bool
aborts(void (*mistake)(struct arena *arena))
{
	pid_t child;
	int status;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		struct rlimit none = { 0 };

		setrlimit(RLIMIT_CORE, &none);
		mistake(arena_new(LIMIT));
		_exit(0);
	}
	return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGABRT;
}

static void
ask_too_much(struct arena *arena)
{
	arena_alloc(arena, LIMIT + 1);
}

static void
ask_too_often(struct arena *arena)
{
	for (size_t i = 0; i <= LIMIT / 1024; i++)
		arena_alloc(arena, 1024);
}

static void
overflow_product(struct arena *arena)
{
	volatile size_t half = SIZE_MAX / 2 + 1;

	arena_array(arena, half, 2);
}

static void
overflow_alignment(struct arena *arena)
{
	volatile size_t most = SIZE_MAX;

	arena_alloc(arena, most);
}

static void
test_alloc(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	unsigned char *blocks[200];
	bool all_aligned = true, all_zero = true, apart = true;

	for (size_t i = 0; i < 200; i++) {
		blocks[i] = arena_alloc(arena, i);
		all_aligned = all_aligned &&
		    (uintptr_t)blocks[i] % alignof(max_align_t) == 0;
		all_zero = all_zero && is_zero(blocks[i], i);
		memset(blocks[i], (int)i, i);
	}
	for (size_t i = 0; i < 200; i++)
		for (size_t j = 0; j < i; j++)
			apart = apart && blocks[i][j] == i;
	ok(all_aligned, "every piece is aligned for anything");
	ok(all_zero, "every piece is zeroed");
	ok(apart, "pieces do not overlap");
	ok(is_zero(arena_array(arena, 1000, 70), 70000),
	    "a piece larger than a block is zeroed too");
}

static void
test_copies(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	static const char bytes[] = { 'a', '\0', 'b', 'c' };
	char source[] = "here";
	char *copy = arena_copy(arena, bytes, 3);
	char *text = arena_text(arena, source);

	source[0] = 't';
	ok(memcmp(copy, bytes, 3) == 0 && copy[3] == '\0',
	    "a copy holds NULs and ends with one");
	is_text(arena_copy(arena, NULL, 0), "", "a copy of nothing is empty");
	is_text(text, "here", "a text is a copy");
	is_text(arena_printf(arena, "%d-%s", 42, "x"), "42-x",
	    "a format is filled in");
	is_int((int64_t)strlen(arena_printf(arena, "%100000s", "")), 100000,
	    "a format longer than a block is whole");
}

static void
test_left(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT + 5);
	size_t left;

	is_int((int64_t)arena_left(arena), (int64_t)LIMIT,
	    "all of a new arena is left, but for alignment");
	arena_alloc(arena, 1);
	left = arena_left(arena);
	ok(left < LIMIT, "less is left after an allocation");
	ok(is_zero(arena_alloc(arena, left), left),
	    "what is said to be left can be had in one piece");
	is_int((int64_t)arena_left(arena), 0, "then nothing is left");
}

static void
test_reset(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);

	for (int i = 0; i < 90; i++)
		arena_alloc(arena, 10000);
	arena_reset(arena);
	seen = arena_alloc(arena, 100);
	memset(seen, 's', 100);
	arena_reset(arena);
	ok(is_zero(seen, 100), "resetting wipes what was there");
	ok(arena_alloc(arena, 50) == seen, "a block is kept and used again");
	for (int i = 0; i < 90; i++)
		arena_alloc(arena, 10000);
	ok(true, "after a reset the limit counts from nothing");
	arena_reset(arena);
	arena_reset(arena);
	ok(arena_left(arena) > 0, "resetting twice is harmless");
}

static void
test_large_then_reset(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);

	arena_alloc(arena, LIMIT);
	arena_reset(arena);
	is_int((int64_t)arena_left(arena), (int64_t)LIMIT,
	    "a reset gives a large block back");
}

static void
test_mistakes(void)
{
	ok(aborts(ask_too_much), "asking for more than the limit aborts");
	ok(aborts(ask_too_often), "asking up to more than the limit aborts");
	ok(aborts(overflow_product), "a product that overflows aborts");
	ok(aborts(overflow_alignment), "a size near SIZE_MAX aborts");
}

int
main(void)
{
	test_alloc();
	test_copies();
	test_left();
	test_reset();
	test_large_then_reset();
	test_mistakes();
	arena_free(NULL);
	return tap_done();
}
