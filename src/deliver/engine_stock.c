#include "deliver/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/now.h"

enum {
	STOCK_PER_LANE = 4,
	STOCK_LEAST = 16,
	NOTICES_MOST = 4, /* taken beside a full stock */
	POLL_MS = 300,    /* between looks at an empty queue */
};

void
engine_work_free(struct engine_work *work)
{
	if (--work->batch->count == 0) {
		arena_free(work->batch->arena);
		free(work->batch);
	}
	arena_free(work->arena);
	free(work);
}

static void
add_to_stock(struct engine *engine, struct arena *arena,
    struct queue_item **items, size_t count)
{
	struct engine_batch *batch = mem_new(1, sizeof(*batch));

	batch->arena = arena;
	batch->count = count;
	for (size_t i = 0; i < count; i++) {
		struct engine_work *work = mem_new(1, sizeof(*work));

		work->item = items[i];
		work->batch = batch;
		vec_push(&engine->stock, work);
		if (!items[i]->row.is_notice)
			continue;

		/* Notices go before the bulk. */
		memmove(&engine->stock.items[1], &engine->stock.items[0],
		    (engine->stock.count - 1) * sizeof(work));
		engine->stock.items[0] = work;
	}
}

/* Looks after the dead now and then, so that nobody waits for a restart. */
bool
engine_stock_recover(struct engine *engine, struct err *err)
{
	enum { RECOVER_EVERY_MS = 2000 };
	struct queue_recovered found;
	int64_t now = now_mono_ms();

	if (now < engine->recover_mono_ms)
		return true;
	engine->recover_mono_ms = now + RECOVER_EVERY_MS;
	if (!queue_recover(engine->queue, &found, err))
		return false;
	if (found.runners > 0)
		log_warning("%zu runner(s) had died: %zu deliveries given "
			    "back, %zu of unknown outcome",
		    found.runners, found.leased, found.unknown);
	return true;
}

/* A notice is not to wait until the stock of a mailing is used up. */
static bool
notice_waits(struct engine *engine, bool *ret_waits, struct err *err)
{
	*ret_waits = false;
	return store_delivery_notice_waits(
	    queue_store(engine->queue), now_ms(), ret_waits, err);
}

static bool
lease(struct engine *engine, int64_t mailing, size_t wanted, size_t *ret_count,
    struct err *err)
{
	struct arena *arena = arena_new();
	struct queue_item **items;

	if (!queue_lease(engine->queue, arena,
		&(struct queue_want){
		    .mailing = mailing,
		    .due_ms = deliver_due_ms(engine),
		    .limit = wanted,
		},
		&items, ret_count, err)) {
		arena_free(arena);
		return false;
	}
	if (*ret_count == 0)
		arena_free(arena);
	else
		add_to_stock(engine, arena, items, *ret_count);
	return true;
}

bool
engine_stock_fill(struct engine *engine, struct err *err)
{
	size_t wanted = engine->lane_count * STOCK_PER_LANE;
	int64_t now = now_mono_ms();
	bool waits = false;
	size_t count;

	if (!engine_stock_recover(engine, err))
		return false;
	if (wanted < STOCK_LEAST)
		wanted = STOCK_LEAST;
	if (!engine_lanes_may_try(engine))
		return true;
	if (engine->stock.count > wanted / 2) {
		if (now < engine->notice_mono_ms)
			return true;
		engine->notice_mono_ms = now + POLL_MS;
		return notice_waits(engine, &waits, err) &&
		       (!waits || lease(engine, -1, NOTICES_MOST, &count, err));
	}
	if (now < engine->lease_mono_ms)
		return true;
	if (!lease(engine, engine->mailing, wanted, &count, err))
		return false;

	/* The queue is dry: do not ask it again in every turn. */
	if (count == 0)
		engine->lease_mono_ms = now + POLL_MS;
	return true;
}

void
engine_stock_return(struct engine *engine, struct engine_work *work)
{
	/* The message goes with its arena: a later failure to compose must not
	   log what the first composing left behind. */
	arena_free(work->arena);
	work->arena = NULL;
	work->message = (struct message){ 0 };
	vec_push(&engine->stock, work);
}

bool
engine_stock_release(struct engine *engine, struct err *err)
{
	struct engine_works *stock = &engine->stock;
	struct queue_item **items = mem_new(stock->count, sizeof(*items));
	bool ok;

	for (size_t i = 0; i < stock->count; i++)
		items[i] = stock->items[i]->item;
	ok = queue_release(engine->queue, items, stock->count, err);
	free(items);
	if (!ok)
		return false;
	for (size_t i = 0; i < stock->count; i++)
		engine_work_free(stock->items[i]);
	stock->count = 0;
	return true;
}
