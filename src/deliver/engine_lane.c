#include "deliver/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "deliver/mail_room.h"
#include "deliver/pacer.h"

enum {
	FIRST_WAIT_MS = 250,
	LONGEST_WAIT_MS = 60 * 1000,
	REFUSED_WAIT_MS = 5 * 60 * 1000,
	ALARM_AFTER = 3, /* sessions that failed in a row */
	SLOW_AFTER = 6,  /* MAIL put off in a row */
};

static void
take_work_off(struct engine_lane *lane)
{
	pacer_ended(lane->engine->pacer, lane->work->item->row.address);
	lane->work = NULL;
	lane->begun = false;
}

/* Forgets the lane among those that wait for their begin. */
static void
drop_begin(struct engine_lane *lane)
{
	struct engine *engine = lane->engine;

	for (size_t i = 0; i < engine->begins.count; i++) {
		if (engine->begins.items[i] == lane) {
			engine->begins.items[i] =
			    engine->begins.items[--engine->begins.count];
			return;
		}
	}
}

/* The relay serves us (again): no alarm, not of an earlier run either. */
static void
note_welcome(struct engine_lane *lane, const char *name)
{
	struct engine_relay *relay = lane->relay;

	relay->refuses_us = false;
	relay->refused_mail = false;
	if (relay->alarmed || !relay->met) {
		relay->alarmed = false;
		relay->met = true;
		engine_alarm_clear(lane->engine, "relay", name);
	}
}

static void
handle_ready(struct smtp_conn *conn, void *context)
{
	struct engine_lane *lane = context;
	struct engine_relay *relay = lane->relay;

	relay->failures = 0;
	lane->ready = true;
	if (!relay->refused_mail)
		note_welcome(lane, smtp_conn_relay(conn));
}

/* Once for each trouble, with relay->why as its text. */
static void
raise_alarm(struct engine_lane *lane)
{
	struct engine_relay *relay = lane->relay;

	if (!relay->alarmed)
		engine_alarm(lane->engine, "relay", smtp_conn_relay(lane->conn),
		    relay->why);
	relay->alarmed = true;
}

/* An operator must act: no more mail to this relay for a good while. */
static void
note_refusal(struct engine_lane *lane, const struct verdict *why)
{
	struct engine_relay *relay = lane->relay;
	const char *name = smtp_conn_relay(lane->conn);

	relay->refuses_us = true;
	relay->try_mono_ms = now_mono_ms() + REFUSED_WAIT_MS;
	if (why->code != 0)
		snprintf(relay->why, sizeof(relay->why),
		    "relay %s refuses us: %d %s%s%.250s", name, why->code,
		    why->enhanced, *why->enhanced == '\0' ? "" : " ",
		    why->text);
	else
		snprintf(relay->why, sizeof(relay->why),
		    "relay %s cannot be used: %.250s", name, why->text);
	raise_alarm(lane);
}

/* How long to leave a relay alone after so many failures in a row. */
static int64_t
wait_after(int failures)
{
	int64_t wait = FIRST_WAIT_MS;

	for (int i = 0; i < failures && wait < LONGEST_WAIT_MS; i++)
		wait *= 2;
	return wait < LONGEST_WAIT_MS ? wait : LONGEST_WAIT_MS;
}

/* True when other connections to the relay of `lane` stand: it may only want
   fewer of them. */
static bool
serves_others(const struct engine_lane *lane)
{
	const struct engine *engine = lane->engine;

	for (size_t i = 0; i < engine->lane_count; i++) {
		const struct engine_lane *other = &engine->lanes[i];

		if (other != lane && other->relay == lane->relay &&
		    (other->ready || other->work != NULL))
			return true;
	}
	return false;
}

