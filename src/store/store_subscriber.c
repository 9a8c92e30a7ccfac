#include "store/store_subscriber.h"

#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "model/municipality.h"
#include "store/db.h"
#include "store/store_memo.h"
#include "store/store_pen.h"
#include "store/store_subscriber_row.h"

/* What an import adds a million of. */
static const struct db_rows subscriber_rows = {
	.into = "INSERT INTO subscriber (id, address, address_key, name,"
		" organisation_id, department, language, format, basis,"
		" state, created_ms, changed_ms)",
	.types = "issszsssssii",
	.first = true,
};
static const struct db_rows tag_rows = {
	.into = "INSERT INTO subscriber_tag (subscriber_id, tag_id)",
	.types = "ii",
};
static const struct db_rows country_rows = {
	.into = "INSERT INTO subscriber_country (subscriber_id, country)",
	.types = "is",
};

void
store_subscriber_row_read(
    struct arena *arena, struct db_query *query, struct store_subscriber *row)
{
	*row = (struct store_subscriber){
		.id = db_int(query, 0),
		.address = arena_strdup(arena, db_text(query, 1)),
		.address_key = arena_strdup(arena, db_text(query, 2)),
		.name = arena_strdup(arena, db_text(query, 3)),
		.department = arena_strdup(arena, db_text(query, 4)),
		.language = LANGUAGE_JA,
		.format = FORMAT_TEXT,
		.basis = BASIS_NONE,
		.state = SUBSCRIBER_REMOVED,
		.created_ms = db_int(query, 9),
		.changed_ms = db_int(query, 10),
		.organisation = arena_strdup(arena, db_text(query, 11)),
		.municipality = arena_strdup(arena, db_text(query, 12)),
	};
	subscriber_parse_language(db_text(query, 5), &row->language);
	subscriber_parse_format(db_text(query, 6), &row->format);
	subscriber_parse_basis(db_text(query, 7), &row->basis);
	subscriber_parse_state(db_text(query, 8), &row->state);
}

static bool
read_words(struct arena *arena, struct db_query *query,
    struct text_list *ret_words, struct err *err)
{
	GM_VEC(const char *) words = { 0 };

	while (db_next(query))
		vec_push(&words, arena_strdup(arena, db_text(query, 0)));
	if (!db_end(query, err)) {
		vec_clear(&words);
		return false;
	}
	ret_words->count = words.count;
	ret_words->items =
	    arena_take(arena, words.count + 1, sizeof(*ret_words->items));
	for (size_t i = 0; i < words.count; i++)
		ret_words->items[i] = words.items[i];
	vec_clear(&words);
	return true;
}

static bool
read_interests(struct arena *arena, struct db *db, struct store_subscriber *row,
    struct err *err)
{
	struct db_query *query;

	query = db_query(db,
	    "SELECT t.slug FROM subscriber_tag st"
	    " JOIN tag t ON t.id = st.tag_id"
	    " WHERE st.subscriber_id = ? ORDER BY t.slug",
	    "i", row->id);
	if (!read_words(arena, query, &row->tags, err))
		return false;
	query = db_query(db,
	    "SELECT country FROM subscriber_country"
	    " WHERE subscriber_id = ? ORDER BY country",
	    "i", row->id);
	return read_words(arena, query, &row->countries, err);
}

/* What a query finds, with its interests. */
static bool
read_one(struct arena *arena, struct store *store, struct db_query *query,
    struct store_subscriber **ret_row, struct err *err)
{
	struct store_subscriber *row = NULL;

	if (db_next(query)) {
		row = arena_take(arena, 1, sizeof(*row));
		store_subscriber_row_read(arena, query, row);
	}
	if (!db_end(query, err))
		return false;
	if (row != NULL && !read_interests(arena, store_db(store), row, err))
		return false;
	*ret_row = row;
	return true;
}

bool
store_subscriber_find(struct arena *arena, struct store *store,
    const char *address_key, struct store_subscriber **ret_row, struct err *err)
{
	return read_one(arena, store,
	    db_query(store_db(store),
		"SELECT " GM_STORE_SUBSCRIBER_COLUMNS GM_STORE_SUBSCRIBER_FROM
		" WHERE s.address_key = ?",
		"s", address_key),
	    ret_row, err);
}

bool
store_subscriber_find_id(struct arena *arena, struct store *store, int64_t id,
    struct store_subscriber **ret_row, struct err *err)
{
	return read_one(arena, store,
	    db_query(store_db(store),
		"SELECT " GM_STORE_SUBSCRIBER_COLUMNS GM_STORE_SUBSCRIBER_FROM
		" WHERE s.id = ?",
		"i", id),
	    ret_row, err);
}

