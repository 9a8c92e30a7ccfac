#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/now.h"

enum { EVENTS_A_TURN = 256 };

struct loop_watch {
	struct loop *loop;
	int fd;
	bool dead; /* unwatched during this turn: freed at its end */
	void (*ready)(int fd, int events, void *context);
	void *context;
	TAILQ_ENTRY(loop_watch) link;
};

struct loop_timer {
	struct loop *loop;
	int64_t at_ms; /* monotonic; only while running */
	bool running;
	void (*due)(void *context);
	void *context;
	TAILQ_ENTRY(loop_timer) link;
};

TAILQ_HEAD(watch_list, loop_watch);
TAILQ_HEAD(timer_list, loop_timer);

struct loop {
	int epoll;
	struct watch_list watches;
	struct watch_list dead;
	struct timer_list running; /* soonest first */
	struct timer_list stopped;
};

struct loop *
loop_new(void)
{
	struct loop *loop = mem_new(1, sizeof(*loop));

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0)
		abort();
	TAILQ_INIT(&loop->watches);
	TAILQ_INIT(&loop->dead);
	TAILQ_INIT(&loop->running);
	TAILQ_INIT(&loop->stopped);
	return loop;
}

static void
bury(struct loop *loop)
{
	struct loop_watch *watch;

	while ((watch = TAILQ_FIRST(&loop->dead)) != NULL) {
		TAILQ_REMOVE(&loop->dead, watch, link);
		free(watch);
	}
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	while (!TAILQ_EMPTY(&loop->watches))
		loop_unwatch(TAILQ_FIRST(&loop->watches));
	while (!TAILQ_EMPTY(&loop->running))
		loop_timer_free(TAILQ_FIRST(&loop->running));
	while (!TAILQ_EMPTY(&loop->stopped))
		loop_timer_free(TAILQ_FIRST(&loop->stopped));
	bury(loop);
	close(loop->epoll);
	free(loop);
}

static void
set_epoll(struct loop_watch *watch, int command, int events)
{
	struct epoll_event event = { .data.ptr = watch };

	if (events & LOOP_READ)
		event.events |= EPOLLIN | EPOLLRDHUP;
	if (events & LOOP_WRITE)
		event.events |= EPOLLOUT;
	if (epoll_ctl(watch->loop->epoll, command, watch->fd, &event) != 0)
		abort();
}

struct loop_watch *
loop_watch(struct loop *loop, int fd, int events,
    void (*ready)(int fd, int events, void *context), void *context)
{
	struct loop_watch *watch = mem_new(1, sizeof(*watch));

	watch->loop = loop;
	watch->fd = fd;
	watch->ready = ready;
	watch->context = context;
	TAILQ_INSERT_TAIL(&loop->watches, watch, link);
	set_epoll(watch, EPOLL_CTL_ADD, events);
	return watch;
}

void
loop_watch_events(struct loop_watch *watch, int events)
{
	set_epoll(watch, EPOLL_CTL_MOD, events);
}

void
loop_unwatch(struct loop_watch *watch)
{
	if (watch == NULL)
		return;
	epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	watch->dead = true;
	TAILQ_REMOVE(&watch->loop->watches, watch, link);
	TAILQ_INSERT_TAIL(&watch->loop->dead, watch, link);
}

struct loop_timer *
loop_timer(struct loop *loop, void (*due)(void *context), void *context)
{
	struct loop_timer *timer = mem_new(1, sizeof(*timer));

	timer->loop = loop;
	timer->due = due;
	timer->context = context;
	TAILQ_INSERT_TAIL(&loop->stopped, timer, link);
	return timer;
}

static void
stop(struct loop_timer *timer)
{
	if (!timer->running)
		return;
	TAILQ_REMOVE(&timer->loop->running, timer, link);
	TAILQ_INSERT_TAIL(&timer->loop->stopped, timer, link);
	timer->running = false;
}

void
loop_timer_set(struct loop_timer *timer, int64_t after_ms)
{
	struct loop *loop = timer->loop;
	struct loop_timer *earlier;

	stop(timer);
	if (after_ms < 0)
		return;
	timer->at_ms = now_mono_ms() + after_ms;
	timer->running = true;
	TAILQ_REMOVE(&loop->stopped, timer, link);

	/* New timers are mostly the latest: look from the end. */
	earlier = TAILQ_LAST(&loop->running, timer_list);
	while (earlier != NULL && earlier->at_ms > timer->at_ms)
		earlier = TAILQ_PREV(earlier, timer_list, link);
	if (earlier != NULL)
		TAILQ_INSERT_AFTER(&loop->running, earlier, timer, link);
	else
		TAILQ_INSERT_HEAD(&loop->running, timer, link);
}

void
loop_timer_free(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	stop(timer);
	TAILQ_REMOVE(&timer->loop->stopped, timer, link);
	free(timer);
}

/* How long epoll may sleep: until the first timer, at most `longest_ms`. */
static int
sleep_ms(const struct loop *loop, int64_t longest_ms)
{
	const struct loop_timer *first = TAILQ_FIRST(&loop->running);
	int64_t wait = longest_ms;

	if (first != NULL) {
		int64_t until = first->at_ms - now_mono_ms();

		if (until < 0)
			until = 0;
		if (wait < 0 || until < wait)
			wait = until;
	}
	return wait > INT_MAX ? INT_MAX : (int)wait;
}

static void
fire_timers(struct loop *loop)
{
	int64_t now = now_mono_ms();
	struct loop_timer *timer;

	while ((timer = TAILQ_FIRST(&loop->running)) != NULL &&
	       timer->at_ms <= now) {
		stop(timer);
		timer->due(timer->context);
	}
}

void
loop_turn(struct loop *loop, int64_t longest_ms)
{
	struct epoll_event events[EVENTS_A_TURN];
	int count = epoll_wait(
	    loop->epoll, events, EVENTS_A_TURN, sleep_ms(loop, longest_ms));

	/* Who was stopped and goes on finds timers due and what came in before:
	   that is looked at first, as it is by who was not stopped. */
	if (count < 0)
		count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, 0);
	for (int i = 0; i < count; i++) {
		struct loop_watch *watch = events[i].data.ptr;
		int ready = 0;

		if (events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP))
			ready |= LOOP_READ;
		if (events[i].events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			ready |= LOOP_WRITE;
		if (events[i].events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP))
			ready |= LOOP_HANGUP;
		if (!watch->dead)
			watch->ready(watch->fd, ready, watch->context);
	}
	fire_timers(loop);
	bury(loop);
}
