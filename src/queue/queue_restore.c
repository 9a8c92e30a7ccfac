#include "queue/queue_restore.h"

#include "base/now.h"
#include "store/store_mailing.h"
#include "store/store_restore.h"

static const char reason[] = "restored";

/* Puts one open mailing in doubt and pauses it. */
static bool
doubt_mailing(struct store *store, struct store_mailing *mailing,
    bool hold_unknown, const char *text, int64_t made_ms, int64_t *ret_count,
    struct err *err)
{
	mailing->state = MAILING_PAUSED;
	mailing->pause_reason = reason;
	return store_restore_doubt(store, mailing->id,
		   hold_unknown ? DELIVERY_HELD : DELIVERY_QUEUED,
		   hold_unknown ? reason : "", text, made_ms, now_ms(),
		   ret_count, err) &&
	       store_mailing_update(store, mailing, err);
}

bool
queue_restore(struct arena *arena, struct store *store, int64_t made_ms,
    bool hold_unknown, struct queue_restored **ret_mailings, size_t *ret_count,
    struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	const char *text = arena_format(arena,
	    "restored from a backup of %s: may have been sent since",
	    now_format_rfc3339(arena, made_ms));
	struct store_mailing_list list;
	struct queue_restored *restored;
	size_t count = 0;
	int64_t notices;

	if (!store_begin(store, err) ||
	    !store_mailing_of_issue(arena, store, NULL, &list, err))
		return false;
	restored = arena_take(arena, list.count, sizeof(*restored));
	for (size_t i = 0; i < list.count; i++) {
		struct store_mailing *m = &list.items[i];

		if (m->state == MAILING_FINISHED)
			continue;

		/* Of a cancelled one, what was being sent is left. */
		if (m->state == MAILING_CANCELLED) {
			if (!store_restore_doubt(store, m->id, DELIVERY_HELD,
				reason, text, made_ms, now_ms(), &notices, err))
				return false;
			continue;
		}
		restored[count].issue = m->issue;
		if (!doubt_mailing(store, m, hold_unknown, text, made_ms,
			&restored[count++].in_doubt, err))
			return false;
	}
	if (!store_restore_doubt(store, 0, DELIVERY_HELD, "", text, made_ms,
		now_ms(), &notices, err) ||
	    !store_restore_end_runners(store, now_ms(), err) ||
	    !store_restore_skip_ids(store, err) || !store_commit(guard, err))
		return false;
	*ret_mailings = restored;
	*ret_count = count;
	return true;
}
