#include "store/store_organisation.h"

#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_follow.h"
#include "store/store_pen.h"

static int
compare_ids(const void *id, const void *row)
{
	int64_t x = *(const int64_t *)id;
	int64_t y = ((const struct store_organisation *)row)->id;

	return (x > y) - (x < y);
}

/* Counts the contacts of rows that are sorted by id: in one walk, for the
   database would sort them all. */
static bool
count_contacts(struct store *store, struct store_organisation *rows,
    size_t count, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT organisation_id, CASE WHEN state = 'active' THEN 1 ELSE 0"
	    " END FROM subscriber"
	    " WHERE organisation_id IS NOT NULL AND state <> 'erased'",
	    "");

	while (db_next(query)) {
		int64_t id = db_int(query, 0);
		struct store_organisation *row =
		    count > 0
			? bsearch(&id, rows, count, sizeof(*rows), compare_ids)
			: NULL;

		if (row == NULL)
			continue;
		row->contacts++;
		row->active += db_int(query, 1);
	}
	return db_end(query, err);
}

static int
compare_names(const void *a, const void *b)
{
	const struct store_organisation *x = a;
	const struct store_organisation *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : strcmp(x->municipality, y->municipality);
}

/* Sorts the rows by name, without those that have nobody unless `empty`. */
static struct store_organisations
put_in_order(struct store_organisation *rows, size_t count, bool empty)
{
	struct store_organisations list = { .items = rows };

	for (size_t i = 0; i < count; i++)
		if (empty || rows[i].contacts > 0)
			rows[list.count++] = rows[i];
	if (list.count > 1)
		qsort(rows, list.count, sizeof(*rows), compare_names);
	return list;
}

/* Reads those that pass; a NULL or 0 does not filter. */
static bool
read_list(struct arena *arena, struct store *store, int64_t id,
    const char *name, const char *municipality, bool empty,
    struct store_organisations *ret_list, struct err *err)
{
	GM_VEC(struct store_organisation) rows = { 0 };
	struct store_organisation *copy;
	size_t count;
	struct db_query *query = db_query(store_db(store),
	    "SELECT id, name, municipality FROM organisation"
	    " WHERE (? = 0 OR id = ?) AND (? IS NULL OR name = ?)"
	    " AND (? IS NULL OR municipality = ?) ORDER BY id",
	    "iissss", id, id, name, name, municipality, municipality);

	while (db_next(query)) {
		struct store_organisation row = {
			.id = db_int(query, 0),
			.name = arena_strdup(arena, db_text(query, 1)),
			.municipality = arena_strdup(arena, db_text(query, 2)),
		};

		vec_push(&rows, row);
	}
	count = rows.count;
	copy = arena_copy(arena, rows.items, count * sizeof(*copy));
	vec_clear(&rows);
	if (!db_end(query, err) || !count_contacts(store, copy, count, err))
		return false;
	*ret_list = put_in_order(copy, count, empty);
	return true;
}

bool
store_organisation_list(struct arena *arena, struct store *store,
    const char *name, const char *municipality, bool empty,
    struct store_organisations *ret_list, struct err *err)
{
	return read_list(
	    arena, store, 0, name, municipality, empty, ret_list, err);
}

bool
store_organisation_find(struct arena *arena, struct store *store, int64_t id,
    struct store_organisation **ret_row, struct err *err)
{
	struct store_organisations list;

	if (!read_list(arena, store, id, NULL, NULL, true, &list, err))
		return false;
	*ret_row = list.count > 0 ? &list.items[0] : NULL;
	return true;
}

bool
store_organisation_named(
    struct store *store, const char *name, bool *ret_named, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT EXISTS (SELECT 1 FROM organisation WHERE name = ?)", "s",
	    name);

	*ret_named = db_next(query) && db_int(query, 0) != 0;
	return db_end(query, err);
}

bool
store_organisation_at(struct store *store, const char *name,
    const char *municipality, int64_t *ret_id, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT id FROM organisation WHERE name = ? AND municipality = ?",
	    "ss", name, municipality);
	int64_t id = db_next(query) ? db_int(query, 0) : 0;

	if (!db_end(query, err))
		return false;
	*ret_id = id;
	return true;
}

/* Opens the change of an organisation, which is told by name and place; notes
   what it will be called. */
static bool
record(struct store *store, int64_t id, const char *name,
    const char *municipality, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT name, municipality FROM organisation WHERE id = ?", "i",
	    id);
	struct err ignored = { 0 };
	bool ok = true;

	if (db_next(query)) {
		ok = store_pen_open(store, "organisation", 0, "organisation",
		    db_text(query, 0), err);
		if (ok) {
			store_pen_note(store, "name", db_text(query, 0), name);
			store_pen_note(store, "municipality", db_text(query, 1),
			    municipality);
		}
	}
	return db_end(query, ok ? err : &ignored) && ok;
}

static bool
touch(struct db *db, int64_t from, int64_t into, struct err *err)
{
	return db_run(db, err,
	    "UPDATE subscriber SET organisation_id = ?, changed_ms = ?"
	    " WHERE organisation_id = ?",
	    "iii", into, now_ms(), from);
}

bool
store_organisation_update(struct store *store, int64_t id, const char *name,
    const char *municipality, struct err *err)
{
	struct db *db = store_db(store);

	return store_follow_organisation(
		   store, id, name, municipality, NULL, err) &&
	       record(store, id, name, municipality, err) &&
	       touch(db, id, id, err) &&
	       db_run(db, err,
		   "UPDATE organisation SET name = ?, municipality = ?"
		   " WHERE id = ?",
		   "ssi", name, municipality, id);
}

bool
store_organisation_merge(struct store *store, int64_t from, int64_t into,
    int64_t *ret_count, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_organisation *other;
	struct db *db = store_db(store);

	return store_organisation_find(arena, store, into, &other, err) &&
	       other != NULL &&
	       store_follow_organisation(store, from, other->name,
		   other->municipality, ret_count, err) &&
	       record(store, from, other->name, other->municipality, err) &&
	       touch(db, from, into, err) &&
	       db_run(
		   db, err, "DELETE FROM organisation WHERE id = ?", "i", from);
}
