#include "deliver/composers.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/mem.h"
#include "base/now.h"
#include "deliver/engine.h"

enum {
	MOST_THREADS = 8,
	AT_ONCE = 4, /* works that a thread takes in one go */
};
static_assert((int)AT_ONCE <= (int)MAIL_ORDERS, "they are one order");

struct composers {
	struct mail_room *room;
	struct channel *leased;
	struct channel *ready;
	pthread_t threads[MOST_THREADS];
	size_t thread_count;
	size_t count;
};

static void
give_order(struct engine_work *work, struct mail_order *order)
{
	const struct store_delivery *row = &work->item->row;

	work->arena = arena_new();
	*order = (struct mail_order){
		.arena = work->arena,
		.item = work->item,
		.dated_ms = row->dated_ms != 0 ? row->dated_ms : now_ms(),
	};
}

static void
take_order(struct engine_work *work, const struct mail_order *order)
{
	work->fault = order->fault;
	if (!order->made)
		return;
	work->message = order->message;
	work->hold = order->hold;
	work->begin = (struct queue_begin){
		.item = work->item,
		.dated_ms = order->dated_ms,
		.message_id = work->message.message_id,
	};
	memcpy(work->begin.sha256, work->message.sha256,
	    sizeof(work->begin.sha256));
}

static void *
work_on(void *context)
{
	struct composers *composers = context;
	struct mail_order orders[AT_ONCE];
	void *works[AT_ONCE];
	size_t count;

	while ((count = channel_take(composers->leased, works, AT_ONCE)) > 0) {
		for (size_t i = 0; i < count; i++)
			give_order(works[i], &orders[i]);
		mail_room_make(composers->room, orders, count);
		for (size_t i = 0; i < count; i++)
			take_order(works[i], &orders[i]);
		channel_put(composers->ready, works, count);
	}
	return NULL;
}

struct composers *
composers_new(struct mail_room *room)
{
	struct composers *composers = mem_new(1, sizeof(*composers));
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	composers->room = room;
	composers->leased = channel_new();
	composers->ready = channel_new();
	composers->thread_count = processors < 1 ? 1
				  : processors > MOST_THREADS
				      ? MOST_THREADS
				      : (size_t)processors;
	for (size_t i = 0; i < composers->thread_count; i++) {
		char name[16];

		if (pthread_create(
			&composers->threads[i], NULL, work_on, composers) != 0)
			mem_exhausted();
		snprintf(name, sizeof(name), "compose.%u", (unsigned)i % 100);
		pthread_setname_np(composers->threads[i], name);
	}
	return composers;
}

void
composers_free(struct composers *composers)
{
	if (composers == NULL)
		return;
	channel_close(composers->leased);
	for (size_t i = 0; i < composers->thread_count; i++)
		pthread_join(composers->threads[i], NULL);
	channel_free(composers->leased);
	channel_free(composers->ready);
	free(composers);
}

void
composers_put(struct composers *composers, struct engine_work *work, bool first)
{
	void *item = work;

	composers->count++;
	if (first)
		channel_put_first(composers->leased, item);
	else
		channel_put(composers->leased, &item, 1);
}

size_t
composers_take(
    struct composers *composers, struct engine_work **ret_works, size_t most)
{
	size_t count =
	    channel_poll(composers->ready, (void **)(void *)ret_works, most);

	composers->count -= count;
	return count;
}

size_t
composers_count(const struct composers *composers)
{
	return composers->count;
}

int
composers_fd(const struct composers *composers)
{
	return channel_fd(composers->ready);
}
