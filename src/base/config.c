#include "base/config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/placeholder.h"
#include "base/scope.h"
#include "base/text.h"

#define KEY_BYTES        ((size_t)32)
#define PASSPHRASE_BYTES ((size_t)32)
#define VALUE_BYTES      ((size_t)16 * 1024)

/* What a setting of this kind must be, to end a complaint with. */
static const char *const kind_wants[SETTING_KIND_COUNT] = {
	[SETTING_TEXT] = "the real one",
	[SETTING_INT] = "a whole number",
	[SETTING_BOOL] = "true or false",
	[SETTING_KEY] = "64 hex digits or base64 of 32 bytes, such as "
	    "`openssl rand -hex 32` prints",
	[SETTING_PASSPHRASE] = "at least 32 bytes that nobody can guess, such "
	    "as `openssl rand -base64 48` prints",
};

static const struct {
	const char *word;
	bool value;
} bools[] = {
	{ "true", true }, { "yes", true }, { "on", true }, { "1", true },
	{ "false", false }, { "no", false }, { "off", false }, { "0", false },
};

static int
value_from_file(const struct setting *setting, const char *path,
    struct arena *arena, const char **value, struct failure *why)
{
	char bytes[VALUE_BYTES + 1];
	size_t length;

	if (file_read(path, setting->secret, bytes, sizeof(bytes), why) != 0) {
		why->fault = FAULT_INVALID;
		return fail_doing(why, "%s", setting->name);
	}
	length = strlen(bytes);
	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	*value = length > 0 ? arena_copy(arena, bytes, length) : NULL;
	explicit_bzero(bytes, sizeof(bytes));
	return 0;
}

/* The environment's ${name}; NULL if it is absent or empty. */
static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/* What was configured as ${setting}; NULL for nothing. */
static int
find_value(const struct setting *setting, struct arena *arena,
    const char **value, struct failure *why)
{
	const char *text = environment(setting->name), *path;

	if (text != NULL) {
		*value = arena_text(arena, text);
		return 0;
	}
	path = environment(arena_printf(arena, "%s_FILE", setting->name));
	if (path != NULL) {
		if (value_from_file(setting, path, arena, value, why) != 0)
			return -1;
		if (*value != NULL)
			return 0;
	}
	path = environment("CREDENTIALS_DIRECTORY");
	if (path != NULL) {
		path = arena_printf(arena, "%s/%s", path, setting->name);
		if (access(path, F_OK) == 0)
			return value_from_file(setting, path, arena, value,
			    why);
	}
	return 0;
}

static bool
has_control_character(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < 0x20 || *value == 0x7f)
			return true;
	return false;
}

/* The six bits of a digit of base64 (RFC 4648 4 and 5), -1 if it is none. */
static int
base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at;

	if (c == '-')
		c = '+';
	else if (c == '_')
		c = '/';
	at = c != '\0' ? strchr(digits, c) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* 43 digits, of which the last one's two low bits are 0, and the padding. */
static int
key_from_base64(const char *text, unsigned char key[KEY_BYTES])
{
	unsigned bits = 0, count = 0;
	size_t length = 0;

	if (strlen(text) != 44 || text[43] != '=')
		return -1;
	for (size_t i = 0; i < 43; i++) {
		int digit = base64_digit(text[i]);

		if (digit < 0)
			return -1;
		bits = (bits << 6 | (unsigned)digit) & 0xffff;
		count += 6;
		if (count >= 8) {
			count -= 8;
			key[length++] = (unsigned char)(bits >> count);
		}
	}
	return (bits & ((1U << count) - 1)) == 0 ? 0 : -1;
}

static int
store_text(const struct setting *setting, const char *value, void *member,
    struct arena *arena, struct failure *why)
{
	const char *choice = setting->choices;

	*(const char **)member = value;
	if (choice == NULL)
		return 0;
	while (*choice != '\0') {
		size_t length = strcspn(choice, " ");

		if (text_is_nocase(value, arena_copy(arena, choice, length)))
			return 0;
		choice += length + (choice[length] == ' ');
	}
	return fail(why, FAULT_INVALID, "%s must be one of: %s",
	    setting->name, setting->choices);
}

static int
store_int(const struct setting *setting, const char *value, void *member,
    struct failure *why)
{
	if (text_to_int64(value, setting->low, setting->high, member) == 0)
		return 0;
	return fail(why, FAULT_INVALID, "%s must be a whole number from %"
	    PRId64 " to %" PRId64, setting->name, setting->low,
	    setting->high);
}

static int
store_bool(const struct setting *setting, const char *value, bool *member,
    struct failure *why)
{
	for (size_t i = 0; i < COUNT_OF(bools); i++) {
		if (text_is_nocase(value, bools[i].word)) {
			*member = bools[i].value;
			return 0;
		}
	}
	return fail(why, FAULT_INVALID, "%s must be %s", setting->name,
	    kind_wants[SETTING_BOOL]);
}

static int
store_key(const struct setting *setting, const char *value,
    const unsigned char **member, struct arena *arena, struct failure *why)
{
	unsigned char *key = arena_alloc(arena, KEY_BYTES);

	if (text_to_bytes(value, key, KEY_BYTES) != 0 &&
	    key_from_base64(value, key) != 0)
		return fail(why, FAULT_INVALID, "%s must be %s",
		    setting->name, kind_wants[SETTING_KEY]);
	if (placeholder_is_repetition(key, KEY_BYTES))
		return fail(why, FAULT_INVALID, "%s is a placeholder; it must "
		    "be %s", setting->name, kind_wants[SETTING_KEY]);
	*member = key;
	return 0;
}

