/*
 * A simulated cloud, kept in the database (demo_machines), so that anyone can
 * try the product without an account.
 *
 * An account's machines come into being when it is first looked at; how many,
 * and how they behave, its credentials say: failure_percent of the machines
 * refuse a command (others another time), throttle_percent of all commands
 * are turned away, a call takes delay_seconds, a change settle_seconds.
 * Chance is a hash of what is asked and when, so that a test can repeat it.
 *
 * As in other clouds a command is refused as a whole when one of its machines
 * cannot follow it.  What it does and its entry in demo_commands are one
 * transaction.
 */
#ifndef PROVIDER_DEMO_H
#define PROVIDER_DEMO_H

#include "provider/provider.h"

extern const struct provider demo_provider;

#endif
