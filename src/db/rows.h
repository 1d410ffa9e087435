/*
 * Inside db/: rows are a PGresult that others need not know of.
 */
#ifndef DB_ROWS_H
#define DB_ROWS_H

#include <libpq-fe.h>

#include "base/scope.h"
#include "db/query.h"

DEFINE_RELEASE(result_release, PGresult *, PQclear)

/* Takes ${result} over. */
struct rows *rows_new(PGresult *result) __attribute__((returns_nonnull));

/* ${rows} has as many rows as ${query} says; FAULT_MISSING for none where
 * there should be one, FAULT_INTERNAL for too many. */
int rows_check(const struct rows *rows, const struct query *query,
    struct failure *why);

#endif
