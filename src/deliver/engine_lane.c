#include "deliver/engine.h"

#include <stdlib.h>

#include "base/now.h"

static struct engine_slot *
slot_at(const struct engine_lane *lane, size_t i)
{
	size_t at = lane->first + i;
	size_t room = lane->engine->depth + 1;

	return &lane->slots[at < room ? at : at - room];
}

static void
push_slot(struct engine_lane *lane, struct engine_work *work)
{
	*slot_at(lane, lane->count++) = (struct engine_slot){ .work = work };
}

/* The transaction at the front is over. */
static struct engine_work *
pop_slot(struct engine_lane *lane)
{
	struct engine_work *work = slot_at(lane, 0)->work;

	lane->first = lane->first < lane->engine->depth ? lane->first + 1 : 0;
	lane->count--;
	if (lane->fed > 0)
		lane->fed--;
	return work;
}

static void
handle_ready(struct smtp_conn *conn, void *context)
{
	struct engine_lane *lane = context;

	(void)conn;
	if (!lane->stood)
		relays_greeted(lane->engine->relays, lane->relay);
	lane->stood = true;
	lane->ready = true;
}

/* Puts the relay only this message off, and not us? */
static bool
is_its_own_fault(struct engine *engine, const struct engine_work *work)
{
	const struct store_delivery *row = &work->item->row;

	return putoff_is_own(&engine->putoff, row->id, row->is_notice);
}

static void
handle_done(struct smtp_conn *conn, const struct smtp_end *end, void *context)
{
	struct engine_lane *lane = context;
	struct engine_work *work = pop_slot(lane);
	const struct verdict *verdict = &end->verdict;
	bool slow = relays_is_slowdown(verdict) && !end->idle_close;
	bool uncounted = end->idle_close;

	if (work == NULL)
		return; /* withdrawn */
	if (verdict->outcome == OUTCOME_SENT)
		putoff_taken(&lane->engine->putoff);
	if (slow && is_its_own_fault(lane->engine, work))
		slow = false;
	else if (!end->idle_close)
		relays_ended(
		    lane->engine->relays, lane->relay, verdict, now_mono_ms());
	uncounted |= slow;
	if (work->stage == WORK_REFUSED) {
		engine_work_free(lane->engine, work);
		return;
	}

	/* What was not even begun keeps its message for another lane. */
	if (uncounted && work->stage == WORK_SAID)
		engine_stock_return(lane->engine, work);
	else
		engine_result_add(lane->engine, work, verdict, uncounted,
		    smtp_conn_relay(conn), smtp_conn_tls(conn));
}

/* The lane is free for another connection. */
static void
clear_lane(struct engine_lane *lane, const struct verdict *why)
{
	relays_closed(
	    lane->engine->relays, lane->relay, lane->stood, why, now_mono_ms());
	lane->engine->tally.connections--;
	lane->relay = NULL;
	lane->conn = NULL;
	lane->stood = false;
	lane->ready = false;
	lane->quitting = false;
	lane->messages = 0;
	pacer_conn_clear(&lane->carried);
}

static void
handle_closed(struct smtp_conn *conn, const struct verdict *why, void *context)
{
	(void)conn;
	clear_lane(context, why);
}

static const struct smtp_events events = {
	.ready = handle_ready,
	.done = handle_done,
	.closed = handle_closed,
};

/* Lanes that could take work at once without a new connection, now or
   soon. */
static size_t
count_free(const struct engine *engine)
{
	int64_t now = now_mono_ms();
	size_t count = 0;

	for (size_t i = 0; i < engine->lane_count; i++) {
		const struct engine_lane *lane = &engine->lanes[i];

		if (lane->conn != NULL && lane->count == 0 && !lane->quitting &&
		    relays_takes(lane->relay, now))
			count++;
	}
	return count;
}

void
engine_lanes_open(struct engine *engine)
{
	size_t wanted = engine->stock.count;
	size_t coming = count_free(engine);
	int64_t now = now_mono_ms();

	for (size_t i = 0; i < engine->lane_count && coming < wanted; i++) {
		struct engine_lane *lane = &engine->lanes[i];

		if (lane->conn != NULL)
			continue;
		lane->relay = relays_open(engine->relays, now);
		if (lane->relay == NULL)
			return;
		engine->tally.connections++;
		lane->conn = smtp_connect(engine->pool,
		    relays_config(lane->relay), &engine->site->timeouts,
		    engine->site->ehlo_name, (int)engine->depth, &events, lane);
		coming++;
	}
}

