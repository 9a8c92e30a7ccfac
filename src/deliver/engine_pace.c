#include "base/now.h"
#include "deliver/engine.h"

static void
note_bound(struct engine *engine, struct engine_work *work, bool bound)
{
	if (work->bound != bound)
		engine->bound += bound ? 1 : (size_t)-1;
	work->bound = bound;
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
