#include "queue/queue_control.h"

#include "base/now.h"
#include "base/text.h"
#include "queue/queue_breaker.h"
#include "queue/queue_settle.h"
#include "store/store_mailing.h"

/* Begins a transaction and reads the issue's mailings in it. */
static bool
begin(struct arena *arena, struct store *store, const char *issue,
    struct store_mailing_list *ret, struct err *err)
{
	if (!store_begin(store, err) ||
	    !store_mailing_of_issue(arena, store, issue, ret, err))
		return false;
	if (ret->count == 0)
		return err_set(err, ERR_NO_INPUT,
		    "issue %s has no mailing; `glocal-mail send %s` plans "
		    "it",
		    issue, issue);
	return true;
}

static bool
is_over(const struct store_mailing *mailing)
{
	return mailing->state == MAILING_FINISHED ||
	       mailing->state == MAILING_CANCELLED;
}

static bool
is_paused_by_operator(const struct store_mailing *mailing)
{
	return mailing->state == MAILING_PAUSED &&
	       !text_equal(mailing->pause_reason, "limit");
}

/* Refuses when nothing was changed, naming the state that was met last. */
static bool
changed_any(const struct store_mailing_list *list, size_t changed,
    const char *verb, struct err *err)
{
	const struct store_mailing *last = &list->items[list->count - 1];

	return changed > 0 ||
	       err_set(err, ERR_DATA, "nothing to %s: issue %s is %s", verb,
		   last->issue, delivery_mailing_state(last->state));
}

