/*
 * What our C tests need of a TAP producer; prove is the consumer.  A test's
 * name is a sentence that could be false.
 */
#ifndef T_TAP_H
#define T_TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_run, tap_failed;

__attribute__((format(printf, 4, 5))) static inline bool
tap_ok(bool pass, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", pass ? "" : "not ", ++tap_run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!pass) {
		tap_failed++;
		fflush(stdout);
		fprintf(stderr, "# failed at %s:%d\n", file, line);
	}
	return pass;
}

static inline bool
tap_is_text(const char *got, const char *want, const char *file, int line,
    const char *name)
{
	bool same = got == NULL || want == NULL ? got == want :
	    strcmp(got, want) == 0;

	if (!tap_ok(same, file, line, "%s", name))
		fprintf(stderr, "#  got: %s\n# want: %s\n",
		    got ? got : "NULL", want ? want : "NULL");
	return same;
}

static inline bool
tap_is_int(int64_t got, int64_t want, const char *file, int line,
    const char *name)
{
	if (!tap_ok(got == want, file, line, "%s", name))
		fprintf(stderr, "#  got: %" PRId64 "\n# want: %" PRId64 "\n",
		    got, want);
	return got == want;
}

#define ok(pass, ...) tap_ok((pass), __FILE__, __LINE__, __VA_ARGS__)
#define is_text(got, want, name)                                             \
	tap_is_text((got), (want), __FILE__, __LINE__, (name))
#define is_int(got, want, name)                                              \
	tap_is_int((got), (want), __FILE__, __LINE__, (name))

/* The plan, and main's exit status. */
static inline int
tap_done(void)
{
	printf("1..%d\n", tap_run);
	return tap_failed != 0;
}

/* Instead of any test: say why none could run. */
static inline int
tap_skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	return 0;
}

#endif
