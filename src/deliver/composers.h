#ifndef DELIVER_COMPOSERS_H
#define DELIVER_COMPOSERS_H

/*
 * Inside deliver/: the threads that compose and sign. Leased work goes in,
 * work with its message, or with the fault that kept it from being made, comes
 * out, roughly in order. How much is under way is the caller's to bound.
 */

#include "deliver/mail_room.h"

struct engine_work;
struct composers;

/* One thread a processor, at most a few. The room is the caller's and outlives
   the composers. */
struct composers *composers_new(struct mail_room *room);

/* Only when nothing is under way. NULL is allowed. */
void composers_free(struct composers *composers);

/* Hands work over; `first`: before all that waits. */
void composers_put(
    struct composers *composers, struct engine_work *work, bool first);

/* Takes back what is ready, up to `most`; 0: nothing now. */
size_t composers_take(
    struct composers *composers, struct engine_work **ret_works, size_t most);

/* Work that went in and did not come out yet. */
size_t composers_count(const struct composers *composers);

/* Readable when there is work to take back. */
int composers_fd(const struct composers *composers);

#endif
