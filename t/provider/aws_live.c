/*
 * The provider aws as a command, so that t/e2e/aws.t can point it at an
 * emulator that others wrote:
 *
 *	aws_live check
 *	aws_live regions
 *	aws_live discover REGION
 *	aws_live start|stop REGION ID...
 *
 * The endpoint is in DIURNAL_AWS_ENDPOINT, a file of certificates in
 * DIURNAL_AWS_CA, the credentials as JSON in DIURNAL_AWS_CREDENTIALS.  Prints
 * one line for each thing that comes back, fields separated by tabs, and
 * "failed FAULT DETAIL" with status 1 for a failure of the whole.
 */
#include <json-c/json.h>
#include <stdlib.h>

#include "base/scope.h"
#include "base/text.h"
#include "provider/provider.h"
#include "t/tap.h"

DEFINE_RELEASE(json_release, struct json_object *, json_object_put)

struct live {
	const struct provider *provider;
	struct arena *arena;
	struct provider_account *account;
};

static void
live_release(struct live *live)
{
	if (live->account != NULL)
		live->provider->close(live->account);
	arena_free(live->arena);
}

static const char *
or_dash(const char *text)
{
	return text != NULL ? text : "-";
}

static int
print_sighting(void *context, const struct sighting *sighting,
    struct failure *why)
{
	(void)context;
	(void)why;
	printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", sighting->id,
	    or_dash(sighting->name), sighting->region,
	    or_dash(sighting->type), resource_state_name(sighting->state),
	    sighting->provider_state, sighting->passing ? "passing" : "-",
	    or_dash(sighting->hands_off), sighting->tags);
	return 0;
}

static int
run_check(struct live *live, char **words, int nwords, struct failure *why)
{
	const char *identity;

	(void)words;
	(void)nwords;
	if (live->provider->check(live->account, &identity, why) != 0)
		return -1;
	printf("%s\n", identity);
	return 0;
}

static int
run_regions(struct live *live, char **words, int nwords, struct failure *why)
{
	const char *const *regions;
	size_t count;

	(void)words;
	(void)nwords;
	if (live->provider->regions(live->account, &regions, &count,
	    why) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		printf("%s\n", regions[i]);
	return 0;
}

static int
run_discover(struct live *live, char **words, int nwords,
    struct failure *why)
{
	static const struct sighting_sink sink = { .put = print_sighting };

	(void)nwords;
	return live->provider->discover(live->account, words[0], &sink, why);
}

static int
run_command(struct live *live, enum action action, char **words, int nwords,
    struct failure *why)
{
	size_t nids = (size_t)nwords - 1;
	const char **ids = arena_array(live->arena, nids, sizeof(*ids));
	struct outcome *outcomes = arena_array(live->arena, nids,
	    sizeof(*outcomes));

	for (size_t i = 0; i < nids; i++)
		ids[i] = words[i + 1];
	if (live->provider->command(live->account, action, words[0], ids,
	    nids, "live", outcomes, why) != 0)
		return -1;
	for (size_t i = 0; i < nids; i++)
		printf("%s\t%s\t%s\n", ids[i],
		    fault_name(outcomes[i].failure.fault),
		    outcomes[i].failure.detail);
	return 0;
}

static int
run_start(struct live *live, char **words, int nwords, struct failure *why)
{
	return run_command(live, ACTION_START, words, nwords, why);
}

static int
run_stop(struct live *live, char **words, int nwords, struct failure *why)
{
	return run_command(live, ACTION_STOP, words, nwords, why);
}

static const struct {
	const char *name;
	int least;                     /* words behind the name */
	int (*run)(struct live *live, char **words, int nwords,
	    struct failure *why);
} runs[] = {
	{ "check", 0, run_check },
	{ "regions", 0, run_regions },
	{ "discover", 1, run_discover },
	{ "start", 2, run_start },
	{ "stop", 2, run_stop },
};

static int
open_live(struct live *live, struct failure *why)
{
	const char *json = getenv("DIURNAL_AWS_CREDENTIALS");
	SCOPED(json_release) struct json_object *credentials =
	    json_tokener_parse(json != NULL ? json : "");
	struct provider_context context = {
		.arena = live->arena,
		.aws_endpoint_url = getenv("DIURNAL_AWS_ENDPOINT"),
		.aws_ca_bundle = getenv("DIURNAL_AWS_CA"),
	};

	if (credentials_check(live->provider->entry, credentials, why) != 0)
		return -1;
	return live->provider->open(&context, credentials, &live->account,
	    why);
}

static int
run(char **words, int nwords, struct failure *why)
{
	SCOPED(live_release) struct live live = {
		.provider = provider_find("aws"),
		.arena = arena_new(1 << 20),
	};

	if (open_live(&live, why) != 0)
		return -1;
	for (size_t i = 0; i < COUNT_OF(runs); i++)
		if (text_is(runs[i].name, words[0]) &&
		    nwords > runs[i].least)
			return runs[i].run(&live, words + 1, nwords - 1,
			    why);
	return fail(why, FAULT_INTERNAL, "no such command");
}

int
main(int argc, char **argv)
{
	struct failure why = { 0 };

	if (argc < 2 || getenv("DIURNAL_AWS_ENDPOINT") == NULL)
		return tap_skip_all("t/e2e/aws.t runs this");
	if (run(argv + 1, argc - 1, &why) == 0)
		return 0;
	printf("failed\t%s\t%s\n", fault_name(why.fault), why.detail);
	return 1;
}
