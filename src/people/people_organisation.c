#include "people/people_organisation.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "people/people_audience.h"
#include "people/people_history.h"
#include "store/store_merger.h"
#include "store/store_municipality.h"

enum { NAME_MOST = 500, SHOWN_MOST = 6 };

static bool
refuse_name(
    struct arena *arena, struct store *store, const char *text, struct err *err)
{
	struct store_organisations all;
	const char **names;
	const char *nearest;

	if (!store_organisation_list(
		arena, store, NULL, NULL, false, &all, err))
		return false;
	names = arena_take(arena, all.count + 1, sizeof(*names));
	for (size_t i = 0; i < all.count; i++)
		names[i] = all.items[i].name;
	nearest = text_nearest(text, names);
	if (nearest != NULL)
		return err_set(err, ERR_NO_INPUT,
		    "unknown organisation '%.80s' (did you mean '%s'?)", text,
		    nearest);
	return err_set(err, ERR_NO_INPUT, "unknown organisation '%.80s'", text);
}

static bool
refuse_several(struct arena *arena, const char *text,
    const struct store_organisations *list, struct err *err)
{
	char *ids = arena_strdup(arena, "");

	for (size_t i = 0; i < list->count && i < SHOWN_MOST; i++)
		ids = arena_format(arena, "%s%s%" PRId64 " (%s)", ids,
		    i > 0 ? ", " : "", list->items[i].id,
		    *list->items[i].municipality != '\0'
			? list->items[i].municipality
			: "no municipality");
	return err_set(err, ERR_USAGE,
	    "there are %zu organisations '%.80s': %s%s; give the id",
	    list->count, text, ids, list->count > SHOWN_MOST ? " …" : "");
}

bool
people_find_organisation(struct arena *arena, struct store *store,
    const char *text, const char *municipality,
    struct store_organisation **ret_row, struct err *err)
{
	struct store_organisations list;
	int64_t id;

	if (num_parse(text, 1, INT64_MAX, &id)) {
		if (!store_organisation_find(arena, store, id, ret_row, err))
			return false;
		return *ret_row != NULL ||
		       err_set(err, ERR_NO_INPUT,
			   "there is no organisation with the id %s", text);
	}
	if (!store_organisation_list(
		arena, store, text, municipality, false, &list, err))
		return false;
	if (list.count == 0)
		return refuse_name(arena, store, text, err);
	if (list.count > 1)
		return refuse_several(arena, text, &list, err);
	*ret_row = &list.items[0];
	return true;
}

/* Segments name organisations by name: they follow when no other one has it.
 */
static bool
rename_in_segments(struct arena *arena, struct store *store, const char *old,
    const char *name, struct text_list *ret_changed, struct err *err)
{
	bool named;

	*ret_changed = (struct text_list){ .count = 0 };
	if (!store_organisation_named(store, old, &named, err))
		return false;
	return named || people_segment_replace(arena, store,
			    AUDIENCE_ORGANISATION, old, name, ret_changed, err);
}

bool
people_rename_organisation(struct arena *arena, struct store *store,
    const struct store_organisation *row, const char *name,
    const struct people_author *author, struct people_move *ret_move,
    struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	int64_t other;

	if (*name == '\0' || strlen(name) > NAME_MOST ||
	    !text_is_utf8(name, strlen(name)) || text_has_control(name))
		return err_set(err, ERR_USAGE,
		    "'%.80s' is no name, expected at most %d bytes in one line",
		    text_printable(arena, name), NAME_MOST);
	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!store_organisation_at(store, name, row->municipality, &other, err))
		return false;
	if (other != 0)
		return err_set(err, ERR_DATA,
		    "there is an organisation '%s' already (%" PRId64
		    "); `organisation merge %" PRId64 " %" PRId64
		    "` makes one of both",
		    name, other, row->id, other);
	ret_move->contacts = row->contacts;
	return store_organisation_update(
		   store, row->id, name, row->municipality, err) &&
	       rename_in_segments(
		   arena, store, row->name, name, &ret_move->segments, err) &&
	       store_commit(store, err);
}

bool
people_merge_organisations(struct arena *arena, struct store *store,
    const struct store_organisation *from,
    const struct store_organisation *into, const struct people_author *author,
    struct people_move *ret_move, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;

	if (from->id == into->id)
		return err_set(
		    err, ERR_USAGE, "these are one organisation already");
	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	return store_organisation_merge(
		   store, from->id, into->id, &ret_move->contacts, err) &&
	       rename_in_segments(arena, store, from->name, into->name,
		   &ret_move->segments, err) &&
	       store_commit(store, err);
}

static bool
read_code(
    const char *text, char ret_code[MUNICIPALITY_CODE_BYTES], struct err *err)
{
	if (!municipality_code_parse(text, ret_code, err))
		return false;
	if (municipality_is_prefecture(ret_code))
		return err_set(err, ERR_DATA,
		    "%s is a prefecture, no municipality", ret_code);
	return true;
}

/* Refuses what was merged before. */
static bool
check_merged(struct arena *arena, struct store *store,
    const struct people_merger *merger, struct err *err)
{
	const struct store_merger *found;
	struct store_mergers all;

	if (!store_merger_list(arena, store, &all, err))
		return false;
	found = store_merger_find(&all, merger->code);
	if (found == NULL)
		found = store_merger_find(&all, merger->into);
	return found == NULL ||
	       err_set(err, ERR_DATA, "%s was merged into %s already",
		   found->code, found->into);
}

/* Moves one organisation to another place, or into the one that is there. */
static bool
move_organisation(struct store *store, const struct store_organisation *row,
    const char *place, struct err *err)
{
	int64_t other, count;

	if (!store_organisation_at(store, row->name, place, &other, err))
		return false;
	return other == 0 ? store_organisation_update(
				store, row->id, row->name, place, err)
			  : store_organisation_merge(
				store, row->id, other, &count, err);
}

bool
people_merge_municipalities(struct store *store, const char *old,
    const char *into, const struct people_author *author,
    struct people_merger *ret_merger, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = NULL;
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct people_merger merger = { .contacts = 0 };
	struct store_municipality *registered;
	struct store_organisations list;

	if (!read_code(old, merger.code, err) ||
	    !read_code(into, merger.into, err))
		return false;
	if (text_equal(merger.code, merger.into))
		return err_set(
		    err, ERR_USAGE, "%s is one municipality", merger.code);
	if (!people_begin(store, author, NULL, err))
		return false;
	guard = store;
	if (!check_merged(arena, store, &merger, err) ||
	    !store_municipality_find(
		arena, store, merger.into, &registered, err) ||
	    !store_organisation_list(
		arena, store, NULL, merger.code, true, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		if (!move_organisation(store, &list.items[i], merger.into, err))
			return false;
		merger.contacts += list.items[i].contacts;
	}
	merger.registered = registered != NULL;
	*ret_merger = merger;
	return store_merger_add(store, merger.code, merger.into, err) &&
	       store_commit(store, err);
}
