/*
 * diurnal-reconcile: what looks at machines and holds them to their hours.
 *
 *	diurnal-reconcile             serve what the API has asked for, then
 *	                              one pass (the timer)
 *	diurnal-reconcile --requests  serve what the API has asked for (the
 *	                              path unit)
 *
 * Exits with the status of sysexits(3); 75 means: another pass is running.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "base/fault.h"
#include "base/log.h"
#include "base/text.h"
#include "db/lock.h"
#include "db/migration.h"
#include "db/session.h"
#include "src/reconcile/bench.h"
#include "src/reconcile/pass.h"
#include "src/reconcile/reconciler.h"
#include "src/reconcile/requests.h"
#include "src/reconcile/ticker.h"

#define CONFIG_BYTES ((size_t)1 << 20)

/* How often what the API asks for meanwhile is noticed. */
#define NOTICE (CLOCK_SECOND / 4)

/* How long those who want a pass wait for one that is running. */
#define PATIENCE CLOCK_MINUTE

struct options {
	bool only_requests;
};

static void
usage(FILE *out)
{
	fputs("usage: diurnal-reconcile [--requests]\n", out);
}

static void
list_fault_points(void)
{
#ifdef TEST_HOOKS
	for (size_t i = 0; fault_points[i] != NULL; i++)
		puts(fault_points[i]);
#endif
}

/* -1 to go on, else the status to exit with. */
static int
read_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "requests", no_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
#ifdef TEST_HOOKS
		{ "fault-points", no_argument, NULL, 'f' },
#endif
		{ 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'r':
			options->only_requests = true;
			break;
		case 'h':
			usage(stdout);
			return EX_OK;
		case 'V':
			puts("diurnal-reconcile " PACKAGE_VERSION);
			return EX_OK;
		case 'f':
			list_fault_points();
			return EX_OK;
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	return optind == argc ? -1 : (usage(stderr), EX_USAGE);
}

static int
complain(const char *event, const struct failure *why)
{
	LOG(LOG_ERROR, event, LOG_TEXT("fault", fault_name(why->fault)),
	    LOG_TEXT("reason", why->detail));
	switch (why->fault) {
	case FAULT_BUSY:
	case FAULT_LATE:
	case FAULT_DENIED:
	case FAULT_UNCERTAIN:
		return EX_TEMPFAIL;
	case FAULT_INVALID:
	case FAULT_CONFLICT:
		return EX_CONFIG;
	case FAULT_NONE:
	case FAULT_REFUSED:
	case FAULT_UNAUTHENTICATED:
	case FAULT_MISSING:
	case FAULT_UPSTREAM:
	case FAULT_INTERNAL:
	case FAULT_COUNT:
		break;
	}
	return EX_SOFTWARE;
}

/* A pass now, unless only wanted ones are to be run; then all wanted ones. */
static int
run_passes(const struct reconciler *reconciler, struct lock *lock,
    bool wanted, struct failure *why)
{
	do {
		if (wanted && pass_run(reconciler, lock, why) != 0)
			return -1;
		if (requests_want_pass(reconciler, &wanted, why) != 0)
			return -1;
	} while (wanted);
	return 0;
}

/* With the timer's options: a pass, or exit.  Else: those that are wanted. */
static int
take_turn(const struct reconciler *reconciler, const struct options *options,
    struct failure *why)
{
	SCOPED(lock_scope) struct lock *lock = NULL;
	bool wanted = true;

	if (options->only_requests &&
	    requests_want_pass(reconciler, &wanted, why) != 0)
		return -1;
	if (!wanted)
		return 0;
	if (lock_take(reconciler->config, "diurnal-reconcile lock", LOCK_PASS,
	    options->only_requests ? PATIENCE : 0, &lock, why) != 0)
		return -1;
	return run_passes(reconciler, lock, !options->only_requests, why);
}

static void
notice(void *context)
{
	const struct reconciler *reconciler = context;
	struct failure why = { 0 };

	if (requests_are_announced(reconciler) &&
	    requests_serve(reconciler, &why) != 0)
		complain("requests not served", &why);
}

static int
check_database(const struct reconciler *reconciler, struct failure *why)
{
	SCOPED(loan_end) struct loan loan = { 0 };

	if (loan_take(reconciler->bench, &loan, why) != 0)
		return -1;
	return migration_check(loan.session, why);
}

/* Whoever asks for something while a pass runs is served beside it. */
static int
take_turn_attended(struct reconciler *reconciler,
    const struct options *options, struct failure *why)
{
	SCOPED(ticker_scope) struct ticker *ticker =
	    ticker_start(NOTICE, notice, reconciler);

	return take_turn(reconciler, options, why);
}

static int
serve(struct reconciler *reconciler, const struct options *options)
{
	struct options turn = *options;
	struct failure why = { 0 };
	bool wanted = false;

	if (check_database(reconciler, &why) != 0)
		return complain("database not usable", &why);
	if (requests_serve(reconciler, &why) != 0)
		return complain("requests not served", &why);
	do {
		if (take_turn_attended(reconciler, &turn, &why) != 0)
			return complain("pass not completed", &why);
		/* At a turn's end, the trigger of a pass may be taken away
		 * when nobody looks for passes any more. */
		turn.only_requests = true;
		if (requests_want_pass(reconciler, &wanted, &why) != 0)
			return complain("pass not completed", &why);
	} while (wanted);
	return EX_OK;
}

static void
open_log(const struct config *config)
{
	enum log_level level = LOG_INFO;
	enum log_format format = LOG_AUTO;

	log_level_from(config->log_level, &level);
	log_format_from(config->log_format, &format);
	log_open("diurnal-reconcile", level, format);
}

static int
start(const struct options *options, struct arena *arena)
{
	struct config config = { 0 };
	struct reconciler reconciler = { .config = &config };
	struct failure why = { 0 };
	int status;

	if (config_load(&config, PROGRAM_RECONCILE, arena, &why) != 0) {
		fprintf(stderr, "diurnal-reconcile: %s\n", why.detail);
		return EX_CONFIG;
	}
	open_log(&config);
	keyring_set(&reconciler.keyring, KEY_CLOUD, config.encryption_key,
	    config.encryption_key_previous);
	reconciler.threads = (size_t)config.discovery_threads;
	reconciler.bench = bench_new(&config);
	status = serve(&reconciler, options);
	bench_free(reconciler.bench);
	keyring_wipe(&reconciler.keyring);
	return status;
}

int
main(int argc, char **argv)
{
	SCOPED(arena_release) struct arena *arena = arena_new(CONFIG_BYTES);
	struct options options = { 0 };
	int status = read_options(argc, argv, &options);

	return status >= 0 ? status : start(&options, arena);
}
