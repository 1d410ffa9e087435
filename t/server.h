/*
 * A server inside a test: plain TCP on a free port of the loopback, each
 * connection handed to a function in a thread of its own.
 */
#ifndef T_SERVER_H
#define T_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
	int fd;
	uint16_t port;
	atomic_int connections;
	pthread_t thread;
	/* ${connection} is closed for it. */
	void (*serve)(int connection);
};

/* One request as it arrived, and the path that it names. */
struct server_request {
	char bytes[32768];
	size_t length;
	char path[256];
};

struct server_connection_ {
	void (*serve)(int connection);
	int fd;
};

static inline void *
server_connection_run_(void *context)
{
	struct server_connection_ connection =
	    *(struct server_connection_ *)context;

	free(context);
	connection.serve(connection.fd);
	close(connection.fd);
	return NULL;
}

static inline void *
server_run_(void *context)
{
	struct server *server = context;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		struct server_connection_ *connection =
		    malloc(sizeof(*connection));
		pthread_t thread;

		if (connection == NULL)
			abort();
		*connection = (struct server_connection_){
			server->serve, fd,
		};
		atomic_fetch_add(&server->connections, 1);
		if (pthread_create(&thread, NULL, server_connection_run_,
		    connection) != 0)
			abort();
		pthread_detach(thread);
	}
	return NULL;
}

static inline void
server_start(struct server *server, void (*serve)(int connection))
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);

	signal(SIGPIPE, SIG_IGN);
	server->serve = serve;
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->fd < 0 ||
	    bind(server->fd, (struct sockaddr *)&address, length) != 0 ||
	    listen(server->fd, 64) != 0 || getsockname(server->fd,
	    (struct sockaddr *)&address, &length) != 0)
		abort();
	server->port = ntohs(address.sin_port);
	if (pthread_create(&server->thread, NULL, server_run_, server) != 0)
		abort();
}

/* From now on nobody listens there.  Connections end by themselves. */
static inline void
server_stop(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
}

static inline bool
server_write(int connection, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = send(connection, bytes, length, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes += n;
		length -= (size_t)n;
	}
	return true;
}

static inline size_t
server_body_length_(const char *head)
{
	const char *header = strstr(head, "\r\nContent-Length:");

	return header != NULL ? strtoul(header + 17, NULL, 10) : 0;
}

/* The next request with its body; false when there is none. */
static inline bool
server_read(int connection, struct server_request *request)
{
	char *end = NULL;
	size_t need = sizeof(request->bytes);

	*request = (struct server_request){ 0 };
	while (request->length < need) {
		ssize_t n = recv(connection, request->bytes + request->length,
		    sizeof(request->bytes) - 1 - request->length, 0);

		if (n <= 0)
			return false;
		request->length += (size_t)n;
		if (end == NULL && (end = strstr(request->bytes,
		    "\r\n\r\n")) != NULL)
			need = (size_t)(end + 4 - request->bytes) +
			    server_body_length_(request->bytes);
	}
	return sscanf(request->bytes, "%*s %255s", request->path) == 1;
}

#endif
