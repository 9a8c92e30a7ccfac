#include "deliver/deliver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/now.h"
#include "deliver/engine.h"
#include "service/service.h"

enum {
	TICK_MS = 500,       /* progress, watchdog, and the longest sleep */
	IDLE_QUIT_MS = 3000, /* idle connections are not kept longer */
	DEPTH_MOST = 16,     /* transactions in flight on a connection */
};

static struct relays *
make_relays(struct engine *engine)
{
	enum { PATIENCE_MS = 60 * 1000 };
	const struct site *site = engine->site;
	struct relays_rules rules = {
		.patience_ms = site->timeouts.greeting_ms / 2,
		.longest_ms = site->retry.first_ms,
		.alarm = engine_alarm_relay,
		.note = engine_alarm_note,
		.context = engine,
	};

	if (rules.patience_ms > PATIENCE_MS)
		rules.patience_ms = PATIENCE_MS;
	if (rules.longest_ms > PATIENCE_MS)
		rules.longest_ms = PATIENCE_MS;
	return relays_new(site->relays, site->relay_count, &rules);
}

/* As many lanes as there are connections, and as many begun transactions on
   each as `max_unknown` leaves them; more would only wait. */
static void
build_lanes(struct engine *engine)
{
	size_t most = (size_t)engine->site->max_unknown;
	size_t count = (size_t)relays_connections(engine->relays);

	if (count > most)
		count = most;
	engine->depth = most / count < DEPTH_MOST ? most / count : DEPTH_MOST;

	/* One more for each other relay, to see whether it serves again. */
	count += engine->site->relay_count - 1;
	engine->lane_count = count;
	engine->lanes = mem_new(count, sizeof(*engine->lanes));
	for (size_t i = 0; i < count; i++) {
		engine->lanes[i].engine = engine;
		engine->lanes[i].slots =
		    mem_new(engine->depth + 1, sizeof(*engine->lanes[i].slots));
	}
}

static void
handle_committed(int fd, int events, void *context)
{
	(void)fd;
	(void)events;
	engine_commit_take(context, false);
}

static void
handle_composed(int fd, int events, void *context)
{
	(void)fd;
	(void)events;
	engine_stock_take(context);
}

static bool
start_threads(struct engine *engine, struct err *err)
{
	const struct deliver_options *options = engine->options;

	if (!mail_room_new(options->site, options->keys, options->sign,
		&engine->mail_room, err))
		return false;
	engine->committer = committer_new(engine->queue);
	engine->composers = composers_new(engine->mail_room);
	engine->herald =
	    herald_new(options->site, options->keys, options->sign);
	engine->committer_watch =
	    loop_watch(engine->loop, committer_fd(engine->committer), LOOP_READ,
		handle_committed, engine);
	engine->composers_watch =
	    loop_watch(engine->loop, composers_fd(engine->composers), LOOP_READ,
		handle_composed, engine);
	return true;
}

/* Connections first: they hold on to messages. The queue last: it notes what
   is SENDING still. */
static void
clear_engine(struct engine *engine)
{
	struct engine_job *job = &engine->job;

	engine_alarm_forget(engine);
	smtp_pool_free(engine->pool);
	loop_unwatch(engine->committer_watch);
	loop_unwatch(engine->composers_watch);
	composers_free(engine->composers);
	committer_free(engine->committer);
	loop_free(engine->loop);
	for (size_t i = 0; i < engine->stock.count; i++)
		engine_work_free(engine, engine->stock.items[i]);
	for (size_t i = 0; i < engine->results.count; i++)
		engine_work_free(engine, engine->results.items[i].work);
	for (size_t i = 0; i < engine->lane_count; i++) {
		free(engine->lanes[i].slots);
		pacer_conn_clear(&engine->lanes[i].carried);
	}
	vec_clear(&engine->stock);
	vec_clear(&engine->results);
	vec_clear(&job->results);
	vec_clear(&job->begins);
	free(job->settles);
	free(job->begun);
	queue_close(engine->queue);
	mail_room_free(engine->mail_room);
	herald_free(engine->herald);
	pacer_free(engine->pacer);
	free(engine->lanes);
	relays_free(engine->relays);
}

