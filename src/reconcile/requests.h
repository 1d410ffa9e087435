/*
 * What the API asks for (table requests), served at once, by as many
 * processes as there are: making an organization's key pair, checking
 * credentials, looking at one account.  Passes are asked for in the same
 * table; pass.h answers those.
 *
 * An answer goes into its row, and the transaction that writes it notifies
 * `diurnal_answer` with the request's id:
 *
 *	keys   {"ok": true}
 *	check  {"ok": true, "identity": TEXT or null}
 *	       {"ok": false, "error": TEXT}
 *	sync   {"created": N, "updated": N, "total": N, "errors": [TEXT ...]}
 *	       {"error": TEXT}: nothing could be looked at
 *
 * Who serves a request claims it first; a claim that is not answered within
 * REQUEST_PATIENCE is taken over.
 */
#ifndef RECONCILE_REQUESTS_H
#define RECONCILE_REQUESTS_H

#include <stdbool.h>

#include "base/failure.h"
#include "src/reconcile/reconciler.h"

/*
 * Take the API's trigger away, and serve all open requests but those for
 * passes.  What fails in serving one is its answer; this fails only if the
 * database does.
 */
int requests_serve(const struct reconciler *reconciler, struct failure *why);

/* Has the API asked for something since? */
bool requests_are_announced(const struct reconciler *reconciler);

/* Does anybody wait for a pass? */
int requests_want_pass(const struct reconciler *reconciler, bool *wanted,
    struct failure *why);

#endif
