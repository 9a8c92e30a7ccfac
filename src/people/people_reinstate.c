#include "people/people_consent.h"
#include "people/people_history.h"
#include "store/store_suppression.h"

/* Refuses whom there is nothing to bring back of. */
static bool
check_state(
    const struct store_subscriber *row, bool suppressed, struct err *err)
{
	if (row->state == SUBSCRIBER_ERASED)
		return err_set(err, ERR_DATA,
		    "%s was erased at the wish of its owner; who agrees anew "
		    "is "
		    "added anew (`subscriber add`)",
		    row->address);
	if (row->state == SUBSCRIBER_ACTIVE && !suppressed)
		return err_set(err, ERR_DATA,
		    "%s is an active subscriber and not suppressed",
		    row->address);
	return true;
}

/* The transaction's inside. */
static bool
reinstate(struct store *store, const struct store_subscriber *old,
    const char *evidence, const struct people_author *author, struct err *err)
{
	const struct people_withdrawal how = { .method = "operator",
		.source = evidence,
		.operator= author->operator, };
	struct store_subscriber new = *old;
	bool suppressed;

	if (!store_suppression_remove(
		store, old->address_key, &suppressed, err) ||
	    !check_state(old, suppressed, err))
		return false;
	new.state = SUBSCRIBER_ACTIVE;
	if (old->state == SUBSCRIBER_UNSUBSCRIBED)
		new.basis = BASIS_CONSENT;
	return (old->state == new.state ||
		   store_subscriber_update(store, old, &new, err)) &&
	       people_consent_record(store, &new, new.address,
		   new.basis == BASIS_NONE, &how, err);
}

bool
people_reinstate(struct store *store, const char *address, const char *evidence,
    const struct people_author *author, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct store_subscriber *row;

	if (evidence == NULL || *text_trim(arena, evidence) == '\0')
		return err_set(err, ERR_USAGE,
		    "--evidence is missing: how they said so, such as a mail "
		    "of "
		    "2 April");
	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	return people_find(arena, store, address, &row, err) &&
	       reinstate(store, row, evidence, author, err) &&
	       store_commit(store, err);
}
