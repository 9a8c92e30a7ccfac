#include "queue/queue_settle.h"

#include <assert.h>
#include <string.h>
#include <sys/random.h>

#include "base/now.h"
#include "base/text.h"
#include "queue/queue_breaker.h"
#include "store/store_mailing.h"
#include "store/store_suppression.h"

enum { REASON_BYTES = 64, ATTEMPTS_KEPT = 16 };

/* Where a row goes, before it is written. */
struct target {
	struct store_delivery row;
	char reason[REASON_BYTES];
};

static void
set_reason(struct target *to, const char *reason)
{
	strncpy(to->reason, reason, REASON_BYTES - 1);
}

const char *
queue_settle_obstacle(const struct store_delivery *row)
{
	if (row->mailing_state == MAILING_CANCELLED)
		return "cancelled";
	if (*row->address == '\0')
		return "erased";
	if (!row->subscriber_active)
		return "unsubscribed";
	return row->suppressed ? "suppressed" : NULL;
}

/* Back to the queue at `next_ms`, unless it may not be sent any more. */
static void
requeue(struct target *to, int64_t next_ms)
{
	const char *why = queue_settle_obstacle(&to->row);

	to->row.state = why != NULL ? DELIVERY_SKIPPED : DELIVERY_QUEUED;
	to->row.next_ms = next_ms;
	set_reason(to, why != NULL ? why : "");
}

static int64_t
delay_ms(const struct queue_rules *rules, int64_t failures)
{
	uint32_t dice = 0;

	/* Without entropy the delay is merely not jittered. */
	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(dice))
		dice = UINT32_MAX / 2;
	return backoff_delay_ms(&rules->retry, (int)failures, dice);
}

/* A lost connection is not held against the message the first time; when it
   happens again in a row, the message itself may be what breaks it. */
static bool
is_free_retry(const struct verdict *verdict, const struct store_delivery *row)
{
	return (verdict->blame == BLAME_LINK || verdict->blame == BLAME_NONE) &&
	       verdict->outcome == OUTCOME_DEFERRED && row->failures == 0 &&
	       row->attempts == 0;
}

static void
defer(struct target *to, const struct queue_rules *rules,
    const struct verdict *verdict, int64_t now)
{
	int64_t deadline = to->row.first_ms + rules->retry.give_up_after_ms;
	int64_t next;

	if (now >= deadline && verdict->blame != BLAME_US) {
		to->row.state = DELIVERY_EXPIRED;
		set_reason(to, "gave up");
		return;
	}
	if (is_free_retry(verdict, &to->row)) {
		requeue(to, to->row.next_ms);
		return;
	}
	to->row.failures++;
	next = now + delay_ms(rules, to->row.failures);

	/* The last try is at the deadline; our own faults have none. */
	requeue(to, next > deadline && deadline > now ? deadline : next);
}

/* In doubt: again, or aside, as the rules say. What was in doubt for too long
   is set aside too: it may have arrived, so it has not simply expired. */
static void
doubt(struct target *to, const struct queue_rules *rules, int64_t now,
    bool recovered)
{
	int64_t deadline = to->row.first_ms + rules->retry.give_up_after_ms;
	int64_t next;

	if (rules->hold_unknown || now >= deadline) {
		to->row.state = DELIVERY_HELD;
		set_reason(to, rules->hold_unknown ? "outcome unknown"
						   : "gave up in doubt");
		return;
	}
	to->row.failures++;
	next = recovered && to->row.failures == 1
		   ? to->row.next_ms
		   : now + delay_ms(rules, to->row.failures);
	requeue(to, next < deadline ? next : deadline);
}

static void
choose_target(struct target *to, const struct queue_rules *rules,
    const struct queue_settle *settle)
{
	const struct verdict *verdict = &settle->verdict;
	int64_t now = settle->ended_ms;

	if (to->row.first_ms == 0)
		to->row.first_ms = settle->started_ms;
	switch (verdict->outcome) {
	case OUTCOME_SENT:
		to->row.state = DELIVERY_SENT;
		to->row.failures = 0;
		break;
	case OUTCOME_FAILED:
		to->row.state = DELIVERY_FAILED;
		set_reason(to, outcome_blame(verdict->blame));
		break;
	case OUTCOME_DEFERRED:
		defer(to, rules, verdict, now);
		break;
	case OUTCOME_UNKNOWN:
		doubt(to, rules, now, settle->relay == NULL);
		break;
	case OUTCOMES:
		break;
	}
	to->row.attempts++;
	to->row.runner = 0;
}

