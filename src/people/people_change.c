#include "people/people_change.h"

#include <inttypes.h>
#include <string.h>

#include "people/people_consent.h"
#include "people/people_history.h"
#include "people/people_row.h"
#include "people/people_wording.h"

/* Refuses what an edit may not do: see people_edit. */
static bool
check_edit(const struct store_subscriber *old,
    const struct store_subscriber *new, struct err *err)
{
	if (!text_equal(old->address_key, new->address_key))
		return err_set(err, ERR_DATA,
		    "%s is another address, so it is another contact: add it, "
		    "and remove %s",
		    new->address, old->address);
	if (old->basis != new->basis && old->state == SUBSCRIBER_UNSUBSCRIBED)
		return err_set(err, ERR_DATA,
		    "%s has unsubscribed; who agrees anew is added anew "
		    "(`subscriber add`)",
		    old->address);
	return true;
}

static bool
edit(struct store *store, const struct store_subscriber *old,
    const struct store_subscriber *new, const char *evidence, int64_t wording,
    const struct people_author *author, enum people_verdict *ret_verdict,
    struct err *err)
{
	const struct people_withdrawal how = {
		.method = "operator",
		.source = evidence,
		.operator= author->operator,
		.wording = wording,
	};

	if (!check_edit(old, new, err))
		return false;
	if (people_row_same(old, new)) {
		*ret_verdict = VERDICT_UNCHANGED;
		return true;
	}
	*ret_verdict = VERDICT_CHANGED;
	return store_subscriber_update(store, old, new, err) &&
	       (old->basis == new->basis ||
		   people_consent_record(store, new, new->address,
		       new->basis == BASIS_NONE, &how, err));
}

bool
people_edit(struct store *store, const char *address,
    const struct people_contact *contact, const char *evidence,
    const struct people_author *author, enum people_verdict *ret_verdict,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct people_contact given = *contact;
	const char *texts[COLUMNS];
	struct store_subscriber row;
	struct store_subscriber *old;
	struct store_subscriber new;
	int64_t wording = 0;

	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!people_find(arena, store, address, &old, err))
		return false;
	if (given.email == NULL) {
		given.email = old->address;
		given.roles = true;
	}
	if (!people_row_contact(arena, store, &given, texts, &row, err))
		return false;
	new = *old;
	people_row_merge(&row, texts, &new);
	if (given.wording != NULL &&
	    !people_find_wording(
		arena, store, given.wording, new.language, &wording, err))
		return false;
	return edit(store, old, &new, evidence, wording, author, ret_verdict,
		   err) &&
	       store_commit(store, err);
}

/* The last change that still counts: neither an undoing nor undone. NULL: there
   is none. */
static const struct store_change *
find_last(const struct store_changes *changes)
{
	for (size_t i = changes->count; i > 0; i--) {
		const struct store_change *change = &changes->items[i - 1];
		bool undone = false;

		for (size_t k = i; k < changes->count; k++)
			if (changes->items[k].undoes == change->id)
				undone = true;
		if (change->undoes == 0 && !undone)
			return change;
	}
	return NULL;
}

static bool
pick_change(const struct store_changes *changes, const char *address,
    int64_t number, const struct store_change **ret_change, struct err *err)
{
	const struct store_change *change =
	    number == 0 ? find_last(changes) : NULL;

	for (size_t i = 0; number != 0 && i < changes->count; i++)
		if (changes->items[i].id == number)
			change = &changes->items[i];
	if (change == NULL && number == 0)
		return err_set(err, ERR_DATA,
		    "there is no change of %s to take back", address);
	if (change == NULL)
		return err_set(err, ERR_DATA,
		    "change %" PRId64 " is none of %s; `subscriber history %s`"
		    " shows them",
		    number, address, address);
	if (change->erased)
		return err_set(err, ERR_DATA,
		    "what change %" PRId64 " said was erased", change->id);
	*ret_change = change;
	return true;
}

/* What can be taken back, and where it stands in a row. A word is one of an
   enum, read over the row by people_row_contact's readers. */
struct undoing {
	const struct store_change *change;
	struct store_subscriber *row;
	const char *now[COLUMNS]; /* what the row says */
	const char *back[COLUMNS];
};

static const struct {
	const char *field;
	enum people_column column;
} undoable[] = {
	{ "address", COLUMN_EMAIL },
	{ "name", COLUMN_NAME },
	{ "organisation", COLUMN_ORGANISATION },
	{ "department", COLUMN_DEPARTMENT },
	{ "municipality", COLUMN_MUNICIPALITY },
	{ "language", COLUMN_LANGUAGE },
	{ "format", COLUMN_FORMAT },
	{ "tags", COLUMN_TAGS },
	{ "countries", COLUMN_COUNTRIES },
};

static const char *
join(struct arena *arena, const struct text_list *list)
{
	const char *whole = "";

	for (size_t i = 0; i < list->count; i++)
		whole = arena_format(
		    arena, "%s%s%s", whole, i ? ";" : "", list->items[i]);
	return whole;
}

