/*
 * The application's own tokens: JWTs (RFC 7519, with RFC 8725 as the
 * yardstick) signed with HS256, short-lived, opaque to clients.
 *
 * Signing keys are derived (HKDF-SHA256) from the configured secret.  While
 * it is being rotated, tokens of the previous one verify too.
 *
 * Claims: sub (user), org (organization), type (the kind), iss, aud, iat,
 * exp, jti.
 */
#ifndef CRYPTO_TOKEN_H
#define CRYPTO_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/failure.h"
#include "base/text.h"
#include "crypto/bytes.h"
#include "crypto/hash.h"

#define TOKEN_MAX_BYTES 2048           /* longer ones are not looked at */
#define TOKEN_SECRET_MIN 32            /* bytes of a configured secret */

enum token_kind {
	TOKEN_ACCESS,
	TOKEN_MFA_PENDING,             /* password right, second factor due */
	TOKEN_KIND_COUNT
};

struct token_key {
	unsigned char signing[BYTES_KEY];
	char kid[2 * HASH_KEY_ID_BYTES + 1];
	char header[80];               /* the first segment of its tokens */
};

struct token_keys {
	struct token_key current, previous;
	bool has_previous;
};

struct token_claims {
	char user[UUID_TEXT_BYTES];
	char organization[UUID_TEXT_BYTES];
	char id[UUID_TEXT_BYTES];      /* jti */
	int64_t issued, expires;       /* as in clock.h, whole seconds */
};

/* "access", "mfa_pending": the claim `type`. */
const char *token_kind_name(enum token_kind kind);

/*
 * Derive the keys from ${secret} and, unless it is NULL, ${previous}.
 * FAULT_INVALID if either is shorter than TOKEN_SECRET_MIN.
 */
int token_keys_init(struct token_keys *keys, const char *secret,
    const char *previous, struct failure *why);
void token_keys_wipe(struct token_keys *keys);

/*
 * A new token in ${arena}, valid from ${now} for ${lifetime} (microseconds,
 * at least a second; both as in clock.h).  The ids are canonical UUIDs.
 */
const char *token_issue(const struct token_keys *keys, enum token_kind kind,
    const char *user, const char *organization, int64_t now,
    int64_t lifetime, struct arena *arena)
    __attribute__((returns_nonnull));

/*
 * Check that ${token} is one of ours, of this ${kind} and valid at ${now}.
 * Anything else is FAULT_UNAUTHENTICATED with one fixed text, whatever was
 * wrong with it.
 */
int token_verify(const struct token_keys *keys, enum token_kind kind,
    const char *token, int64_t now, struct token_claims *claims,
    struct failure *why);

/*
 * What was verified not long ago.  Browsers and scripts send the same token
 * for minutes, and most of what it costs to serve them is to verify it once
 * more; so a worker remembers, under the token's SHA-256, what it found.
 * Zeroed, it remembers nothing.  Belongs to one thread, and to one set of
 * keys.
 */
#define TOKEN_MEMORY 64

struct token_memory {
	struct {
		bool is_used;
		enum token_kind kind;
		unsigned char digest[HASH_BYTES];
		struct token_claims claims;
	} entries[TOKEN_MEMORY];
};

/* As token_verify, which it calls for what it does not remember. */
int token_recall(struct token_memory *memory, const struct token_keys *keys,
    enum token_kind kind, const char *token, int64_t now,
    struct token_claims *claims, struct failure *why);

#endif
