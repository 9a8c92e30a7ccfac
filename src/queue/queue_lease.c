#include <assert.h>

#include "base/now.h"
#include "base/step.h"
#include "queue/queue_body.h"
#include "queue/queue_settle.h"
#include "store/store_mailing.h"

static bool
skip_row(struct queue *queue, const struct store_delivery *row, const char *why,
    struct err *err)
{
	struct store_delivery to = *row;
	bool moved;

	to.state = DELIVERY_SKIPPED;
	return store_delivery_move(queue->store, row, &to, why, &moved, err) &&
	       (row->is_notice || queue_settle_mailing(queue->store,
				      row->mailing, now_ms(), err));
}

/* Skips those that must not be mailed; the rest moves up. */
static bool
skip_some(struct queue *queue, struct store_delivery *rows, size_t *count,
    struct err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		const char *why = queue_settle_obstacle(&rows[i]);

		if (why == NULL)
			rows[kept++] = rows[i];
		else if (!skip_row(queue, &rows[i], why, err))
			return false;
	}
	*count = kept;
	return true;
}

/* Takes what was read in this transaction and is not skipped; rows that lie
   side by side in one go. */
static bool
take_rows(struct queue *queue, const struct store_delivery *rows, size_t count,
    struct err *err)
{
	size_t end;

	for (size_t i = 0; i < count; i = end) {
		size_t leased = 0;

		end = i + 1;
		while (end < count && !rows[i].is_notice &&
		       rows[end].id == rows[end - 1].id + 1)
			end++;
		if (!store_delivery_lease(queue->store, &rows[i], end - i,
			queue->runner.id, &leased, err))
			return false;
		assert(leased == end - i);
	}
	return true;
}

struct lease {
	struct queue *queue;
	struct arena *arena;
	const struct queue_want *want;
	struct queue_item **items;
	size_t count;
	bool cut; /* enough rows were looked at */
};

/* The sieve for a mailing; NULL: none. Goes on where the sweep is. */
static struct store_delivery_sieve *
begin_look(const struct lease *lease, int64_t mailing,
    struct store_delivery_sieve *sieve)
{
	enum { LOOK = 2000 };
	const struct queue_sweep *sweep = lease->want->sweep;

	if (lease->want->wants == NULL)
		return NULL;
	sieve->wants = lease->want->wants;
	sieve->context = lease->want->context;
	sieve->look = LOOK;
	if (sweep->mailing == mailing && mailing != 0) {
		sieve->begun = true;
		sieve->next_ms = sweep->next_ms;
		sieve->id = sweep->id;
	}
	return sieve;
}

static void
end_look(struct lease *lease, int64_t mailing,
    const struct store_delivery_sieve *sieve)
{
	struct queue_sweep *sweep = lease->want->sweep;

	if (sieve->wants == NULL || mailing == 0)
		return;
	sweep->passed += sieve->passed;
	sweep->mailing = mailing;
	sweep->next_ms = sieve->next_ms;
	sweep->id = sieve->id;
	lease->cut = !sieve->ended;
}

/* Passed over nothing, or all there is: the next one begins anew. */
static void
end_sweep(const struct lease *lease)
{
	struct queue_sweep *sweep = lease->want->sweep;

	if (lease->want->wants == NULL)
		return;
	sweep->ended = !lease->cut && lease->count < lease->want->limit;
	sweep->left = sweep->ended ? sweep->passed : 0;
	if (sweep->ended || sweep->passed == 0) {
		sweep->mailing = 0;
		sweep->passed = 0;
	}
}

/* True for a mailing that the sweep has left behind. */
static bool
is_behind(const struct store_mailing_list *active, size_t i,
    const struct queue_want *want)
{
	if (want->wants == NULL || want->sweep->mailing == 0)
		return false;
	for (size_t k = i + 1; k < active->count; k++)
		if (active->items[k].id == want->sweep->mailing)
			return true;
	return false;
}

static void
add_item(struct lease *lease, const struct store_delivery *row)
{
	struct queue_item *item = arena_take(lease->arena, 1, sizeof(*item));

	item->row = *row;
	item->row.state = DELIVERY_LEASED;
	item->row.runner = lease->queue->runner.id;
	item->row.generation++;
	lease->items[lease->count++] = item;
}

/* Leases what is due in one mailing (0: notices). */
static bool
lease_mailing(struct lease *lease, int64_t mailing, struct err *err)
{
	struct store_delivery_sieve sieve = { 0 };
	struct store_delivery *rows;
	size_t count;

	if (lease->count == lease->want->limit || lease->cut)
		return true;
	if (!store_delivery_due(lease->arena, lease->queue->store, mailing,
		lease->want->due_ms, lease->want->limit - lease->count,
		begin_look(lease, mailing, &sieve), &rows, &count, err))
		return false;
	end_look(lease, mailing, &sieve);
	if (!skip_some(lease->queue, rows, &count, err) ||
	    !take_rows(lease->queue, rows, count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		add_item(lease, &rows[i]);
	return true;
}

/* The first lease from a mailing sets it going. */
static bool
mark_sending(
    struct queue *queue, struct store_mailing *mailing, struct err *err)
{
	if (mailing->state != MAILING_PLANNED)
		return true;
	mailing->state = MAILING_SENDING;
	return store_mailing_update(queue->store, mailing, err);
}

bool
queue_lease(struct queue *queue, struct arena *arena,
    const struct queue_want *want, struct queue_item ***ret_items,
    size_t *ret_count, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = queue->store;
	struct lease lease = {
		.queue = queue,
		.arena = arena,
		.want = want,
		.items = arena_take(arena, want->limit, sizeof(*lease.items)),
	};
	struct store_mailing_list active;

	if (want->wants != NULL)
		want->sweep->ended = false;
	if (!store_begin(queue->store, err) || !lease_mailing(&lease, 0, err) ||
	    !store_mailing_active(arena, queue->store, &active, err))
		return false;
	for (size_t i = 0; i < active.count; i++) {
		size_t before = lease.count;

		if ((want->mailing != 0 &&
			active.items[i].id != want->mailing) ||
		    active.items[i].start_ms > now_ms() ||
		    is_behind(&active, i, want))
			continue;
		if (!lease_mailing(&lease, active.items[i].id, err))
			return false;
		if (lease.count > before &&
		    !mark_sending(queue, &active.items[i], err))
			return false;
	}
	step_reached("queue: leases written");
	if (!store_commit(guard, err))
		return false;
	end_sweep(&lease);
	*ret_items = lease.items;
	*ret_count = lease.count;
	return true;
}
