#include "queue/queue_clock.h"

#include "base/now.h"
#include "model/backoff.h"

/* Of one mailing; 0: the notices. */
static bool
hasten(struct store *store, int64_t mailing, int64_t latest, int64_t now,
    struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	bool any;

	if (!store_delivery_any_after(store, mailing, latest, &any, err))
		return false;
	return !any ||
	       (store_begin(store, err) &&
		   store_delivery_hasten(store, mailing, latest, now, err) &&
		   store_commit(guard, err));
}

bool
queue_clock_hasten(struct store *store, const struct backoff *retry,
    const struct store_mailing_list *active, struct err *err)
{
	int64_t now = now_ms();
	int64_t latest = now + backoff_longest_ms(retry);

	if (!hasten(store, 0, latest, now, err))
		return false;
	for (size_t i = 0; i < active->count; i++)
		if (!hasten(store, active->items[i].id, latest, now, err))
			return false;
	return true;
}
