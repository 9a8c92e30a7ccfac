#ifndef BASE_LOOP_H
#define BASE_LOOP_H

/*
 * One event loop over epoll: descriptors that become ready, timers on the
 * monotonic clock. Callbacks run one after the other on the thread that calls
 * loop_turn; a callback may watch, unwatch and set timers as it likes. The
 * loop owns neither descriptors nor contexts.
 */

#include <stdint.h>

#include "base/err.h"

struct loop;
struct loop_watch;
struct loop_timer;

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_HANGUP = 4, /* told along: the other side writes no more */
};

struct loop *loop_new(void);
void loop_free(struct loop *loop); /* frees watches and timers left over */

/* Calls `ready(fd, events, context)` while any of `events` (LOOP_READ |
   LOOP_WRITE; errors and hang-ups count as both) is so. Level-triggered. A
   descriptor may be watched once. */
struct loop_watch *loop_watch(struct loop *loop, int fd, int events,
    void (*ready)(int fd, int events, void *context), void *context);
void loop_watch_events(struct loop_watch *watch, int events);

/* Must come before the descriptor is closed. NULL is allowed. */
void loop_unwatch(struct loop_watch *watch);

/* A timer that is not running yet. */
struct loop_timer *loop_timer(
    struct loop *loop, void (*due)(void *context), void *context);

/* Fires once, `after_ms` from now; set again, the earlier time is forgotten.
   A negative `after_ms` stops it. */
void loop_timer_set(struct loop_timer *timer, int64_t after_ms);
void loop_timer_free(struct loop_timer *timer); /* NULL is allowed */

/* Waits at most `longest_ms` (-1: as long as it takes) for something to
   happen and makes the calls; returns at once when a signal came. */
void loop_turn(struct loop *loop, int64_t longest_ms);

#endif
