#include "deliver/engine.h"

#include <stdio.h>

#include "base/log.h"
#include "base/now.h"

enum {
	FIRST_WAIT_MS = 250,
	LONGEST_WAIT_MS = 60 * 1000,
	REFUSED_WAIT_MS = 5 * 60 * 1000,
	ALARM_AFTER = 3, /* sessions that failed in a row */
	SLOW_AFTER = 6,  /* MAIL put off in a row */
};

/* The relay serves us (again): no alarm, not of an earlier run either. */
void
engine_relay_welcome(struct engine_lane *lane)
{
	struct engine_relay *relay = lane->relay;

	relay->refuses_us = false;
	relay->refused_mail = false;
	if (relay->alarmed || !relay->met) {
		relay->alarmed = false;
		relay->met = true;
		engine_alarm_clear(
		    lane->engine, "relay", smtp_conn_relay(lane->conn));
	}
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
void
engine_relay_refusal(struct engine_lane *lane, const struct verdict *why)
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
		    (other->ready || other->count > 0))
			return true;
	}
	return false;
}

/* No session came about: wait longer each time. */
void
engine_relay_failure(struct engine_lane *lane, const struct verdict *why)
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

void
engine_relay_slowdown(struct engine_lane *lane, const struct verdict *why)
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

/* The first relay in the order of the configuration that takes another
   connection now. One that failed is probed with a single one. */
struct engine_relay *
engine_relay_choose(struct engine *engine, int64_t now)
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

bool
engine_relay_any_now(const struct engine *engine)
{
	int64_t now = now_mono_ms();

	for (size_t i = 0; i < engine->relay_count; i++)
		if (engine->relays[i].try_mono_ms <= now)
			return true;
	return false;
}

bool
engine_relay_none(const struct engine *engine)
{
	for (size_t i = 0; i < engine->relay_count; i++) {
		const struct engine_relay *relay = &engine->relays[i];

		if (!relay->refuses_us && relay->failures < ALARM_AFTER &&
		    relay->slowdowns < SLOW_AFTER)
			return false;
	}
	return true;
}
