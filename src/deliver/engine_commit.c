#include "deliver/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/now.h"
#include "store/store_mailing.h"

enum {
	RETRY_COMMIT_MS = 1000,
	ASK_AGAIN_MS = 20, /* when all places are taken */
	GATHER_MS = 3,
	GATHERED = 8, /* lines that are worth a commit of their own */
};

/* The breaker counts these. */
static bool
is_refusal(const struct engine_result *result)
{
	return result->verdict.outcome == OUTCOME_FAILED &&
	       result->verdict.blame == BLAME_POLICY;
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
	work->stage = WORK_ENDED;
	engine_pace_ended(engine, work, uncounted ? NULL : verdict);
	vec_push(&engine->results, result);
	if (is_refusal(&result))
		engine->refusals++;
}

/* The job's results as queue/ takes them. */
static void
list_settles(struct engine_job *job)
{
	size_t count = job->results.count;

	if (count > job->settle_room) {
		job->settle_room = job->results.room;
		job->settles = mem_resize(
		    job->settles, job->settle_room, sizeof(*job->settles));
	}
	for (size_t i = 0; i < count; i++) {
		const struct engine_result *result = &job->results.items[i];
		const struct message *message = &result->work->message;

		job->settles[i] = (struct queue_settle){
			.item = result->work->item,
			.verdict = result->verdict,
			.uncounted = result->uncounted,
			.started_ms = result->work->started_ms,
			.ended_ms = result->ended_ms,
			.relay = result->relay,
			.tls = result->tls,
			.message_id = message->message_id,
			.sha256 = message->message_id != NULL ? message->sha256
							      : NULL,
		};
	}
	job->commit.settles = job->settles;
	job->commit.settle_count = count;
}

static void
list_begins(struct engine_job *job)
{
	size_t count = job->begins.count;

	if (count > job->begun_room) {
		job->begun_room = job->begins.room;
		job->begun = mem_resize(
		    job->begun, job->begun_room, sizeof(*job->begun));
	}
	for (size_t i = 0; i < count; i++) {
		job->begun[i] = job->begins.items[i]->begin;
		job->begins.items[i]->stage = WORK_ASKED;
	}
	job->commit.begins = job->begun;
	job->commit.begin_count = count;
}

/* While lanes wait for composers, commits can only take the processor from
   them: a few lines then wait a moment for more. */
static bool
shall_gather(struct engine *engine, size_t lines, int64_t now)
{
	bool more = engine->stock.count == 0 && engine->signals == 0 &&
		    !engine->store_alarmed && engine->want.limit == 0 &&
		    composers_count(engine->composers) > 0;

	if (!more || lines == 0 || lines >= GATHERED) {
		engine->gather_mono_ms = 0;
		return false;
	}
	if (engine->gather_mono_ms == 0)
		engine->gather_mono_ms = now + GATHER_MS;
	if (now < engine->gather_mono_ms)
		return true;
	engine->gather_mono_ms = 0;
	return false;
}

void
engine_commit_post(struct engine *engine)
{
	struct engine_job *job = &engine->job;
	struct engine_results none = job->results;
	int64_t now = now_mono_ms();
	bool asks = now >= engine->ask_mono_ms || engine->results.count > 0;

	if (committer_busy(engine->committer) || now < engine->commit_mono_ms)
		return;
	job->begins.count = 0;
	if (asks && !engine->store_alarmed)
		engine_lanes_asking(engine, &job->begins);
	if (shall_gather(
		engine, engine->results.count + job->begins.count, now)) {
		job->begins.count = 0;
		return;
	}

	/* In trouble an empty commit asks whether the store can be written. */
	if (engine->results.count + job->begins.count + engine->want.limit ==
		0 &&
	    !engine->store_alarmed)
		return;
	none.count = 0;
	job->results = engine->results;
	engine->results = none;
	list_settles(job);
	list_begins(job);
	job->commit.want = engine->want;
	job->commit.probe = engine->store_alarmed;
	engine->want.limit = 0;
	committer_post(engine->committer, &job->commit);
}

static void
forget_results(struct engine *engine, struct engine_results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct engine_result *result = &results->items[i];

		if (is_refusal(result))
			engine->refusals--;
		if (!result->uncounted)
			engine->tally.by_outcome[result->verdict.outcome]++;
		engine_work_free(engine, result->work);
	}
	results->count = 0;
}

/* What could not be written comes before what came in since. */
static void
keep_results(struct engine *engine, struct engine_results *results)
{
	for (size_t i = 0; i < engine->results.count; i++)
		vec_push(results, engine->results.items[i]);
	engine->results.count = 0;
	struct engine_results swap = engine->results;

	engine->results = *results;
	*results = swap;
}

