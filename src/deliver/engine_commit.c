#include "deliver/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/now.h"
#include "base/text.h"
#include "store/store_runner.h"

enum { RETRY_COMMIT_MS = 1000 };

void
engine_alarm(struct engine *engine, const char *kind, const char *subject,
    const char *text)
{
	struct store *store = queue_store(engine->queue);
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct err err = { 0 };

	log_alarm("%s", text);
	if (!store_begin(store, &err) ||
	    !store_runner_raise(store, kind, subject, text, now_ms(), &err) ||
	    !store_commit(guard, &err))
		log_warning("the alarm is not in the store: %s", err.text);
}

void
engine_alarm_clear(struct engine *engine, const char *kind, const char *subject)
{
	struct store *store = queue_store(engine->queue);
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct err err = { 0 };

	if (!store_begin(store, &err) ||
	    !store_runner_clear(store, kind, subject, now_ms(), &err) ||
	    !store_commit(guard, &err))
		log_warning("an alarm stays: %s", err.text);
}

static bool
has_relay(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->relay_count; i++) {
		const char *url = strstr(engine->relays[i].relay->url, "://");

		if (url != NULL && text_equal_nocase(url + 3, name))
			return true;
	}
	return false;
}

void
engine_alarm_prune(struct engine *engine)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_alarm *alarms;
	struct err err = { 0 };
	size_t count;

	if (!store_runner_alarms(
		arena, queue_store(engine->queue), &alarms, &count, &err)) {
		log_warning("alarms: %s", err.text);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (text_equal(alarms[i].kind, "relay") &&
		    !has_relay(engine, alarms[i].subject))
			engine_alarm_clear(engine, "relay", alarms[i].subject);
}

void
engine_result_add(struct engine *engine, struct engine_work *work,
    const struct verdict *verdict, bool uncounted, const char *relay,
    const char *tls)
{
	struct engine_result result = {
		.work = work,
		.verdict = *verdict,
		.uncounted = uncounted,
		.ended_ms = now_ms(),
	};

	snprintf(result.relay, sizeof(result.relay), "%s", relay);
	snprintf(result.tls, sizeof(result.tls), "%s", tls);
	vec_push(&engine->results, result);
}

/* The results as queue/ takes them; to be freed. */
static struct queue_settle *
list_settles(const struct engine *engine)
{
	struct queue_settle *settles =
	    mem_new(engine->results.count, sizeof(*settles));

	for (size_t i = 0; i < engine->results.count; i++) {
		const struct engine_result *result = &engine->results.items[i];

		settles[i] = (struct queue_settle){
			.item = result->work->item,
			.verdict = result->verdict,
			.uncounted = result->uncounted,
			.started_ms = result->work->started_ms,
			.ended_ms = result->ended_ms,
			.relay = result->relay,
			.tls = result->tls,
			.message_id = result->work->message.message_id,
			.sha256 = result->work->message.message_id != NULL
				      ? result->work->message.sha256
				      : NULL,
		};
	}
	return settles;
}

static struct queue_begin *
list_begins(const struct engine *engine)
{
	struct queue_begin *begins =
	    mem_new(engine->begins.count, sizeof(*begins));

	for (size_t i = 0; i < engine->begins.count; i++)
		begins[i] = engine->begins.items[i]->work->begin;
	return begins;
}

static void
forget_results(struct engine *engine)
{
	for (size_t i = 0; i < engine->results.count; i++) {
		const struct engine_result *result = &engine->results.items[i];

		if (!result->uncounted)
			engine->tally.by_outcome[result->verdict.outcome]++;
		engine_work_free(result->work);
	}
	engine->results.count = 0;
}

/* Lets the bodies go that were begun; takes back what was refused. Who waits
   stays in the list. True when any was refused. */
static bool
apply_begins(struct engine *engine, const struct queue_begin *begins)
{
	size_t count = engine->begins.count;
	struct engine_lane **lanes =
	    mem_new(count, sizeof(struct engine_lane *));
	size_t refused = 0;

	for (size_t i = 0; i < count; i++)
		lanes[i] = engine->begins.items[i];
	engine->begins.count = 0;
	for (size_t i = 0; i < count; i++) {
		switch (begins[i].begun) {
		case QUEUE_BEGUN:
			engine_lane_go(lanes[i]);
			break;
		case QUEUE_WAIT:
			vec_push(&engine->begins, lanes[i]);
			break;
		case QUEUE_REFUSED:
			engine_work_free(engine_lane_withdraw(lanes[i]));
			refused++;
			break;
		}
	}
	free(lanes);
	engine->tally.refused += (int64_t)refused;
	return refused > 0;
}

bool
engine_hold_on(struct engine *engine, const struct err *why, struct err *err)
{
	if (why->code != ERR_IO && why->code != ERR_TEMP) {
		*err = *why;
		return false;
	}
	if (!engine->store_alarmed)
		log_alarm(
		    "sending stops until this can be written: %s", why->text);
	engine->store_alarmed = true;
	engine->commit_mono_ms = now_mono_ms() + RETRY_COMMIT_MS;
	while (engine->begins.count > 0) {
		struct engine_lane *lane =
		    engine->begins.items[--engine->begins.count];

		engine_stock_return(engine, engine_lane_withdraw(lane));
	}
	return true;
}

bool
engine_commit(struct engine *engine, struct err *err)
{
	struct queue_settle *settles;
	struct queue_begin *begins;
	struct err why = { 0 };
	bool refused = false;
	bool ok;

	/* In trouble an empty commit asks whether the store can be written. */
	if ((engine->results.count + engine->begins.count == 0 &&
		!engine->store_alarmed) ||
	    now_mono_ms() < engine->commit_mono_ms)
		return true;
	settles = list_settles(engine);
	begins = list_begins(engine);
	ok = queue_commit(engine->queue, settles, engine->results.count, begins,
	    engine->begins.count, &why);
	if (ok) {
		if (engine->store_alarmed)
			log_info("the store can be written again");
		engine->store_alarmed = false;
		forget_results(engine);
		refused = apply_begins(engine, begins);
	} else {
		ok = engine_hold_on(engine, &why, err);
	}
	free(settles);
	free(begins);

	/* Refused for one reason mostly means refused for all: look again. */
	if (ok && refused && !engine_stock_release(engine, &why))
		ok = engine_hold_on(engine, &why, err);
	return ok;
}
