#include "base/config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "base/text.h"
#include "t/tap.h"

#define LIMIT ((size_t)1 << 20)

/* Two keys, and what they are in base64, with both alphabets. */
#define HEX \
	"fbff7e1063c5a92d8847e0b1f6d35c0a9be2714f38ad06c9521e7fd4b3608a15"
#define BASE64 "+/9+EGPFqS2IR+Cx9tNcCpvicU84rQbJUh5/1LNgihU="
#define BASE64URL "-_9-EGPFqS2IR-Cx9tNcCpvicU84rQbJUh5_1LNgihU="
#define HEX_2 \
	"0a1f93c7de5b2864f07e3cab915d46e28b7409f3c1ad5e6270b8d4961c3fea52"
#define PHRASE   "correct horse battery staple 123"
#define PHRASE_2 "another horse, another battery 4"

static char folder[] = "/tmp/diurnal-config-XXXXXX";

/* An environment without a setting but those two that programs need. */
static void
clean(void)
{
	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s_FILE",
		    config_settings[i].name);
		unsetenv(name);
		unsetenv(config_settings[i].name);
	}
	unsetenv("CREDENTIALS_DIRECTORY");
	setenv("ENCRYPTION_KEY", HEX, 1);
	setenv("JWT_SECRET_KEY", PHRASE, 1);
}

/* A file of the folder; its path. */
static const char *
put(const char *name, const char *text, mode_t mode)
{
	static char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 ||
	    chmod(path, mode) != 0)
		abort();
	return path;
}

static void
discard(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	unlink(path);
}

static const struct setting *
setting_of(const char *name)
{
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		if (text_is(config_settings[i].name, name))
			return &config_settings[i];
	abort();
}

/* A program that reads ${name}. */
static enum program
reader_of(const char *name)
{
	unsigned programs = setting_of(name)->programs;

	return (enum program)(programs & -programs);
}

/*
 * Whether ${value} is refused as ${name}, and the complaint says ${detail} but
 * not the value (a short one may be in its words by chance).
 */
static bool
refuses(const char *name, const char *value, const char *detail)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct failure why = { .fault = FAULT_NONE };
	struct config config = { .password_min_length = 42 };

	setenv(name, value, 1);
	if (config_load(&config, reader_of(name), arena, &why) == 0)
		return false;
	return why.fault == FAULT_INVALID && text_is(why.field, name) &&
	    strncmp(why.detail, name, strlen(name)) == 0 &&
	    strstr(why.detail, detail) != NULL &&
	    (strlen(value) < 8 || strstr(why.detail, value) == NULL) &&
	    config.password_min_length == 42;
}

