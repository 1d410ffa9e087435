#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/scope.h"

static void
close_descriptor(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static bool
is_open_to_everyone(const struct stat *file)
{
	return S_ISREG(file->st_mode) &&
	    (file->st_mode & (S_IROTH | S_IWOTH)) != 0;
}

static int
read_all(int fd, const char *path, char *bytes, size_t size,
    struct failure *why)
{
	size_t length = 0;
	ssize_t more;

	do {
		more = read(fd, bytes + length, size - length);
		length += more > 0 ? (size_t)more : 0;
	} while (more > 0 || (more < 0 && errno == EINTR));
	if (more < 0)
		return fail(why, FAULT_INVALID, "cannot read %s: %m", path);
	if (length == size)
		return fail(why, FAULT_INVALID, "%s has more than %zu bytes",
		    path, size - 1);
	bytes[length] = '\0';
	if (strlen(bytes) != length)
		return fail(why, FAULT_INVALID, "%s contains a NUL byte",
		    path);
	return 0;
}

int
file_read(const char *path, bool secret, char *bytes, size_t size,
    struct failure *why)
{
	SCOPED(close_descriptor) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat file;

	if (fd < 0 || fstat(fd, &file) != 0)
		return fail(why, errno == ENOENT ? FAULT_MISSING :
		    FAULT_INVALID, "cannot open %s: %m", path);
	if (secret && is_open_to_everyone(&file))
		return fail(why, FAULT_INVALID, "%s is open to everyone; "
		    "close it with `chmod o= %s`", path, path);
	if (read_all(fd, path, bytes, size, why) != 0) {
		explicit_bzero(bytes, size);
		return -1;
	}
	return 0;
}
