/*
 * What the API cannot do itself it asks of the reconciler (architecture.md,
 * "A request to the reconciler"): a row in `requests`, a touch of the trigger
 * file, and, for those that wait, the answer in the row, announced by NOTIFY.
 *
 * While it waits a worker holds no transaction open, and only WAITING_WORKERS
 * of all workers wait at a time, so that the others keep serving: the next one
 * is told to come back (FAULT_BUSY).
 */
#ifndef API_ASK_H
#define API_ASK_H

#include <stdint.h>

#include "exchange.h"

#define ASK_CHECK_PATIENCE (30 * INT64_C(1000000))
#define ASK_SYNC_PATIENCE  (60 * INT64_C(1000000))

/*
 * Run ${request}, a statement that makes the request row ${id}, as the
 * caller; wait at most ${patience} µs for the answer.  ${answer} becomes the
 * answer's JSON, as text in the request's arena.  FAULT_LATE if there was
 * none in time; the request is left to run.
 */
int ask_reconciler(struct exchange *exchange, struct statement *request,
    const char *id, int64_t patience, const char **answer,
    struct failure *why);

/*
 * Ask for ${kind} ("keys", "pass", "sync"), for the cloud account ${account}
 * unless that is NULL, and wait as above.
 */
int ask_for(struct exchange *exchange, const char *kind, const char *account,
    int64_t patience, const char **answer, struct failure *why);

#endif
