#include "queue/queue_breaker.h"

#include <inttypes.h>

#include "base/text.h"
#include "store/store_mailing.h"
#include "store/store_runner.h"

static const char policy[] = "policy";
static const char failures[] = "failures";

/* Looks are not free: at every so many-th row that fails. */
enum { LOOK_EVERY = 10 };

static bool
pause_mailing(struct store *store, struct store_mailing *mailing,
    const char *reason, const char *what, const struct verdict *last,
    int64_t now, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	mailing->state = MAILING_PAUSED;
	mailing->pause_reason = reason;
	return store_mailing_update(store, mailing, err) &&
	       store_runner_raise(store, reason, mailing->issue,
		   arena_format(arena,
		       "issue %s is paused: %s, the last one %d %s %s; mend "
		       "the cause, then `glocal-mail retry %s` and "
		       "`glocal-mail resume %s`",
		       mailing->issue, what, last->code, last->enhanced,
		       last->text, mailing->issue, mailing->issue),
		   now, err);
}

static bool
look_at_refusals(struct store *store, const struct breaker *breaker,
    struct store_mailing *mailing, const struct verdict *last, int64_t now,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_outcomes latest;

	if (!store_delivery_outcomes(store, mailing->id, mailing->breaker_after,
		2 * breaker->least, &latest, err))
		return false;
	if (latest.refused < breaker->least ||
	    latest.refused * 100 < latest.count * breaker->share_pct)
		return true;
	return pause_mailing(store, mailing, policy,
	    arena_format(
		arena, "%" PRId64 " refusals for policy", latest.refused),
	    last, now, err);
}

static bool
look_at_failures(struct store *store, const struct breaker *breaker,
    struct store_mailing *mailing, const struct verdict *last, int64_t now,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_outcomes latest;

	if (!store_delivery_outcomes(store, mailing->id, mailing->breaker_after,
		breaker->failed_least, &latest, err))
		return false;
	if (latest.count < breaker->failed_least ||
	    latest.failed * 100 < latest.count * breaker->failed_pct)
		return true;
	return pause_mailing(store, mailing, failures,
	    arena_format(arena,
		"%" PRId64 " of the last %" PRId64 " deliveries failed",
		latest.failed, latest.count),
	    last, now, err);
}

bool
queue_breaker(struct store *store, const struct breaker *breaker,
    const struct store_delivery *row, const struct verdict *last, int64_t now,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	bool refused = breaker->least > 0 && last->blame == BLAME_POLICY;
	bool failed = breaker->failed_least > 0 && row->id % LOOK_EVERY == 0;
	struct store_mailing_list active;

	if (row->is_notice || (!refused && !failed))
		return true;
	if (!store_mailing_active(arena, store, &active, err))
		return false;
	for (size_t i = 0; i < active.count; i++) {
		struct store_mailing *mailing = &active.items[i];

		if (mailing->id != row->mailing)
			continue;
		if (refused &&
		    !look_at_refusals(store, breaker, mailing, last, now, err))
			return false;
		if (failed && mailing->state != MAILING_PAUSED &&
		    !look_at_failures(store, breaker, mailing, last, now, err))
			return false;
	}
	return true;
}

bool
queue_breaker_holds(const struct store_mailing *mailing)
{
	return mailing->state == MAILING_PAUSED &&
	       (text_equal(mailing->pause_reason, policy) ||
		   text_equal(mailing->pause_reason, failures));
}

bool
queue_breaker_forgive(struct store *store, struct store_mailing *mailing,
    int64_t now, struct err *err)
{
	return store_delivery_last_attempt(
		   store, &mailing->breaker_after, err) &&
	       store_runner_clear(store, policy, mailing->issue, now, err) &&
	       store_runner_clear(store, failures, mailing->issue, now, err);
}
