#include "queue/queue.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/now.h"
#include "base/step.h"
#include "queue/queue_runner.h"
#include "queue/queue_settle.h"
#include "store/store_mailing.h"
#include "store/store_runner.h"

struct queue {
	struct store *store;
	char *folder; /* of the runners' locks */
	struct queue_rules rules;
	struct queue_runner runner;
};

bool
queue_open(struct store *store, const char *state_folder, const char *kind,
    const struct queue_rules *rules, struct queue **ret_queue, struct err *err)
{
	struct queue *queue = mem_new(1, sizeof(*queue));
	struct queue_recovered found;

	queue->store = store;
	queue->folder = mem_format("%s/runners", state_folder);
	queue->rules = *rules;
	if (!queue_runner_start(
		store, queue->folder, kind, &queue->runner, err)) {
		free(queue->folder);
		free(queue);
		return false;
	}
	if (!queue_recover(queue, &found, err)) {
		queue_close(queue);
		return false;
	}
	*ret_queue = queue;
	return true;
}

struct store *
queue_store(struct queue *queue)
{
	return queue->store;
}

/* A LEASED row goes back untouched. */
static bool
give_back_row(
    struct queue *queue, const struct store_delivery *row, struct err *err)
{
	struct store_delivery to = *row;
	bool moved;

	to.state = DELIVERY_QUEUED;
	to.runner = 0;
	return store_delivery_move(queue->store, row, &to, "", &moved, err);
}

