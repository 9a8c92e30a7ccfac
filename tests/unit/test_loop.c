#include "base/loop.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/now.h"

struct probe {
	struct loop *loop;
	struct loop_watch *watch;
	struct loop_watch *other;
	struct loop_timer *timer;
	int calls;
	int events;
	char order[16];
};

static void
note_ready(int fd, int events, void *context)
{
	struct probe *probe = context;
	char c;

	probe->calls++;
	probe->events |= events;
	if (events & LOOP_READ)
		(void)!read(fd, &c, 1);
}

static void
test_watch(void **state)
{
	struct probe probe = { .loop = loop_new() };
	int ends[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	probe.watch =
	    loop_watch(probe.loop, ends[0], LOOP_READ, note_ready, &probe);
	loop_turn(probe.loop, 0);
	assert_int_equal(probe.calls, 0);
	assert_int_equal(write(ends[1], "ab", 2), 2);
	loop_turn(probe.loop, 1000);
	assert_int_equal(probe.calls, 1);
	assert_int_equal(probe.events, LOOP_READ);

	/* Level-triggered: the second byte still waits. */
	loop_watch_events(probe.watch, LOOP_READ | LOOP_WRITE);
	loop_turn(probe.loop, 1000);
	assert_int_equal(probe.calls, 2);
	assert_int_equal(probe.events, LOOP_READ | LOOP_WRITE);
	loop_watch_events(probe.watch, LOOP_READ);
	loop_turn(probe.loop, 0);
	assert_int_equal(probe.calls, 2);

	/* The other side hung up. */
	close(ends[1]);
	loop_turn(probe.loop, 1000);
	assert_int_equal(probe.calls, 3);
	loop_unwatch(probe.watch);
	loop_unwatch(NULL);
	loop_turn(probe.loop, 0);
	assert_int_equal(probe.calls, 3);
	close(ends[0]);
	loop_free(probe.loop);
	loop_free(NULL);
}

/* Whichever comes first takes both away: the other must not be called. */
static void
unwatch_both(int fd, int events, void *context)
{
	struct probe *probe = context;

	(void)fd;
	(void)events;
	probe->calls++;
	loop_unwatch(probe->watch);
	loop_unwatch(probe->other);
}

static void
test_unwatch_in_call(void **state)
{
	struct probe probe = { .loop = loop_new() };
	int a[2];
	int b[2];

	(void)state;
	assert_int_equal(pipe(a), 0);
	assert_int_equal(pipe(b), 0);
	assert_int_equal(write(a[1], "x", 1), 1);
	assert_int_equal(write(b[1], "x", 1), 1);
	probe.watch =
	    loop_watch(probe.loop, a[0], LOOP_READ, unwatch_both, &probe);
	probe.other =
	    loop_watch(probe.loop, b[0], LOOP_READ, unwatch_both, &probe);
	loop_turn(probe.loop, 1000);
	loop_turn(probe.loop, 0);
	assert_int_equal(probe.calls, 1);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	loop_free(probe.loop);
}

struct mark {
	struct probe *probe;
	char letter;
};

static void
note_due(void *context)
{
	struct mark *mark = context;
	size_t used = strlen(mark->probe->order);

	mark->probe->order[used] = mark->letter;
}

static void
test_timers(void **state)
{
	struct probe probe = { .loop = loop_new() };
	struct mark marks[] = { { &probe, 'a' }, { &probe, 'b' },
		{ &probe, 'c' }, { &probe, 'd' } };
	static const int after_ms[] = { 30, 10, 20, 10 };
	struct loop_timer *timers[4];
	int64_t start = now_mono_ms();

	(void)state;
	for (int i = 0; i < 4; i++) {
		timers[i] = loop_timer(probe.loop, note_due, &marks[i]);
		loop_timer_set(timers[i], after_ms[i]);
	}
	loop_timer_set(timers[2], 5000);
	loop_timer_set(timers[2], 20);
	loop_timer_set(timers[3], -1);
	while (strlen(probe.order) < 3 && now_mono_ms() < start + 10000)
		loop_turn(probe.loop, -1);
	assert_string_equal(probe.order, "bca");
	assert_true(now_mono_ms() >= start + 30);

	/* Each fires once. */
	loop_turn(probe.loop, 0);
	assert_string_equal(probe.order, "bca");
	loop_timer_free(timers[0]);
	loop_timer_free(NULL);
	loop_timer_set(timers[1], 100000);
	loop_free(probe.loop);
}

static void
free_itself(void *context)
{
	struct probe *probe = context;

	probe->calls++;
	loop_timer_free(probe->timer);
}

static void
test_timer_frees_itself(void **state)
{
	struct probe probe = { .loop = loop_new() };

	(void)state;
	probe.timer = loop_timer(probe.loop, free_itself, &probe);
	loop_timer_set(probe.timer, 0);
	loop_turn(probe.loop, 1000);
	loop_turn(probe.loop, 0);
	assert_int_equal(probe.calls, 1);
	loop_free(probe.loop);
}

static void
note_signal(int number)
{
	(void)number;
}

/* A signal ends the turn, though nothing else happened. */
static void
test_signal(void **state)
{
	struct loop *loop = loop_new();
	struct sigaction action = { .sa_handler = note_signal };
	int64_t start = now_mono_ms();

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	ualarm(20000, 0);
	loop_turn(loop, 30000);
	assert_in_range(now_mono_ms() - start, 0, 20000);
	loop_free(loop);
}

static int stopped_end;

/* As after SIGSTOP and SIGCONT: something came, and much time has gone. */
static void
note_stop(int number)
{
	const struct timespec gone = { .tv_nsec = 100 * 1000 * 1000 };

	(void)number;
	(void)!write(stopped_end, "x", 1);
	nanosleep(&gone, NULL);
}

static void
note_reply(int fd, int events, void *context)
{
	struct probe *probe = context;

	note_ready(fd, events, context);
	loop_timer_set(probe->timer, -1);
}

/* What came in time is not late because we were stopped. */
static void
test_stopped(void **state)
{
	struct probe probe = { .loop = loop_new() };
	struct mark late = { &probe, 'l' };
	struct sigaction action = { .sa_handler = note_stop };
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	stopped_end = ends[1];
	probe.watch =
	    loop_watch(probe.loop, ends[0], LOOP_READ, note_reply, &probe);
	probe.timer = loop_timer(probe.loop, note_due, &late);
	loop_timer_set(probe.timer, 80);
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	ualarm(20000, 0);
	loop_turn(probe.loop, 30000);
	assert_int_equal(probe.calls, 1);
	assert_string_equal(probe.order, "");
	loop_free(probe.loop);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_unwatch_in_call),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_timer_frees_itself),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
