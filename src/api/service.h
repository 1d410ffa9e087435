/*
 * What a worker has for its whole life: configuration, keys, its session with
 * the database.  One request at a time.
 */
#ifndef API_SERVICE_H
#define API_SERVICE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/failure.h"
#include "base/scope.h"
#include "crypto/hash.h"
#include "crypto/password.h"
#include "crypto/token.h"
#include "db/session.h"

struct service {
	struct config config;
	struct arena *arena;           /* the service's own */
	struct token_keys tokens;
	struct token_memory seen;      /* tokens that were good */
	struct lookup_keys lookups;
	struct password_limit passwords;
	struct session *session;       /* NULL until it was open */
	bool is_ready;                 /* it was at our version at first */
	uint64_t ready_generation;     /* ... in this connection */
	char unready[480];             /* why not, as it was last logged */
	struct rows *answer;           /* the response at hand points into it */
	bool wake_reconciler;          /* once that is sent */
};

/*
 * Read the configuration and derive the keys.  Does not connect: a worker
 * starts, and says so at /ready, while the database is away.
 */
int service_open(struct service *service, struct failure *why);

void service_close(struct service *service);

/*
 * The session, connected and to a database at this program's version.
 * FAULT_BUSY if there is none just now: not reachable, or ahead of or behind
 * this program (said once in the log, with what to do).
 */
int service_session(struct service *service, struct session **session,
    struct failure *why);

/* Keep ${rows} until the response is sent, in place of what was kept. */
void service_keep(struct service *service, struct rows *rows);

/* Have the reconciler look: create the trigger file, which it removes. */
void service_wake_reconciler(const struct service *service);

#endif
