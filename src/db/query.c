#include "db/query.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include "base/text.h"
#include "src/db/rows.h"

struct rows {
	PGresult *result;
};

/* How many rows a statement of each shape may return. */
static const struct {
	size_t least, most;
} bounds[SHAPE_COUNT] = {
	[SHAPE_NOTHING] = { 0, 0 },
	[SHAPE_ONE] = { 1, 1 },
	[SHAPE_ONE_OR_NONE] = { 0, 1 },
	[SHAPE_MANY] = { 0, SIZE_MAX },
};

struct rows *
rows_new(PGresult *result)
{
	struct rows *rows = malloc(sizeof(*rows));

	if (rows == NULL)
		abort();
	rows->result = result;
	return rows;
}

int
rows_check(const struct rows *rows, const struct query *query,
    struct failure *why)
{
	size_t count = rows_count(rows);

	if (count > bounds[query->shape].most)
		return fail(why, FAULT_INTERNAL, "%s: %zu rows, at most %zu "
		    "are expected", query->name, count,
		    bounds[query->shape].most);
	if (count < bounds[query->shape].least)
		return fail(why, FAULT_MISSING, "%s: no row", query->name);
	return 0;
}

size_t
rows_count(const struct rows *rows)
{
	return (size_t)PQntuples(rows->result);
}

size_t
rows_affected(const struct rows *rows)
{
	int64_t count;

	/* libpq says "" for a statement that changes no rows. */
	if (text_to_int64(PQcmdTuples(rows->result), 0, INT64_MAX, &count) != 0)
		return 0;
	return (size_t)count;
}

/* Columns are mostly asked for in their order, so look at ${guess} first. */
static int
column_number(const PGresult *result, const char *name, size_t guess)
{
	int count = PQnfields(result);

	if (guess < (size_t)count &&
	    text_is(PQfname(result, (int)guess), name))
		return (int)guess;
	for (int i = 0; i < count; i++) {
		if (text_is(PQfname(result, i), name))
			return i;
	}
	return -1;
}

static const char *
cell(const PGresult *result, size_t row, int column)
{
	if (PQgetisnull(result, (int)row, column))
		return NULL;
	return PQgetvalue(result, (int)row, column);
}

const char *
rows_text(const struct rows *rows, size_t row, const char *column)
{
	int number = column_number(rows->result, column, 0);

	assert(row < rows_count(rows));
	assert(number >= 0);
	return cell(rows->result, row, number);
}

void
rows_free(struct rows *rows)
{
	if (rows == NULL)
		return;
	PQclear(rows->result);
	free(rows);
}

static int
text_read(const char *value, void *member, struct arena *arena)
{
	size_t length = strlen(value);

	if (length >= arena_left(arena))
		return -1;
	*(const char **)member = arena_copy(arena, value, length);
	return 0;
}

static int
int64_read(const char *value, void *member, struct arena *arena)
{
	(void)arena;
	return text_to_int64(value, INT64_MIN, INT64_MAX, member);
}

static int
bool_read(const char *value, void *member, struct arena *arena)
{
	(void)arena;
	if (!text_is(value, "t") && !text_is(value, "f"))
		return -1;
	*(bool *)member = value[0] == 't';
	return 0;
}

static int (*const readers[COLUMN_KIND_COUNT])(const char *value,
    void *member, struct arena *arena) = {
	[COLUMN_TEXT] = text_read,
	[COLUMN_INT64] = int64_read,
	[COLUMN_BOOL] = bool_read,
};

static int
column_read(const PGresult *result, size_t row, int number,
    const struct column *column, char *dest, struct arena *arena,
    struct failure *why)
{
	const char *value = cell(result, row, number);

	if (value == NULL && column->nullable)
		return 0;
	if (value == NULL)
		return fail(why, FAULT_INTERNAL, "column %s is null",
		    column->name);
	if (readers[column->kind](value, dest + column->offset, arena) != 0)
		return fail(why, FAULT_INTERNAL, "column %s does not fit",
		    column->name);
	return 0;
}

int
row_read(const struct rows *rows, size_t row, const struct column *columns,
    size_t ncolumns, void *dest, struct arena *arena, struct failure *why)
{
	assert(row < rows_count(rows));
	for (size_t i = 0; i < ncolumns; i++) {
		int number = column_number(rows->result, columns[i].name, i);

		if (number < 0)
			return fail(why, FAULT_INTERNAL, "there is no column "
			    "%s", columns[i].name);
		if (column_read(rows->result, row, number, &columns[i], dest,
		    arena, why) != 0)
			return -1;
	}
	return 0;
}
