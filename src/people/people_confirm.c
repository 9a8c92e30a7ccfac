#include "people/people_confirm.h"

#include "base/now.h"
#include "people/people_consent.h"
#include "people/people_history.h"
#include "store/store_consent.h"
#include "store/store_suppression.h"

enum { MS_A_SECOND = 1000 };

static bool
read_token(struct arena *arena, const struct secret_keys *keys,
    const char *token, struct link_ids *ret_ids, struct err *err)
{
	if (!links_verify_token(keys, LINK_CONFIRM, token, ret_ids))
		return err_set(
		    err, ERR_DATA, "this is no link of ours, or not all of it");
	if (now_ms() / MS_A_SECOND > ret_ids->mailing)
		return err_set(err, ERR_DATA,
		    "this link was good until %s; `subscriber add --confirm` "
		    "sends a new one",
		    now_format_local(arena, ret_ids->mailing * MS_A_SECOND));
	return true;
}

static bool
check_row(struct arena *arena, struct store *store,
    const struct store_subscriber *row, struct err *err)
{
	struct store_suppression *bar;

	if (row == NULL)
		return err_set(err, ERR_DATA, "there is no such contact");
	if (row->state != SUBSCRIBER_PENDING && row->state != SUBSCRIBER_ACTIVE)
		return err_set(err, ERR_DATA,
		    "the contact is %s since; `subscriber add --confirm` "
		    "begins anew",
		    subscriber_state(row->state));
	if (!store_suppression_find(arena, store, row->address_key, &bar, err))
		return false;
	return bar == NULL || err_set(err, ERR_DATA, "%s is suppressed (%s)",
				  row->address, bar->reason);
}

/* What was shown when consent was asked for. */
static bool
find_request(struct arena *arena, struct store *store, int64_t subscriber,
    int64_t *ret_wording, struct err *err)
{
	struct store_consents list;

	if (!store_consent_list(arena, store, subscriber, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].requested)
			*ret_wording = list.items[i].wording;
	return true;
}

/* Within the transaction. */
static bool
complete(struct arena *arena, struct store *store,
    const struct store_subscriber *row, const struct people_withdrawal *how,
    struct err *err)
{
	struct people_withdrawal confirmed = *how;
	struct store_subscriber new = *row;

	new.state = SUBSCRIBER_ACTIVE;
	return find_request(arena, store, row->id, &confirmed.wording, err) &&
	       store_subscriber_set_state(
		   store, row->id, SUBSCRIBER_ACTIVE, err) &&
	       people_consent_record(
		   store, &new, row->address, false, &confirmed, err);
}

bool
people_confirm(struct arena *arena, struct store *store,
    const struct secret_keys *keys, const char *token,
    const struct people_withdrawal *how, const struct people_author *author,
    const char **ret_address, enum people_verdict *ret_verdict, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct store_subscriber *row;
	struct link_ids ids;

	if (!read_token(arena, keys, token, &ids, err) ||
	    !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!store_subscriber_find_id(
		arena, store, ids.subscriber, &row, err) ||
	    !check_row(arena, store, row, err))
		return false;
	*ret_address = row->address;
	*ret_verdict = row->state == SUBSCRIBER_PENDING ? VERDICT_CHANGED
							: VERDICT_UNCHANGED;
	return *ret_verdict == VERDICT_UNCHANGED ||
	       (complete(arena, store, row, how, err) &&
		   store_commit(store, err));
}
