#include <assert.h>
#include <string.h>

#include "base/now.h"
#include "base/step.h"
#include "queue/queue_body.h"
#include "queue/queue_settle.h"
#include "secret/secret.h"
#include "store/store_history.h"
#include "store/store_runner.h"

/* A leased row that may not be begun: skipped when its reader must not be
   mailed, else back to the queue. */
static bool
refuse(struct queue *queue, const struct store_delivery *row, struct err *err)
{
	const char *why = queue_settle_obstacle(row);
	struct store_delivery to = *row;
	bool moved;

	to.state = why != NULL ? DELIVERY_SKIPPED : DELIVERY_QUEUED;
	to.runner = 0;
	if (!store_delivery_move(
		queue->store, row, &to, why != NULL ? why : "", &moved, err))
		return false;
	return why == NULL || row->is_notice ||
	       queue_settle_mailing(queue->store, row->mailing, now_ms(), err);
}

/* Rows that may be SENDING at once: one less for the bulk while a notice waits,
   so that it need not wait for the mailing's end. */
struct places {
	struct queue *queue;
	int64_t taken;
	int64_t all; /* max_unknown */
	bool looked; /* for a notice that waits */
	bool waits;
};

static bool
count_places(struct queue *queue, struct places *ret_places, struct err *err)
{
	*ret_places = (struct places){
		.queue = queue,
		.all = queue->rules.max_unknown,
	};
	return store_delivery_count_sending(
	    queue->store, &ret_places->taken, err);
}

/* Only the last place is worth a look at who else wants it. */
static bool
has_place(struct places *places, bool is_notice, bool *ret_has, struct err *err)
{
	int64_t left = places->all - places->taken;

	*ret_has = left > 0;
	if (is_notice || left != 1 || places->all == 1)
		return true;
	if (!places->looked &&
	    !store_delivery_notice_waits(
		places->queue->store, now_ms(), &places->waits, err))
		return false;
	places->looked = true;
	*ret_has = !places->waits;
	return true;
}

static bool
is_leased_as(
    const struct store_delivery *row, const struct store_delivery *ours)
{
	return row->state == DELIVERY_LEASED && row->runner == ours->runner &&
	       row->generation == ours->generation;
}

/* Notices are few: they are read, and nothing is in their way. */
static bool
begin_notice(struct queue *queue, const struct queue_begin *begin,
    bool *ret_begun, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct store_delivery *ours = &begin->item->row;
	struct store_delivery row;
	struct store_delivery to;
	bool found;

	*ret_begun = false;
	if (!store_delivery_read(
		arena, queue->store, true, ours->id, &row, &found, err))
		return false;
	if (!found || !is_leased_as(&row, ours))
		return true;
	to = row;
	to.state = DELIVERY_SENDING;
	to.begun_ms = now_ms();
	return store_delivery_move(queue->store, &row, &to, "", ret_begun, err);
}

static bool
begin_delivery(struct queue *queue, const struct queue_begin *begin,
    bool *ret_begun, struct err *err)
{
	struct store_begin values = {
		.begun_ms = now_ms(),
		.dated_ms = begin->dated_ms,
		.message_id = begin->message_id,
	};

	memcpy(values.sha256, begin->sha256, sizeof(values.sha256));
	return store_delivery_begin(
	    queue->store, &begin->item->row, &values, ret_begun, err);
}

/* Not begun: looks why. With `full`, what nothing stands in the way of waits
   for a place. */
static bool
look_why(
    struct queue *queue, struct queue_begin *begin, bool full, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct store_delivery *ours = &begin->item->row;
	struct store_delivery row;
	bool found;

	begin->begun = QUEUE_REFUSED;
	if (!store_delivery_read(arena, queue->store, ours->is_notice, ours->id,
		&row, &found, err))
		return false;
	if (!found || !is_leased_as(&row, ours))
		return true;
	if (!row.mailing_open || queue_settle_obstacle(&row) != NULL)
		return refuse(queue, &row, err);
	assert(full);
	begin->begun = QUEUE_WAIT;
	return true;
}

/* Decides about one item and writes the move; the item itself changes only
   when that is committed. */
static bool
begin_one(struct queue *queue, struct queue_begin *begin, struct places *places,
    struct err *err)
{
	bool is_notice = begin->item->row.is_notice;
	bool has;
	bool begun;

	if (!has_place(places, is_notice, &has, err))
		return false;
	if (!has)
		return look_why(queue, begin, true, err);
	if (!(is_notice ? begin_notice(queue, begin, &begun, err)
			: begin_delivery(queue, begin, &begun, err)))
		return false;
	if (!begun)
		return look_why(queue, begin, false, err);
	places->taken++;
	begin->begun = QUEUE_BEGUN;
	return true;
}

/* Brings the item of a committed begin up to date. */
static void
note_begun(struct queue_begin *begin)
{
	struct store_delivery *ours = &begin->item->row;

	if (begin->begun != QUEUE_BEGUN)
		return;
	ours->state = DELIVERY_SENDING;
	ours->dated_ms = begin->dated_ms;
	ours->has_sha256 = true;
	memcpy(ours->sha256, begin->sha256, sizeof(ours->sha256));
	ours->message_id = begin->message_id;
}

static bool
settle_all(struct queue *queue, const struct queue_settle *settles,
    size_t count, struct err *err)
{
	int64_t last = 0;

	if (!queue_settle_all(queue->store, &queue->rules, settles, count, err))
		return false;

	/* Ask once per mailing whether that was its end; results of one mailing
	   mostly come in a row. */
	for (size_t i = 0; i < count; i++) {
		const struct store_delivery *row = &settles[i].item->row;

		if (row->is_notice || row->mailing == last)
			continue;
		last = row->mailing;
		if (!queue_settle_mailing(queue->store, last, now_ms(), err))
			return false;
	}
	return true;
}

/* A dead address is suppressed by what its server said, and by nobody. */
static const struct store_seal seal = { secret_sha256, secret_random };
static const struct store_author author = {
	.seal = &seal,
	.operator= "",
	.command = "delivery",
	.source = "",
};

bool
queue_commit(struct queue *queue, const struct queue_settle *settles,
    size_t settle_count, struct queue_begin *begins, size_t begin_count,
    struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = queue->store;
	struct places places = { 0 };

	if (!store_begin_as(queue->store, &author, err) ||
	    !settle_all(queue, settles, settle_count, err) ||
	    (begin_count > 0 && !count_places(queue, &places, err)))
		return false;
	if (settle_count + begin_count == 0 &&
	    !store_runner_touch(queue->store, queue->runner.id, err))
		return false;
	step_reached("queue: settles written");
	for (size_t i = 0; i < begin_count; i++)
		if (!begin_one(queue, &begins[i], &places, err))
			return false;
	step_reached("queue: begins written");
	if (!store_commit(guard, err))
		return false;
	for (size_t i = 0; i < begin_count; i++)
		note_begun(&begins[i]);
	return true;
}
