#include "base/log.h"
#include "base/now.h"
#include "deliver/engine.h"
#include "store/store_pace.h"

enum {
	LOOK_EVERY_MS = 1000,
	LONGEST_HOLD = 12, /* times what is configured */
};

static void
note_bound(struct engine *engine, struct engine_work *work, bool bound)
{
	if (work->bound != bound)
		engine->bound += bound ? 1 : (size_t)-1;
	work->bound = bound;
}

/* Other runners, and later ones, are to know. */
static void
note_hold(struct engine *engine, const struct pacer_news *news, int64_t now_us)
{
	struct store *store = queue_store(committer_lock(engine->committer));
	struct store_pace_hold hold = {
		.group = news->group,
		.text = news->text,
		.until_ms = news->event == PACER_PAUSED
				? INT64_MAX
				: now_ms() + (news->until_us - now_us) / 1000,
	};
	struct err err = { 0 };
	int64_t count;
	bool ok = store_begin(store, &err);

	if (ok && news->event == PACER_FREED)
		ok = store_pace_free(store, news->group, &count, &err);
	else if (ok)
		ok = store_pace_hold(store, &hold, &err);
	if (!ok || !store_commit(store, &err)) {
		store_rollback(store);
		log_warning("the hold is not in the store: %s", err.text);
	}
	committer_unlock(engine->committer);
}

static void
keep_holds(struct engine *engine, struct arena *arena,
    const struct store_pace_hold *holds, size_t count)
{
	const char **groups = arena_take(arena, count + 1, sizeof(*groups));
	int64_t now_us = now_mono_us();
	int64_t now = now_ms();

	for (size_t i = 0; i < count; i++) {
		int64_t left_ms = holds[i].until_ms - now;

		groups[i] = holds[i].group;
		if (holds[i].until_ms == INT64_MAX) {
			pacer_hold(engine->pacer, groups[i], INT64_MAX);
			continue;
		}

		/* The clock may have been set back. */
		if (left_ms > engine->site->pace.hold_ms * LONGEST_HOLD)
			left_ms = engine->site->pace.hold_ms;
		pacer_hold(engine->pacer, groups[i], now_us + left_ms * 1000);
	}
	pacer_keep(engine->pacer, groups, count);
}

void
engine_pace_look(struct engine *engine)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	int64_t now = now_mono_ms();
	struct pace_change *changes;
	struct store_pace_hold *holds;
	size_t change_count;
	size_t hold_count;
	struct store *store;
	struct pace pace;
	struct err err = { 0 };
	bool ok;

	if (now < engine->pace_mono_ms || committer_busy(engine->committer))
		return;
	engine->pace_mono_ms = now + LOOK_EVERY_MS;
	store = queue_store(committer_lock(engine->committer));
	ok = store_pace_changes(arena, store, &changes, &change_count, &err) &&
	     store_pace_holds(arena, store, &holds, &hold_count, &err);
	committer_unlock(engine->committer);
	if (!ok)
		return;
	keep_holds(engine, arena, holds, hold_count);
	pace_resolve(arena, &engine->site->pace, changes, change_count, &pace);
	pacer_change(engine->pacer, &pace, now_mono_us());
}

/* Groups are set at once, changed limits of theirs with the look that
   follows. */
void
engine_pace_renew(struct engine *engine)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct pace pace;

	pace_resolve(arena, &engine->site->pace, NULL, 0, &pace);
	pacer_set(engine->pacer, &pace, engine->options->site->max_unknown,
	    now_mono_us());
	engine->pace_mono_ms = 0;
	engine_pace_look(engine);
}

bool
engine_pace_wants(void *pacer, const char *address)
{
	return pacer_wants(pacer, address, now_mono_us());
}

void
engine_pace_enter(struct engine *engine, struct engine_work *work)
{
	work->group =
	    pacer_enter(engine->pacer, work->item->row.address, now_mono_us());
	note_bound(engine, work, pacer_is_bound(engine->pacer, work->group));
}

enum pacer_answer
engine_pace_take(struct engine *engine, struct engine_lane *lane,
    struct engine_work *work, int64_t now_us)
{
	enum pacer_answer answer =
	    pacer_take(engine->pacer, work->group, &lane->carried, now_us);

	if (answer != PACER_GO)
		return answer;
	note_bound(engine, work, false);
	engine->swept = false;
	work->flying = true;
	work->taken_us = now_us;
	return PACER_GO;
}

void
engine_pace_ended(struct engine *engine, struct engine_work *work,
    const struct verdict *verdict)
{
	struct pacer_news news;
	int64_t now_us = now_mono_us();
	bool told;

	if (!work->flying) {
		engine_pace_leave(engine, work);
		return;
	}
	told = pacer_ended(engine->pacer, work->group, verdict,
	    now_us - work->taken_us, now_us, &news);
	work->group = NULL;
	work->flying = false;
	if (!told)
		return;
	note_hold(engine, &news, now_us);
	if (news.event == PACER_FREED)
		engine_alarm_clear(engine, "pace", news.group);
	else
		engine_alarm(engine, "pace", news.group, news.text);
}

void
engine_pace_back(struct engine *engine, struct engine_work *work)
{
	if (!work->flying)
		return;
	pacer_back(engine->pacer, work->group);
	work->flying = false;
	note_bound(engine, work, pacer_is_bound(engine->pacer, work->group));
}

void
engine_pace_leave(struct engine *engine, struct engine_work *work)
{
	if (work->group == NULL)
		return;
	if (work->flying) {
		engine_pace_ended(engine, work, NULL);
		return;
	}
	note_bound(engine, work, false);
	pacer_leave(engine->pacer, work->group);
	work->group = NULL;
}