/* The reason to give up this run while deliveries wait; "" when there is
   none. A service never gives up. */
static const char *
find_hopeless(const struct engine *engine)
{
	if (engine->options->until == DELIVER_FOREVER ||
	    !relays_none(engine->relays))
		return "";

	/* A run that waits to the end waits for a relay that is down, but not
	   for one that needs an operator. */
	if (engine->options->until == DELIVER_PASS ||
	    relays_all_refuse(engine->relays))
		return relays_why(engine->relays);
	return "";
}

int64_t
deliver_due_ms(const struct engine *engine)
{
	return engine->options->until == DELIVER_PASS ? engine->pass_ms
						      : now_ms();
}

/* All that is due goes to groups that an operator must free. */
static bool
waits_for_operator(struct engine *engine)
{
	if (!engine->swept || !pacer_all_paused(engine->pacer, now_mono_us()))
		return false;
	snprintf(engine->stopped, sizeof(engine->stopped),
	    "what is left goes to paused groups alone; `glocal-mail status` "
	    "names them");
	return true;
}

/* What cannot be recorded is not told. */
static void
tell_alarms(struct engine *engine, bool now)
{
	if (engine->store_alarmed)
		return;
	engine->alarmed = false;
	herald_tick(engine->herald, engine->committer, now);
}

/* Does the mail about an alarm still wait? It is part of the run that raised
   it, as far as a relay takes it now. */
static bool
alarm_waits(struct engine *engine, bool *ret_waits, struct err *err)
{
	struct store_waiting waiting;
	bool ok;

	*ret_waits = false;
	if (engine->herald == NULL || *engine->site->alarms.address == '\0')
		return true;
	tell_alarms(engine, true);
	ok = queue_waiting(
	    committer_lock(engine->committer), -1, now_ms(), &waiting, err);
	committer_unlock(engine->committer);
	*ret_waits =
	    ok && waiting.due &&
	    !(engine->swept && pacer_held(engine->pacer, now_mono_us()) > 0);
	return ok;
}

/* Rows that are due by one way and not to be had by another for so long: the
   database may be damaged in a way that no read shows. */
static bool
check_vain(
    struct engine *engine, const struct store_waiting *waiting, struct err *err)
{
	enum { VAIN_MS = 5000 };
	int64_t now = now_mono_ms();
	bool sound;

	if (!waiting->due || waiting->in_hand > 0 || engine->swept ||
	    engine->verified || relays_none(engine->relays)) {
		engine->vain_mono_ms = 0;
		return true;
	}
	if (engine->vain_mono_ms == 0)
		engine->vain_mono_ms = now;
	if (now - engine->vain_mono_ms < VAIN_MS)
		return true;
	engine->verified = true;
	sound =
	    store_verify(queue_store(committer_lock(engine->committer)), err);
	committer_unlock(engine->committer);
	return sound;
}

/* Is there nothing left to do? Asks the store only when our hands are
   empty. */
static bool
is_over(struct engine *engine, bool *ret_over, struct err *err)
{
	struct store_waiting waiting;
	bool waits;
	bool ok;

	*ret_over = false;
	if (engine->stock.count + composers_count(engine->composers) > 0 ||
	    engine_commit_pending(engine) || engine_lanes_busy(engine) ||
	    engine->options->until == DELIVER_FOREVER)
		return true;
	ok = queue_waiting(committer_lock(engine->committer), engine->mailing,
	    deliver_due_ms(engine), &waiting, err);
	committer_unlock(engine->committer);
	if (!ok || !check_vain(engine, &waiting, err))
		return false;
	*ret_over = !waiting.due || (engine->swept && pacer_held(engine->pacer,
							  now_mono_us()) > 0);
	if (engine->options->until == DELIVER_DRAIN)
		*ret_over = waiting.next_ms == 0 && waiting.in_hand == 0 &&
			    (!waiting.due || waits_for_operator(engine));
	if (!*ret_over)
		return true;
	ok = alarm_waits(engine, &waits, err);
	*ret_over = !waits;
	return ok;
}

