#include "fake_loop.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "fake_memory.h"

#define READ_MAX  (256 * 1024) /* octets of one read */
#define EVENT_MAX 256
#define NS_PER_S  1000000000
#define NO_TIMER  SIZE_MAX

/* One client. */
struct conn {
	int fd;
	uint32_t interest; /* what epoll was told */
	bool eof, blocked; /* nothing comes; nothing goes at the moment */
	struct fake_session *session;
	char *rest; /* octets that the session did not use yet */
	size_t rest_len;
	int64_t wake_ns;
	size_t timer; /* place in the heap, or NO_TIMER */
	struct conn *next, *before;
};

struct loop {
	const struct fake_server *server;
	int epoll_fd, listen_fd, signal_fd;
	uint64_t connections;
	bool over;
	struct conn **timers; /* a heap, the earliest first */
	size_t timer_count, timer_cap;
	struct conn *conns;
	char *buffer; /* 2 * READ_MAX: what was left, then what is read */
};

/* Timers */

static void
place_timer(struct loop *l, size_t i, struct conn *c)
{
	l->timers[i] = c;
	c->timer = i;
}

static void
raise_timer(struct loop *l, size_t i)
{
	struct conn *c = l->timers[i];

	while (i && l->timers[(i - 1) / 2]->wake_ns > c->wake_ns) {
		place_timer(l, i, l->timers[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place_timer(l, i, c);
}

static void
sink_timer(struct loop *l, size_t i)
{
	struct conn *c = l->timers[i];

	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= l->timer_count)
			break;
		if (child + 1 < l->timer_count &&
		    l->timers[child + 1]->wake_ns < l->timers[child]->wake_ns)
			child++;
		if (l->timers[child]->wake_ns >= c->wake_ns)
			break;
		place_timer(l, i, l->timers[child]);
		i = child;
	}
	place_timer(l, i, c);
}

static void
remove_timer(struct loop *l, struct conn *c)
{
	size_t i = c->timer;

	if (i == NO_TIMER)
		return;
	struct conn *last = l->timers[--l->timer_count];
	c->timer = NO_TIMER;
	if (last == c)
		return;
	place_timer(l, i, last);
	raise_timer(l, i);
	sink_timer(l, last->timer);
}

static void
set_timer(struct loop *l, struct conn *c, int64_t wake_ns)
{
	if (c->timer != NO_TIMER && c->wake_ns == wake_ns)
		return;
	remove_timer(l, c);
	if (wake_ns == FAKE_WIRE_NEVER)
		return;
	if (l->timer_count == l->timer_cap) {
		l->timer_cap = l->timer_cap ? l->timer_cap * 2 : 64;
		l->timers = fake_memory_resize(
		    l->timers, l->timer_cap * sizeof(struct conn *));
	}
	c->wake_ns = wake_ns;
	place_timer(l, l->timer_count++, c);
	raise_timer(l, c->timer);
}

/* Connections */

static int64_t
read_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* With unread octets Linux would send RST where FIN is meant. Read those that
   are here, not those that a client goes on sending: else it might get rid of
   a whole message after we have broken off. */
static void
drop_unread(struct loop *l, struct conn *c)
{
	int left = 0;

	ioctl(c->fd, FIONREAD, &left);
	while (left > 0) {
		size_t most = left < READ_MAX ? (size_t)left : READ_MAX;
		ssize_t got = recv(c->fd, l->buffer, most, MSG_DONTWAIT);

		if (got <= 0)
			return;
		left -= (int)got;
	}
}

static void
end_conn(struct loop *l, struct conn *c, enum fake_wire_end how, bool by_client)
{
	struct linger at_once = { 1, 0 };

	if (how == FAKE_WIRE_RST)
		setsockopt(
		    c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	else
		drop_unread(l, c);
	fake_session_free(c->session, by_client);
	close(c->fd);
	remove_timer(l, c);
	if (c->before)
		c->before->next = c->next;
	else
		l->conns = c->next;
	if (c->next)
		c->next->before = c->before;
	free(c->rest);
	free(c);
}

/* Send what is due; false = the connection is no more. */
static bool
flush_conn(struct loop *l, struct conn *c, int64_t now_ns)
{
	struct fake_wire *w = fake_session_wire(c->session);
	const char *bytes;
	size_t n;

	while ((n = fake_wire_ready(w, now_ns, &bytes)) > 0) {
		ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
		c->blocked = sent < 0 && errno == EAGAIN;
		if (c->blocked)
			return true;
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			end_conn(l, c, FAKE_WIRE_FIN, true);
			return false;
		}
		fake_wire_advance(w, (size_t)sent);
	}
	enum fake_wire_end how = fake_wire_ending(w, now_ns);
	if (how != FAKE_WIRE_OPEN) {
		end_conn(l, c, how, false);
		return false;
	}
	if (c->eof && fake_wire_idle(w)) {
		end_conn(l, c, FAKE_WIRE_FIN, true);
		return false;
	}
	return true;
}

/* Tell epoll and the timers what this connection waits for next. */
static void
settle_conn(struct loop *l, struct conn *c, int64_t now_ns)
{
	int64_t held = fake_session_held_until(c->session);
	int64_t wake = fake_wire_due(fake_session_wire(c->session));
	uint32_t interest = EPOLLRDHUP;

	if (held && held < wake)
		wake = held;
	if (c->blocked)
		wake = FAKE_WIRE_NEVER;
	else if (wake < now_ns)
		wake = now_ns;
	set_timer(l, c, wake);

	if (c->eof)
		interest = 0;
	else if (!held)
		interest = EPOLLIN;
	if (c->blocked)
		interest |= EPOLLOUT;
	if (interest == c->interest)
		return;
	struct epoll_event e = { .events = interest, .data.ptr = c };
	epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
	c->interest = interest;
}

/* Give the session the N octets at BUFFER, and keep what it leaves. */
static void
feed_conn(struct conn *c, char *buffer, size_t n, int64_t now_ns)
{
	size_t used = fake_session_take(c->session, buffer, n, now_ns);

	if (fake_session_over(c->session))
		used = n;
	if (n > used) {
		c->rest = fake_memory_resize(c->rest, n - used);
		memcpy(c->rest, buffer + used, n - used);
	}
	c->rest_len = n - used;
}

static void
read_conn(struct loop *l, struct conn *c, int64_t now_ns)
{
	if (c->rest_len)
		memcpy(l->buffer, c->rest, c->rest_len);
	ssize_t got = recv(c->fd, l->buffer + c->rest_len, READ_MAX, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0)
		c->eof = true;
	else
		feed_conn(c, l->buffer, c->rest_len + (size_t)got, now_ns);
}

static void
serve_conn(struct loop *l, struct conn *c, uint32_t events, int64_t now_ns)
{
	int64_t held = fake_session_held_until(c->session);

	if (events & (EPOLLERR | EPOLLHUP)) {
		end_conn(l, c, FAKE_WIRE_FIN, true);
		return;
	}
	if (events & EPOLLOUT)
		c->blocked = false;

	/* A stalled session sees nothing, not even that its client went. */
	if (held && (events & EPOLLRDHUP)) {
		end_conn(l, c, FAKE_WIRE_FIN, true);
		return;
	}
	if (held && held <= now_ns)
		feed_conn(c,
		    memcpy(l->buffer, c->rest ? c->rest : "", c->rest_len),
		    c->rest_len, now_ns);
	else if (!held && (events & EPOLLIN))
		read_conn(l, c, now_ns);
	if (flush_conn(l, c, now_ns))
		settle_conn(l, c, now_ns);
}

static void
accept_clients(struct loop *l, int64_t now_ns)
{
	int one = 1;

	for (;;) {
		int fd = accept4(
		    l->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		struct conn *c = fake_memory_zeroed(sizeof(*c));
		c->fd = fd;
		c->timer = NO_TIMER;
		c->interest = EPOLLIN;
		c->session =
		    fake_session_new(l->server, ++l->connections, now_ns);
		c->next = l->conns;
		if (l->conns)
			l->conns->before = c;
		l->conns = c;
		struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
		epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &e);
		if (flush_conn(l, c, now_ns))
			settle_conn(l, c, now_ns);
	}
}

/* Signals and the run itself */

static void
fill_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGUSR1);
}

