#ifndef BASE_CHANNEL_H
#define BASE_CHANNEL_H

/*
 * A channel hands pointers from threads to threads, in order. It grows with
 * what is put in: whoever puts keeps count of what is under way, so that there
 * is a bound. Any thread may use it; what the pointers point to belongs to
 * whoever took them.
 */

#include <stdbool.h>
#include <stddef.h>

struct channel;

struct channel *channel_new(void);

/* When no thread uses it any more. NULL is allowed. */
void channel_free(struct channel *channel);

/* Puts items behind the others, or one before them. */
void channel_put(struct channel *channel, void *const *items, size_t count);
void channel_put_first(struct channel *channel, void *item);

/* Takes up to `most` items, waiting until there is one. 0: it is closed. */
size_t channel_take(struct channel *channel, void **ret_items, size_t most);

/* The same without waiting; 0: there is none now. */
size_t channel_poll(struct channel *channel, void **ret_items, size_t most);

/* Who waits, or comes to wait, gets 0 from now on, whatever is left. */
void channel_close(struct channel *channel);

/* A descriptor that is readable while there are items; for a loop that calls
   channel_poll then. The channel's own. */
int channel_fd(const struct channel *channel);

#endif
