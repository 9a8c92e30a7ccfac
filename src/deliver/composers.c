#include "deliver/composers.h"

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

struct composers {
	struct mail_room *room;
	struct channel *leased;
	struct channel *ready;
	pthread_t threads[MOST_THREADS];
	size_t thread_count;
	size_t count;
};

static void
compose_work(struct mail_room *room, struct engine_work *work)
{
	const struct store_delivery *row = &work->item->row;
	int64_t dated = row->dated_ms != 0 ? row->dated_ms : now_ms();

	work->fault = (struct err){ 0 };
	work->arena = arena_new();
	if (!mail_room_make(room, work->arena, work->item, dated,
		&work->message, &work->hold, &work->fault))
		return;
	work->begin = (struct queue_begin){
		.item = work->item,
		.dated_ms = dated,
		.message_id = work->message.message_id,
	};
	memcpy(work->begin.sha256, work->message.sha256,
	    sizeof(work->begin.sha256));
}

static void *
work_on(void *context)
{
	struct composers *composers = context;
	void *works[AT_ONCE];
	size_t count;

	while ((count = channel_take(composers->leased, works, AT_ONCE)) > 0) {
		for (size_t i = 0; i < count; i++)
			compose_work(composers->room, works[i]);
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
