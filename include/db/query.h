/*
 * Statements as data.  They are written in .sql files beside the code that
 * runs them (build-aux/sql2c makes the tables), prepared once a connection,
 * never assembled from text; callers bind parameters by name.
 */
#ifndef DB_QUERY_H
#define DB_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/scope.h"

/* What a statement must return; anything else is our mistake. */
enum shape {
	SHAPE_NOTHING,
	SHAPE_ONE,
	SHAPE_ONE_OR_NONE,
	SHAPE_MANY,
	SHAPE_COUNT
};

#define QUERY_PARAMS_MAX 64

/*
 * A session knows a statement by its address, and the server by its name: it
 * is constant, lives as long as the program, and no other has its name.
 */
struct query {
	const char *name;              /* also the prepared statement's */
	const char *sql;
	enum shape shape;
	const char *const *params;     /* $1.. by name */
	size_t nparams;
};

/* One parameter's value in PostgreSQL's text form; NULL is SQL's null. */
struct bind {
	const char *name;
	const char *value;
};

#define BINDS(...) .binds = (const struct bind[]){ __VA_ARGS__ },            \
	.nbinds = COUNT_OF(((const struct bind[]){ __VA_ARGS__ }))

/* The rows of one statement's result (a PGresult inside). */
struct rows;

size_t rows_count(const struct rows *rows);

/* Rows changed by an INSERT, UPDATE, DELETE or MERGE. */
size_t rows_affected(const struct rows *rows);

/* A cell as text, NULL for SQL's null; valid as long as ${rows}.  The column
 * must exist: a mistake of the programmer otherwise. */
const char *rows_text(const struct rows *rows, size_t row,
    const char *column);

void rows_free(struct rows *rows);
DEFINE_RELEASE(rows_release, struct rows *, rows_free)

/* How a row fills a struct: one column a member. */
enum column_kind {
	COLUMN_TEXT, COLUMN_INT64, COLUMN_BOOL, COLUMN_KIND_COUNT
};

struct column {
	enum column_kind kind;
	bool nullable;                 /* a null leaves the member alone */
	const char *name;
	size_t offset;
};

/* The kind follows from the member's type; any other type won't compile. */
#define COLUMN(type, member) { .name = #member,                              \
	.offset = offsetof(type, member),                                    \
	.kind = _Generic(((type *)0)->member, const char *: COLUMN_TEXT,     \
	    int64_t: COLUMN_INT64, bool: COLUMN_BOOL) }
#define COLUMN_OR_NULL(type, member) { .name = #member, .nullable = true,    \
	.offset = offsetof(type, member),                                    \
	.kind = _Generic(((type *)0)->member, const char *: COLUMN_TEXT,     \
	    int64_t: COLUMN_INT64, bool: COLUMN_BOOL) }

/*
 * Fill ${dest} from row ${row}; texts are copied into ${arena}, which may be
 * NULL if no column is a text.  FAULT_INTERNAL if the row does not fit the
 * columns, or a text the arena; ${dest} is then partly filled.
 */
int row_read(const struct rows *rows, size_t row,
    const struct column *columns, size_t ncolumns, void *dest,
    struct arena *arena, struct failure *why);

#endif