/* Sets *ret_id to the organisation of a row, made when needed; 0: none. */
static bool
put_organisation(struct store *store, const struct store_subscriber *row,
    int64_t *ret_id, struct err *err)
{
	struct store_memo *memo = store_memo(store);
	struct db *db = store_db(store);
	struct db_query *query;
	int64_t id = 0;

	if (row->organisation[0] == '\0' && row->municipality[0] == '\0') {
		*ret_id = 0;
		return true;
	}
	if (store_memo_find(memo, "organisation", row->organisation,
		row->municipality, ret_id))
		return true;
	query = db_query(db,
	    "SELECT id FROM organisation WHERE name = ? AND municipality = ?",
	    "ss", row->organisation, row->municipality);
	if (db_next(query))
		id = db_int(query, 0);
	if (!db_end(query, err))
		return false;
	if (id == 0) {
		if (!db_run(db, err,
			"INSERT INTO organisation (name, municipality)"
			" VALUES (?, ?)",
			"ss", row->organisation, row->municipality))
			return false;
		id = db_last_id(db);
	}
	store_memo_put(
	    memo, "organisation", row->organisation, row->municipality, id);
	*ret_id = id;
	return true;
}

/* The id of a tag; 0 when there is none. */
static bool
find_tag(
    struct store *store, const char *slug, int64_t *ret_id, struct err *err)
{
	struct store_memo *memo = store_memo(store);
	struct db_query *query;
	int64_t id;

	if (store_memo_find(memo, "tag", slug, "", ret_id))
		return true;
	query = db_query(
	    store_db(store), "SELECT id FROM tag WHERE slug = ?", "s", slug);
	id = db_next(query) ? db_int(query, 0) : 0;
	if (!db_end(query, err))
		return false;
	if (id != 0)
		store_memo_put(memo, "tag", slug, "", id);
	*ret_id = id;
	return true;
}

static bool
put_interests(struct store *store, int64_t id,
    const struct store_subscriber *row, struct err *err)
{
	struct db *db = store_db(store);
	int64_t tag = 0;

	for (size_t i = 0; i < row->tags.count; i++)
		if (!find_tag(store, row->tags.items[i], &tag, err) ||
		    (tag != 0 && !db_insert(db, err, &tag_rows, id, tag)))
			return false;
	for (size_t i = 0; i < row->countries.count; i++)
		if (!db_insert(
			db, err, &country_rows, id, row->countries.items[i]))
			return false;
	return true;
}

/* Puts what differs into the history; old: NULL when the row is new. */
static bool
record(struct store *store, int64_t id, const struct store_subscriber *old,
    const struct store_subscriber *new, struct err *err)
{
	static const struct store_subscriber nobody = {
		.address = "",
		.name = "",
		.organisation = "",
		.department = "",
		.municipality = "",
	};
	bool is_new = old == NULL;

	if (!store_pen_open(store, "subscriber", id, NULL, NULL, err))
		return false;
	if (is_new)
		old = &nobody;
	store_pen_note(store, "state",
	    is_new ? "" : subscriber_state(old->state),
	    subscriber_state(new->state));
	store_pen_note(store, "address", old->address, new->address);
	store_pen_note(store, "name", old->name, new->name);
	store_pen_note(
	    store, "organisation", old->organisation, new->organisation);
	store_pen_note(store, "department", old->department, new->department);
	store_pen_note(
	    store, "municipality", old->municipality, new->municipality);
	store_pen_note(store, "language",
	    is_new ? "" : subscriber_language(old->language),
	    subscriber_language(new->language));
	store_pen_note(store, "format",
	    is_new ? "" : subscriber_format(old->format),
	    subscriber_format(new->format));
	store_pen_note_words(store, "tags", &old->tags, &new->tags);
	store_pen_note_words(
	    store, "countries", &old->countries, &new->countries);
	store_pen_note(store, "basis",
	    is_new ? "" : subscriber_basis(old->basis),
	    subscriber_basis(new->basis));
	return true;
}