void
fake_loop_block_signals(void)
{
	sigset_t set;

	fill_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void
take_signal(struct loop *l)
{
	struct signalfd_siginfo info;

	if (read(l->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGUSR1)
		fake_ledger_report(l->server->ledger);
	else
		l->over = true;
}

static bool
open_loop(struct loop *l)
{
	sigset_t set;

	fill_signals(&set);
	l->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (l->signal_fd < 0 || l->epoll_fd < 0)
		return false;
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = &l->signal_fd };
	struct epoll_event f = { .events = EPOLLIN, .data.ptr = &l->listen_fd };
	l->buffer = fake_memory_resize(NULL, 2 * READ_MAX);
	return !epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->signal_fd, &e) &&
	       !epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, l->listen_fd, &f);
}

/* How long epoll may sleep, in ms; never shorter than the time is away. */
static int
find_patience(const struct loop *l, int64_t now_ns, int64_t end_ns)
{
	int64_t until = end_ns;

	if (l->timer_count && l->timers[0]->wake_ns < until)
		until = l->timers[0]->wake_ns;
	int64_t ms = until <= now_ns ? 0 : (until - now_ns + 999999) / 1000000;
	return ms > 60000 ? 60000 : (int)ms;
}

static void
run_once(struct loop *l, int64_t end_ns)
{
	struct epoll_event events[EVENT_MAX];
	int64_t now_ns = read_clock();
	int n = epoll_wait(
	    l->epoll_fd, events, EVENT_MAX, find_patience(l, now_ns, end_ns));

	for (int i = 0; i < n; i++) {
		void *what = events[i].data.ptr;
		if (what == &l->signal_fd)
			take_signal(l);
		else if (what == &l->listen_fd)
			accept_clients(l, read_clock());
		else
			serve_conn(l, what, events[i].events, read_clock());
	}

	/* Timers come after events, so that no event is of a freed one. */
	now_ns = read_clock();
	while (l->timer_count && l->timers[0]->wake_ns <= now_ns) {
		struct conn *c = l->timers[0];
		remove_timer(l, c);
		serve_conn(l, c, 0, now_ns);
	}
	if (now_ns >= end_ns)
		l->over = true;
}

int
fake_loop_run(
    const struct fake_server *server, int listen_fd, uint64_t max_seconds)
{
	struct loop l = { .server = server, .listen_fd = listen_fd };
	int64_t end_ns = read_clock() + (int64_t)max_seconds * NS_PER_S;

	if (!open_loop(&l)) {
		fprintf(stderr, "fake-smtp: epoll: %s\n", strerror(errno));
		return EX_OSERR;
	}
	while (!l.over)
		run_once(&l, end_ns);
	while (l.conns)
		end_conn(&l, l.conns, FAKE_WIRE_FIN, false);
	close(l.signal_fd);
	close(l.epoll_fd);
	free(l.timers);
	free(l.buffer);
	return 0;
}