static void
tell_row(struct arena *arena, const struct store_subscriber *row,
    const char *ret_texts[COLUMNS])
{
	ret_texts[COLUMN_EMAIL] = row->address;
	ret_texts[COLUMN_NAME] = row->name;
	ret_texts[COLUMN_ORGANISATION] = row->organisation;
	ret_texts[COLUMN_DEPARTMENT] = row->department;
	ret_texts[COLUMN_MUNICIPALITY] = row->municipality;
	ret_texts[COLUMN_LANGUAGE] = subscriber_language(row->language);
	ret_texts[COLUMN_FORMAT] = subscriber_format(row->format);
	ret_texts[COLUMN_TAGS] = join(arena, &row->tags);
	ret_texts[COLUMN_COUNTRIES] = join(arena, &row->countries);
}

/* Why a field cannot be taken back; NULL: it is one of undoable. */
static const char *
refuse_field(const struct store_field *field)
{
	if (text_starts(field->name, "consent") ||
	    text_equal(field->name, "basis"))
		return "consent is only ever added to; `subscriber edit "
		       "--basis` says what holds now";
	if (text_equal(field->name, "suppression"))
		return "a suppression is lifted by `suppress remove`";
	if (text_equal(field->name, "state") && *field->old == '\0')
		return "it added the contact; `subscriber remove` takes it off "
		       "the list";
	if (text_equal(field->name, "state") &&
	    (text_equal(field->old, "unsubscribed") ||
		text_equal(field->new, "unsubscribed")))
		return "who unsubscribed comes back by their own wish alone: "
		       "`subscriber add`";
	return NULL;
}

static bool
is_overtaken(const struct undoing *undoing, const struct store_field *field,
    const char *now, struct err *err)
{
	return !text_equal(now, field->new) &&
	       !err_set(err, ERR_DATA,
		   "change %" PRId64 " cannot be undone: the %s was changed "
		   "again since, to '%.80s'",
		   undoing->change->id, field->name, now);
}

static bool
take_back_field(
    struct undoing *undoing, const struct store_field *field, struct err *err)
{
	const char *why = refuse_field(field);
	enum subscriber_state state;

	if (why != NULL)
		return err_set(err, ERR_DATA,
		    "change %" PRId64 " cannot be undone: %s",
		    undoing->change->id, why);
	if (text_equal(field->name, "state") &&
	    subscriber_parse_state(field->old, &state)) {
		if (is_overtaken(undoing, field,
			subscriber_state(undoing->row->state), err))
			return false;
		undoing->row->state = state;
		return true;
	}
	for (size_t i = 0; i < sizeof(undoable) / sizeof(undoable[0]); i++) {
		enum people_column column = undoable[i].column;

		if (!text_equal(field->name, undoable[i].field))
			continue;
		if (is_overtaken(undoing, field, undoing->now[column], err))
			return false;
		undoing->back[column] = field->old;
		return true;
	}
	return err_set(err, ERR_DATA,
	    "change %" PRId64 " cannot be undone: this program does not know "
	    "the field '%.40s'",
	    undoing->change->id, field->name);
}

/* Puts the old values of a change over `row`. */
static bool
take_back(struct arena *arena, struct store *store,
    const struct store_change *change, struct store_subscriber *row,
    struct err *err)
{
	struct undoing undoing = { .change = change, .row = row };
	struct store_fields fields =
	    store_history_fields(arena, change->payload);
	struct people_contact contact;
	const char *texts[COLUMNS];
	struct store_subscriber before;

	tell_row(arena, row, undoing.now);
	for (size_t i = 0; i < fields.count; i++)
		if (!take_back_field(&undoing, &fields.items[i], err))
			return false;
	contact = (struct people_contact){
		.roles = true,
		.email = undoing.back[COLUMN_EMAIL] != NULL
			     ? undoing.back[COLUMN_EMAIL]
			     : row->address,
		.name = undoing.back[COLUMN_NAME],
		.organisation = undoing.back[COLUMN_ORGANISATION],
		.department = undoing.back[COLUMN_DEPARTMENT],
		.municipality = undoing.back[COLUMN_MUNICIPALITY],
		.language = undoing.back[COLUMN_LANGUAGE],
		.format = undoing.back[COLUMN_FORMAT],
		.tags = undoing.back[COLUMN_TAGS],
		.countries = undoing.back[COLUMN_COUNTRIES],
	};
	if (!people_row_contact(arena, store, &contact, texts, &before, err))
		return err_wrap(
		    err, "change %" PRId64 " cannot be undone", change->id);
	people_row_merge(&before, texts, row);
	return true;
}

bool
people_undo(struct store *store, const char *address, int64_t number,
    const struct people_author *author, int64_t *ret_change, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	const struct store_change *change = NULL;
	struct store_subscriber *old;
	struct store_subscriber new;
	struct store_changes changes;

	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!people_find(arena, store, address, &old, err) ||
	    !store_history_list(arena, store, old->id, &changes, err) ||
	    !pick_change(&changes, old->address, number, &change, err))
		return false;
	new = *old;
	if (!take_back(arena, store, change, &new, err))
		return false;
	store_history_undoes(store, change->id);
	if (!store_subscriber_update(store, old, &new, err) ||
	    !store_commit(store, err))
		return false;
	*ret_change = change->id;
	return true;
}
