#include "src/db/wire.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "base/clock.h"

static int64_t
until_after(int64_t silence)
{
	return silence > 0 ? clock_monotonic() + silence : INT64_MAX;
}

static int
poll_timeout(int64_t until)
{
	int64_t left;

	if (until == INT64_MAX)
		return -1;
	left = until - clock_monotonic();
	if (left <= 0)
		return 0;
	left = left / 1000 + 1;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/* What happened on the socket, 0 if nothing until ${until}. */
static short
wait_for(PGconn *conn, short events, int64_t until)
{
	struct pollfd fd = { .fd = PQsocket(conn), .events = events };

	for (;;) {
		int timeout = poll_timeout(until);
		int ready = poll(&fd, 1, timeout);

		if (ready > 0)
			return fd.revents;
		if (ready == 0 && (timeout == 0 || poll_timeout(until) == 0))
			return 0;
		if (ready < 0 && errno != EINTR)
			return POLLERR;
	}
}

int
wire_flush(PGconn *conn, int64_t silence)
{
	int left;

	while ((left = PQflush(conn)) > 0) {
		short events = wait_for(conn, POLLIN | POLLOUT,
		    until_after(silence));

		if (events == 0)
			return -1;
		if ((events & ~POLLOUT) != 0 && PQconsumeInput(conn) != 1)
			return -1;
	}
	return left;
}

int
wire_result(PGconn *conn, int64_t silence, PGresult **result)
{
	while (PQisBusy(conn)) {
		if (wait_for(conn, POLLIN, until_after(silence)) == 0)
			return -1;
		if (PQconsumeInput(conn) != 1)
			return -1;
	}
	*result = PQgetResult(conn);
	return 0;
}

int
wire_input(PGconn *conn, int64_t until, bool *came)
{
	bool ready = wait_for(conn, POLLIN, until) != 0;

	if (ready && PQconsumeInput(conn) != 1)
		return -1;
	*came = ready;
	return 0;
}

bool
wire_is_up(PGconn *conn)
{
	while (PQstatus(conn) == CONNECTION_OK &&
	    wait_for(conn, POLLIN, clock_monotonic()) != 0) {
		if (PQconsumeInput(conn) != 1)
			return false;
	}
	return PQstatus(conn) == CONNECTION_OK;
}
