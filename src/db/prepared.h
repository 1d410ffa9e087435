/*
 * Which statements a connection has prepared: a set of queries, by address.
 */
#ifndef DB_PREPARED_H
#define DB_PREPARED_H

#include <stdbool.h>
#include <stddef.h>

struct query;

/* Start with all zero. */
struct prepared {
	const struct query **slots;    /* NULL where empty */
	size_t room, count;            /* room: a power of two, or 0 */
};

bool prepared_has(const struct prepared *prepared, const struct query *query);

/* ${query} is not in it yet. */
void prepared_add(struct prepared *prepared, const struct query *query);

/* Empty it and give its memory back. */
void prepared_clear(struct prepared *prepared);

#endif