/* The line of the log for the `number`-th attempt at the item. */
static struct store_attempt
describe_attempt(const struct queue_settle *settle, int64_t number)
{
	const struct store_delivery *ours = &settle->item->row;

	return (struct store_attempt){
		.is_notice = ours->is_notice,
		.delivery = ours->id,
		.number = number,
		.started_ms = settle->started_ms,
		.ended_ms = settle->ended_ms,
		.verdict = settle->verdict,
		.relay = settle->relay != NULL ? settle->relay : "",
		.tls = settle->tls != NULL ? settle->tls : "",
		.runner = ours->runner,
		.message_id = settle->message_id != NULL ? settle->message_id
							 : ours->message_id,
		.sha256 = settle->sha256 != NULL ? settle->sha256
			  : ours->has_sha256     ? ours->sha256
						 : NULL,
	};
}

static bool
write_attempt(struct store *store, const struct store_delivery *row,
    const struct queue_settle *settle, struct err *err)
{
	struct store_attempt attempt =
	    describe_attempt(settle, row->attempts + 1);

	return store_delivery_attempt(store, &attempt, err);
}

static bool
suppress_if_due(struct arena *arena, struct store *store,
    const struct store_delivery *row, const struct verdict *verdict,
    int64_t now, struct err *err)
{
	const char *evidence;

	if (verdict->outcome != OUTCOME_FAILED ||
	    verdict->blame != BLAME_ADDRESS || row->is_notice ||
	    *row->address == '\0')
		return true;
	evidence = arena_format(arena, "issue %s: %d %s %s", row->issue,
	    verdict->code, verdict->enhanced, verdict->text);
	return store_suppression_add(store,
	    &(struct store_suppression){
		.address_key = text_lower(arena, row->address),
		.reason = "bounced",
		.at_ms = now,
		.evidence = evidence,
	    },
	    err);
}

/* A result for a row that meanwhile was taken from us: it is the truth for a
   row in doubt, and only a line of the log for any other. */
static bool
settle_late(struct arena *arena, struct store *store,
    const struct store_delivery *row, const struct queue_settle *settle,
    struct err *err)
{
	struct store_delivery to = *row;
	bool moved;

	if (!write_attempt(store, row, settle, err))
		return false;
	to.attempts++;
	if (row->state == DELIVERY_HELD || row->state == DELIVERY_QUEUED) {
		if (settle->verdict.outcome == OUTCOME_SENT)
			to.state = DELIVERY_SENT;
		else if (settle->verdict.outcome == OUTCOME_FAILED)
			to.state = DELIVERY_FAILED;
	}
	if (to.state == row->state)
		return store_delivery_count(store, row, err);
	return store_delivery_move(
		   store, row, &to, "late evidence", &moved, err) &&
	       suppress_if_due(
		   arena, store, row, &settle->verdict, settle->ended_ms, err);
}

/* Is the row still as it was when we began it, or leased it? */
static bool
is_ours(const struct store_delivery *row, const struct store_delivery *ours)
{
	return row->state == ours->state && row->runner == ours->runner &&
	       row->generation == ours->generation &&
	       (row->state == DELIVERY_SENDING ||
		   row->state == DELIVERY_LEASED);
}

/* Back to the queue as if nothing had been. */
static bool
undo_begin(
    struct store *store, const struct store_delivery *row, struct err *err)
{
	struct target to = { .row = *row };
	bool moved;

	requeue(&to, row->next_ms);
	to.row.runner = 0;
	return store_delivery_move(store, row, &to.row, to.reason, &moved, err);
}

