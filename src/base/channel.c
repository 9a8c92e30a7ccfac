#include "base/channel.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

enum { FIRST_ROOM = 64 };

struct channel {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	void **ring;
	size_t room; /* a power of two */
	size_t first;
	size_t count;
	size_t waiting; /* threads in channel_take */
	bool closed;
	int fd;
	bool fd_set; /* it is readable */
};

struct channel *
channel_new(void)
{
	struct channel *channel = mem_new(1, sizeof(*channel));

	channel->room = FIRST_ROOM;
	channel->ring = mem_new(channel->room, sizeof(*channel->ring));
	channel->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (channel->fd < 0 || pthread_mutex_init(&channel->lock, NULL) != 0 ||
	    pthread_cond_init(&channel->filled, NULL) != 0)
		abort();
	return channel;
}

void
channel_free(struct channel *channel)
{
	if (channel == NULL)
		return;
	pthread_cond_destroy(&channel->filled);
	pthread_mutex_destroy(&channel->lock);
	close(channel->fd);
	free(channel->ring);
	free(channel);
}

static void
grow(struct channel *channel)
{
	size_t room = 2 * channel->room;
	void **ring = mem_new(room, sizeof(*ring));

	for (size_t i = 0; i < channel->count; i++)
		ring[i] =
		    channel->ring[(channel->first + i) & (channel->room - 1)];
	free(channel->ring);
	channel->ring = ring;
	channel->room = room;
	channel->first = 0;
}

/* Makes the descriptor tell whether there are items. */
static void
show(struct channel *channel)
{
	uint64_t value = 1;
	bool any = channel->count > 0;

	if (any == channel->fd_set)
		return;
	channel->fd_set = any;
	if ((any ? write(channel->fd, &value, sizeof(value))
		 : read(channel->fd, &value, sizeof(value))) !=
	    (ssize_t)sizeof(value))
		abort();
}

/* With the lock in hand: wakes as many as can be served. */
static void
wake(struct channel *channel, size_t count)
{
	if (channel->waiting == 0)
		show(channel);
	else if (count > 1 && channel->waiting > 1)
		pthread_cond_broadcast(&channel->filled);
	else
		pthread_cond_signal(&channel->filled);
}

void
channel_put(struct channel *channel, void *const *items, size_t count)
{
	if (count == 0)
		return;
	pthread_mutex_lock(&channel->lock);
	while (channel->count + count > channel->room)
		grow(channel);
	for (size_t i = 0; i < count; i++)
		channel->ring[(channel->first + channel->count++) &
			      (channel->room - 1)] = items[i];
	wake(channel, count);
	pthread_mutex_unlock(&channel->lock);
}

void
channel_put_first(struct channel *channel, void *item)
{
	pthread_mutex_lock(&channel->lock);
	if (channel->count == channel->room)
		grow(channel);
	channel->first = (channel->first - 1) & (channel->room - 1);
	channel->ring[channel->first] = item;
	channel->count++;
	wake(channel, 1);
	pthread_mutex_unlock(&channel->lock);
}

static size_t
take(struct channel *channel, void **ret_items, size_t most)
{
	size_t count = channel->count < most ? channel->count : most;

	for (size_t i = 0; i < count; i++)
		ret_items[i] =
		    channel->ring[(channel->first + i) & (channel->room - 1)];
	channel->first = (channel->first + count) & (channel->room - 1);
	channel->count -= count;
	return count;
}

size_t
channel_take(struct channel *channel, void **ret_items, size_t most)
{
	size_t count;

	pthread_mutex_lock(&channel->lock);
	while (channel->count == 0 && !channel->closed) {
		channel->waiting++;
		pthread_cond_wait(&channel->filled, &channel->lock);
		channel->waiting--;
	}
	count = channel->closed ? 0 : take(channel, ret_items, most);
	if (channel->fd_set)
		show(channel);
	pthread_mutex_unlock(&channel->lock);
	return count;
}

size_t
channel_poll(struct channel *channel, void **ret_items, size_t most)
{
	size_t count;

	pthread_mutex_lock(&channel->lock);
	count = take(channel, ret_items, most);
	show(channel);
	pthread_mutex_unlock(&channel->lock);
	return count;
}

void
channel_close(struct channel *channel)
{
	pthread_mutex_lock(&channel->lock);
	channel->closed = true;
	pthread_cond_broadcast(&channel->filled);
	pthread_mutex_unlock(&channel->lock);
}

int
channel_fd(const struct channel *channel)
{
	return channel->fd;
}
