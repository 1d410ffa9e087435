/*
 * Something in the way: a proxy between a test and the server, in a thread
 * of the test, that counts turns of the conversation, goes deaf, keeps the
 * server's answers to itself, or lies about who is speaking.
 */
#ifndef T_DB_PROXY_H
#define T_DB_PROXY_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum proxy_mode {
	PROXY_PASS,
	PROXY_DEAF,            /* breaks after the first bytes from us */
	PROXY_MUTE,            /* breaks after the server's answer, unsaid */
	PROXY_FORGE,           /* as a pooler: its own idea of process ids */
};

struct proxy {
	pthread_t thread;
	int listener;
	char port[8];
	atomic_int mode;       /* PROXY_PASS again before each break */
	atomic_int turns;      /* times we spoke after the server had */
};

static inline int
proxy_dial(void)
{
	const char *host = getenv("PGHOST"), *port = getenv("PGPORT");
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	int fd;

	if (port == NULL)
		port = "5432";
	if (host != NULL && host[0] == '/') {
		snprintf(local.sun_path, sizeof(local.sun_path),
		    "%s/.s.PGSQL.%s", host, port);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&local, sizeof(local)) != 0)
			abort();
		return fd;
	}
	hints.ai_family = AF_INET;
	if (getaddrinfo(host, port, &hints, &found) != 0)
		abort();
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, found->ai_addr, found->ai_addrlen) != 0)
		abort();
	freeaddrinfo(found);
	return fd;
}

/* Another process id in BackendKeyData. */
static inline void
proxy_forge(char *bytes, ssize_t length)
{
	static const char start[] = { 'K', 0, 0, 0, 12 };

	for (ssize_t i = 0; i + 8 < length; i++) {
		if (memcmp(bytes + i, start, sizeof(start)) == 0)
			bytes[i + 8] ^= 1;
	}
}

/* Pass on what is there; false at the end of either side. */
static inline bool
proxy_pass(int from, int to, bool forge)
{
	static char bytes[1 << 16];
	ssize_t got = read(from, bytes, sizeof(bytes));

	if (got <= 0)
		return false;
	if (forge)
		proxy_forge(bytes, got);
	for (ssize_t sent = 0, put; sent < got; sent += put) {
		put = send(to, bytes + sent, (size_t)(got - sent),
		    MSG_NOSIGNAL);
		if (put <= 0)
			return false;
	}
	return true;
}

static inline bool
proxy_answer(struct proxy *proxy, int client, int server)
{
	char bytes[4096];
	struct pollfd fd = { .fd = server, .events = POLLIN };

	if (proxy->mode != PROXY_MUTE)
		return proxy_pass(server, client, proxy->mode == PROXY_FORGE);
	while (poll(&fd, 1, 200) > 0 && read(server, bytes, sizeof(bytes)) > 0)
		;
	proxy->mode = PROXY_PASS;
	return false;
}

static inline bool
proxy_question(struct proxy *proxy, int client, int server)
{
	if (proxy->mode != PROXY_DEAF)
		return proxy_pass(client, server, false);
	proxy->mode = PROXY_PASS;
	return false;
}

static inline void
proxy_serve(struct proxy *proxy, int client, int server)
{
	struct pollfd fds[] = {
		{ .fd = client, .events = POLLIN },
		{ .fd = server, .events = POLLIN },
	};
	bool answered = true, going = true;

	while (going && poll(fds, 2, -1) > 0) {
		if (fds[0].revents != 0) {
			proxy->turns += answered;
			answered = false;
			going = proxy_question(proxy, client, server);
		}
		if (going && fds[1].revents != 0) {
			answered = true;
			going = proxy_answer(proxy, client, server);
		}
	}
	close(client);
	close(server);
}

static inline void *
proxy_main(void *argument)
{
	struct proxy *proxy = argument;
	int client;

	while ((client = accept(proxy->listener, NULL, NULL)) >= 0)
		proxy_serve(proxy, client, proxy_dial());
	return NULL;
}

static inline void
proxy_start(struct proxy *proxy)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);

	proxy->listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(proxy->listener, (struct sockaddr *)&address, length) != 0 ||
	    listen(proxy->listener, 4) != 0 ||
	    getsockname(proxy->listener, (struct sockaddr *)&address,
	    &length) != 0)
		abort();
	snprintf(proxy->port, sizeof(proxy->port), "%d",
	    ntohs(address.sin_port));
	if (pthread_create(&proxy->thread, NULL, proxy_main, proxy) != 0)
		abort();
}

/* After every session through it has been closed. */
static inline void
proxy_stop(struct proxy *proxy)
{
	shutdown(proxy->listener, SHUT_RDWR);
	pthread_join(proxy->thread, NULL);
	close(proxy->listener);
}

#endif
