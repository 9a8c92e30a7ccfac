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
	struct engine_relay *relay = lane->relay;

	(void)conn;
	relay->failures = 0;
	lane->ready = true;
	if (!relay->refused_mail)
		engine_relay_welcome(lane);
}

/* The relay wants no more mail from anyone for now (4xx to MAIL): that says
   nothing about the reader, so the relay is given time and the delivery keeps
   its place (R-SMTP-6). */
static bool
is_slowdown(const struct verdict *verdict)
{
	return verdict->phase == PHASE_MAIL && verdict->code / 100 == 4;
}

static void
note_verdict(struct engine_lane *lane, const struct verdict *verdict, bool slow)
{
	if (verdict->blame == BLAME_US) {
		engine_relay_refusal(lane, verdict);
		lane->relay->refused_mail = true;
	} else if (slow) {
		engine_relay_slowdown(lane, verdict);
	} else if (verdict->outcome == OUTCOME_SENT) {
		lane->relay->slowdowns = 0;
		engine_relay_welcome(lane);
	}
}

static void
handle_done(struct smtp_conn *conn, const struct smtp_end *end, void *context)
{
	struct engine_lane *lane = context;
	struct engine_work *work = pop_slot(lane);
	const struct verdict *verdict = &end->verdict;
	bool slow = is_slowdown(verdict) && !end->idle_close;
	bool uncounted = end->idle_close || slow;

	if (work == NULL)
		return; /* withdrawn */
	if (!end->idle_close)
		note_verdict(lane, verdict, slow);
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

static void
handle_closed(struct smtp_conn *conn, const struct verdict *why, void *context)
{
	struct engine_lane *lane = context;
	struct engine_relay *relay = lane->relay;

	(void)conn;
	if (why->phase == PHASE_CONNECT && why->blame == BLAME_US)
		engine_relay_refusal(lane, why);
	else if (why->phase == PHASE_CONNECT && why->blame != BLAME_NONE)
		engine_relay_failure(lane, why);
	relay->open--;
	lane->engine->tally.connections--;
	lane->relay = NULL;
	lane->conn = NULL;
	lane->ready = false;
	lane->quitting = false;
	pacer_conn_clear(&lane->carried);
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
		    lane->relay->try_mono_ms <= now)
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
		struct engine_relay *relay;

		if (lane->conn != NULL)
			continue;
		relay = engine_relay_choose(engine, now);
		if (relay == NULL)
			return;
		lane->relay = relay;
		relay->open++;
		engine->tally.connections++;
		lane->conn = smtp_connect(engine->pool, relay->relay,
		    &engine->site->timeouts, engine->site->ehlo_name,
		    (int)engine->depth, &events, lane);
		coming++;
	}
}

/* Takes the first piece of work that may go now off the stock. Its place stays
   empty until close_ranks. */
static struct engine_work *
take_from_stock(struct engine *engine, struct engine_lane *lane, size_t *from)
{
	struct engine_works *stock = &engine->stock;
	int64_t now_us = now_mono_us();

	for (; *from < stock->count; (*from)++) {
		struct engine_work *work = stock->items[*from];

		if (work->message.parts == NULL) {
			composers_put(engine->composers, work, false);
			stock->items[*from] = NULL;
			continue;
		}
		if (engine_pace_take(engine, lane, work, now_us) != PACER_GO)
			continue;
		stock->items[(*from)++] = NULL;
		return work;
	}
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

	work->started_ms = now_ms();
	work->stage = WORK_SAID;
	push_slot(lane, work);
	smtp_start(lane->conn, &envelope);
}

static bool
takes_more(const struct engine_lane *lane, size_t most, int64_t now)
{
	return lane->ready && !lane->quitting && lane->count <= most &&
	       lane->relay->try_mono_ms <= now && smtp_may_start(lane->conn);
}

/* Hands out evenly: a second piece only when every lane has one. After a
   refusal for policy the breaker decides first: the list is not to be burnt
   while the store writes. */
void
engine_lanes_assign(struct engine *engine)
{
	int64_t now = now_mono_ms();
	size_t from = 0;

	if (engine->stock.count == 0 || engine->refusals > 0)
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

		if (lane->conn == NULL || lane->count > 0 || lane->quitting)
			continue;
		lane->quitting = true;
		lane->ready = false;
		smtp_quit(lane->conn);
	}
}

/* Leaves at once: what was given to a server is in doubt, the rest is not. */
void
engine_lanes_abort(struct engine *engine)
{
	static const struct verdict doubt = {
		.outcome = OUTCOME_UNKNOWN,
		.blame = BLAME_NONE,
		.phase = PHASE_FINAL,
		.text = "interrupted by the operator while being sent",
	};

	for (size_t i = 0; i < engine->lane_count; i++) {
		struct engine_lane *lane = &engine->lanes[i];

		if (lane->conn == NULL)
			continue;
		while (lane->count > 0) {
			struct engine_work *work = pop_slot(lane);

			if (work != NULL)
				engine_result_add(engine, work, &doubt,
				    work->stage != WORK_BEGUN,
				    smtp_conn_relay(lane->conn),
				    smtp_conn_tls(lane->conn));
		}
		smtp_abort(lane->conn);
		pacer_conn_clear(&lane->carried);
		lane->conn = NULL;
		lane->relay->open--;
		lane->relay = NULL;
		engine->tally.connections--;
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
