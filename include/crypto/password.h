/*
 * Passwords: argon2id (RFC 9106) with m = 19456 KiB, t = 2, p = 1, as PHC
 * strings.  Hashing is meant to be dear, so how much of it happens at once on
 * a host is bounded, whatever the number of processes: a flood of sign-ins
 * waits, and is turned away, before it takes the memory of others.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/* No password is longer; the API's own bound, in characters, is tighter. */
#define PASSWORD_MAX_BYTES 1024

/* Room for any stored string that is accepted, and its NUL. */
#define PASSWORD_STORED_BYTES 256

/* How many may hash at the same time on this host. */
#define PASSWORD_SLOTS 2

struct password_limit {
	int directory;                 /* descriptor; -1: no limit */
	int64_t patience;              /* wait at most so many microseconds */
};

/*
 * Share the host's slots: lock files in ${directory}, which all processes
 * concerned name alike.  The kernel gives a slot back when its holder dies.
 * NULL means no limit, for an administrator's tool.  FAULT_INTERNAL if the
 * directory cannot be opened.  Close it when done.
 */
int password_limit_open(struct password_limit *limit, const char *directory,
    struct failure *why);
void password_limit_close(struct password_limit *limit);

/*
 * Hash ${password} with today's parameters and a new salt.  FAULT_INVALID if
 * it is longer than PASSWORD_MAX_BYTES, FAULT_BUSY if no slot came free in
 * time, FAULT_INTERNAL if there is no memory or no slot can be made.
 */
int password_hash(const struct password_limit *limit, const char *password,
    char stored[PASSWORD_STORED_BYTES], struct failure *why);

/*
 * Is ${password} the one that was ${stored}?  0 if so; ${weak} then says
 * whether it was stored with less than today's parameters and should be
 * hashed again now, while the password is at hand.
 *
 * FAULT_UNAUTHENTICATED, with a fixed text, if it is another one.  A ${stored}
 * of NULL stands for a user who does not exist: that fails alike and takes
 * as long.  FAULT_BUSY as above; FAULT_INTERNAL if ${stored} is no argon2id
 * string or asks for more than 1 GiB, 64 passes or 16 lanes.
 */
int password_verify(const struct password_limit *limit, const char *password,
    const char *stored, bool *weak, struct failure *why);

/*
 * Is it, case aside, one of the passwords that everybody tries first?
 */
bool password_is_common(const char *password);

#endif