bool
queue_control_pause(struct store *store, const char *issue, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list list;
	size_t changed = 0;

	if (!begin(arena, store, issue, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct store_mailing *m = &list.items[i];

		if (is_over(m) || is_paused_by_operator(m))
			continue;
		m->state = MAILING_PAUSED;
		m->pause_reason = "operator";
		if (!store_mailing_update(store, m, err))
			return false;
		changed++;
	}
	return changed_any(&list, changed, "pause", err) &&
	       store_commit(guard, err);
}

bool
queue_control_resume(struct store *store, const char *issue, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list list;
	size_t changed = 0;

	if (!begin(arena, store, issue, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct store_mailing *m = &list.items[i];
		bool limited = m->release_through != INT64_MAX;

		if (!is_paused_by_operator(m))
			continue;
		if (!queue_breaker_forgive(store, m, now_ms(), err))
			return false;
		m->state = limited                  ? MAILING_PAUSED
			   : m->start_ms > now_ms() ? MAILING_PLANNED
						    : MAILING_SENDING;
		m->pause_reason = limited ? "limit" : "";
		if (!store_mailing_update(store, m, err) ||
		    !queue_settle_mailing(store, m->id, now_ms(), err))
			return false;
		changed++;
	}
	return changed_any(&list, changed, "resume", err) &&
	       store_commit(guard, err);
}

bool
queue_control_cancel(struct store *store, const char *issue,
    int64_t *ret_skipped, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list list;
	int64_t skipped = 0;
	size_t changed = 0;

	if (!begin(arena, store, issue, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct store_mailing *m = &list.items[i];
		int64_t count;

		if (is_over(m))
			continue;
		m->state = MAILING_CANCELLED;
		m->pause_reason = "";
		m->finished_ms = now_ms();
		if (!store_mailing_update(store, m, err) ||
		    !store_delivery_skip_mailing(
			store, m->id, "cancelled", &count, err))
			return false;
		skipped += count;
		changed++;
	}
	if (!changed_any(&list, changed, "cancel", err) ||
	    !store_commit(guard, err))
		return false;
	*ret_skipped = skipped;
	return true;
}

/* Moves the wanted rows of one mailing; counts them. */
static bool
retry_mailing(struct store *store, int64_t mailing,
    const struct queue_retry *what, struct queue_retried *retried,
    struct err *err)
{
	const struct {
		bool wanted;
		enum delivery_state from, to;
	} moves[] = {
		{ what->failed, DELIVERY_FAILED, DELIVERY_QUEUED },
		{ what->expired, DELIVERY_EXPIRED, DELIVERY_QUEUED },
		{ what->held && !what->as_sent, DELIVERY_HELD,
		    DELIVERY_QUEUED },
		{ what->as_sent, DELIVERY_HELD, DELIVERY_SENT },
	};
	int64_t now = now_ms();
	int64_t count;

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (!moves[i].wanted)
			continue;
		if (!store_delivery_retry(store, mailing, moves[i].from,
			moves[i].to, what->address_key, now, &count, err))
			return false;
		retried->moved += count;

		/* What is left in that state is barred. */
		if (!store_delivery_barred(store, mailing, moves[i].from,
			what->address_key, &count, err))
			return false;
		retried->barred += count;
	}
	if (what->deferred) {
		if (!store_delivery_hurry(
			store, mailing, what->address_key, now, &count, err))
			return false;
		retried->moved += count;
	}
	return true;
}

/* A finished mailing that has open rows again is going on. */
static bool
reopen(struct store *store, struct store_mailing *mailing, struct err *err)
{
	bool any;

	if (!store_delivery_any_open(store, mailing->id, &any, err))
		return false;
	if (!any || mailing->state != MAILING_FINISHED)
		return true;
	mailing->state = MAILING_SENDING;
	mailing->finished_ms = 0;
	return store_mailing_update(store, mailing, err);
}

bool
queue_control_retry(struct store *store, const char *issue,
    const struct queue_retry *what, struct queue_retried *ret, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list list;
	struct queue_retried retried = { 0 };
	size_t alive = 0;

	if (!begin(arena, store, issue, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		if (list.items[i].state == MAILING_CANCELLED)
			continue;
		alive++;
		if (!retry_mailing(
			store, list.items[i].id, what, &retried, err) ||
		    !reopen(store, &list.items[i], err))
			return false;
	}
	if (!changed_any(&list, alive, "retry", err) ||
	    !store_commit(guard, err))
		return false;
	*ret = retried;
	return true;
}

static bool
move_limit(struct store *store, struct store_mailing *m, int64_t limit,
    struct err *err)
{
	int64_t through = 0;

	/* Those that were released and did not go yet are of the number. */
	m->state = MAILING_PAUSED;
	m->pause_reason = "limit";
	if (!store_delivery_nth_fresh(store, m->id, limit, &through, err))
		return false;
	if (m->release_through == INT64_MAX || through > m->release_through)
		m->release_through = through;
	return true;
}

bool
queue_control_limit(
    struct store *store, int64_t mailing, int64_t limit, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_mailing *m;

	return store_mailing_find(arena, store, mailing, &m, err) &&
	       (m == NULL || (move_limit(store, m, limit, err) &&
				 store_mailing_update(store, m, err)));
}

bool
queue_control_release(
    struct store *store, const char *issue, int64_t limit, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list list;

	if (!begin(arena, store, issue, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct store_mailing *m = &list.items[i];

		if (is_over(m))
			continue;
		if (is_paused_by_operator(m))
			return err_set(err, ERR_TEMP,
			    "issue %s is paused (%s); `glocal-mail resume "
			    "%s` goes on",
			    issue, m->pause_reason, issue);
		m->start_ms = 0;
		if (limit > 0) {
			if (!move_limit(store, m, limit, err))
				return false;
		} else if (m->state == MAILING_PAUSED) {
			m->state = MAILING_SENDING;
			m->pause_reason = "";
			m->release_through = INT64_MAX;
		}
		if (!store_mailing_update(store, m, err))
			return false;
	}
	return store_commit(guard, err);
}

bool
queue_control_schedule(
    struct store *store, const char *issue, int64_t start_ms, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list list;
	size_t changed = 0;

	if (!begin(arena, store, issue, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct store_mailing *m = &list.items[i];

		if (is_over(m))
			continue;
		if (m->state != MAILING_PLANNED && m->start_ms <= now_ms())
			return err_set(err, ERR_DATA,
			    "issue %s has begun; it cannot start later, but "
			    "`glocal-mail pause %s` stops it",
			    issue, issue);
		m->start_ms = start_ms;
		if (!store_mailing_update(store, m, err))
			return false;
		changed++;
	}
	return changed_any(&list, changed, "start", err) &&
	       store_commit(guard, err);
}

bool
queue_control_end(struct store *store, int64_t mailing, struct err *err)
{
	return queue_settle_mailing(store, mailing, now_ms(), err);
}
