#include "schedule/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/floor.h"
#include "base/scope.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "schedule/tzif.h"

#define DEFAULT_FOLDER  "/usr/share/zoneinfo"
#define NAME_MOST       64                     /* the longest have 32 */
#define FILE_BYTES_MOST (64 * 1024)            /* the largest have 4 KiB */

/* No clock is further from UTC; two clocks differ by twice that at most. */
#define OFFSET_MOST (TZIF_OFFSET_MOST * CLOCK_SECOND)

struct zone {
	char fingerprint[2 * HASH_BYTES + 1];
	struct tzif tzif;
};

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool
is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	    (c >= 'a' && c <= 'z');
}

/*
 * Parts of letters, digits, '_', '+' and '-', each begun by a letter or
 * digit, joined by single slashes: what IANA's names are made of, and nothing
 * that could leave the folder.
 */
static bool
name_is_sound(const char *name)
{
	bool begins = true;

	if (strnlen(name, NAME_MOST + 1) > NAME_MOST)
		return false;
	for (; *name != '\0'; name++) {
		if (!is_alphanumeric(*name) &&
		    (begins || strchr("_+-/", *name) == NULL))
			return false;
		begins = *name == '/';
	}
	return !begins;
}

/* Kept beside the zones, but none: variants of all of them, and an alias. */
static bool
name_is_reserved(const char *name)
{
	return strncmp(name, "posix/", 6) == 0 ||
	    strncmp(name, "right/", 6) == 0 || strcmp(name, "posixrules") == 0;
}

static int
unknown(struct failure *why)
{
	why->field = "timezone";
	return fail(why, FAULT_INVALID, "unknown time zone");
}

static int
open_file(const char *name, struct arena *arena, int *file,
    struct failure *why)
{
	const char *folder = getenv("TZDIR");
	const char *path = arena_printf(arena, "%s/%s",
	    folder != NULL && *folder != '\0' ? folder : DEFAULT_FOLDER, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return unknown(why);
	if (fd < 0)
		return fail(why, FAULT_INTERNAL, "cannot open: %s",
		    strerror(errno));
	*file = fd;
	return 0;
}

/* The ${size} bytes of ${fd}, or as many as there are. */
static int
read_whole(int fd, unsigned char *bytes, size_t size, size_t *length,
    struct failure *why)
{
	size_t have = 0;

	while (have < size) {
		ssize_t got = read(fd, bytes + have, size - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(why, FAULT_INTERNAL, "cannot read: %s",
			    strerror(errno));
		if (got == 0)
			break;
		have += (size_t)got;
	}
	*length = have;
	return 0;
}

/* A zone's file as it is now, in ${arena}. */
static int
read_file(const char *name, struct arena *arena, struct bytes *file,
    struct failure *why)
{
	SCOPED(fd_close) int fd = -1;
	struct stat status;
	unsigned char *bytes;
	size_t length = 0;

	if (open_file(name, arena, &fd, why) != 0)
		return -1;
	if (fstat(fd, &status) != 0)
		return fail(why, FAULT_INTERNAL, "fstat: %s", strerror(errno));
	if (!S_ISREG(status.st_mode))
		return unknown(why);
	if (status.st_size > FILE_BYTES_MOST)
		return fail(why, FAULT_INTERNAL, "file is too large");
	bytes = arena_alloc(arena, (size_t)status.st_size);
	if (read_whole(fd, bytes, (size_t)status.st_size, &length, why) != 0)
		return -1;
	*file = bytes_of(bytes, length);
	return 0;
}

static int
load(const char *name, struct zone *zone, struct arena *arena,
    struct failure *why)
{
	unsigned char hash[HASH_BYTES];
	struct bytes file = { .length = 0 };

	if (read_file(name, arena, &file, why) != 0)
		return -1;
	/* Other files lie there, too. */
	if (!tzif_is(file.at, file.length))
		return unknown(why);
	hash_sha256(file, hash);
	text_from_bytes(hash, sizeof(hash), zone->fingerprint);
	return tzif_parse(file.at, file.length, arena, &zone->tzif, why);
}

int
zone_open(const char *name, struct arena *arena, const struct zone **zone,
    struct failure *why)
{
	struct zone *opened;

	if (!name_is_sound(name) || name_is_reserved(name))
		return unknown(why);
	opened = arena_alloc(arena, sizeof(*opened));
	if (load(name, opened, arena, why) != 0)
		return why->fault == FAULT_INVALID ? -1 :
		    fail_doing(why, "time zone %s", name);
	*zone = opened;
	return 0;
}

const char *
zone_fingerprint(const struct zone *zone)
{
	return zone->fingerprint;
}

/* A stretch of time in which the offset is the same: [${start}, ${end}). */
struct stretch {
	int64_t start, end, offset;
};

/* How many of the listed changes have happened by ${second}. */
static size_t
changes_until(const struct tzif *tzif, int64_t second)
{
	size_t low = 0, high = tzif->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tzif->at[middle] <= second)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct stretch
stretch_at(const struct zone *zone, int64_t when)
{
	const struct tzif *tzif = &zone->tzif;
	int64_t second = floor_div(when, CLOCK_SECOND);
	size_t past = changes_until(tzif, second);
	struct tzrule_span span = {
		-TZRULE_NEVER, TZRULE_NEVER, tzif->first
	};

	if (past == tzif->count && tzif->has_rule)
		span = tzrule_at(&tzif->rule, second);
	else if (past > 0)
		span.offset = tzif->offsets[past - 1];
	if (past > 0 && span.start < tzif->at[past - 1])
		span.start = tzif->at[past - 1];
	if (past < tzif->count)
		span.end = tzif->at[past];
	return (struct stretch){ span.start * CLOCK_SECOND,
		span.end * CLOCK_SECOND, span.offset * CLOCK_SECOND };
}

int64_t
zone_offset(const struct zone *zone, int64_t when)
{
	return stretch_at(zone, when).offset;
}

int64_t
zone_instant(const struct zone *zone, int64_t wall)
{
	/* Before this, no clock shows ${wall} yet. */
	struct stretch stretch = stretch_at(zone, wall - OFFSET_MOST - 1);

	for (;;) {
		int64_t candidate = wall - stretch.offset;

		if (candidate < stretch.start)
			candidate = stretch.start;
		if (candidate < stretch.end)
			return candidate;
		stretch = stretch_at(zone, stretch.end);
	}
}

int64_t
zone_wall(const struct zone *zone, int64_t when)
{
	/* What was shown earlier than this is less than what is shown now. */
	struct stretch stretch = stretch_at(zone, when - 2 * OFFSET_MOST);
	int64_t latest = INT64_MIN;

	while (stretch.end <= when) {
		int64_t shown = stretch.end - 1 + stretch.offset;

		if (shown > latest)
			latest = shown;
		stretch = stretch_at(zone, stretch.end);
	}
	return when + stretch.offset > latest ? when + stretch.offset : latest;
}
