/*
 * Rules for new passwords (api.md 4(j)): length, and not one of the commonest.
 */
#ifndef API_PASSWORDS_H
#define API_PASSWORDS_H

#include <stdbool.h>

#include "exchange.h"

/*
 * Does the body's field ${name} hold a password that may be set?  If not, the
 * response has become a 422 that says why.
 */
bool passwords_accept(struct exchange *exchange, const char *name);

#endif
