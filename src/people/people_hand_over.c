#include "people/people_hand_over.h"

#include <inttypes.h>

#include "people/people_consent.h"
#include "people/people_history.h"
#include "people/people_row.h"

/* What stands on both sides of it. */
struct work {
	struct arena *arena;
	struct store *store;
	const struct people_hand_over *wish;
	struct store_subscriber *old;
	struct store_subscriber *there; /* the successor's row; NULL: none */
	struct store_subscriber new;
	const char *evidence; /* of the new basis */
};

static bool
check_wish(
    const struct people_hand_over *wish, enum basis *ret_basis, struct err *err)
{
	const char *nearest;

	if (wish->name != NULL && text_has_control(wish->name))
		return err_set(err, ERR_USAGE,
		    "the name has a line break or control character");
	*ret_basis = BASIS_NONE;
	if (wish->basis == NULL)
		return true;
	if (!subscriber_parse_basis(wish->basis, ret_basis)) {
		nearest = text_nearest(wish->basis, subscriber_bases);
		return err_set(err, ERR_USAGE,
		    "unknown basis '%.60s'%s%s%s, expected consent, "
		    "given_address, business_relation, published or none",
		    wish->basis, nearest != NULL ? " (did you mean '" : "",
		    nearest != NULL ? nearest : "",
		    nearest != NULL ? "'?)" : "");
	}
	if (*ret_basis != BASIS_NONE &&
	    (wish->evidence == NULL || *wish->evidence == '\0'))
		return err_set(err, ERR_USAGE,
		    "--basis %s needs --evidence: how the new person, or the "
		    "office, said so",
		    wish->basis);
	return true;
}

static bool
find_both(struct work *work, struct err *err)
{
	struct address to;

	if (!people_find(
		work->arena, work->store, work->wish->from, &work->old, err) ||
	    !people_row_address(work->arena, work->wish->to, &to, err))
		return false;
	if (work->old->state != SUBSCRIBER_ACTIVE)
		return err_set(err, ERR_DATA,
		    "%s is %s, there is nothing to hand over",
		    work->old->address, subscriber_state(work->old->state));
	if (text_equal(work->old->address_key, to.key))
		return err_set(
		    err, ERR_DATA, "%s is the same address", to.text);
	if (address_is_role(to.text))
		return err_set(err, ERR_DATA,
		    "'%s' is read by nobody who could subscribe", to.text);
	work->new = *work->old;
	work->new.address = to.text;
	work->new.address_key = to.key;
	return store_subscriber_find(
		   work->arena, work->store, to.key, &work->there, err) &&
	       people_check_addable(
		   work->arena, work->store, to.key, work->there, err);
}

/* The evidence names no address: it would outlive its owner's erasure. */
static void
choose_basis(struct work *work, enum basis given)
{
	work->new.basis = given;
	work->evidence = work->wish->evidence;
	if (work->wish->basis == NULL && work->old->basis == BASIS_PUBLISHED) {
		work->new.basis = BASIS_PUBLISHED;
		work->evidence = arena_format(work->arena,
		    "address of the office, taken over from subscriber %" PRId64
		    "%s%s",
		    work->old->id, work->wish->evidence != NULL ? ": " : "",
		    work->wish->evidence != NULL ? work->wish->evidence : "");
	}
}

static bool
record_basis(struct work *work, struct err *err)
{
	const struct people_withdrawal how = { .method = "hand-over",
		.source = work->evidence,
		.operator= work->wish->author.operator, };

	return work->new.basis == BASIS_NONE ||
	       people_consent_record(
		   work->store, &work->new, work->wish->to, false, &how, err);
}

static bool
write_both(struct work *work, int64_t *ret_skipped, struct err *err)
{
	work->new.id = work->there != NULL ? work->there->id : 0;
	work->new.name = work->wish->name != NULL ? work->wish->name : "";
	if (!(work->there != NULL ? store_subscriber_update(work->store,
					work->there, &work->new, err)
				  : store_subscriber_insert(work->store,
					&work->new, &work->new.id, err)))
		return false;
	return record_basis(work, err) &&
	       store_subscriber_set_state(
		   work->store, work->old->id, SUBSCRIBER_REMOVED, err) &&
	       store_subscriber_skip(
		   work->store, work->old->id, "removed", ret_skipped, err);
}

bool
people_hand_over(struct store *store, const struct people_hand_over *hand_over,
    struct people_handed_over *ret_handed_over, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct work work = {
		.arena = arena, .store = store, .wish = hand_over
	};
	enum basis given;
	int64_t skipped;

	if (!check_wish(hand_over, &given, err) ||
	    !people_begin(store, &hand_over->author, NULL, err))
		return false;
	guard = store;
	if (!find_both(&work, err))
		return false;
	choose_basis(&work, given);
	if (!write_both(&work, &skipped, err) || !store_commit(store, err))
		return false;
	*ret_handed_over = (struct people_handed_over){
		.basis = work.new.basis,
		.revived = work.there != NULL,
		.interests = work.new.tags.count + work.new.countries.count,
		.skipped = skipped,
	};
	return true;
}