/* Notes what became of the begins. True when any was refused. */
static bool
note_begins(struct engine *engine, struct engine_job *job)
{
	size_t refused = 0;

	for (size_t i = 0; i < job->begins.count; i++) {
		struct engine_work *work = job->begins.items[i];
		enum queue_begun begun = job->begun[i].begun;

		refused += begun == QUEUE_REFUSED;
		if (begun == QUEUE_WAIT)
			engine->ask_mono_ms = now_mono_ms() + ASK_AGAIN_MS;
		if (work->stage == WORK_ENDED)
			continue; /* its connection was lost meanwhile */
		work->stage = begun == QUEUE_BEGUN     ? WORK_BEGUN
			      : begun == QUEUE_REFUSED ? WORK_REFUSED
						       : WORK_SAID;
	}
	job->begins.count = 0;
	engine->tally.refused += (int64_t)refused;
	return refused > 0;
}

/* The begins were not written: they are to be asked for again. */
static void
forget_begins(struct engine_job *job)
{
	for (size_t i = 0; i < job->begins.count; i++)
		if (job->begins.items[i]->stage == WORK_ASKED)
			job->begins.items[i]->stage = WORK_SAID;
	job->begins.count = 0;
}

void
engine_hold_on(struct engine *engine, const struct err *why)
{
	if (why->code != ERR_IO && why->code != ERR_TEMP) {
		engine->broken = *why;
		return;
	}
	if (!engine->store_alarmed) {
		log_alarm(
		    "sending stops until this can be written: %s", why->text);
		engine->store_since_ms = now_ms();
		engine->store_why = *why;
	}
	engine->store_alarmed = true;
	engine->commit_mono_ms = now_mono_ms() + RETRY_COMMIT_MS;
	engine_lanes_recall(engine);
}

/* Until a group that waits may go on, at most so long. */
static int64_t
held_wait_ms(struct engine *engine, int64_t most)
{
	int64_t wait = pacer_wait_us(engine->pacer, now_mono_us()) / 1000 + 1;

	return wait < most ? wait : most;
}

static void
take_leased(struct engine *engine, struct commit_job *commit)
{
	/* The queue is dry, or all of it waits for its groups: do not ask it
	   again in every turn. */
	enum { POLL_MS = 300, SWEPT_MS = 1000, GO_ON_MS = 5 };
	int64_t wait = POLL_MS;

	if (commit->arena != NULL)
		engine_stock_add(
		    engine, commit->arena, commit->items, commit->item_count);
	else if (commit->want.limit > 0 && commit->want.mailing >= 0) {
		engine->swept = engine->sweep.ended && engine->sweep.left > 0;
		if (engine->swept)
			wait = held_wait_ms(engine, SWEPT_MS);
		else if (!engine->sweep.ended)
			wait = GO_ON_MS;
		engine->lease_mono_ms = now_mono_ms() + wait;
	}
	commit->arena = NULL;
}

/* True when a mailing of these results takes no more mail: the breaker has
   paused it. Asks the store only after a policy refusal. */
static bool
is_broken_off(struct engine *engine, const struct engine_results *results)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_mailing_list active = { 0 };
	struct err ignored = { 0 };
	int64_t mailing = 0;

	for (size_t i = 0; i < results->count; i++) {
		const struct engine_result *result = &results->items[i];

		if (is_refusal(result))
			mailing = result->work->item->row.mailing;
	}
	if (mailing == 0)
		return false;
	if (!store_mailing_active(arena,
		queue_store(committer_lock(engine->committer)), &active,
		&ignored))
		mailing = 0;
	committer_unlock(engine->committer);
	for (size_t i = 0; i < active.count; i++)
		if (active.items[i].id == mailing)
			return false;
	return mailing != 0;
}

/* What is in hand goes back, for most of it may not be sent any more. */
static void
look_again(struct engine *engine)
{
	struct err why = { 0 };

	engine->stale = composers_count(engine->composers) > 0;
	if (!engine_stock_release(engine, &why))
		engine_hold_on(engine, &why);
}

void
engine_commit_take(struct engine *engine, bool wait)
{
	struct engine_job *job = &engine->job;
	bool broken_off;

	if (committer_take(engine->committer, wait) == NULL)
		return;
	if (!job->commit.committed) {
		keep_results(engine, &job->results);
		forget_begins(job);
		engine_hold_on(engine, &job->commit.why);
		return;
	}
	if (engine->store_alarmed) {
		log_info("the store can be written again");
		engine_alarm_store(engine);
	}
	engine->store_alarmed = false;
	broken_off = is_broken_off(engine, &job->results);
	forget_results(engine, &job->results);

	if (broken_off)
		engine_lanes_recall(engine);

	/* Begins refused for one reason mostly means refused for all. */
	if (note_begins(engine, job) || broken_off)
		look_again(engine);
	if (job->commit.want.limit > 0 && !job->commit.leased)
		engine_hold_on(engine, &job->commit.why);
	take_leased(engine, &job->commit);
	engine_lanes_feed(engine);
}

bool
engine_commit_pending(const struct engine *engine)
{
	return engine->results.count > 0 || committer_busy(engine->committer);
}
