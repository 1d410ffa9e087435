#include "crypto/password.h"

#include <argon2.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"
#include "crypto/bytes.h"
#include "crypto/random.h"

/*
 * OWASP's first choice for argon2id.  libargon2 wipes its memory before it
 * gives it back, unless told otherwise.
 */
#define MEMORY_KIB 19456
#define PASSES 2
#define LANES 1
#define SALT_BYTES 16
#define TAG_BYTES 32

/* What a stored string may ask for: whoever can write one may not stop us. */
#define MEMORY_KIB_MAX (1024 * 1024)
#define PASSES_MAX 64
#define LANES_MAX 16

/* In base64 without padding. */
#define TEXT_LENGTH(bytes) (((bytes) * 4 + 2) / 3)

#define PATIENCE (10 * CLOCK_SECOND)
#define POLL_NANOSECONDS 2000000

static const char wrong[] = "the password is wrong";

static const char *const slot_names[PASSWORD_SLOTS] = {
	"password-0.lock", "password-1.lock",
};

/* In order, in lower case. */
static const char *const common[] = {
#include "common_passwords.inc"
};

int
password_limit_open(struct password_limit *limit, const char *directory,
    struct failure *why)
{
	int fd = -1;

	if (directory != NULL && (fd = open(directory,
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return fail(why, FAULT_INTERNAL, "%s: %s", directory,
		    strerror(errno));
	*limit = (struct password_limit){ .directory = fd,
		.patience = PATIENCE };
	return 0;
}

void
password_limit_close(struct password_limit *limit)
{
	if (limit->directory >= 0)
		close(limit->directory);
	limit->directory = -1;
}

/* Closing the file lets go of its lock. */
static void
slot_release(int *slot)
{
	if (*slot >= 0)
		close(*slot);
}

/*
 * Take the slot of that name: 0 and its descriptor, or -1 with errno set;
 * EWOULDBLOCK if it is taken.  The file is opened anew each time, since locks
 * belong to open files, which forks and threads would share.
 */
static int
try_slot(int directory, const char *name, int *slot)
{
	SCOPED(slot_release) int fd = openat(directory, name,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
		return -1;
	*slot = fd;
	fd = -1;
	return 0;
}

/* Wait for any slot; ${slot} stays -1 where there is no limit. */
static int
take_slot(const struct password_limit *limit, int *slot, struct failure *why)
{
	const struct timespec pause = { .tv_nsec = POLL_NANOSECONDS };
	int64_t deadline = clock_monotonic() + limit->patience;

	if (limit->directory < 0)
		return 0;
	for (;;) {
		for (int i = 0; i < PASSWORD_SLOTS; i++) {
			if (try_slot(limit->directory, slot_names[i],
			    slot) == 0)
				return 0;
			if (errno != EWOULDBLOCK && errno != EINTR)
				return fail(why, FAULT_INTERNAL,
				    "lock for hashing passwords: %s",
				    strerror(errno));
		}
		if (clock_monotonic() >= deadline)
			return fail(why, FAULT_BUSY,
			    "too many passwords are being checked");
		nanosleep(&pause, NULL);
	}
}

static int
fail_argon2(int error, struct failure *why)
{
	return fail(why, FAULT_INTERNAL, "argon2: %s",
	    argon2_error_message(error));
}

int
password_hash(const struct password_limit *limit, const char *password,
    char stored[PASSWORD_STORED_BYTES], struct failure *why)
{
	SCOPED(slot_release) int slot = -1;
	char made[PASSWORD_STORED_BYTES] = "";
	unsigned char salt[SALT_BYTES];
	size_t length = strnlen(password, PASSWORD_MAX_BYTES + 1);
	int error;

	if (length > PASSWORD_MAX_BYTES)
		return fail(why, FAULT_INVALID, "the password is longer than "
		    "%d bytes", PASSWORD_MAX_BYTES);
	if (take_slot(limit, &slot, why) != 0)
		return -1;
	random_bytes(salt, sizeof(salt));
	error = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, password,
	    length, salt, sizeof(salt), TAG_BYTES, made, sizeof(made));
	if (error != ARGON2_OK)
		return fail_argon2(error, why);
	memcpy(stored, made, sizeof(made));
	return 0;
}

/* Read "KEY<number>", a number of at most ${high}; NULL if it is none. */
static const char *
read_parameter(const char *at, const char *key, unsigned long high,
    unsigned long *value)
{
	size_t skip = strlen(key);
	unsigned long number = 0;
	const char *digit;

	if (strncmp(at, key, skip) != 0)
		return NULL;
	for (digit = at + skip; *digit >= '0' && *digit <= '9'; digit++)
		if ((number = 10 * number + (unsigned)(*digit - '0')) > high)
			return NULL;
	*value = number;
	return digit > at + skip ? digit : NULL;
}

/*
 * Is ${stored} a string that we are willing to compute?  libargon2 reads it
 * again, strictly, but knows no bounds.
 */
static int
judge(const char *stored, bool *weak)
{
	unsigned long memory = 0, passes = 0, lanes = 0;
	size_t salt, tag;
	const char *at;

	if (strnlen(stored, PASSWORD_STORED_BYTES) == PASSWORD_STORED_BYTES)
		return -1;
	if ((at = read_parameter(stored, "$argon2id$v=19$m=", MEMORY_KIB_MAX,
	    &memory)) == NULL ||
	    (at = read_parameter(at, ",t=", PASSES_MAX, &passes)) == NULL ||
	    (at = read_parameter(at, ",p=", LANES_MAX, &lanes)) == NULL ||
	    *at != '$')
		return -1;
	salt = strcspn(at + 1, "$");
	tag = at[1 + salt] == '$' ? strlen(at + 1 + salt + 1) : 0;
	if (tag < TEXT_LENGTH(TAG_BYTES / 2))
		return -1;
	*weak = memory < MEMORY_KIB || passes < PASSES ||
	    salt < TEXT_LENGTH(SALT_BYTES) || tag < TEXT_LENGTH(TAG_BYTES);
	return 0;
}

/* Take as long as for a user who exists, and find the password wrong. */
static int
verify_nobody(const char *password, size_t length, struct failure *why)
{
	static const unsigned char salt[SALT_BYTES];
	SCOPED(bytes_wipe_key) unsigned char tag[TAG_BYTES];
	int error = argon2id_hash_raw(PASSES, MEMORY_KIB, LANES, password,
	    length, salt, sizeof(salt), tag, sizeof(tag));

	if (error != ARGON2_OK)
		return fail_argon2(error, why);
	return fail(why, FAULT_UNAUTHENTICATED, "%s", wrong);
}

int
password_verify(const struct password_limit *limit, const char *password,
    const char *stored, bool *weak, struct failure *why)
{
	SCOPED(slot_release) int slot = -1;
	size_t length = strnlen(password, PASSWORD_MAX_BYTES + 1);
	bool below = false;
	int error;

	if (stored != NULL && judge(stored, &below) != 0)
		return fail(why, FAULT_INTERNAL,
		    "the stored password is not in a form that is accepted");
	/* None so long was ever stored; nothing is told by saying so soon. */
	if (length > PASSWORD_MAX_BYTES)
		return fail(why, FAULT_UNAUTHENTICATED, "%s", wrong);
	if (take_slot(limit, &slot, why) != 0)
		return -1;
	if (stored == NULL)
		return verify_nobody(password, length, why);
	error = argon2id_verify(stored, password, length);
	if (error == ARGON2_VERIFY_MISMATCH)
		return fail(why, FAULT_UNAUTHENTICATED, "%s", wrong);
	if (error != ARGON2_OK)
		return fail_argon2(error, why);
	*weak = below;
	return 0;
}

static int
compare(const void *password, const void *entry)
{
	return strcasecmp(password, *(const char *const *)entry);
}

bool
password_is_common(const char *password)
{
	return bsearch(password, common, COUNT_OF(common), sizeof(common[0]),
	    compare) != NULL;
}