struct ticker {
	int64_t tick_mono_ms;
	int64_t busy_mono_ms; /* when there was work last */
};

/* What is done about twice a second. */
static void
tick(struct engine *engine, struct ticker *ticker)
{
	const struct deliver_options *options = engine->options;
	int64_t now = now_mono_ms();

	if (engine_lanes_busy(engine) || engine->stock.count > 0)
		ticker->busy_mono_ms = now;
	if (now < ticker->tick_mono_ms)
		return;
	ticker->tick_mono_ms = now + TICK_MS;
	service_watchdog();
	relays_look(engine->relays, now);
	engine_lanes_look(engine);
	engine_pace_look(engine);
	engine_stock_trim(engine);
	tell_alarms(engine, engine->alarmed);
	if (options->progress != NULL)
		options->progress(&engine->tally, options->context);
	if (now - ticker->busy_mono_ms >= IDLE_QUIT_MS)
		engine_lanes_quit_idle(engine);
}

/* How long the loop may sleep when nothing happens on the network. */
static int64_t
sleep_ms(const struct engine *engine)
{
	int64_t wait = TICK_MS;
	int64_t now = now_mono_ms();

	if (committer_busy(engine->committer)) {
		/* Its answer wakes the loop. */
	} else if (engine->gather_mono_ms > 0 && !engine->store_alarmed) {
		wait = engine->gather_mono_ms - now;
	} else if (engine->results.count > 0 || engine->store_alarmed) {
		wait = engine->commit_mono_ms - now;
	} else if (engine_lanes_any_asking(engine)) {
		wait = engine->ask_mono_ms - now;
	}
	if (wait > TICK_MS)
		wait = TICK_MS;
	if (engine->stock.count > 0) {
		int64_t until =
		    pacer_wait_us(engine->pacer, now_mono_us()) / 1000 + 1;

		if (until < wait)
			wait = until;
	} else if (engine->signals == 0 && !engine->store_alarmed &&
		   !committer_busy(engine->committer) &&
		   engine_stock_is_low(engine) &&
		   relays_any_now(engine->relays, now) &&
		   engine->lease_mono_ms - now < wait) {
		wait = engine->lease_mono_ms - now;
	}
	return wait < 0 ? 0 : wait;
}

/* One turn: take in, hand out, commit, wait. */
static void
turn(struct engine *engine)
{
	struct err why = { 0 };

	if (engine->signals == 0 && !engine->store_alarmed) {
		if (!engine_stock_fill(engine, &why))
			engine_hold_on(engine, &why);
		engine_lanes_open(engine);
		engine_lanes_assign(engine);
	}
	engine_commit_post(engine);
	smtp_pool_flush(engine->pool);
	loop_turn(engine->loop, sleep_ms(engine));
}

/* What the composers have comes to the stock, so that it can be released. */
static void
empty_composers(struct engine *engine)
{
	while (composers_count(engine->composers) > 0) {
		smtp_pool_flush(engine->pool);
		loop_turn(engine->loop, TICK_MS);
		engine_stock_take(engine);
	}
}

/* What is on the lanes still is in doubt, or was never begun. */
static bool
leave_at_once(struct engine *engine, struct err *err)
{
	engine_commit_take(engine, true);
	empty_composers(engine);
	engine_lanes_abort(engine);
	engine->commit_mono_ms = 0;
	engine->want.limit = 0;
	engine_commit_post(engine);
	engine_commit_take(engine, true);
	if (engine->broken.code != ERR_NONE)
		*err = engine->broken;
	else if (engine->results.count > 0)
		return err_set(err, ERR_IO,
		    "%zu results could not be written; they count as unknown",
		    engine->results.count);
	return engine->broken.code == ERR_NONE;
}