bool
store_subscriber_insert(struct store *store, const struct store_subscriber *row,
    int64_t *ret_id, struct err *err)
{
	struct db *db = store_db(store);
	int64_t organisation;
	int64_t now = now_ms();
	int64_t id;

	if (!put_organisation(store, row, &organisation, err) ||
	    !db_take_id(db, "subscriber", &id, err) ||
	    !db_insert(db, err, &subscriber_rows, id, row->address,
		row->address_key, row->name, organisation, row->department,
		subscriber_language(row->language),
		subscriber_format(row->format), subscriber_basis(row->basis),
		subscriber_state(row->state), now, now))
		return false;
	if (!put_interests(store, id, row, err) ||
	    !record(store, id, NULL, row, err))
		return false;
	*ret_id = id;
	return true;
}

bool
store_subscriber_update(struct store *store, const struct store_subscriber *old,
    const struct store_subscriber *row, struct err *err)
{
	struct db *db = store_db(store);
	int64_t organisation;

	return put_organisation(store, row, &organisation, err) &&
	       db_run(db, err,
		   "UPDATE subscriber SET address = ?, address_key = ?,"
		   " name = ?, organisation_id = nullif(?, 0), department = ?,"
		   " language = ?, format = ?, basis = ?, state = ?,"
		   " changed_ms = ? WHERE id = ?",
		   "sssisssssii", row->address, row->address_key, row->name,
		   organisation, row->department,
		   subscriber_language(row->language),
		   subscriber_format(row->format), subscriber_basis(row->basis),
		   subscriber_state(row->state), now_ms(), row->id) &&
	       db_run(db, err,
		   "DELETE FROM subscriber_tag WHERE subscriber_id = ?", "i",
		   row->id) &&
	       db_run(db, err,
		   "DELETE FROM subscriber_country WHERE subscriber_id = ?",
		   "i", row->id) &&
	       put_interests(store, row->id, row, err) &&
	       record(store, row->id, old, row, err);
}

bool
store_subscriber_set_state(struct store *store, int64_t id,
    enum subscriber_state state, struct err *err)
{
	struct db *db = store_db(store);
	struct db_query *query;

	if (!store_pen_open(store, "subscriber", id, NULL, NULL, err))
		return false;
	query =
	    db_query(db, "SELECT state FROM subscriber WHERE id = ?", "i", id);
	if (db_next(query))
		store_pen_note(
		    store, "state", db_text(query, 0), subscriber_state(state));
	return db_end(query, err) &&
	       db_run(db, err,
		   "UPDATE subscriber SET state = ?, changed_ms = ?"
		   " WHERE id = ?",
		   "sii", subscriber_state(state), now_ms(), id);
}

bool
store_subscriber_skip(struct store *store, int64_t id, const char *reason,
    int64_t *ret_count, struct err *err)
{
	struct db *db = store_db(store);

	if (!db_run(db, err,
		"UPDATE delivery SET state = 'skipped', reason = ?,"
		" skipped_ms = ?, runner = 0 WHERE subscriber_id = ?"
		" AND issue IN (SELECT issue FROM mailing)"
		" AND state IN ('queued', 'leased')",
		"sii", reason, now_ms(), id))
		return false;
	*ret_count = db_changes(db);
	return true;
}

bool
store_subscriber_mail_list(struct arena *arena, struct store *store, int64_t id,
    struct store_subscriber_mails *ret_list, struct err *err)
{
	GM_VEC(struct store_subscriber_mail) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT d.issue, d.state, d.reason, d.attempts, a.ended_ms,"
	    " a.code, a.text, d.message_id, m.planned_ms FROM delivery d"
	    " JOIN mailing m ON m.id = d.mailing_id"
	    " LEFT JOIN attempt a ON a.id ="
	    "  (SELECT max(id) FROM attempt WHERE delivery_id = d.id)"
	    " WHERE d.subscriber_id = ?"
	    " AND d.issue IN (SELECT issue FROM mailing) ORDER BY d.id",
	    "i", id);

	while (db_next(query)) {
		struct store_subscriber_mail row = {
			.issue = arena_strdup(arena, db_text(query, 0)),
			.state = arena_strdup(arena, db_text(query, 1)),
			.reason = arena_strdup(arena, db_text(query, 2)),
			.attempts = db_int(query, 3),
			.last_ms = db_int(query, 4),
			.code = db_int(query, 5),
			.text = arena_strdup(arena, db_text(query, 6)),
			.message_id = arena_strdup(arena, db_text(query, 7)),
			.planned_ms = db_int(query, 8),
		};

		vec_push(&rows, row);
	}
	if (!db_end(query, err)) {
		vec_clear(&rows);
		return false;
	}
	ret_list->count = rows.count;
	ret_list->items =
	    arena_copy(arena, rows.items, rows.count * sizeof(*rows.items));
	vec_clear(&rows);
	return true;
}
