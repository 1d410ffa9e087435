/*
 * The set-up token (api.md 2.4.4): while SETUP_TOKEN is configured, nobody
 * who merely reaches the port first becomes admin.
 */
#ifndef API_SETUP_H
#define API_SETUP_H

#include "exchange.h"

/* "true" or "false" for a parameter `guarded`: is the token configured? */
const char *setup_guarded(const struct exchange *exchange);

/* Has the request shown it? */
bool setup_shown(const struct exchange *exchange);

/* FAULT_DENIED if the token is configured and the request has not shown it. */
int setup_check(const struct exchange *exchange, struct failure *why);

#endif
