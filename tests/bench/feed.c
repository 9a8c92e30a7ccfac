/*
 * feed: the dumbest client, to learn what a sink can take at most.
 *
 *   feed PORT CONNECTIONS MESSAGES DEPTH BYTES
 *
 * It sends MESSAGES copies of one body of BYTES octets to 127.0.0.1:PORT by
 * MAIL, RCPT and BDAT in one write, DEPTH of them in flight on each of
 * CONNECTIONS, each to its own recipient.  Of a reply it looks at the first
 * digit alone.  It prints the seconds from the first message to the last reply
 * and its own CPU seconds, and ends with 0, or 1 when anything was refused.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REPLIES_EACH 3
#define HEAD_MAX     256
#define CONN_MAX     1000

struct conn {
	int fd;
	size_t flying; /* messages */
	size_t owed;   /* reply lines */
	bool fresh;    /* at the start of a reply line */
	char head[HEAD_MAX];
	size_t head_len, done; /* octets of head and body that went out */
	bool writing;
};

struct feed {
	int epoll_fd;
	size_t connections, messages, depth, body_bytes;
	size_t begun, ended;
	char *body;
	struct conn conns[CONN_MAX];
};

static void
give_up(const char *what)
{
	fprintf(stderr, "feed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
open_conn(struct feed *f, struct conn *c, in_port_t port)
{
	static const char hello[] = "EHLO feed.example\r\n";
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	char reply[4096];

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		give_up("connect");
	if (recv(c->fd, reply, sizeof(reply), 0) <= 0 ||
	    send(c->fd, hello, sizeof(hello) - 1, MSG_NOSIGNAL) < 0 ||
	    recv(c->fd, reply, sizeof(reply), 0) <= 0)
		give_up("greeting");
	c->fresh = true;
	epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
}

static void
begin_message(struct feed *f, struct conn *c)
{
	int n = snprintf(c->head, sizeof(c->head),
	    "MAIL FROM:<news@news.example>\r\n"
	    "RCPT TO:<%zukokusai@feed.example>\r\nBDAT %zu LAST\r\n",
	    f->begun++, f->body_bytes);

	c->head_len = (size_t)n;
	c->done = 0;
	c->writing = true;
	c->flying++;
	c->owed += REPLIES_EACH;
}

/* Send what the socket takes; true = the message went out whole. */
static bool
write_message(struct feed *f, struct conn *c)
{
	size_t in_body = c->done > c->head_len ? c->done - c->head_len : 0;
	size_t in_head = c->done < c->head_len ? c->done : c->head_len;
	struct iovec parts[2] = { { c->head + in_head, c->head_len - in_head },
		{ f->body + in_body, f->body_bytes - in_body } };
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = 2 };
	ssize_t n = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		give_up("send");
	if (n > 0)
		c->done += (size_t)n;
	c->writing = c->done < c->head_len + f->body_bytes;
	return !c->writing;
}

/* Keep DEPTH messages in flight, or as many as the socket takes. */
static void
fill_conn(struct feed *f, struct conn *c)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
	bool was_writing = c->writing;

	while (c->writing || (c->flying < f->depth && f->begun < f->messages)) {
		if (!c->writing)
			begin_message(f, c);
		if (!write_message(f, c))
			break;
	}
	if (c->writing == was_writing)
		return;
	e.events |= c->writing ? EPOLLOUT : 0;
	epoll_ctl(f->epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

static void
read_replies(struct feed *f, struct conn *c)
{
	char bytes[4096];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN))
		give_up("receive");
	for (ssize_t i = 0; i < n; i++) {
		if (c->fresh && bytes[i] != '2') {
			fprintf(stderr, "feed: refused with %c\n", bytes[i]);
			exit(1);
		}
		c->fresh = bytes[i] == '\n';
		if (!c->fresh)
			continue;
		if (--c->owed % REPLIES_EACH == 0) {
			c->flying--;
			f->ended++;
		}
	}
}

/* An empty header, then lines of 76 octets, the last one cut short. */
static void
fill_body(struct feed *f)
{
	for (size_t i = 0; i < f->body_bytes; i++)
		f->body[i] = "\r\nx"[(i % 76) < 2 ? i % 76 : 2];
	memcpy(f->body + f->body_bytes - 2, "\r\n", 2);
}

int
main(int argc, char **argv)
{
	static struct feed f;
	struct epoll_event events[CONN_MAX];

	if (argc != 6)
		return 64;
	f.connections = strtoul(argv[2], NULL, 10);
	f.messages = strtoul(argv[3], NULL, 10);
	f.depth = strtoul(argv[4], NULL, 10);
	f.body_bytes = strtoul(argv[5], NULL, 10);
	if (!f.connections || f.connections > CONN_MAX || !f.depth ||
	    f.body_bytes < 4)
		return 64;
	f.body = malloc(f.body_bytes + 1);
	f.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!f.body || f.epoll_fd < 0)
		give_up("start");
	fill_body(&f);

	for (size_t i = 0; i < f.connections; i++)
		open_conn(&f, &f.conns[i], (in_port_t)atoi(argv[1]));
	double start = read_clock(CLOCK_MONOTONIC);
	for (size_t i = 0; i < f.connections; i++)
		fill_conn(&f, &f.conns[i]);
	while (f.ended < f.messages) {
		int n = epoll_wait(f.epoll_fd, events, CONN_MAX, -1);
		for (int i = 0; i < n; i++) {
			read_replies(&f, events[i].data.ptr);
			fill_conn(&f, events[i].data.ptr);
		}
	}
	printf("%.6f %.6f\n", read_clock(CLOCK_MONOTONIC) - start,
	    read_clock(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