bool
queue_settle(struct store *store, const struct queue_rules *rules,
    const struct queue_settle *settle, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct store_delivery *ours = &settle->item->row;
	struct queue_settle known = *settle;
	struct store_delivery row;
	struct target to = { 0 };
	bool found;
	bool moved;

	if (!store_delivery_read(
		arena, store, ours->is_notice, ours->id, &row, &found, err))
		return false;
	if (!found)
		return true;

	/* Erased while it was on the wire: what is said now may name them. */
	if (*row.address == '\0')
		known.verdict.text[0] = '\0';
	settle = &known;
	if (!is_ours(&row, ours))
		return settle->uncounted ||
		       settle_late(arena, store, &row, settle, err);
	if (settle->uncounted)
		return undo_begin(store, &row, err);

	to.row = row;
	choose_target(&to, rules, settle);
	if (settle->verdict.outcome == OUTCOME_UNKNOWN) {
		/* Through UNKNOWN, so that the table of moves holds. */
		struct store_delivery unknown = row;

		unknown.state = DELIVERY_UNKNOWN;
		if (!store_delivery_move(
			store, &row, &unknown, "", &moved, err))
			return false;
		row = unknown;
	}
	return write_attempt(store, &row, settle, err) &&
	       store_delivery_move(
		   store, &row, &to.row, to.reason, &moved, err) &&
	       suppress_if_due(arena, store, &row, &settle->verdict,
		   settle->ended_ms, err) &&
	       (settle->verdict.outcome != OUTCOME_FAILED ||
		   queue_breaker(store, &rules->breaker, &row, &settle->verdict,
		       settle->ended_ms, err));
}

/* Attempts that are to be written, in the order of the results. */
struct attempts {
	struct store_attempt items[ATTEMPTS_KEPT];
	size_t count;
};

static bool
write_kept(struct store *store, struct attempts *kept, struct err *err)
{
	size_t count = kept->count;

	kept->count = 0;
	return store_delivery_attempts(store, kept->items, count, err);
}

/* What happens to nearly all: it was ours, and was taken. */
static bool
settle_sent(struct store *store, const struct queue_settle *settle,
    struct attempts *kept, bool *ret_settled, struct err *err)
{
	const struct store_delivery *ours = &settle->item->row;

	*ret_settled = false;
	if (settle->uncounted || settle->verdict.outcome != OUTCOME_SENT ||
	    ours->is_notice || ours->state != DELIVERY_SENDING)
		return true;
	if (kept->count == ATTEMPTS_KEPT && !write_kept(store, kept, err))
		return false;
	if (!store_delivery_sent(
		store, ours, settle->started_ms, ret_settled, err))
		return false;
	if (*ret_settled)
		kept->items[kept->count++] =
		    describe_attempt(settle, ours->attempts + 1);
	return true;
}

bool
queue_settle_all(struct store *store, const struct queue_rules *rules,
    const struct queue_settle *settles, size_t count, struct err *err)
{
	struct attempts kept;
	bool settled;

	kept.count = 0;
	for (size_t i = 0; i < count; i++)
		if (!settle_sent(store, &settles[i], &kept, &settled, err) ||
		    (!settled &&
			(!write_kept(store, &kept, err) ||
			    !queue_settle(store, rules, &settles[i], err))))
			return false;
	return write_kept(store, &kept, err);
}

/* Nothing of it is open any more. */
static bool
end_mailing(
    struct store *store, struct store_mailing *m, int64_t now, struct err *err)
{
	if (m->state == MAILING_FINISHED || m->state == MAILING_CANCELLED)
		return true;

	/* Who looks at the block decides (queue_breaker.h). */
	if (queue_breaker_holds(m))
		return true;
	m->state = MAILING_FINISHED;
	m->pause_reason = "";
	m->release_through = INT64_MAX;
	m->finished_ms = now;
	return store_mailing_update(store, m, err);
}

bool
queue_settle_mailing(
    struct store *store, int64_t mailing, int64_t now, struct err *err)
{
	struct arena *arena;
	struct store_mailing *m;
	bool any;
	bool ok;

	if (!store_delivery_any_open(store, mailing, &any, err))
		return false;
	if (any)
		return true;
	arena = arena_new();
	ok = store_mailing_find(arena, store, mailing, &m, err) &&
	     (m == NULL || end_mailing(store, m, now, err));
	arena_free(arena);
	return ok;
}