/* It takes nothing new and is closed when its work is done. */
static void
leave_lane(struct engine_lane *lane)
{
	lane->quitting = true;
	lane->ready = false;
	smtp_quit(lane->conn);
}

/* Takes the first piece of work that may go now off the stock. Its place stays
   empty until close_ranks. */
static struct engine_work *
take_from_stock(struct engine *engine, struct engine_lane *lane, size_t *from)
{
	struct engine_works *stock = &engine->stock;
	int64_t now_us = now_mono_us();
	bool renew = false;

	for (; *from < stock->count; (*from)++) {
		struct engine_work *work = stock->items[*from];
		enum pacer_answer answer;

		if (work->message.parts == NULL) {
			composers_put(engine->composers, work, false);
			stock->items[*from] = NULL;
			continue;
		}
		answer = engine_pace_take(engine, lane, work, now_us);
		renew |= answer == PACER_RENEW;
		if (answer != PACER_GO)
			continue;
		stock->items[(*from)++] = NULL;
		return work;
	}

	/* What could go needs a connection that has carried less. */
	if (renew)
		leave_lane(lane);
	return NULL;
}

static void
close_ranks(struct engine_works *stock)
{
	size_t kept = 0;

	for (size_t i = 0; i < stock->count; i++)
		if (stock->items[i] != NULL)
			stock->items[kept++] = stock->items[i];
	stock->count = kept;
}

/* Lets the envelope ride ahead of the begin. */
static void
start_work(struct engine_lane *lane, struct engine_work *work)
{
	const struct smtp_envelope envelope = {
		.mail_from = work->message.mail_from,
		.rcpt = work->message.rcpt,
		.bytes = work->message.count,
	};

	int most = relays_config(lane->relay)->messages_per_connection;

	work->started_ms = now_ms();
	work->stage = WORK_SAID;
	push_slot(lane, work);
	lane->messages++;
	smtp_start(lane->conn, &envelope);
	if (most > 0 && lane->messages >= most)
		leave_lane(lane);
}

/* A group that answers late is not to hold up what would ride behind it
   (R-THR-6). */
static bool
is_held_up(const struct engine_lane *lane)
{
	for (size_t i = 0; i < lane->count; i++) {
		const struct engine_work *work = slot_at(lane, i)->work;

		if (work != NULL && work->group != NULL &&
		    pacer_is_slow(lane->engine->pacer, work->group))
			return true;
	}
	return false;
}

static bool
takes_more(const struct engine_lane *lane, size_t most, int64_t now)
{
	return lane->ready && !lane->quitting && lane->count <= most &&
	       relays_takes(lane->relay, now) && smtp_may_start(lane->conn) &&
	       !is_held_up(lane);
}

/* Hands out evenly: a second piece only when every lane has one. After a
   refusal for policy the breaker decides first: the list is not to be burnt
   while the store writes. */
void
engine_lanes_assign(struct engine *engine)
{
	int64_t now = now_mono_ms();
	size_t from = 0;

	if (engine->stock.count == 0 || engine->refusals > 0 || engine->stale)
		return;
	for (size_t most = 0; most <= engine->depth; most++) {
		for (size_t i = 0; i < engine->lane_count; i++) {
			struct engine_lane *lane = &engine->lanes[i];
			struct engine_work *work;

			if (!takes_more(lane, most, now))
				continue;
			work = take_from_stock(engine, lane, &from);
			if (work == NULL) {
				close_ranks(&engine->stock);
				return;
			}
			start_work(lane, work);
		}
	}
	close_ranks(&engine->stock);
}

/* The work in a slot whose begin may be asked for now. */
static struct engine_work *
asking(const struct engine_lane *lane, size_t i)
{
	struct engine_work *work = slot_at(lane, i)->work;

	return work != NULL && work->stage == WORK_SAID ? work : NULL;
}

void
engine_lanes_asking(struct engine *engine, struct engine_works *ret_works)
{
	for (size_t i = 0; i < engine->lane_count; i++) {
		const struct engine_lane *lane = &engine->lanes[i];

		for (size_t k = 0; k < lane->count && k < engine->depth; k++) {
			struct engine_work *work = asking(lane, k);

			if (work != NULL)
				vec_push(ret_works, work);
		}
	}
}

