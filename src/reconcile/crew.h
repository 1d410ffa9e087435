/*
 * A crew: threads that share out the pieces of one piece of work.  Each runs
 * plain blocking code; whoever called waits, and works along.
 */
#ifndef RECONCILE_CREW_H
#define RECONCILE_CREW_H

#include <stddef.h>

/*
 * Call ${work} for each of 0 .. ${count} - 1, in any order, from at most
 * ${threads} threads at once (this one among them), and return when all calls
 * have.  If the system has no more threads to give, fewer do the work.
 */
void crew_run(size_t threads, size_t count,
    void (*work)(void *context, size_t index), void *context);

#endif
