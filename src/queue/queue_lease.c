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

/* Takes one due row, or skips it. */
static bool
lease_row(struct queue *queue, struct store_delivery *row, bool *ret_ours,
    struct err *err)
{
	const char *why = queue_settle_obstacle(row);

	if (why != NULL) {
		*ret_ours = false;
		return skip_row(queue, row, why, err);
	}
	if (!store_delivery_lease(
		queue->store, row, queue->runner.id, ret_ours, err))
		return false;
	row->state = DELIVERY_LEASED;
	row->runner = queue->runner.id;
	row->generation++;
	return true;
}

struct lease {
	struct queue *queue;
	struct arena *arena;
	const struct queue_want *want;
	struct queue_item **items;
	size_t count;
};

/* Leases what is due in one mailing (0: notices). */
static bool
lease_mailing(struct lease *lease, int64_t mailing, struct err *err)
{
	struct store_delivery *rows;
	size_t count;

	if (lease->count == lease->want->limit)
		return true;
	if (!store_delivery_due(lease->arena, lease->queue->store, mailing,
		lease->want->due_ms, lease->want->limit - lease->count, &rows,
		&count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct queue_item *item;
		bool ours;

		if (!lease_row(lease->queue, &rows[i], &ours, err))
			return false;
		if (!ours)
			continue;
		item = arena_take(lease->arena, 1, sizeof(*item));
		item->row = rows[i];
		lease->items[lease->count++] = item;
	}
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

	if (!store_begin(queue->store, err) || !lease_mailing(&lease, 0, err) ||
	    !store_mailing_active(arena, queue->store, &active, err))
		return false;
	for (size_t i = 0; i < active.count; i++) {
		size_t before = lease.count;

		if ((want->mailing != 0 &&
			active.items[i].id != want->mailing) ||
		    active.items[i].start_ms > now_ms())
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
	*ret_items = lease.items;
	*ret_count = lease.count;
	return true;
}
