/*
 * Rules for new passwords (api.md 4(j)): length, and not one of the commonest.
 */
#ifndef API_PASSWORDS_H
#define API_PASSWORDS_H

#include "exchange.h"

/*
 * FAULT_INVALID if the body's field ${name} (static) does not hold a password
 * that may be set; or what keeps the caller from the route, which goes first
 * (api.md 1.6).
 */
int passwords_check(struct exchange *exchange, const char *name,
    struct failure *why);

#endif