bool
engine_lanes_any_asking(const struct engine *engine)
{
	for (size_t i = 0; i < engine->lane_count; i++) {
		const struct engine_lane *lane = &engine->lanes[i];

		for (size_t k = 0; k < lane->count && k < engine->depth; k++)
			if (asking(lane, k) != NULL)
				return true;
	}
	return false;
}

/* In the order of the slots, for smtp/ takes bodies in the order of
   envelopes. */
static void
feed(struct engine_lane *lane)
{
	for (; lane->fed < lane->count; lane->fed++) {
		struct engine_slot *slot = slot_at(lane, lane->fed);
		struct engine_work *work = slot->work;

		if (work != NULL && work->stage == WORK_REFUSED) {
			engine_work_free(lane->engine, work);
			slot->work = NULL;
			slot->withdrawn = true;
		}
		if (slot->withdrawn)
			smtp_withdraw(lane->conn);
		else if (work->stage == WORK_BEGUN)
			smtp_body(lane->conn, work->message.parts,
			    work->message.part_count);
		else
			return;
	}
}

void
engine_lanes_feed(struct engine *engine)
{
	for (size_t i = 0; i < engine->lane_count; i++)
		if (engine->lanes[i].conn != NULL)
			feed(&engine->lanes[i]);
}

void
engine_lanes_recall(struct engine *engine)
{
	for (size_t i = 0; i < engine->lane_count; i++) {
		struct engine_lane *lane = &engine->lanes[i];

		for (size_t k = lane->fed; k < lane->count; k++) {
			struct engine_slot *slot = slot_at(lane, k);
			struct engine_work *work = slot->work;

			if (work == NULL || work->stage != WORK_SAID)
				continue;
			slot->work = NULL;
			slot->withdrawn = true;
			engine_stock_return(engine, work);
		}
	}
	engine_lanes_feed(engine);
}

void
engine_lanes_quit_idle(struct engine *engine)
{
	for (size_t i = 0; i < engine->lane_count; i++) {
		struct engine_lane *lane = &engine->lanes[i];

		if (lane->conn != NULL && lane->count == 0 && !lane->quitting)
			leave_lane(lane);
	}
}

void
engine_lanes_look(struct engine *engine)
{
	int64_t now = now_mono_ms();

	for (size_t i = 0; i < engine->lane_count; i++) {
		struct engine_lane *lane = &engine->lanes[i];

		if (lane->conn == NULL || lane->quitting)
			continue;
		if (lane->stood) {
			if (relays_should_leave(
				engine->relays, lane->relay, now))
				leave_lane(lane);
		} else if (relays_is_stuck(engine->relays, lane->relay, now)) {
			smtp_abort(lane->conn);
			clear_lane(lane, NULL);
		}
	}
}

/* Leaves at once: what was offered to a server to its end is in doubt, the rest
   is not. */
void
engine_lanes_abort(struct engine *engine)
{
	static const struct verdict doubt = {
		.outcome = OUTCOME_UNKNOWN,
		.blame = BLAME_NONE,
		.phase = PHASE_FINAL,
		.text = "interrupted by the operator while being sent",
	};
	static const struct verdict cut = {
		.outcome = OUTCOME_DEFERRED,
		.blame = BLAME_LINK,
		.phase = PHASE_BODY,
		.text = "interrupted by the operator before its end was sent",
	};

	for (size_t i = 0; i < engine->lane_count; i++) {
		struct engine_lane *lane = &engine->lanes[i];

		if (lane->conn == NULL)
			continue;
		for (size_t k = 0; lane->count > 0; k++) {
			struct engine_work *work = pop_slot(lane);

			if (work != NULL)
				engine_result_add(engine, work,
				    smtp_offered(lane->conn, k) ? &doubt : &cut,
				    work->stage != WORK_BEGUN,
				    smtp_conn_relay(lane->conn),
				    smtp_conn_tls(lane->conn));
		}
		smtp_abort(lane->conn);
		clear_lane(lane, NULL);
	}
}

bool
engine_lanes_busy(const struct engine *engine)
{
	for (size_t i = 0; i < engine->lane_count; i++)
		if (engine->lanes[i].count > 0)
			return true;
	return false;
}
