/*
 * What a request shows to say who sends it (api.md 1.5): a bearer token, an
 * API key, or both.
 */
#ifndef API_AUTHENTICATE_H
#define API_AUTHENTICATE_H

#include "exchange.h"

/*
 * Fill the exchange's credentials.  A token that does not verify and a key
 * that cannot be one count as absent; whether the user or the key exists is
 * for enter() to say.
 */
void authenticate(struct exchange *exchange);

/* Was anything shown that enter() can look up? */
bool authenticate_is_somebody(const struct exchange *exchange);

#endif
