/*
 * Making API keys: 32 random alphanumerics, shown once, stored as a keyed
 * hash.
 */
#ifndef API_KEYS_H
#define API_KEYS_H

#include "crypto/random.h"
#include "exchange.h"

struct new_key {
	char id[UUID_TEXT_BYTES];
	char key[RANDOM_API_KEY + 1];
	char prefix[9];
	char hash[HASH_TEXT_BYTES];    /* as a parameter of type bytea */
};

#define NEW_KEY_BINDS 3

/* A new key, and the binds key_id, prefix and hash for it. */
void keys_make(const struct exchange *exchange, struct new_key *key,
    struct bind binds[NEW_KEY_BINDS]);

/* What a response with a key in it looks like. */
extern const struct answer new_key_answer;

#endif