static void
test_table(void)
{
	bool named = true, differ = true, helped = true, kinds = true;

	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		const struct setting *setting = &config_settings[i];

		named = named && setting->name != NULL && setting->name
		    [strspn(setting->name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_")] ==
		    '\0';
		helped = helped && setting->help != NULL &&
		    setting->programs != 0;
		kinds = kinds && (setting->secret ||
		    (setting->kind != SETTING_KEY &&
		    setting->kind != SETTING_PASSPHRASE));
		for (size_t j = 0; named && j < i; j++)
			differ = differ && setting->offset !=
			    config_settings[j].offset && !text_is(
			    setting->name, config_settings[j].name);
	}
	ok(named, "every setting has a name of capitals");
	ok(helped, "every setting has a reader and a line of help");
	ok(differ, "no two settings share a name or a member");
	ok(kinds, "keys and passphrases are secret");
	ok(config_settings[CONFIG_SETTINGS].name == NULL,
	    "the table ends without a name");
}

static void
test_defaults(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct failure why = { .fault = FAULT_NONE };
	struct config config;

	clean();
	ok(config_load(&config, PROGRAM_API, arena, &why) == 0,
	    "the API starts with its secret alone");
	is_int(config.jwt_access_token_expire_minutes, 15, "15 minutes");
	is_int(config.jwt_refresh_token_expire_days, 7, "7 days");
	is_int(config.password_min_length, 12, "12 characters");
	is_int(config.waiting_workers, 2, "2 workers wait");
	is_text(config.postgres_db, "diurnal", "the database is diurnal");
	is_text(config.cors_origins,
	    "http://localhost:3000,http://127.0.0.1:3000",
	    "local pages may use the API");
	is_text(config.trigger_file, "/run/diurnal/trigger", "the trigger");
	is_text(config.log_level, "info", "the log's level");
	is_text(config.log_format, "auto", "the log's format");
	ok(!config.organizations_public && !config.cors_allow_all_origins &&
	    !config.disable_docs && !config.migrate_on_start,
	    "what may be true is false");
	ok(config.database_url == NULL && config.rate_limits == NULL &&
	    config.jwt_secret_key_previous == NULL,
	    "what has no default is absent");
	ok(config_load(&config, PROGRAM_RECONCILE, arena, &why) == 0,
	    "the reconciler starts with its key alone");
	is_int(config.discovery_threads, 8, "8 threads discover");
}

static void
test_programs(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct failure why = { .fault = FAULT_NONE };
	struct config config;

	clean();
	unsetenv("ENCRYPTION_KEY");
	setenv("ENCRYPTION_KEY_FILE", "/nonexistent/key", 1);
	setenv("DISCOVERY_THREADS", "many", 1);
	ok(config_load(&config, PROGRAM_API, arena, &why) == 0 &&
	    config.encryption_key == NULL,
	    "the API does not even look at the reconciler's key");
	clean();
	setenv("JWT_SECRET_KEY", "x", 1);
	ok(config_load(&config, PROGRAM_RECONCILE, arena, &why) == 0 &&
	    config.jwt_secret_key == NULL,
	    "the reconciler does not look at the API's secret");
	setenv("ENCRYPTION_KEY", "x", 1);
	ok(config_load(&config, PROGRAM_DELIVER, arena, &why) == 0 &&
	    config_load(&config, PROGRAM_CTL, arena, &why) == 0,
	    "the deliverer and the tool look at neither");
}

static void
test_required(void)
{
	clean();
	ok(refuses("ENCRYPTION_KEY", "", "is not set"),
	    "the reconciler does not start without a key");
	ok(refuses("JWT_SECRET_KEY", "", "JWT_SECRET_KEY_FILE"),
	    "the API does not start without a secret");
}

static void
test_ints(void)
{
	static const struct {
		const char *name, *low, *high, *below, *above;
	} bounds[] = {
		{ "JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "1", "1440", "0",
		    "1441" },
		{ "JWT_REFRESH_TOKEN_EXPIRE_DAYS", "1", "365", "0", "366" },
		{ "PASSWORD_MIN_LENGTH", "4", "128", "3", "129" },
		{ "WAITING_WORKERS", "0", "64", "-1", "65" },
		{ "DISCOVERY_THREADS", "1", "64", "0", "65" },
	};

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		const char *name = bounds[i].name;

		clean();
		ok(!refuses(name, bounds[i].low, "") &&
		    !refuses(name, bounds[i].high, ""),
		    "the bounds of %s are allowed", name);
		ok(refuses(name, bounds[i].below, " from ") &&
		    refuses(name, bounds[i].above, " from "),
		    "%s has its bounds", name);
		ok(refuses(name, "ten", "whole number") &&
		    refuses(name, "1.5", "whole number") &&
		    refuses(name, " 5", "whole number"),
		    "%s is a number", name);
	}
}

static void
test_bools(void)
{
	static const char *const words[] = {
		"true", "TRUE", "Yes", "on", "1", "false", "False", "no",
		"OFF", "0",
	};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct failure why = { .fault = FAULT_NONE };
		struct config config = { .disable_docs = i >= 5 };

		clean();
		setenv("DISABLE_DOCS", words[i], 1);
		ok(config_load(&config, PROGRAM_API, arena, &why) == 0 &&
		    config.disable_docs == (i < 5), "%s is %s", words[i],
		    i < 5 ? "true" : "false");
	}
	ok(refuses("DISABLE_DOCS", "maybe", "true or false"),
	    "other words are neither");
}

static void
test_choices(void)
{
	bool known = true;

	for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
		clean();
		known = known && !refuses("LOG_LEVEL",
		    log_level_name((enum log_level)i), "");
	}
	for (int i = 0; i < LOG_FORMAT_COUNT; i++) {
		clean();
		known = known && !refuses("LOG_FORMAT",
		    log_format_name((enum log_format)i), "");
	}
	clean();
	ok(known, "every level and format of the log can be chosen");
	ok(!refuses("LOG_LEVEL", "DEBUG", ""), "in any case");
	ok(refuses("LOG_LEVEL", "loud", "error warning info debug"),
	    "another level is refused, and the choices are named");
	clean();
	ok(refuses("LOG_FORMAT", "tex", "must be one of"),
	    "half a choice is none");
}

