/*
 * Where the database is, and how every connection to it is set up.
 */
#ifndef DB_ENDPOINT_H
#define DB_ENDPOINT_H

#include <libpq-fe.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/scope.h"

struct config;
struct session_options;

struct endpoint;

/* What a new connection must find its search_path to be. */
#define ENDPOINT_SEARCH_PATH "diurnal,pg_temp"

/*
 * Put together what libpq needs.  FAULT_INVALID if DATABASE_URL cannot be
 * understood; it may hold a password, so that no part of it is in ${why}.
 */
int endpoint_new(const struct config *config,
    const struct session_options *options, struct endpoint **endpoint,
    struct failure *why);

void endpoint_free(struct endpoint *endpoint);
DEFINE_RELEASE(endpoint_release, struct endpoint *, endpoint_free)

/* The name of the database that the configuration means. */
int endpoint_database(const struct config *config, struct arena *arena,
    const char **name, struct failure *why);

/*
 * Connect: a connection in non-blocking pipeline mode.  FAULT_BUSY if the
 * server cannot be reached or does not let us in, FAULT_REFUSED if it is too
 * old.
 */
int endpoint_connect(const struct endpoint *endpoint, PGconn **conn,
    struct failure *why);

#endif
