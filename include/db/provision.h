/*
 * What must be there before the first migration, made by a superuser of the
 * server: the roles and the database.
 *
 *	diurnal_owner      owns the database and everything in it.  It cannot
 *	                   sign in: who migrates signs in as a superuser or a
 *	                   member of it, and takes its rights on.
 *	diurnal_api        what the programs sign in as: no rights but those
 *	diurnal_reconcile  that migrations grant; they own nothing, inherit
 *	diurnal_deliver    nothing and are bound by row-level security
 */
#ifndef DB_PROVISION_H
#define DB_PROVISION_H

#include "base/failure.h"

struct config;

/* Is told what was done: "made role diurnal_api", or was there already. */
typedef void provision_tell(void *context, const char *what);

/*
 * Make what is missing and mend what differs; doing it again does nothing.
 * The database is the one that the configuration names ("diurnal" by
 * default), in UTF-8 and the locale C.UTF-8, whose order of texts no upgrade
 * of the system changes.
 *
 * FAULT_DENIED if who signs in is no superuser; FAULT_REFUSED if the database
 * is one of the server's own or is there in another encoding; else as
 * session_open().
 */
int provision_apply(const struct config *config, provision_tell *tell,
    void *context, struct failure *why);

#endif
