#include "deliver/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/now.h"

enum {
	STOCK_PER_SLOT = 2,
	STOCK_LEAST = 16,
	STOCK_MOST = 512,
	NOTICES_MOST = 4, /* taken beside a full stock */
	POLL_MS = 300,    /* between looks at an empty queue */
	TAKE = 64,
};

static void
forget_message(struct engine *engine, struct engine_work *work)
{
	arena_free(work->arena);
	work->arena = NULL;
	work->message = (struct message){ 0 };
	mail_room_release(engine->mail_room, work->hold);
	work->hold = NULL;
}

void
engine_work_free(struct engine *engine, struct engine_work *work)
{
	if (--work->batch->count == 0) {
		arena_free(work->batch->arena);
		free(work->batch);
	}
	engine_pace_leave(engine, work);
	forget_message(engine, work);
	free(work);
}

void
engine_stock_add(struct engine *engine, struct arena *arena,
    struct queue_item **items, size_t count)
{
	struct engine_batch *batch = mem_new(1, sizeof(*batch));

	batch->arena = arena;
	batch->count = count;
	for (size_t i = 0; i < count; i++) {
		struct engine_work *work = mem_new(1, sizeof(*work));

		work->item = items[i];
		work->batch = batch;
		engine_pace_enter(engine, work);

		/* Notices go before the bulk. */
		composers_put(engine->composers, work, items[i]->row.is_notice);
	}
}

/* A message that cannot be made fails by itself; the reason is in the log. But
   where the site lacks something, all would fail: the run ends instead. */
static void
fail_work(struct engine *engine, struct engine_work *work)
{
	const struct err *why = &work->fault;
	struct verdict verdict = {
		.outcome = OUTCOME_FAILED,
		.blame = BLAME_CONTENT,
		.phase = PHASE_MAIL,
	};

	if (why->code == ERR_IO || why->code == ERR_TEMP) {
		/* Not even read: as when nothing can be written. */
		engine_stock_return(engine, work);
		engine_hold_on(engine, why);
		return;
	}
	if (why->code != ERR_DATA) {
		engine->fault = *why;
		engine_stock_return(engine, work);
		return;
	}
	snprintf(verdict.text, sizeof(verdict.text), "not composed: %.480s",
	    why->text);
	log_warning("%s: %s", work->item->row.address, verdict.text);
	work->started_ms = now_ms();
	engine_result_add(engine, work, &verdict, false, "", "");
}

static void
put_first(struct engine_works *stock, struct engine_work *work)
{
	vec_push(stock, work);
	memmove(&stock->items[1], &stock->items[0],
	    (stock->count - 1) * sizeof(work));
	stock->items[0] = work;
}

/* What was leased before something was refused is all here now. */
static void
release_stale(struct engine *engine)
{
	struct err why = { 0 };

	if (!engine->stale || composers_count(engine->composers) > 0)
		return;
	engine->stale = false;
	if (!engine_stock_release(engine, &why))
		engine_hold_on(engine, &why);
}

void
engine_stock_take(struct engine *engine)
{
	struct engine_work *works[TAKE];
	size_t count;

	while ((count = composers_take(engine->composers, works, TAKE)) > 0) {
		for (size_t i = 0; i < count; i++) {
			struct engine_work *work = works[i];

			if (work->fault.code != ERR_NONE)
				fail_work(engine, work);
			else if (work->item->row.is_notice)
				put_first(&engine->stock, work);
			else
				vec_push(&engine->stock, work);
		}
	}
	release_stale(engine);
}

/* Looks after the dead now and then, so that nobody waits for a restart. */
bool
engine_stock_recover(struct engine *engine, struct err *err)
{
	enum { RECOVER_EVERY_MS = 2000 };
	struct queue_recovered found;
	int64_t now = now_mono_ms();
	bool ok;

	if (now < engine->recover_mono_ms)
		return true;
	engine->recover_mono_ms = now + RECOVER_EVERY_MS;
	ok = queue_recover(committer_lock(engine->committer), &found, err);
	committer_unlock(engine->committer);
	if (!ok)
		return false;
	engine_alarm_again(engine);
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
	bool ok;

	*ret_waits = false;
	ok = store_delivery_notice_waits(
	    queue_store(committer_lock(engine->committer)), now_ms(), ret_waits,
	    err);
	committer_unlock(engine->committer);
	return ok;
}

