/* Makes TZif files (RFC 9636) for tests. */
#ifndef T_UNIT_SCHEDULE_TZFILE_H
#define T_UNIT_SCHEDULE_TZFILE_H

#include <stdint.h>
#include <string.h>

#define TZFILE_BYTES 1024

struct tzfile {
	unsigned char bytes[TZFILE_BYTES];
	size_t length;
};

/* What a file says; version '\0' has times of four bytes and no footer. */
struct tzfile_plan {
	char version;
	int64_t at[4];
	unsigned char types[4];        /* from at[i] on */
	uint32_t count;                /* of changes */
	int32_t offsets[3];            /* of the types */
	uint32_t ntypes;
	uint32_t leaps;
	const char *footer;
};

static inline void
tzfile_put(struct tzfile *file, int64_t number, size_t size)
{
	for (size_t i = size; i-- > 0;)
		file->bytes[file->length++] = number >> 8 * i & 0xff;
}

static inline void
tzfile_put_block(struct tzfile *file, const struct tzfile_plan *plan,
    size_t time_size)
{
	const uint32_t counts[6] = {
		0, 0, plan->leaps, plan->count, plan->ntypes, 4
	};

	memcpy(file->bytes + file->length, "TZif", 4);
	file->length += 4;
	tzfile_put(file, plan->version, 1);
	file->length += 15;
	for (size_t i = 0; i < 6; i++)
		tzfile_put(file, counts[i], 4);
	for (size_t i = 0; i < plan->count; i++)
		tzfile_put(file, plan->at[i], time_size);
	for (size_t i = 0; i < plan->count; i++)
		tzfile_put(file, plan->types[i], 1);
	for (size_t i = 0; i < plan->ntypes; i++) {
		tzfile_put(file, plan->offsets[i], 4);
		tzfile_put(file, 0, 2);
	}
	file->length += 4;
	file->length += plan->leaps * (time_size + 4);
}

static inline struct tzfile
tzfile_make(const struct tzfile_plan *plan)
{
	const struct tzfile_plan empty = {
		.version = plan->version, .ntypes = 1
	};
	struct tzfile file = { .length = 0 };

	if (plan->version == '\0') {
		tzfile_put_block(&file, plan, 4);
		return file;
	}
	tzfile_put_block(&file, &empty, 4);
	tzfile_put_block(&file, plan, 8);
	if (plan->footer != NULL) {
		tzfile_put(&file, '\n', 1);
		memcpy(file.bytes + file.length, plan->footer,
		    strlen(plan->footer));
		file.length += strlen(plan->footer);
		tzfile_put(&file, '\n', 1);
	}
	return file;
}

#endif