static int
store_passphrase(const struct setting *setting, const char *value,
    const char **member, struct failure *why)
{
	if (strlen(value) < PASSPHRASE_BYTES)
		return fail(why, FAULT_INVALID, "%s is too short; it must be "
		    "%s", setting->name, kind_wants[SETTING_PASSPHRASE]);
	*member = value;
	return 0;
}

static int
store(const struct setting *setting, const char *value, struct config *config,
    struct arena *arena, struct failure *why)
{
	void *member = (char *)config + setting->offset;

	switch (setting->kind) {
	case SETTING_TEXT:
		return store_text(setting, value, member, arena, why);
	case SETTING_INT:
		return store_int(setting, value, member, why);
	case SETTING_BOOL:
		return store_bool(setting, value, member, why);
	case SETTING_KEY:
		return store_key(setting, value, member, arena, why);
	case SETTING_PASSPHRASE:
		return store_passphrase(setting, value, member, why);
	case SETTING_KIND_COUNT:
		break;
	}
	abort();
}

static int
check_text(const struct setting *setting, const char *value,
    struct arena *arena, struct failure *why)
{
	if (!text_is_utf8(value, strlen(value)))
		return fail(why, FAULT_INVALID, "%s is not UTF-8",
		    setting->name);
	if (has_control_character(value))
		return fail(why, FAULT_INVALID, "%s contains a line break or "
		    "another control character", setting->name);
	if (setting->secret && placeholder_is(value, arena))
		return fail(why, FAULT_INVALID, "%s is a placeholder; it must "
		    "be %s", setting->name, kind_wants[setting->kind]);
	return 0;
}

static int
load_setting(const struct setting *setting, enum program program,
    const char **value, struct config *config, struct arena *arena,
    struct failure *why)
{
	if (find_value(setting, arena, value, why) != 0)
		return -1;
	if (*value != NULL)
		return check_text(setting, *value, arena, why) != 0 ? -1 :
		    store(setting, *value, config, arena, why);
	if (setting->fallback != NULL)
		return store(setting, setting->fallback, config, arena, why);
	if ((setting->required & (unsigned)program) != 0)
		return fail(why, FAULT_INVALID, "%s is not set; set it or "
		    "%s_FILE to %s", setting->name, setting->name,
		    kind_wants[setting->kind]);
	return 0;
}

static const unsigned char *
key_of(const struct setting *setting, const struct config *config)
{
	return *(const unsigned char *const *)(const void *)
	    ((const char *)config + setting->offset);
}

/* As texts, or as the same key written in two ways. */
static bool
are_same(size_t a, size_t b, const char *const values[CONFIG_SETTINGS],
    const struct config *config)
{
	const struct setting *first = &config_settings[a];
	const struct setting *second = &config_settings[b];

	if (values[a] == NULL || values[b] == NULL || !first->secret ||
	    !second->secret)
		return false;
	if (first->kind == SETTING_KEY && second->kind == SETTING_KEY)
		return memcmp(key_of(first, config), key_of(second, config),
		    KEY_BYTES) == 0;
	return text_is(values[a], values[b]);
}

static int
check_secrets_differ(const char *const values[CONFIG_SETTINGS],
    const struct config *config, struct failure *why)
{
	for (size_t a = 0; a < CONFIG_SETTINGS; a++) {
		for (size_t b = 0; b < a; b++) {
			if (!are_same(a, b, values, config))
				continue;
			why->field = config_settings[a].name;
			return fail(why, FAULT_INVALID, "%s is the same as "
			    "%s; every secret must be one of its own",
			    config_settings[a].name, config_settings[b].name);
		}
	}
	return 0;
}

int
config_load(struct config *config, enum program program, struct arena *arena,
    struct failure *why)
{
	struct config found = { .database_url = NULL };
	const char *values[CONFIG_SETTINGS] = { NULL };

	for (size_t i = 0; i < CONFIG_SETTINGS; i++) {
		const struct setting *setting = &config_settings[i];

		if ((setting->programs & (unsigned)program) == 0)
			continue;
		if (load_setting(setting, program, &values[i], &found, arena,
		    why) != 0) {
			why->field = setting->name;
			return -1;
		}
	}
	if (check_secrets_differ(values, &found, why) != 0)
		return -1;
	*config = found;
	return 0;
}

static const char *
show_secret(const void *member)
{
	/* Whatever it points to, it is not looked at. */
	return *(const void *const *)member != NULL ? "(set)" : "(not set)";
}

static const char *
show_text(const void *member)
{
	const char *text = *(const char *const *)member;

	return text != NULL ? text : "(not set)";
}

const char *
config_show(const struct setting *setting, const struct config *config,
    struct arena *arena)
{
	const void *member = (const char *)config + setting->offset;

	if (setting->secret)
		return show_secret(member);
	switch (setting->kind) {
	case SETTING_TEXT:
		return show_text(member);
	case SETTING_INT:
		return arena_printf(arena, "%" PRId64,
		    *(const int64_t *)member);
	case SETTING_BOOL:
		return *(const bool *)member ? "true" : "false";
	case SETTING_KEY:
	case SETTING_PASSPHRASE:
		return show_secret(member);
	case SETTING_KIND_COUNT:
		break;
	}
	abort();
}