/* Gives back what was not started, finishes what was. */
static bool
wind_up(struct engine *engine, struct err *err)
{
	struct err ignored = { 0 };

	engine->want.limit = 0;
	while ((engine_lanes_busy(engine) || engine_commit_pending(engine) ||
		   composers_count(engine->composers) > 0) &&
	       engine->signals < 2 && engine->broken.code == ERR_NONE) {
		service_watchdog();

		/* What cannot be given back is recovered by the next runner. */
		(void)!engine_stock_release(engine, &ignored);

		/* Others' dead may hold the places that we wait for. */
		(void)!engine_stock_recover(engine, &ignored);
		engine_lanes_quit_idle(engine);
		engine_commit_post(engine);
		smtp_pool_flush(engine->pool);
		loop_turn(engine->loop, sleep_ms(engine));
	}
	(void)!engine_stock_release(engine, &ignored);
	engine_lanes_quit_idle(engine);
	return leave_at_once(engine, err);
}

/* Turns until there is nothing left to do, or a reason to stop. */
static bool
turn_on(struct engine *engine, struct err *err)
{
	struct ticker ticker = { .busy_mono_ms = now_mono_ms() };
	bool over = false;

	while (!over && engine->signals == 0 &&
	       engine->fault.code == ERR_NONE &&
	       engine->broken.code == ERR_NONE) {
		const char *hopeless = find_hopeless(engine);

		if (*hopeless != '\0') {
			snprintf(engine->stopped, sizeof(engine->stopped), "%s",
			    hopeless);
			break;
		}
		turn(engine);
		engine_signal_reload(engine);
		tick(engine, &ticker);
		if (!is_over(engine, &over, err))
			return false;
	}
	return true;
}

static bool
run(struct engine *engine, struct err *err)
{
	struct err ignored = { 0 };
	bool sound = turn_on(engine, err);

	if (sound)
		tell_alarms(engine, true);
	if (!sound) {
		/* The store is in a bad way: save what results we can. */
		(void)!leave_at_once(engine, &ignored);
		return false;
	}
	if (!wind_up(engine, err))
		return false;
	if (engine->fault.code == ERR_NONE)
		return true;
	*err = engine->fault;
	return false;
}

bool
deliver_run(const struct deliver_options *options,
    struct deliver_result *ret_result, struct err *err)
{
	struct engine engine = {
		.options = options,
		.site = options->site,
		.signal_fd = -1,
	};
	const struct queue_rules rules = {
		.retry = options->site->retry,
		.breaker = options->site->breaker,
		.hold_unknown = options->site->hold_unknown,
		.max_unknown = options->site->max_unknown,
	};
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct pace pace;
	bool ok;

	if (!queue_open(options->store,
		site_path(arena, options->site, "state"), options->kind, &rules,
		&engine.queue, err))
		return false;
	engine.mailing = options->notices_only ? -1 : options->mailing;
	engine.pass_ms = now_ms();
	engine.loop = loop_new();
	engine.pool = smtp_pool_new(engine.loop);
	engine.relays = make_relays(&engine);
	pace_resolve(arena, &options->site->pace, NULL, 0, &pace);
	engine.pacer =
	    pacer_new(&pace, options->site->max_unknown, now_mono_us());
	build_lanes(&engine);

	/* The threads inherit which signals are caught here. */
	ok = engine_signal_catch(&engine, err) && start_threads(&engine, err);
	if (ok) {
		engine_alarm_prune(&engine);
		ok = run(&engine, err);
	}
	ret_result->tally = engine.tally;
	ret_result->interrupted = engine.signals > 0;
	memcpy(
	    ret_result->stopped, engine.stopped, sizeof(ret_result->stopped));
	engine_signal_release(&engine);
	clear_engine(&engine);
	return ok;
}
