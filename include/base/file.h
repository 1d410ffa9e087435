/*
 * Small files, read whole.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

/*
 * Read all of ${path} into ${bytes}, which has room for ${size} with the NUL
 * that is put behind.  With ${secret} a regular file may not be open to
 * everyone.  FAULT_MISSING if there is none, FAULT_INVALID if it cannot be
 * read, is too long, holds a NUL or is open; then nothing of it is left in
 * ${bytes}.
 */
int file_read(const char *path, bool secret, char *bytes, size_t size,
    struct failure *why);

#endif
