/* fetch/: servers that never answer, drip, lead in circles, hang up. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/now.h"
#include "base/text.h"
#include "fetch/fetch.h"

enum { PATIENCE_MS = 400, DRIP_MS = 40, FOREVER_MS = 30 * 1000 };

/* A server on a port of its own; what it does stands in the path. */
struct server {
	int fd;
	unsigned port;
	pthread_t thread;
	atomic_int asked;  /* requests that came in */
	atomic_int guests; /* connections that are open */
	atomic_bool ends;
};

struct guest {
	struct server *server;
	int fd;
};

static void
say(int fd, const char *text)
{
	(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
}

/* Waits, but not beyond the end of the server or of the connection. */
static bool
dawdle(const struct guest *guest, int ms)
{
	struct pollfd gone = { .fd = guest->fd, .events = POLLRDHUP };

	for (int i = 0; i < ms && !guest->server->ends; i += 10)
		if (poll(&gone, 1, 10) > 0)
			return false;
	return !guest->server->ends;
}

static void
drip(const struct guest *guest, const char *what)
{
	for (size_t i = 0; dawdle(guest, DRIP_MS); i++) {
		char one[2] = { what[i % strlen(what)], '\0' };

		say(guest->fd, one);
	}
}

/* Endless headers, as fast as they are taken. */
static void
flood(const struct guest *guest)
{
	say(guest->fd, "HTTP/1.1 200 OK\r\n");
	while (
	    !guest->server->ends &&
	    send(guest->fd, "X-More: and more of it\r\n", 24, MSG_NOSIGNAL) > 0)
		;
}

static void
redirect(const struct guest *guest, const char *to)
{
	char text[200];

	snprintf(text, sizeof(text),
	    "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n"
	    "Connection: close\r\n\r\n",
	    to);
	say(guest->fd, text);
}

static void
reset(const struct guest *guest)
{
	struct linger now = { 1, 0 };

	setsockopt(guest->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void
serve(const struct guest *guest, const char *method, const char *path)
{
	static const char good[] = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
				   "Connection: close\r\n\r\nx";
	bool head = strcmp(method, "HEAD") == 0;

	if (text_starts(path, "/silent")) {
		dawdle(guest, FOREVER_MS);
	} else if (strcmp(path, "/drip") == 0) {
		drip(guest, "HTTP/1.1 200 OK\r\nX: ");
	} else if (strcmp(path, "/drip-body") == 0) {
		say(guest->fd, head ? "HTTP/1.1 405 No\r\nConnection: close"
				      "\r\n\r\n"
				    : "HTTP/1.1 200 OK\r\n\r\n");
		if (!head)
			drip(guest, "body");
	} else if (strcmp(path, "/loop") == 0) {
		redirect(guest, "/loop");
	} else if (strcmp(path, "/slow-loop") == 0) {
		dawdle(guest, PATIENCE_MS / 3);
		redirect(guest, "/slow-loop");
	} else if (strcmp(path, "/away") == 0) {
		redirect(guest, "file:///etc/passwd");
	} else if (strcmp(path, "/half") == 0) {
		say(guest->fd, "HTTP/1.1 200 OK\r\nContent-Le");
	} else if (strcmp(path, "/garbage") == 0) {
		say(guest->fd, "\x01\x02 what?\n\n");
	} else if (strcmp(path, "/flood") == 0) {
		flood(guest);
	} else if (strcmp(path, "/reset") == 0) {
		reset(guest);
	} else if (strcmp(path, "/head-closes") == 0) {
		say(guest->fd, head ? "" : good);
	} else if (strcmp(path, "/close") != 0) {
		say(guest->fd, good);
	}
}

static void *
answer_one(void *context)
{
	struct guest *guest = context;
	char bytes[2000], method[20], path[200];
	ssize_t count = recv(guest->fd, bytes, sizeof(bytes) - 1, 0);

	if (count > 0) {
		bytes[count] = '\0';
		guest->server->asked++;
		if (sscanf(bytes, "%19s %199s", method, path) == 2)
			serve(guest, method, path);
	}
	close(guest->fd);
	guest->server->guests--;
	free(guest);
	return NULL;
}

static void *
take_guests(void *context)
{
	struct server *server = context;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		struct guest *guest = calloc(1, sizeof(*guest));
		pthread_t thread;

		assert_non_null(guest);
		*guest = (struct guest){ server, fd };
		server->guests++;
		assert_int_equal(
		    pthread_create(&thread, NULL, answer_one, guest), 0);
		pthread_detach(thread);
	}
	return NULL;
}

static void
open_server(struct server *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t bytes = sizeof(address);

	*server = (struct server){ 0 };
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(server->fd >= 0);
	assert_int_equal(
	    bind(server->fd, (struct sockaddr *)&address, bytes), 0);
	assert_int_equal(listen(server->fd, 64), 0);
	assert_int_equal(
	    getsockname(server->fd, (struct sockaddr *)&address, &bytes), 0);
	server->port = ntohs(address.sin_port);
	assert_int_equal(
	    pthread_create(&server->thread, NULL, take_guests, server), 0);
}

static void
close_server(struct server *server)
{
	server->ends = true;
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	while (server->guests > 0)
		(void)poll(NULL, 0, 1);
	close(server->fd);
}

static const struct fetch_wish impatient = {
	.at_once = 16,
	.at_once_per_host = 2,
	.timeout_ms = PATIENCE_MS,
};

/* Asks, and says how long that took. */
static int64_t
ask(struct arena *arena, struct fetch_link *links, size_t count)
{
	int64_t begin = now_mono_ms();
	struct err err = { 0 };

	if (!fetch_links(arena, &impatient, links, count, &err))
		fail_msg("%s", err.text);
	return now_mono_ms() - begin;
}

/* Each on a server of its own, all at once. */
static void
test_manners(void **state)
{
	static const struct {
		const char *path;
		enum fetch_answer answer;
		const char *why;
	} cases[] = {
		{ "/good", FETCH_ALIVE, "" },
		{ "/silent", FETCH_UNSURE, "no answer within 0.4 s" },
		{ "/drip", FETCH_UNSURE, "no answer within 0.4 s" },
		{ "/drip-body", FETCH_ALIVE, "" },
		{ "/loop", FETCH_DEAD, "it redirects without end" },
		{ "/slow-loop", FETCH_UNSURE, "no answer within 0.4 s" },
		{ "/away", FETCH_UNSURE, "protocol" },
		{ "/close", FETCH_UNSURE, "" },
		{ "/half", FETCH_ALIVE, "" }, /* its status came */
		{ "/garbage", FETCH_UNSURE, "" },
		{ "/flood", FETCH_UNSURE, "" },
		{ "/reset", FETCH_UNSURE, "" },
		{ "/head-closes", FETCH_ALIVE, "" },
	};
	enum { CASES = sizeof(cases) / sizeof(*cases) };
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct server servers[CASES];
	struct fetch_link links[CASES] = { 0 };

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		open_server(&servers[i]);
		links[i].url = arena_format(arena, "http://127.0.0.1:%u%s",
		    servers[i].port, cases[i].path);
	}
	assert_in_range(ask(arena, links, CASES), 0, 10 * PATIENCE_MS);
	for (size_t i = 0; i < CASES; i++) {
		close_server(&servers[i]);
		if (links[i].answer != cases[i].answer ||
		    !strstr(links[i].why, cases[i].why) ||
		    (links[i].answer != FETCH_ALIVE && !*links[i].why))
			fail_msg("%s: %d %s", cases[i].path,
			    (int)links[i].answer, links[i].why);
	}
}

/* A server that does not answer is not waited for link by link. */
static void
test_a_silent_server_with_many_pages(void **state)
{
	enum { PAGES = 40 };
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct fetch_link links[PAGES] = { 0 };
	struct server server;

	(void)state;
	open_server(&server);
	for (size_t i = 0; i < PAGES; i++)
		links[i].url = arena_format(
		    arena, "http://127.0.0.1:%u/silent%zu", server.port, i);
	assert_in_range(ask(arena, links, PAGES), PATIENCE_MS, 5 * PATIENCE_MS);
	close_server(&server);
	assert_in_range(server.asked, 2, 4);
	for (size_t i = 0; i < PAGES; i++)
		assert_int_equal(links[i].answer, FETCH_UNSURE);
	assert_string_equal(
	    links[PAGES - 1].why, "its server left others unanswered");
}

/* Others are not held up by it. */
static void
test_many_servers(void **state)
{
	enum { PAGES = 60 };
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct fetch_link links[PAGES] = { 0 };
	struct server silent, good;

	(void)state;
	open_server(&silent);
	open_server(&good);
	for (size_t i = 0; i < PAGES; i++)
		links[i].url = arena_format(arena, "http://127.0.0.1:%u/%s%zu",
		    i < PAGES / 2 ? silent.port : good.port,
		    i < PAGES / 2 ? "silent" : "good", i);
	assert_in_range(ask(arena, links, PAGES), 0, 6 * PATIENCE_MS);
	close_server(&silent);
	close_server(&good);
	for (size_t i = 0; i < PAGES; i++)
		assert_int_equal(links[i].answer,
		    i < PAGES / 2 ? FETCH_UNSURE : FETCH_ALIVE);
	assert_int_equal(good.asked, PAGES / 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manners),
		cmocka_unit_test(test_a_silent_server_with_many_pages),
		cmocka_unit_test(test_many_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