static void
test_keys(void)
{
	static const char *const good[] = {
		HEX, BASE64, BASE64URL,
		"FBFF7E1063C5A92D8847E0B1F6D35C0A"
		"9BE2714F38AD06C9521E7FD4B3608A15",
	};
	static const char *const bad[] = {
		"x", HEX "0", HEX " ",
		"fbff7e1063c5a92d8847e0b1f6d35c0a"
		"9be2714f38ad06c9521e7fd4b3608a1",
		"gbff7e1063c5a92d8847e0b1f6d35c0a"
		"9be2714f38ad06c9521e7fd4b3608a15",
		/* Without padding, with bits too many, of 31 and 33 bytes. */
		"+/9+EGPFqS2IR+Cx9tNcCpvicU84rQbJUh5/1LNgihU",
		"+/9+EGPFqS2IR+Cx9tNcCpvicU84rQbJUh5/1LNgihV=",
		"+/9+EGPFqS2IR+Cx9tNcCpvicU84rQbJUh5/1LNgig==",
		"+/9+EGPFqS2IR+Cx9tNcCpvicU84rQbJUh5/1LNgihUA",
		"+/9+EGPFqS2IR+Cx9tNcCpvicU84rQbJUh5/1LNgi!U=",
		"+/9+EGPFqS2IR+Cx9tNcCpvicU84rQbJUh5/1LNgi=U=",
	};
	unsigned char want[32];

	text_to_bytes(HEX, want, sizeof(want));
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
		struct failure why = { .fault = FAULT_NONE };
		struct config config;

		clean();
		setenv("ENCRYPTION_KEY", good[i], 1);
		ok(config_load(&config, PROGRAM_RECONCILE, arena, &why) ==
		    0 && memcmp(config.encryption_key, want, 32) == 0,
		    "%s is the key", good[i]);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		ok(refuses("ENCRYPTION_KEY", bad[i], "64 hex digits"),
		    "%s is no key", bad[i]);
}

static void
test_weak_secrets(void)
{
	clean();
	ok(refuses("JWT_SECRET_KEY", "31 bytes are less than they say",
	    "too short"), "a passphrase of 31 bytes is too short");
	ok(!refuses("JWT_SECRET_KEY", PHRASE, ""), "one of 32 is not");
	ok(refuses("JWT_SECRET_KEY",
	    "your-256-bit-secret-goes-here-and-nowhere-else", "placeholder"),
	    "a placeholder is refused as passphrase");
	clean();
	ok(refuses("ENCRYPTION_KEY",
	    "0000000000000000000000000000000000000000000000000000000000000000",
	    "placeholder"), "a key of zeros is refused");
	ok(refuses("ENCRYPTION_KEY",
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	    "placeholder"), "also in base64");
	ok(refuses("ENCRYPTION_KEY", "changeme", "placeholder"),
	    "a placeholder is called so, not badly formed");
	clean();
	ok(refuses("SETUP_TOKEN", "secret", "placeholder"),
	    "other secrets are no placeholders either");
	clean();
	ok(!refuses("POSTGRES_DB", "changeme", ""),
	    "what is no secret may be named as one likes");
}

static void
test_equal_secrets(void)
{
	clean();
	ok(refuses("JWT_SECRET_KEY_PREVIOUS", PHRASE,
	    "the same as JWT_SECRET_KEY"),
	    "the previous secret is not the present one");
	ok(!refuses("JWT_SECRET_KEY_PREVIOUS", PHRASE_2, ""),
	    "two secrets may differ");
	setenv("SETUP_TOKEN", "q8w2e-j4n7", 1);
	ok(refuses("SETUP_TOKEN", PHRASE, "the same as"),
	    "secrets of different kinds differ too");
	clean();
	ok(refuses("ENCRYPTION_KEY_PREVIOUS", BASE64,
	    "the same as ENCRYPTION_KEY"),
	    "the same key in another form is the same key");
	ok(!refuses("ENCRYPTION_KEY_PREVIOUS", HEX_2, ""),
	    "two keys may differ");
	clean();
	setenv("POSTGRES_USER", "diurnal", 1);
	ok(!refuses("POSTGRES_SERVER", "diurnal", ""),
	    "what is no secret may be equal");
	clean();
	setenv("POSTGRES_PASSWORD", "orders-of-1923", 1);
	ok(!refuses("POSTGRES_DB", "orders-of-1923", ""),
	    "even to a secret");
}

static void
test_texts(void)
{
	clean();
	ok(refuses("CORS_ORIGINS", "http://\xff", "UTF-8"),
	    "a value is UTF-8");
	ok(refuses("CORS_ORIGINS", "http://a\nX: y", "line break"),
	    "a value has no line break");
	ok(refuses("CORS_ORIGINS", "http://a\x7f", "control character"),
	    "nor another control character");
}

