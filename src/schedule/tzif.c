#include "schedule/tzif.h"

#include <string.h>

#define HEADER_BYTES 44
#define TYPE_BYTES   6                 /* of a local time type record */

/* The six counts of a header, in the order of RFC 9636, section 3.1. */
enum count { UT, STD, LEAP, TIME, TYPE, CHAR, COUNTS };

struct block {
	uint32_t counts[COUNTS];
	size_t time_bytes;             /* of one time: 4 or 8 */
	const unsigned char *times, *indexes, *types, *end;
};

bool
tzif_is(const unsigned char *bytes, size_t length)
{
	return length >= 4 && memcmp(bytes, "TZif", 4) == 0;
}

static uint32_t
read_32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	    (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t
read_time(const unsigned char *bytes, size_t size)
{
	if (size == 4)
		return (int32_t)read_32(bytes);
	return (int64_t)((uint64_t)read_32(bytes) << 32 | read_32(bytes + 4));
}

/* Header and data at ${bytes}, whose times have ${time_bytes} each. */
static int
read_block(const unsigned char *bytes, size_t length, size_t time_bytes,
    struct block *block, struct failure *why)
{
	struct block read = { .time_bytes = time_bytes };
	uint64_t size;

	if (length < HEADER_BYTES || !tzif_is(bytes, length))
		return fail(why, FAULT_INTERNAL, "not a whole TZif file");
	for (int i = 0; i < COUNTS; i++)
		read.counts[i] = read_32(bytes + 20 + 4 * i);
	size = (uint64_t)read.counts[TIME] * (time_bytes + 1) +
	    (uint64_t)read.counts[TYPE] * TYPE_BYTES + read.counts[CHAR] +
	    (uint64_t)read.counts[LEAP] * (time_bytes + 4) +
	    read.counts[STD] + read.counts[UT];
	if (size > length - HEADER_BYTES)
		return fail(why, FAULT_INTERNAL, "not a whole TZif file");
	read.times = bytes + HEADER_BYTES;
	read.indexes = read.times + read.counts[TIME] * time_bytes;
	read.types = read.indexes + read.counts[TIME];
	read.end = read.times + size;
	*block = read;
	return 0;
}

static int
check_types(const struct block *block, struct failure *why)
{
	if (block->counts[TYPE] == 0)
		return fail(why, FAULT_INTERNAL, "no type of local time");
	if (block->counts[LEAP] != 0)
		return fail(why, FAULT_INTERNAL, "counts leap seconds");
	for (uint32_t i = 0; i < block->counts[TYPE]; i++) {
		int32_t offset = (int32_t)read_32(block->types +
		    i * TYPE_BYTES);

		if (offset < -TZIF_OFFSET_MOST || offset > TZIF_OFFSET_MOST)
			return fail(why, FAULT_INTERNAL,
			    "%d seconds from UTC", offset);
	}
	return 0;
}

static int32_t
type_offset(const struct block *block, size_t type)
{
	return (int32_t)read_32(block->types + type * TYPE_BYTES);
}

static int64_t
clamp(int64_t when)
{
	return when < -TZRULE_NEVER ? -TZRULE_NEVER :
	    when > TZRULE_NEVER ? TZRULE_NEVER : when;
}

static int
read_changes(const struct block *block, struct arena *arena,
    struct tzif *tzif, struct failure *why)
{
	size_t count = block->counts[TIME];
	int64_t *at = arena_array(arena, count, sizeof(*at)), last = INT64_MIN;
	int32_t *offsets = arena_array(arena, count, sizeof(*offsets));

	for (size_t i = 0; i < count; i++) {
		int64_t when = read_time(block->times + i * block->time_bytes,
		    block->time_bytes);

		if (i > 0 && when <= last)
			return fail(why, FAULT_INTERNAL,
			    "changes out of order");
		if (block->indexes[i] >= block->counts[TYPE])
			return fail(why, FAULT_INTERNAL,
			    "change to a type that is not there");
		at[i] = clamp(last = when);
		offsets[i] = type_offset(block, block->indexes[i]);
	}
	tzif->count = count;
	tzif->at = at;
	tzif->offsets = offsets;
	tzif->first = type_offset(block, 0);
	return 0;
}

/* "\nRULE\n", where RULE may be empty: the last offset stays. */
static int
read_footer(const unsigned char *bytes, size_t length, struct tzif *tzif,
    struct failure *why)
{
	const unsigned char *end;

	if (length < 2 || bytes[0] != '\n' ||
	    (end = memchr(bytes + 1, '\n', length - 1)) == NULL)
		return fail(why, FAULT_INTERNAL, "no footer");
	tzif->has_rule = end > bytes + 1;
	if (tzif->has_rule && tzrule_parse((const char *)bytes + 1,
	    (size_t)(end - bytes) - 1, &tzif->rule) != 0)
		return fail(why, FAULT_INTERNAL, "footer is not a rule");
	return 0;
}

int
tzif_parse(const unsigned char *bytes, size_t length, struct arena *arena,
    struct tzif *tzif, struct failure *why)
{
	const unsigned char *end = bytes + length;
	struct tzif read = { 0 };
	struct block block;
	bool old;

	if (read_block(bytes, length, 4, &block, why) != 0)
		return -1;
	old = bytes[4] == '\0';        /* version 1: this block is all */
	if (!old && read_block(block.end, (size_t)(end - block.end), 8,
	    &block, why) != 0)
		return -1;
	if (check_types(&block, why) != 0 ||
	    read_changes(&block, arena, &read, why) != 0)
		return -1;
	if (!old && read_footer(block.end, (size_t)(end - block.end), &read,
	    why) != 0)
		return -1;
	*tzif = read;
	return 0;
}
