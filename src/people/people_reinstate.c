#include "people/people_consent.h"
#include "people/people_erase.h"
#include "people/people_history.h"
#include "people/people_row.h"
#include "store/store_suppression.h"

/* What stands in the way of an address. */
struct bars {
	bool erased;
	bool suppressed;
};

/* Takes it away. */
static bool
lift(struct store *store, const struct people_author *author, const char *key,
    struct bars *ret_bars, struct err *err)
{
	struct people_barrier *barrier;
	const struct store_erasure *row;
	bool ok;

	if (!people_barrier_open(store, author, &barrier, err))
		return false;
	row = people_barrier_find(barrier, key);
	ret_bars->erased = row != NULL;
	ok = (row == NULL || store_erasure_remove(store, row->mac, err)) &&
	     store_suppression_remove(store, key, &ret_bars->suppressed, err);
	people_barrier_free(barrier);
	return ok;
}

/* Refuses whom there is nothing to bring back of. */
static bool
check_state(const struct address *address, const struct store_subscriber *row,
    const struct bars *bars, struct err *err)
{
	if (row == NULL && !bars->erased)
		return err_set(err, ERR_NO_USER,
		    "%s is no subscriber; `subscriber add` adds it",
		    address->text);
	if (row != NULL && row->state == SUBSCRIBER_ACTIVE && !bars->suppressed)
		return err_set(err, ERR_DATA,
		    "%s is an active subscriber and not suppressed",
		    row->address);
	return true;
}

/* The transaction's inside. Of who was erased nothing is left but the wish. */
static bool
reinstate(struct arena *arena, struct store *store,
    const struct address *address, const char *evidence,
    const struct people_author *author, struct err *err)
{
	const struct people_withdrawal how = { .method = "operator",
		.source = evidence,
		.operator= author->operator, };
	struct store_subscriber new = people_row_default();
	struct store_subscriber *old;
	struct bars bars;

	if (!lift(store, author, address->key, &bars, err) ||
	    !store_subscriber_find(arena, store, address->key, &old, err) ||
	    !check_state(address, old, &bars, err))
		return false;
	if (old != NULL)
		new = *old;
	new.address = address->text;
	new.address_key = address->key;
	new.state = SUBSCRIBER_ACTIVE;
	if (old == NULL || old->state == SUBSCRIBER_UNSUBSCRIBED)
		new.basis = BASIS_CONSENT;
	return (old == NULL ? store_subscriber_insert(store, &new, &new.id, err)
			    : store_subscriber_update(store, old, &new, err)) &&
	       (new.basis == BASIS_NONE || people_consent_record(store, &new,
					       new.address, false, &how, err));
}

bool
people_reinstate(struct store *store, const char *address, const char *evidence,
    const struct people_author *author, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct address parsed;

	if (evidence == NULL || *text_trim(arena, evidence) == '\0')
		return err_set(err, ERR_USAGE,
		    "--evidence is missing: how they said so, such as a mail "
		    "of 2 April");
	if (!people_row_address(arena, address, &parsed, err) ||
	    !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	return reinstate(arena, store, &parsed, evidence, author, err) &&
	       store_commit(store, err);
}