static void
want(struct engine *engine, int64_t mailing, size_t limit)
{
	pacer_ask_anew(engine->pacer);
	engine->want = (struct queue_want){
		.mailing = mailing,
		.due_ms = deliver_due_ms(engine),
		.limit = limit,
		.wants = engine_pace_wants,
		.context = engine->pacer,
		.sweep = &engine->sweep,
	};
}

/* How much to have in hand, so that lanes never wait for a lease. */
static size_t
full_stock(const struct engine *engine)
{
	size_t full = engine->lane_count * (engine->depth + 1) * STOCK_PER_SLOT;

	if (full < STOCK_LEAST)
		return STOCK_LEAST;
	return full > STOCK_MOST ? STOCK_MOST : full;
}

/* What there is for lanes, composed or about to be. */
static size_t
count_stock(const struct engine *engine)
{
	return engine->stock.count + composers_count(engine->composers) -
	       engine->bound;
}

bool
engine_stock_is_low(const struct engine *engine)
{
	return count_stock(engine) <= full_stock(engine) / 2;
}

bool
engine_stock_fill(struct engine *engine, struct err *err)
{
	int64_t now = now_mono_ms();
	bool waits = false;

	if (!engine_stock_recover(engine, err))
		return false;
	engine->want.limit = 0;
	if (!relays_any_now(engine->relays, now) ||
	    committer_busy(engine->committer) || engine->stale)
		return true;
	if (!engine_stock_is_low(engine)) {
		if (now < engine->notice_mono_ms)
			return true;
		engine->notice_mono_ms = now + POLL_MS;
		if (!notice_waits(engine, &waits, err))
			return false;
		if (waits)
			want(engine, -1, NOTICES_MOST);
		return true;
	}
	if (now >= engine->lease_mono_ms)
		want(engine, engine->mailing,
		    full_stock(engine) - count_stock(engine));
	return true;
}

/* Takes what is of no use off the stock. */
static void
take_surplus(struct engine *engine, struct engine_works *surplus)
{
	struct engine_works *stock = &engine->stock;
	int64_t now_us = now_mono_us();
	size_t kept = 0;

	for (size_t i = 0; i < stock->count; i++) {
		struct engine_work *work = stock->items[i];

		if (work->item->row.is_notice ||
		    !pacer_is_surplus(engine->pacer, work->group, now_us)) {
			stock->items[kept++] = work;
			continue;
		}
		engine_pace_leave(engine, work);
		vec_push(surplus, work);
	}
	stock->count = kept;
}

void
engine_stock_trim(struct engine *engine)
{
	struct engine_works surplus = { 0 };
	struct engine_works rest = engine->stock;
	struct err why = { 0 };

	if (committer_busy(engine->committer))
		return;
	take_surplus(engine, &surplus);
	if (surplus.count == 0)
		return;
	rest = engine->stock;
	engine->stock = surplus;
	if (!engine_stock_release(engine, &why)) {
		for (size_t i = 0; i < engine->stock.count; i++) {
			engine_pace_enter(engine, engine->stock.items[i]);
			vec_push(&rest, engine->stock.items[i]);
		}
		engine_hold_on(engine, &why);
	}
	vec_clear(&engine->stock);
	engine->stock = rest;
}

void
engine_stock_return(struct engine *engine, struct engine_work *work)
{
	work->stage = WORK_STOCK;
	engine_pace_back(engine, work);
	vec_push(&engine->stock, work);
}

bool
engine_stock_release(struct engine *engine, struct err *err)
{
	struct engine_works *stock = &engine->stock;
	struct queue_item **items;
	bool ok;

	if (stock->count == 0)
		return true;
	items = mem_new(stock->count, sizeof(*items));
	for (size_t i = 0; i < stock->count; i++)
		items[i] = stock->items[i]->item;
	ok = queue_release(
	    committer_lock(engine->committer), items, stock->count, err);
	committer_unlock(engine->committer);
	free(items);
	if (!ok)
		return false;
	for (size_t i = 0; i < stock->count; i++)
		engine_work_free(engine, stock->items[i]);
	stock->count = 0;
	return true;
}