/* LEASED rows of a runner go back untouched. */
static bool
give_back(
    struct queue *queue, int64_t runner, size_t *ret_count, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_delivery *rows;
	size_t count;

	if (!store_delivery_held_by(arena, queue->store, runner,
		DELIVERY_LEASED, &rows, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!give_back_row(queue, &rows[i], err))
			return false;
	*ret_count += count;
	return true;
}

/* SENDING rows of a dead runner are in doubt: the log names each one. */
static bool
doubt_all(
    struct queue *queue, int64_t runner, size_t *ret_count, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_delivery *rows;
	size_t count;

	if (!store_delivery_held_by(arena, queue->store, runner,
		DELIVERY_SENDING, &rows, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct queue_item item = { .row = rows[i] };
		struct queue_settle settle = {
			.item = &item,
			.verdict = {
				.outcome = OUTCOME_UNKNOWN,
				.blame = BLAME_NONE,
				.phase = PHASE_FINAL,
				.text = "the runner ended while this was "
					"being sent",
			},
			.started_ms = rows[i].begun_ms,
			.ended_ms = now_ms(),
		};

		if (!queue_settle(queue->store, &queue->rules, &settle, err))
			return false;
	}
	*ret_count += count;
	return true;
}

/* Within a transaction, so that of several runners only one does it. */
static bool
recover_one(struct queue *queue, const struct store_runner *dead,
    struct queue_recovered *found, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = queue->store;

	if (!store_begin(queue->store, err) ||
	    !give_back(queue, dead->id, &found->leased, err) ||
	    !doubt_all(queue, dead->id, &found->unknown, err) ||
	    !store_runner_end(queue->store, dead->id, now_ms(), err) ||
	    !store_commit(guard, err))
		return false;
	step_reached("queue: recovered a dead runner's rows");
	found->runners++;
	queue_runner_bury(queue->folder, dead->name);
	return true;
}

/* Ends mailings whose last open rows left by another way than a result
   (unsubscribed, suppressed). */
static bool
end_mailings(struct queue *queue, struct arena *arena, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = queue->store;
	struct store_mailing_list active;
	bool any;

	if (!store_mailing_active(arena, queue->store, &active, err))
		return false;
	for (size_t i = 0; i < active.count; i++) {
		int64_t id = active.items[i].id;

		if (!store_delivery_any_open(queue->store, id, &any, err))
			return false;
		if (any)
			continue;
		if (!store_begin(queue->store, err) ||
		    !queue_settle_mailing(queue->store, id, now_ms(), err) ||
		    !store_commit(guard, err))
			return false;
	}
	return true;
}

bool
queue_recover(
    struct queue *queue, struct queue_recovered *ret_found, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct queue_recovered found = { 0 };
	struct store_runner *runners;
	size_t count;

	if (!store_runner_open(arena, queue->store, &runners, &count, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool dead = false;

		if (runners[i].id == queue->runner.id)
			continue;
		if (!queue_runner_is_dead(
			queue->folder, runners[i].name, &dead, err) ||
		    (dead && !recover_one(queue, &runners[i], &found, err)))
			return false;
	}
	if (!end_mailings(queue, arena, err))
		return false;
	*ret_found = found;
	return true;
}

void
queue_close(struct queue *queue)
{
	struct err ignored = { 0 };
	size_t count = 0;
	bool ended;

	if (queue == NULL)
		return;

	/* The row of a runner ends only together with what it held: an open
	   row with a free lock is what the next runner recovers. */
	step_reached("queue: about to end the runner");
	ended = store_begin(queue->store, &ignored) &&
		give_back(queue, queue->runner.id, &count, &ignored) &&
		doubt_all(queue, queue->runner.id, &count, &ignored) &&
		store_runner_end(
		    queue->store, queue->runner.id, now_ms(), &ignored) &&
		store_commit(queue->store, &ignored);
	store_rollback(queue->store);
	queue_runner_stop(&queue->runner, ended);
	free(queue->folder);
	free(queue);
}

/* Takes one due row, or skips it. */
static bool
lease_row(struct queue *queue, struct store_delivery *row, bool *ret_ours,
    struct err *err)
{
	struct store_delivery to = *row;
	const char *why = queue_settle_obstacle(row);

	if (why != NULL) {
		to.state = DELIVERY_SKIPPED;
	} else {
		to.state = DELIVERY_LEASED;
		to.runner = queue->runner.id;
		to.generation++;
	}
	if (!store_delivery_move(
		queue->store, row, &to, why ? why : "", ret_ours, err))
		return false;
	if (why != NULL) {
		*ret_ours = false;
		return row->is_notice || queue_settle_mailing(queue->store,
					     row->mailing, now_ms(), err);
	}
	*row = to;
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

/* Rows that may be SENDING at once. */
struct places {
	int64_t taken;
	int64_t all;  /* max_unknown */
	int64_t bulk; /* one less while a notice waits, so that it need not
			 wait for the mailing's end */
};

static bool
count_places(struct queue *queue, struct places *ret_places, struct err *err)
{
	bool waits;

	if (!store_delivery_count_sending(
		queue->store, &ret_places->taken, err) ||
	    !store_delivery_notice_waits(queue->store, now_ms(), &waits, err))
		return false;
	ret_places->all = queue->rules.max_unknown;
	ret_places->bulk =
	    ret_places->all - (waits && ret_places->all > 1 ? 1 : 0);
	return true;
}

/* Decides about one item and writes the move; the item itself changes only
   when that is committed. */
static bool
begin_one(struct queue *queue, struct queue_begin *begin, struct places *places,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct store_delivery *ours = &begin->item->row;
	struct store_delivery row;
	struct store_delivery to;
	bool found;
	bool moved = false;

	begin->begun = QUEUE_REFUSED;
	if (!store_delivery_read(arena, queue->store, ours->is_notice, ours->id,
		&row, &found, err))
		return false;
	if (!found || row.state != DELIVERY_LEASED ||
	    row.runner != ours->runner || row.generation != ours->generation)
		return true;
	if (!row.mailing_open || queue_settle_obstacle(&row) != NULL)
		return refuse(queue, &row, err);
	if (places->taken >= (row.is_notice ? places->all : places->bulk)) {
		begin->begun = QUEUE_WAIT;
		return true;
	}
	to = row;
	to.state = DELIVERY_SENDING;
	to.begun_ms = now_ms();
	to.dated_ms = begin->dated_ms;
	to.has_sha256 = true;
	memcpy(to.sha256, begin->sha256, sizeof(to.sha256));
	to.message_id = begin->message_id;
	if (!store_delivery_move(queue->store, &row, &to, "", &moved, err))
		return false;
	assert(moved);
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

	for (size_t i = 0; i < count; i++)
		if (!queue_settle(
			queue->store, &queue->rules, &settles[i], err))
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

bool
queue_commit(struct queue *queue, const struct queue_settle *settles,
    size_t settle_count, struct queue_begin *begins, size_t begin_count,
    struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = queue->store;
	struct places places;

	if (!store_begin(queue->store, err) ||
	    !settle_all(queue, settles, settle_count, err) ||
	    !count_places(queue, &places, err))
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

bool
queue_release(struct queue *queue, struct queue_item *const *items,
    size_t count, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = queue->store;

	if (count == 0)
		return true;
	if (!store_begin(queue->store, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!give_back_row(queue, &items[i]->row, err))
			return false;
	return store_commit(guard, err);
}

bool
queue_waiting(struct queue *queue, int64_t mailing, int64_t due_ms,
    struct store_waiting *ret, struct err *err)
{
	return store_delivery_waiting(queue->store, mailing, due_ms, ret, err);
}

bool
queue_other_lives(struct store *store, const char *state_folder,
    const char *kind, bool *ret_lives, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *folder = arena_format(arena, "%s/runners", state_folder);
	struct store_runner *runners;
	size_t count;
	bool lives = false;

	if (!store_runner_open(arena, store, &runners, &count, err))
		return false;
	for (size_t i = 0; i < count && !lives; i++) {
		bool dead = true;

		if (kind != NULL && strcmp(runners[i].kind, kind) != 0)
			continue;
		if (!queue_runner_is_dead(folder, runners[i].name, &dead, err))
			return false;
		lives = !dead;
	}
	*ret_lives = lives;
	return true;
}