static void
test_files(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct failure why = { .fault = FAULT_NONE };
	struct config config;

	clean();
	unsetenv("JWT_SECRET_KEY");
	setenv("JWT_SECRET_KEY_FILE", put("a", PHRASE "\n", 0600), 1);
	ok(config_load(&config, PROGRAM_API, arena, &why) == 0,
	    "a secret is read from its file");
	is_text(config.jwt_secret_key, PHRASE, "without the last newline");
	setenv("JWT_SECRET_KEY", PHRASE_2, 1);
	config_load(&config, PROGRAM_API, arena, &why);
	is_text(config.jwt_secret_key, PHRASE_2,
	    "the variable goes before the file");
	setenv("CORS_ORIGINS_FILE", put("a", "https://a\n", 0644), 1);
	config_load(&config, PROGRAM_API, arena, &why);
	is_text(config.cors_origins, "https://a",
	    "what is no secret may be in a file that all can read");
	put("a", "\n", 0644);
	config_load(&config, PROGRAM_API, arena, &why);
	is_text(config.cors_origins,
	    "http://localhost:3000,http://127.0.0.1:3000",
	    "an empty file counts as absent");
	discard("a");
}

static void
test_bad_files(void)
{
	static char huge[17000];

	clean();
	setenv("JWT_SECRET_KEY_FILE", put("a", PHRASE "\n", 0644), 1);
	ok(refuses("JWT_SECRET_KEY", "", "open to everyone"),
	    "a secret's file that all can read is refused");
	put("a", PHRASE "\n\n", 0600);
	ok(refuses("JWT_SECRET_KEY", "", "line break"),
	    "only one newline is dropped");
	memset(huge, 'h', sizeof(huge) - 1);
	put("a", huge, 0600);
	ok(refuses("JWT_SECRET_KEY", "", "more than 16384 bytes"),
	    "a file that is too long is refused");
	discard("a");
	ok(refuses("JWT_SECRET_KEY", "", "cannot open"),
	    "a file that is not there is refused");
	setenv("JWT_SECRET_KEY_FILE", "/", 1);
	ok(refuses("JWT_SECRET_KEY", "", "cannot read /"),
	    "a folder is refused");
}

static void
test_credentials(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct failure why = { .fault = FAULT_NONE };
	struct config config;

	clean();
	unsetenv("JWT_SECRET_KEY");
	setenv("CREDENTIALS_DIRECTORY", folder, 1);
	ok(refuses("JWT_SECRET_KEY", "", "is not set"),
	    "a credential that is not there is absent");
	put("JWT_SECRET_KEY", PHRASE "\n", 0400);
	ok(config_load(&config, PROGRAM_API, arena, &why) == 0 &&
	    text_is(config.jwt_secret_key, PHRASE),
	    "a secret is read from systemd's credential");
	setenv("JWT_SECRET_KEY_FILE", put("a", PHRASE_2, 0600), 1);
	config_load(&config, PROGRAM_API, arena, &why);
	is_text(config.jwt_secret_key, PHRASE_2,
	    "the file goes before the credential");
	discard("a");
	discard("JWT_SECRET_KEY");
}

static void
test_show(void)
{
	SCOPED(arena_release) struct arena *arena = arena_new(LIMIT);
	struct failure why = { .fault = FAULT_NONE };
	struct config config;
	bool shown = true;

	clean();
	setenv("DATABASE_URL", "postgresql://u:p4ssw0rd@h/d", 1);
	setenv("DISABLE_DOCS", "on", 1);
	config_load(&config, PROGRAM_API, arena, &why);
	is_text(config_show(setting_of("JWT_SECRET_KEY"), &config, arena),
	    "(set)", "a secret is not shown");
	is_text(config_show(setting_of("DATABASE_URL"), &config, arena),
	    "(set)", "an address that may hold a password is a secret");
	is_text(config_show(setting_of("ENCRYPTION_KEY"), &config, arena),
	    "(not set)", "a secret that is absent is not set");
	is_text(config_show(setting_of("RATE_LIMITS"), &config, arena),
	    "(not set)", "so is a text");
	is_text(config_show(setting_of("POSTGRES_DB"), &config, arena),
	    "diurnal", "a text is shown");
	is_text(config_show(setting_of("DISABLE_DOCS"), &config, arena),
	    "true", "true is shown as that");
	is_text(config_show(setting_of("MIGRATE_ON_START"), &config, arena),
	    "false", "false is shown as that");
	is_text(config_show(setting_of("PASSWORD_MIN_LENGTH"), &config,
	    arena), "12", "a number is shown");
	for (size_t i = 0; i < CONFIG_SETTINGS; i++)
		shown = shown && config_show(&config_settings[i], &config,
		    arena) != NULL;
	ok(shown, "every setting can be shown");
}

int
main(void)
{
	if (mkdtemp(folder) == NULL)
		abort();
	test_table();
	test_defaults();
	test_programs();
	test_required();
	test_ints();
	test_bools();
	test_choices();
	test_keys();
	test_weak_secrets();
	test_equal_secrets();
	test_texts();
	test_files();
	test_bad_files();
	test_credentials();
	test_show();
	rmdir(folder);
	return tap_done();
}
