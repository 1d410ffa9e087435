/*
 * What the tests of the reconciler need of our own code:
 *
 *	tool setup                          make roles, database and tables
 *	tool seal PUBLIC_KEY ORGANIZATION ACCOUNT
 *	                                    seal the credentials on stdin; keys
 *	                                    and result are hex
 */
#include <stdlib.h>

#include "base/config.h"
#include "base/text.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"
#include "db/migration.h"
#include "db/provision.h"

static int
complain(const struct failure *why)
{
	fprintf(stderr, "tool: %s\n", why->detail);
	return EXIT_FAILURE;
}

static void
tell(void *context, const char *what)
{
	(void)context;
	(void)what;
}

static int
setup(struct arena *arena)
{
	struct config config = { 0 };
	struct failure why = { 0 };
	size_t applied;

	if (config_load(&config, PROGRAM_CTL, arena, &why) != 0 ||
	    provision_apply(&config, tell, NULL, &why) != 0 ||
	    migration_apply(&config, &applied, &why) != 0)
		return complain(&why);
	return EXIT_SUCCESS;
}

static int
seal(char **argv, struct arena *arena)
{
	unsigned char public_key[SEAL_KEY_BYTES];
	char aad[KEYRING_AAD_BYTES], plain[4096];
	size_t length = fread(plain, 1, sizeof(plain), stdin);
	struct bytes sealed;
	struct failure why = { 0 };
	char *hex;

	if (text_to_bytes(argv[0], public_key, sizeof(public_key)) != 0)
		return EXIT_FAILURE;
	keyring_credentials_aad(argv[1], argv[2], aad);
	if (seal_to(public_key, bytes_of_text(KEYRING_CREDENTIALS_INFO),
	    bytes_of_text(aad), bytes_of(plain, length), arena, &sealed,
	    &why) != 0)
		return complain(&why);
	hex = arena_alloc(arena, 2 * sealed.length + 1);
	text_from_bytes(sealed.at, sealed.length, hex);
	puts(hex);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	SCOPED(arena_release) struct arena *arena = arena_new(1 << 20);

	if (argc == 2 && text_is(argv[1], "setup"))
		return setup(arena);
	if (argc == 5 && text_is(argv[1], "seal"))
		return seal(argv + 2, arena);
	fputs("usage: tool setup | seal PUBLIC_KEY ORGANIZATION ACCOUNT\n",
	    stderr);
	return EXIT_FAILURE;
}
