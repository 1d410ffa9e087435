#include "schedule/tzif.h"

#include <string.h>

#define HEADER_BYTES 44
#define TYPE_BYTES   6                 /* of a local time type record */

/* The six counts of a header, in the order of RFC 9636, section 3.1. */
enum count { UT, STD, LEAP, TIME, TYPE, CHAR, COUNTS };

struct block {
	uint32_t counts[COUNTS];
	size_t time_bytes;             /* of one time: 4 or 8 */
	const unsigned char *times, *indexes, *types;
	const unsigned char *end;      /* NULL: cut short */
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

/*
 * Header and data at ${bytes}, whose times have ${time_bytes} each; without an
 * end if that is more than ${length} bytes.
 */
static struct block
find_block(const unsigned char *bytes, size_t length, size_t time_bytes)
{
	struct block block = { .time_bytes = time_bytes };
	uint64_t size;

	if (length < HEADER_BYTES || !tzif_is(bytes, length))
		return block;
	for (int i = 0; i < COUNTS; i++)
		block.counts[i] = read_32(bytes + 20 + 4 * i);
	size = (uint64_t)block.counts[TIME] * (time_bytes + 1) +
	    (uint64_t)block.counts[TYPE] * TYPE_BYTES + block.counts[CHAR] +
	    (uint64_t)block.counts[LEAP] * (time_bytes + 4) +
	    block.counts[STD] + block.counts[UT];
	if (size > length - HEADER_BYTES)
		return block;
	block.times = bytes + HEADER_BYTES;
	block.indexes = block.times + block.counts[TIME] * time_bytes;
	block.types = block.indexes + block.counts[TIME];
	block.end = block.times + size;
	return block;
}

static int32_t
type_offset(const struct block *block, size_t type)
{
	return (int32_t)read_32(block->types + type * TYPE_BYTES);
}

static int
check_types(const struct block *block, struct failure *why)
{
	if (block->counts[TYPE] == 0)
		return fail(why, FAULT_INTERNAL, "no type of local time");
	if (block->counts[LEAP] != 0)
		return fail(why, FAULT_INTERNAL, "counts leap seconds");
	for (uint32_t i = 0; i < block->counts[TYPE]; i++) {
		int32_t offset = type_offset(block, i);

		if (offset < -TZIF_OFFSET_MOST || offset > TZIF_OFFSET_MOST)
			return fail(why, FAULT_INTERNAL,
			    "%d seconds from UTC", offset);
	}
	return 0;
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
	struct block block = find_block(bytes, length, 4);
	/* Later versions say it all again, in 64 bits. */
	bool old = block.end != NULL && bytes[4] == '\0';
	struct tzif read = { 0 };

	if (block.end != NULL && !old)
		block = find_block(block.end, (size_t)(end - block.end), 8);
	if (block.end == NULL)
		return fail(why, FAULT_INTERNAL, "not a whole TZif file");
	if (check_types(&block, why) != 0 ||
	    read_changes(&block, arena, &read, why) != 0)
		return -1;
	if (!old && read_footer(block.end, (size_t)(end - block.end), &read,
	    why) != 0)
		return -1;
	*tzif = read;
	return 0;
}
