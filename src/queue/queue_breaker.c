#include "queue/queue_breaker.h"

#include <inttypes.h>

#include "store/store_mailing.h"
#include "store/store_runner.h"

static const char kind[] = "policy";

static bool
pause_mailing(struct store *store, struct store_mailing *mailing,
    int64_t refused, const struct verdict *last, int64_t now, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	mailing->state = MAILING_PAUSED;
	mailing->pause_reason = kind;
	return store_mailing_update(store, mailing, err) &&
	       store_runner_raise(store, kind, mailing->issue,
		   arena_format(arena,
		       "issue %s is paused: %" PRId64
		       " refusals for policy, the last one %d %s %s; mend the "
		       "cause, then `glocal-mail retry %s` and `glocal-mail "
		       "resume %s`",
		       mailing->issue, refused, last->code, last->enhanced,
		       last->text, mailing->issue, mailing->issue),
		   now, err);
}

bool
queue_breaker(struct store *store, const struct breaker *breaker,
    const struct store_delivery *row, const struct verdict *last, int64_t now,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_mailing_list active;
	int64_t count = 0;
	int64_t refused = 0;

	if (breaker->least == 0 || row->is_notice)
		return true;
	if (!store_mailing_active(arena, store, &active, err))
		return false;
	for (size_t i = 0; i < active.count; i++) {
		struct store_mailing *mailing = &active.items[i];

		if (mailing->id != row->mailing)
			continue;
		if (!store_delivery_refusals(store, mailing->id,
			mailing->breaker_after, 2 * breaker->least, &count,
			&refused, err))
			return false;
		if (refused >= breaker->least &&
		    refused * 100 >= count * breaker->share_pct)
			return pause_mailing(
			    store, mailing, refused, last, now, err);
	}
	return true;
}

bool
queue_breaker_forgive(struct store *store, struct store_mailing *mailing,
    int64_t now, struct err *err)
{
	return store_delivery_last_attempt(
		   store, &mailing->breaker_after, err) &&
	       store_runner_clear(store, kind, mailing->issue, now, err);
}
