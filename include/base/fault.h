/*
 * Fault points: places at which a test makes the process end or stop, so that
 * what follows from it can be looked at.  They exist only in builds with test
 * hooks; elsewhere FAULT_POINT() is nothing.
 *
 * The environment variable DIURNAL_FAULT names one point:
 *
 *	kill@act.intended:2    SIGKILL to ourselves when that point is passed
 *	                       for the second time; without :N for the first
 *	stop@act.before_call   SIGSTOP; on SIGCONT all goes on
 *
 * A program that has points lists them in fault_points[].
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include <config.h>     /* TEST_HOOKS */

/* Every name that the program passes to FAULT_POINT(), and NULL. */
extern const char *const fault_points[];

#ifdef TEST_HOOKS
#define FAULT_POINT(name) fault_point(name)

/*
 * Do what DIURNAL_FAULT says about ${name}, if anything.  Aborts if it names
 * no point of this program, or ${name} is not in the list: a test may not pass
 * because nothing happened.
 */
void fault_point(const char *name);
#else
#define FAULT_POINT(name) ((void)0)
#endif

#endif
