/*
 * What can find, start and stop machines.  One file per provider fills in one
 * struct provider; registry.c lists them.  Only the reconciler links this.
 *
 * All functions block, may be called from several threads at once for
 * different accounts and regions (each thread has a provider_account of its
 * own), and never log.  Their failures:
 *
 *	FAULT_UNAUTHENTICATED  the provider does not accept the credentials
 *	FAULT_DENIED           accepted, but they may not do this
 *	FAULT_REFUSED          the provider said no to this call (bad id, wrong
 *	                       state): repeating it as it is will not help
 *	FAULT_BUSY             throttled, or the provider is out of order:
 *	                       slow down, try later
 *	FAULT_UNCERTAIN        a command was sent and no answer came: it may or
 *	                       may not have been carried out
 *	FAULT_INVALID          what came back is not what the provider's
 *	                       documentation promises (garbage, truncated, too
 *	                       long)
 *	FAULT_INTERNAL         ours
 *
 * The detail is the provider's own message where it has one, without any
 * secret, fit to be shown to the account's owner.
 */
#ifndef PROVIDER_PROVIDER_H
#define PROVIDER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"
#include "provider/catalogue.h"

struct json_object;
struct session;

enum resource_state {
	STATE_RUNNING, STATE_STOPPED, STATE_UNKNOWN, RESOURCE_STATE_COUNT
};

enum action { ACTION_START, ACTION_STOP, ACTION_COUNT };

/* One machine as the provider shows it now.  Texts are UTF-8. */
struct sighting {
	const char *id;                /* provider_resource_id */
	const char *name;              /* NULL if it has none */
	const char *region;            /* where commands for it go */
	const char *type;              /* instance type; NULL if unknown */
	enum resource_state state;
	const char *provider_state;    /* the provider's word */
	bool passing;                  /* starting or stopping: wait */
	const char *hands_off;         /* NULL, or why we may not touch it:
	                                * "member of autoscaling group web" */
	const char *tags;              /* JSON object of texts */
};

/*
 * Takes what discovery finds, one at a time; the sighting is the caller's
 * and gone after the call.  -1 (with ${why} filled) ends the discovery.
 */
struct sighting_sink {
	int (*put)(void *context, const struct sighting *sighting,
	    struct failure *why);
	void *context;
};

/* One command's fate; ${fault} is FAULT_NONE if it was accepted. */
struct outcome {
	struct failure failure;
};

/* What a provider needs from its surroundings. */
struct provider_context {
	struct arena *arena;           /* outlives the provider_account */
	struct session *session;       /* for demo only: its cloud is here */
	const char *organization_id, *account_id;
	const char *aws_endpoint_url;  /* NULL: the provider's own */
	const char *aws_ca_bundle;     /* NULL: the system's */
	int64_t now;                   /* the pass's time, clock.h */
};

struct provider_account;               /* each provider defines its own */

struct provider {
	const struct provider_entry *entry;
	size_t batch;                  /* most machines in one command */
	int64_t patience;              /* µs until a command that shows no
	                                * effect has failed */

	/*
	 * Read ${credentials} (an object that holds exactly the catalogue's
	 * fields, all texts or null).  Calls nobody.  The account is closed
	 * by close().
	 */
	int (*open)(const struct provider_context *context,
	    const struct json_object *credentials,
	    struct provider_account **account, struct failure *why);
	void (*close)(struct provider_account *account);

	/*
	 * Prove the credentials with the cheapest call there is.  ${identity}
	 * (may be NULL) becomes who they belong to, in the context's arena.
	 */
	int (*check)(struct provider_account *account, const char **identity,
	    struct failure *why);

	/*
	 * The regions worth looking in: those that the account can use.
	 * An array in the context's arena.
	 */
	int (*regions)(struct provider_account *account,
	    const char *const **regions, size_t *nregions,
	    struct failure *why);

	/* Hand every machine of ${region} to ${sink}, all pages of it. */
	int (*discover)(struct provider_account *account, const char *region,
	    const struct sighting_sink *sink, struct failure *why);

	/*
	 * Send one command for 1..batch machines of one region.  Returns 0
	 * with ${outcomes}[i] filled for each, or -1 if the command as a
	 * whole failed; then it is known to have had no effect, unless the
	 * fault is FAULT_UNCERTAIN.  ${token} (1..64 of [A-Za-z0-9-]) is the
	 * same whenever the same command is repeated.
	 */
	int (*command)(struct provider_account *account, enum action action,
	    const char *region, const char *const *ids, size_t nids,
	    const char *token, struct outcome *outcomes, struct failure *why);
};

/* NULL if this version cannot manage ${type}. */
const struct provider *provider_find(const char *type);

/* "RUNNING", "STOPPED", "UNKNOWN"; "START", "STOP". */
const char *resource_state_name(enum resource_state state);
const char *action_name(enum action action);

#endif
