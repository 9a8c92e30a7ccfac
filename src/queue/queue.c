#include "queue/queue.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/now.h"
#include "base/step.h"
#include "queue/queue_body.h"
#include "queue/queue_clock.h"
#include "queue/queue_settle.h"
#include "store/store_mailing.h"
#include "store/store_runner.h"

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

/* Looks after what no result moves: ends mailings whose last open rows left by
   another way (unsubscribed, suppressed), and minds a clock set back. */
static bool
mind_mailings(struct queue *queue, struct arena *arena, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = queue->store;
	struct store_mailing_list active;
	bool any;

	if (!store_mailing_active(arena, queue->store, &active, err) ||
	    !queue_clock_hasten(
		queue->store, &queue->rules.retry, &active, err))
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
	if (!mind_mailings(queue, arena, err))
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