/* No session came about: wait longer each time. */
static void
note_failure(struct engine_lane *lane, const struct verdict *why)
{
	struct engine_relay *relay = lane->relay;
	const char *name = smtp_conn_relay(lane->conn);

	relay->try_mono_ms = now_mono_ms() + wait_after(relay->failures++);
	if (why->code != 0)
		snprintf(relay->why, sizeof(relay->why), "relay %s: %d %.250s",
		    name, why->code, why->text);
	else
		snprintf(relay->why, sizeof(relay->why), "relay %s: %.250s",
		    name, why->text);
	if (relay->failures >= ALARM_AFTER && !serves_others(lane))
		raise_alarm(lane);
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
note_slowdown(struct engine_lane *lane, const struct verdict *why)
{
	struct engine_relay *relay = lane->relay;
	int64_t now = now_mono_ms();

	/* Lanes that were refused in the same moment tell nothing new. */
	if (relay->try_mono_ms > now)
		return;
	if (relay->slowdowns == 0)
		log_warning("relay %s slows us down: %d %s %.250s",
		    smtp_conn_relay(lane->conn), why->code, why->enhanced,
		    why->text);
	relay->try_mono_ms = now + wait_after(relay->slowdowns++);
	if (relay->slowdowns < SLOW_AFTER)
		return;
	snprintf(relay->why, sizeof(relay->why),
	    "relay %s takes no mail for now: %d %s %.250s",
	    smtp_conn_relay(lane->conn), why->code, why->enhanced, why->text);
	raise_alarm(lane);
}

static void
handle_done(struct smtp_conn *conn, const struct smtp_end *end, void *context)
{
	struct engine_lane *lane = context;
	struct engine_work *work = lane->work;
	const struct verdict *verdict = &end->verdict;
	bool slow = is_slowdown(verdict) && !end->idle_close;

	lane->ready = false;
	if (work == NULL)
		return; /* withdrawn */
	drop_begin(lane);
	if (verdict->blame == BLAME_US) {
		note_refusal(lane, verdict);
		lane->relay->refused_mail = true;
	} else if (slow) {
		note_slowdown(lane, verdict);
	} else if (verdict->outcome == OUTCOME_SENT) {
		lane->relay->slowdowns = 0;
		note_welcome(lane, smtp_conn_relay(conn));
	}
	take_work_off(lane);
	engine_result_add(lane->engine, work, verdict, end->idle_close || slow,
	    smtp_conn_relay(conn), smtp_conn_tls(conn));
}

static void
handle_closed(struct smtp_conn *conn, const struct verdict *why, void *context)
{
	struct engine_lane *lane = context;
	struct engine_relay *relay = lane->relay;

	(void)conn;
	if (why->phase == PHASE_CONNECT && why->blame == BLAME_US)
		note_refusal(lane, why);
	else if (why->phase == PHASE_CONNECT && why->blame != BLAME_NONE)
		note_failure(lane, why);
	relay->open--;
	lane->engine->tally.connections--;
	lane->relay = NULL;
	lane->conn = NULL;
	lane->ready = false;
	lane->quitting = false;
}

static const struct smtp_events events = {
	.ready = handle_ready,
	.done = handle_done,
	.closed = handle_closed,
};

/* The first relay in the order of the configuration that takes another
   connection now. One that failed is probed with a single one. */
static struct engine_relay *
choose_relay(struct engine *engine, int64_t now)
{
	for (size_t i = 0; i < engine->relay_count; i++) {
		struct engine_relay *relay = &engine->relays[i];
		bool ailing = relay->failures > 0 || relay->refuses_us;
		int most = ailing ? 1 : relay->relay->connections;

		if (relay->open < most && relay->try_mono_ms <= now)
			return relay;
	}
	return NULL;
}

/* Lanes that could take work without a new connection, now or soon. */
static size_t
count_free(const struct engine *engine)
{
	int64_t now = now_mono_ms();
	size_t count = 0;

	for (size_t i = 0; i < engine->lane_count; i++) {
		const struct engine_lane *lane = &engine->lanes[i];

		if (lane->conn != NULL && lane->work == NULL &&
		    !lane->quitting && lane->relay->try_mono_ms <= now)
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
		relay = choose_relay(engine, now);
		if (relay == NULL)
			return;
		lane->relay = relay;
		relay->open++;
		engine->tally.connections++;
		lane->conn = smtp_connect(engine->pool, relay->relay,
		    &engine->site->timeouts, engine->site->ehlo_name, &events,
		    lane);
		coming++;
	}
}

/* Takes the first piece of work that may go now off the stock. */
static struct engine_work *
take_from_stock(struct engine *engine)
{
	struct engine_works *stock = &engine->stock;

	for (size_t i = 0; i < stock->count; i++) {
		struct engine_work *work = stock->items[i];

		if (!pacer_take(engine->pacer, work->item->row.address))
			continue;
		memmove(&stock->items[i], &stock->items[i + 1],
		    (stock->count - i - 1) * sizeof(stock->items[0]));
		stock->count--;
		return work;
	}
	return NULL;
}

/* A message that cannot be made fails by itself; the reason is in the log. But
   where the site lacks something, all would fail: the run ends instead. */
static void
fail_work(
    struct engine *engine, struct engine_work *work, const struct err *err)
{
	struct verdict verdict = {
		.outcome = OUTCOME_FAILED,
		.blame = BLAME_CONTENT,
		.phase = PHASE_MAIL,
	};

	pacer_ended(engine->pacer, work->item->row.address);
	if (err->code == ERR_IO || err->code == ERR_TEMP) {
		/* Not even read: as when nothing can be written. */
		engine_stock_return(engine, work);
		(void)!engine_hold_on(engine, err, &engine->fault);
		return;
	}
	if (err->code != ERR_DATA) {
		engine->fault = *err;
		engine_stock_return(engine, work);
		return;
	}
	snprintf(verdict.text, sizeof(verdict.text), "not composed: %.480s",
	    err->text);
	log_warning("%s: %s", work->item->row.address, verdict.text);
	engine_result_add(engine, work, &verdict, false, "", "");
}

/* Composes and lets the envelope ride ahead of the begin. */
static void
start_work(struct engine_lane *lane, struct engine_work *work)
{
	struct engine *engine = lane->engine;
	const struct store_delivery *row = &work->item->row;
	int64_t dated = row->dated_ms != 0 ? row->dated_ms : now_ms();
	struct smtp_envelope envelope;
	struct err err = { 0 };

	work->started_ms = now_ms();
	work->arena = arena_new();
	if (!mail_room_make(engine->mail_room, work->arena, work->item, dated,
		&work->message, &err)) {
		fail_work(engine, work, &err);
		return;
	}
	work->begin = (struct queue_begin){
		.item = work->item,
		.dated_ms = dated,
		.message_id = work->message.message_id,
	};
	memcpy(work->begin.sha256, work->message.sha256,
	    sizeof(work->begin.sha256));
	envelope = (struct smtp_envelope){
		.mail_from = work->message.mail_from,
		.rcpt = work->message.rcpt,
		.bytes = work->message.count,
	};
	lane->work = work;
	lane->ready = false;
	vec_push(&engine->begins, lane);
	smtp_start(lane->conn, &envelope);
}

void
engine_lanes_assign(struct engine *engine)
{
	int64_t now = now_mono_ms();

	for (size_t i = 0; i < engine->lane_count; i++) {
		struct engine_lane *lane = &engine->lanes[i];

		while (lane->ready && lane->work == NULL &&
		       lane->relay->try_mono_ms <= now &&
		       engine->fault.code == ERR_NONE &&
		       !engine->store_alarmed) {
			struct engine_work *work = take_from_stock(engine);

			if (work == NULL)
				return;
			start_work(lane, work);
		}
	}
}

void
engine_lane_go(struct engine_lane *lane)
{
	lane->begun = true;
	smtp_body(lane->conn, lane->work->message.parts,
	    lane->work->message.part_count);
}

struct engine_work *
engine_lane_withdraw(struct engine_lane *lane)
{
	struct engine_work *work = lane->work;

	take_work_off(lane);
	lane->quitting = true;
	smtp_withdraw(lane->conn);
	return work;
}

void
engine_lanes_quit_idle(struct engine *engine)
{
	for (size_t i = 0; i < engine->lane_count; i++) {
		struct engine_lane *lane = &engine->lanes[i];

		if (lane->conn == NULL || lane->work != NULL || lane->quitting)
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
		struct engine_work *work = lane->work;

		if (lane->conn == NULL)
			continue;
		if (work != NULL) {
			bool begun = lane->begun;

			drop_begin(lane);
			take_work_off(lane);
			engine_result_add(engine, work, &doubt, !begun,
			    smtp_conn_relay(lane->conn),
			    smtp_conn_tls(lane->conn));
		}
		smtp_abort(lane->conn);
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
		if (engine->lanes[i].work != NULL)
			return true;
	return false;
}

bool
engine_lanes_may_try(const struct engine *engine)
{
	int64_t now = now_mono_ms();

	for (size_t i = 0; i < engine->relay_count; i++)
		if (engine->relays[i].try_mono_ms <= now)
			return true;
	return false;
}

bool
engine_lanes_hopeless(const struct engine *engine)
{
	for (size_t i = 0; i < engine->relay_count; i++) {
		const struct engine_relay *relay = &engine->relays[i];

		if (!relay->refuses_us && relay->failures < ALARM_AFTER &&
		    relay->slowdowns < SLOW_AFTER)
			return false;
	}
	return true;
}
