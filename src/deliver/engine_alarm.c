#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "deliver/engine.h"
#include "store/store_runner.h"

void
engine_alarm(struct engine *engine, const char *kind, const char *subject,
    const char *text)
{
	struct store *store = queue_store(committer_lock(engine->committer));
	struct err err = { 0 };

	engine->alarmed = true;
	log_alarm("%s", text);
	if (!store_begin(store, &err) ||
	    !store_runner_raise(store, kind, subject, text, now_ms(), &err) ||
	    !store_commit(store, &err)) {
		store_rollback(store);
		log_warning("the alarm is not in the store: %s", err.text);
	}
	committer_unlock(engine->committer);
}

void
engine_alarm_clear(struct engine *engine, const char *kind, const char *subject)
{
	struct store *store = queue_store(committer_lock(engine->committer));
	struct err err = { 0 };

	if (!store_begin(store, &err) ||
	    !store_runner_clear(store, kind, subject, now_ms(), &err) ||
	    !store_commit(store, &err)) {
		store_rollback(store);
		log_warning("an alarm stays: %s", err.text);
	}
	committer_unlock(engine->committer);
}

void
engine_alarm_store(struct engine *engine)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *store = queue_store(committer_lock(engine->committer));
	struct err err = { 0 };
	const char *text = arena_format(arena,
	    "nothing was sent from %s to %s: %s; now it goes on",
	    now_format_local(arena, engine->store_since_ms),
	    now_format_local(arena, now_ms()), engine->store_why.text);

	engine->alarmed = true;
	if (!store_begin(store, &err) ||
	    !store_runner_note(
		store, "store", "database", text, now_ms(), &err) ||
	    !store_commit(store, &err)) {
		store_rollback(store);
		log_warning("the alarm is not in the store: %s", err.text);
	}
	committer_unlock(engine->committer);
}

void
engine_alarm_relay(void *context, const char *relay, const char *text)
{
	if (text != NULL)
		engine_alarm(context, "relay", relay, text);
	else
		engine_alarm_clear(context, "relay", relay);
}

void
engine_alarm_note(void *context, const char *text)
{
	(void)context;
	log_warning("%s", text);
}

void
engine_alarm_prune(struct engine *engine)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_alarm *alarms;
	struct err err = { 0 };
	size_t count;
	bool ok;

	ok = store_runner_alarms(arena,
	    queue_store(committer_lock(engine->committer)), &alarms, &count,
	    &err);
	committer_unlock(engine->committer);
	if (!ok) {
		log_warning("alarms: %s", err.text);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (text_equal(alarms[i].kind, "relay") &&
		    !relays_has(engine->relays, alarms[i].subject))
			engine_alarm_clear(engine, "relay", alarms[i].subject);
}
