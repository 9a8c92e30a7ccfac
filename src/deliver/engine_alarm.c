#include "base/log.h"
#include "base/mem.h"
#include "base/now.h"
#include "base/text.h"
#include "deliver/engine.h"
#include "store/store_runner.h"

/* It is raised anew, or cleared. */
static void
drop_stay(struct engine *engine, size_t i)
{
	free(engine->staying.items[i].subject);
	engine->staying.items[i] =
	    engine->staying.items[--engine->staying.count];
}

void
engine_alarm(struct engine *engine, const char *kind, const char *subject,
    const char *text)
{
	struct store *store = queue_store(committer_lock(engine->committer));
	struct err err = { 0 };

	engine->alarmed = true;
	log_alarm("%s", text);
	for (size_t i = engine->staying.count; i-- > 0;)
		if (text_equal(engine->staying.items[i].kind, kind) &&
		    text_equal(engine->staying.items[i].subject, subject))
			drop_stay(engine, i);
	if (!store_begin(store, &err) ||
	    !store_runner_raise(store, kind, subject, text, now_ms(), &err) ||
	    !store_commit(store, &err)) {
		store_rollback(store);
		log_warning("the alarm is not in the store: %s", err.text);
	}
	committer_unlock(engine->committer);
}

static bool
clear(struct engine *engine, const char *kind, const char *subject,
    struct err *err)
{
	struct store *store = queue_store(committer_lock(engine->committer));
	bool ok = store_begin(store, err) &&
		  store_runner_clear(store, kind, subject, now_ms(), err) &&
		  store_commit(store, err);

	if (!ok)
		store_rollback(store);
	committer_unlock(engine->committer);
	return ok;
}

void
engine_alarm_clear(struct engine *engine, const char *kind, const char *subject)
{
	struct err err = { 0 };

	if (clear(engine, kind, subject, &err))
		return;
	log_warning("an alarm stays: %s", err.text);
	vec_push(&engine->staying,
	    ((struct engine_stay){ kind, mem_strdup(subject) }));
}

void
engine_alarm_again(struct engine *engine)
{
	struct err ignored = { 0 };

	for (size_t i = engine->staying.count; i-- > 0;)
		if (clear(engine, engine->staying.items[i].kind,
			engine->staying.items[i].subject, &ignored))
			drop_stay(engine, i);
}

void
engine_alarm_forget(struct engine *engine)
{
	engine_alarm_again(engine);
	while (engine->staying.count > 0)
		drop_stay(engine, 0);
	vec_clear(&engine->staying);
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
