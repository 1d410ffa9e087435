/*
 * A cloud account: from its stored row to something that can be called.
 */
#ifndef RECONCILE_ACCOUNT_H
#define RECONCILE_ACCOUNT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/failure.h"
#include "provider/provider.h"
#include "src/reconcile/reconciler.h"

struct session;

/* The largest account, opened: its row, its credentials, twice. */
#define ACCOUNT_BYTES ((size_t)4 << 20)

struct account {
	const char *organization_id, *id, *provider_type;
	const char *key_id, *wrapped_key;      /* hex */
	const char *sealed;                    /* hex */
	bool is_active;
	bool is_selective;             /* not every region is wanted */
};

/*
 * Read the account into ${account}; its texts live in ${arena}.  FAULT_MISSING
 * if there is none.
 */
int account_load(struct session *session, const char *organization_id,
    const char *id, struct arena *arena, struct account *account,
    struct failure *why);

/*
 * Open the credentials.  Any failure means that they cannot be read, and says
 * why for the account's owner.
 */
int account_unseal(const struct reconciler *reconciler,
    const struct account *account, struct arena *arena,
    const char **credentials, struct failure *why);

/* An account that can be called, by the thread that opened it. */
struct caller {
	const struct provider *provider;
	struct provider_account *account;
};

/*
 * Make ${account} callable with ${credentials}.  ${session} and ${arena} are
 * kept until caller_close().  Calls nobody.
 */
int caller_open(const struct errand *errand, const struct account *account,
    const char *credentials, struct session *session, struct arena *arena,
    struct caller *caller, struct failure *why);

/* Also right for a caller that is all zeros. */
void caller_close(struct caller *caller);

/* ${failure} in one line for the account's owner: nothing of our own. */
const char *account_reason(const struct failure *failure);

#endif
