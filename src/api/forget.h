/*
 * Forgetting what passed through (security.md, "Secrets"): passwords, tokens
 * and cloud credentials are in no memory of a worker once their request is
 * answered.
 *
 * What is in an arena is wiped with it.  Copies that libraries make (json-c's
 * trees, libfcgi's buffers and parameters) are wiped when they are freed:
 * forget.c puts its own free() and realloc() before libc's, for the whole
 * process.  Under a sanitizer that has an allocator of its own it does not.
 */
#ifndef API_FORGET_H
#define API_FORGET_H

/* Wipe what calls that have returned left on the stack. */
void forget_stack(void);

#endif
