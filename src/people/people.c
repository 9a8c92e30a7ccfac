#include "people/people.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/now.h"
#include "people/people_consent.h"
#include "people/people_erase.h"
#include "people/people_history.h"
#include "people/people_row.h"
#include "people/people_wording.h"
#include "store/store_suppression.h"

char *
people_operator(struct arena *arena)
{
	static const char *const variables[] = { "SUDO_USER", "USER" };
	const struct passwd *user;

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *name = getenv(variables[i]);

		if (name != NULL && *name != '\0')
			return text_printable(arena, name);
	}
	user = getpwuid(getuid());
	if (user != NULL)
		return text_printable(arena, user->pw_name);
	return arena_format(arena, "uid %u", (unsigned)getuid());
}

bool
people_find(struct arena *arena, struct store *store, const char *address,
    struct store_subscriber **ret_row, struct err *err)
{
	struct address parsed;
	struct store_subscriber *row;

	if (!people_row_address(arena, address, &parsed, err) ||
	    !store_subscriber_find(arena, store, parsed.key, &row, err))
		return false;
	if (row == NULL)
		return err_set(err, ERR_NO_USER,
		    "%s is no subscriber; `subscriber list` shows them all",
		    parsed.text);
	*ret_row = row;
	return true;
}

bool
people_check_addable(struct arena *arena, struct store *store, const char *key,
    const struct store_subscriber *old, struct err *err)
{
	struct store_suppression *bar;

	if (!store_suppression_find(arena, store, key, &bar, err))
		return false;
	if (bar != NULL)
		return err_set(err, ERR_DATA,
		    "%s is suppressed (%s on %.10s); if its owner asks for "
		    "mail again, `subscriber reinstate %s --evidence TEXT`",
		    key, bar->reason, now_format_local(arena, bar->at_ms), key);
	if (old != NULL && old->state == SUBSCRIBER_ACTIVE)
		return err_set(
		    err, ERR_DATA, "%s is a subscriber already", key);
	return true;
}

static bool
add(struct arena *arena, struct store *store,
    const struct people_contact *contact, const char *const texts[COLUMNS],
    struct store_subscriber *row, const char *operator,
    enum people_verdict * ret_verdict, struct err *err)
{
	struct people_withdrawal by_hand = { .method = "operator",
		.source = contact->evidence != NULL ? contact->evidence : "",
		.operator= operator, };
	struct store_subscriber *old;
	struct store_subscriber new;

	if (!store_subscriber_find(arena, store, row->address_key, &old, err) ||
	    !people_check_addable(arena, store, row->address_key, old, err))
		return false;
	if (old == NULL) {
		if (!store_subscriber_insert(store, row, &row->id, err))
			return false;
	} else {
		new = *old;
		new.state = row->state;
		people_row_merge(row, texts, &new);
		*row = new;
		if (!store_subscriber_update(store, old, row, err))
			return false;
	}
	if (contact->wording != NULL &&
	    !people_find_wording(arena, store, contact->wording, row->language,
		&by_hand.wording, err))
		return false;
	if (row->basis != BASIS_NONE &&
	    !people_consent_record(
		store, row, texts[COLUMN_EMAIL], false, &by_hand, err))
		return false;
	*ret_verdict = old == NULL ? VERDICT_NEW : VERDICT_REVIVED;
	return true;
}

bool
people_add(struct store *store, const struct people_contact *contact,
    const struct people_author *author, enum people_verdict *ret_verdict,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	const char *texts[COLUMNS];
	struct store_subscriber row;

	if (!people_row_contact(arena, store, contact, texts, &row, err) ||
	    !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (contact->confirm) {
		row.state = SUBSCRIBER_PENDING;
		row.basis = BASIS_CONSENT;
		texts[COLUMN_BASIS] = subscriber_basis(row.basis);
	}
	return people_barrier_check(store, author, row.address_key, err) &&
	       add(arena, store, contact, texts, &row, author->operator,
		   ret_verdict, err) &&
	       store_commit(store, err);
}

bool
people_remove(struct store *store, const char *address,
    const struct people_author *author, int64_t *ret_skipped, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct store_subscriber *row;

	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!people_find(arena, store, address, &row, err))
		return false;
	if (row->state != SUBSCRIBER_ACTIVE && row->state != SUBSCRIBER_PENDING)
		return err_set(err, ERR_DATA,
		    row->state == SUBSCRIBER_UNSUBSCRIBED
			? "%s has unsubscribed and stays off the list"
			: "%s is off the list already",
		    row->address);
	if (!store_subscriber_set_state(
		store, row->id, SUBSCRIBER_REMOVED, err))
		return false;
	return store_subscriber_skip(
		   store, row->id, "removed", ret_skipped, err) &&
	       store_commit(store, err);
}

/* The transaction's inside; see people_unsubscribe. */
static bool
withdraw(struct store *store, const struct store_subscriber *row,
    const struct people_withdrawal *withdrawal, int64_t *ret_skipped,
    struct err *err)
{
	const struct store_suppression bar = {
		.address_key = row->address_key,
		.reason = "unsubscribed",
		.at_ms = now_ms(),
		.evidence = withdrawal->source,
	};

	if (row->state != SUBSCRIBER_UNSUBSCRIBED &&
	    (!store_subscriber_set_state(
		 store, row->id, SUBSCRIBER_UNSUBSCRIBED, err) ||
		!people_consent_record(
		    store, row, row->address, true, withdrawal, err)))
		return false;
	return store_suppression_add(store, &bar, err) &&
	       store_subscriber_skip(
		   store, row->id, "unsubscribed", ret_skipped, err);
}

bool
people_unsubscribe(struct store *store, const char *address,
    const struct people_withdrawal *withdrawal, int64_t *ret_skipped,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	const struct people_author author = {
		.operator= withdrawal->operator,
		.command = text_equal(withdrawal->method, "operator")
		    ? "subscriber unsubscribe"
		    : withdrawal->method,
	};
	struct store_subscriber *row;

	if (!people_begin(store, &author, NULL, err))
		return false;
	guard = store;
	return people_find(arena, store, address, &row, err) &&
	       withdraw(store, row, withdrawal, ret_skipped, err) &&
	       store_commit(store, err);
}

bool
people_suppress(struct store *store, const char *address, const char *reason,
    const char *evidence, const struct people_author *author, bool *ret_new,
    int64_t *ret_skipped, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct store_suppression bar = {
		.reason = reason,
		.at_ms = now_ms(),
		.evidence = evidence,
	};
	struct store_suppression *old;
	struct store_subscriber *row;
	struct address parsed;

	if (!people_row_address(arena, address, &parsed, err) ||
	    !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	bar.address_key = parsed.key;
	if (!people_barrier_check(store, author, parsed.key, err) ||
	    !store_suppression_find(arena, store, parsed.key, &old, err) ||
	    !store_suppression_add(store, &bar, err) ||
	    !store_subscriber_find(arena, store, parsed.key, &row, err))
		return false;
	*ret_skipped = 0;
	if (row != NULL && !store_subscriber_skip(
			       store, row->id, "suppressed", ret_skipped, err))
		return false;
	*ret_new = old == NULL;
	return store_commit(store, err);
}

bool
people_unsuppress(struct store *store, const char *address,
    const struct people_author *author, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct address parsed;
	bool removed;

	if (!people_row_address(arena, address, &parsed, err) ||
	    !people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!store_suppression_remove(store, parsed.key, &removed, err))
		return false;
	if (!removed)
		return err_set(err, ERR_NO_USER,
		    "%s is not on the suppression list", parsed.text);
	return store_commit(store, err);
}
