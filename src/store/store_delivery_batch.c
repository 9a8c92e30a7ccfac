#include <stdlib.h>

#include "base/mem.h"
#include "store/db.h"
#include "store/store_delivery.h"

/* So many rows make one statement. */
enum { ADDED = 32, ATTEMPTS = 8 };

#define TIMES_4(row)  row "," row "," row "," row
#define TIMES_8(row)  TIMES_4(row) "," TIMES_4(row)
#define TIMES_32(row) TIMES_4(TIMES_8(row))

#define ADD                                                 \
	"INSERT INTO delivery (mailing_id, issue,"          \
	" subscriber_id, edition_id, address, name,"        \
	" organisation, department, state, reason,"         \
	" attempts, failures, next_ms, runner, generation)" \
	" VALUES "
#define ADD_ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0)"
enum { ADD_PARAMETERS = 10 };

#define ATTEMPT                                                         \
	"INSERT INTO attempt (delivery_id, notice_id, number,"          \
	" started_ms, ended_ms, outcome, blame, phase, code, enhanced," \
	" text, relay, tls, runner, message_id, sha256) VALUES "
#define ATTEMPT_ROW "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
enum { ATTEMPT_PARAMETERS = 16 };

struct store_delivery_batch {
	struct store *store;
	struct arena *arena; /* of the rows that wait */
	struct store_delivery_plan rows[ADDED];
	size_t count;
};

static bool
run(struct db_query *query, struct err *err)
{
	while (db_next(query))
		continue;
	return db_end(query, err);
}

static void
bind_plan(
    struct db_query *query, size_t row, const struct store_delivery_plan *plan)
{
	db_bind(query, (int)row * ADD_PARAMETERS + 1, "isizssssss",
	    plan->mailing, plan->issue, plan->subscriber, plan->edition,
	    plan->address, plan->name, plan->organisation, plan->department,
	    plan->edition != 0 ? "queued" : "skipped", plan->reason);
}

bool
store_delivery_add(struct store *store, const struct store_delivery_plan *plan,
    int64_t *ret_id, struct err *err)
{
	struct db_query *query = db_prepare(store_db(store), ADD ADD_ROW);

	bind_plan(query, 0, plan);
	if (!run(query, err))
		return false;
	*ret_id = db_last_id(store_db(store));
	return true;
}

struct store_delivery_batch *
store_delivery_batch_new(struct store *store)
{
	struct store_delivery_batch *batch = mem_new(1, sizeof(*batch));

	batch->store = store;
	batch->arena = arena_new();
	return batch;
}

void
store_delivery_batch_free(struct store_delivery_batch *batch)
{
	if (batch == NULL)
		return;
	arena_free(batch->arena);
	free(batch);
}

static bool
write_full(struct store_delivery_batch *batch, struct err *err)
{
	struct db_query *query =
	    db_prepare(store_db(batch->store), ADD TIMES_32(ADD_ROW));

	for (size_t i = 0; i < ADDED; i++)
		bind_plan(query, i, &batch->rows[i]);
	return run(query, err);
}

bool
store_delivery_batch_add(struct store_delivery_batch *batch,
    const struct store_delivery_plan *plan, struct err *err)
{
	struct store_delivery_plan *row = &batch->rows[batch->count++];
	struct arena *arena = batch->arena;

	*row = *plan;
	row->issue = arena_strdup(arena, plan->issue);
	row->reason = arena_strdup(arena, plan->reason);
	row->address = arena_strdup(arena, plan->address);
	row->name = arena_strdup(arena, plan->name);
	row->organisation = arena_strdup(arena, plan->organisation);
	row->department = arena_strdup(arena, plan->department);
	if (batch->count < ADDED)
		return true;
	if (!write_full(batch, err))
		return false;
	batch->count = 0;
	arena_reset(arena);
	return true;
}

bool
store_delivery_batch_flush(struct store_delivery_batch *batch, struct err *err)
{
	int64_t id;

	for (size_t i = 0; i < batch->count; i++)
		if (!store_delivery_add(
			batch->store, &batch->rows[i], &id, err))
			return false;
	batch->count = 0;
	arena_reset(batch->arena);
	return true;
}

static void
bind_attempt(
    struct db_query *query, size_t row, const struct store_attempt *attempt)
{
	const struct verdict *v = &attempt->verdict;

	db_bind(query, (int)row * ATTEMPT_PARAMETERS + 1, "zziiisssissssisb",
	    attempt->is_notice ? (int64_t)0 : attempt->delivery,
	    attempt->is_notice ? attempt->delivery : (int64_t)0,
	    attempt->number, attempt->started_ms, attempt->ended_ms,
	    outcome_name(v->outcome), outcome_blame(v->blame),
	    outcome_phase(v->phase), (int64_t)v->code, v->enhanced, v->text,
	    attempt->relay, attempt->tls, attempt->runner, attempt->message_id,
	    attempt->sha256, (size_t)32);
}

bool
store_delivery_attempt(
    struct store *store, const struct store_attempt *attempt, struct err *err)
{
	struct db_query *query =
	    db_prepare(store_db(store), ATTEMPT ATTEMPT_ROW);

	bind_attempt(query, 0, attempt);
	return run(query, err);
}

bool
store_delivery_attempts(struct store *store,
    const struct store_attempt *attempts, size_t count, struct err *err)
{
	for (; count >= ATTEMPTS; count -= ATTEMPTS, attempts += ATTEMPTS) {
		struct db_query *query =
		    db_prepare(store_db(store), ATTEMPT TIMES_8(ATTEMPT_ROW));

		for (size_t i = 0; i < ATTEMPTS; i++)
			bind_attempt(query, i, &attempts[i]);
		if (!run(query, err))
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!store_delivery_attempt(store, &attempts[i], err))
			return false;
	return true;
}
