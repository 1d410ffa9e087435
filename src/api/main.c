/*
 * diurnal-api: the FastCGI responder.  Whoever starts it gives it the
 * listening socket as descriptor 0: systemd (systemd/diurnal-api@.socket), or
 * spawn-fcgi in ./dev up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"
#include "config.h"
#include "dispatch.h"
#include "http/fcgi.h"
#include "routes.h"
#include "service.h"

/* A request with the largest body, parsed, and its answer. */
#define REQUEST_ARENA ((size_t)128 << 20)

static int
print_openapi(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(16 << 20);
	struct text text = { .arena = arena };

	routes_print_openapi(&text);
	fputs(text_get(&text), stdout);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Passwords and credentials pass through: nobody may read our memory; what
 * stays of them in it is forget.h's. */
static void
forbid_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
#ifndef TEST_HOOKS
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static int
run(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(REQUEST_ARENA);
	struct service service;
	struct failure why = { .fault = FAULT_NONE };
	int result;

	if (service_open(&service, &why) != 0) {
		fprintf(stderr, "diurnal-api: %s\n", why.detail);
		service_close(&service);
		return 78;             /* EX_CONFIG */
	}
	result = fcgi_serve(arena, dispatch, dispatch_done, &service, &why);
	if (result != 0)
		LOG(LOG_ERROR, "stopped serving", LOG_TEXT("why", why.detail));
	service_close(&service);
	return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void
print_usage(FILE *out)
{
	fputs("usage: diurnal-api [--openapi | --version | --help]\n"
	    "Serves FastCGI on the socket that is its descriptor 0 "
	    "(see diurnal-api(8)).\n", out);
}

int
main(int argc, char *argv[])
{
	if (argc == 2 && strcmp(argv[1], "--openapi") == 0)
		return print_openapi();
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return EXIT_SUCCESS;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_usage(stdout);
		return EXIT_SUCCESS;
	}
	if (argc != 1) {
		print_usage(stderr);
		return 64;             /* EX_USAGE */
	}
	forbid_dumps();
	return run();
}
