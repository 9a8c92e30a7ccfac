#include "store/store_tag.h"

#include "base/now.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_follow.h"
#include "store/store_pen.h"

/* Counts who is active and has which tag; `ret_counts` is by the tag's id.
   Grouping them in the database would sort them all. */
static bool
count_users(struct arena *arena, struct store *store, int64_t largest_id,
    int64_t **ret_counts, struct err *err)
{
	int64_t *counts =
	    arena_take(arena, (size_t)largest_id + 1, sizeof(*counts));
	struct db_query *query = db_query(store_db(store),
	    "SELECT st.tag_id FROM subscriber_tag st"
	    " JOIN subscriber s ON s.id = st.subscriber_id"
	    " WHERE s.state = 'active'",
	    "");

	while (db_next(query)) {
		int64_t id = db_int(query, 0);

		if (id >= 0 && id <= largest_id)
			counts[id]++;
	}
	*ret_counts = counts;
	return db_end(query, err);
}

bool
store_tag_list(struct arena *arena, struct store *store, bool counted,
    struct store_tags *ret_tags, struct err *err)
{
	GM_VEC(struct store_tag) tags = { 0 };
	GM_VEC(int64_t) ids = { 0 };
	int64_t largest_id = 0;
	int64_t *counts = NULL;
	struct db_query *query = db_query(store_db(store),
	    "SELECT id, slug, label_en, label_ja FROM tag ORDER BY slug", "");
	bool ok;

	while (db_next(query)) {
		int64_t id = db_int(query, 0);
		struct store_tag tag = {
			.slug = arena_strdup(arena, db_text(query, 1)),
			.label_en = arena_strdup(arena, db_text(query, 2)),
			.label_ja = arena_strdup(arena, db_text(query, 3)),
		};

		vec_push(&tags, tag);
		vec_push(&ids, id);
		if (id > largest_id)
			largest_id = id;
	}
	ok = db_end(query, err) &&
	     (!counted || count_users(arena, store, largest_id, &counts, err));
	for (size_t i = 0; ok && counted && i < tags.count; i++)
		tags.items[i].subscribers = counts[ids.items[i]];
	if (ok) {
		ret_tags->count = tags.count;
		ret_tags->items = arena_copy(
		    arena, tags.items, tags.count * sizeof(*tags.items));
	}
	vec_clear(&tags);
	vec_clear(&ids);
	return ok;
}

/* Puts the labels into the history, beside those that are stored. */
static bool
record(struct store *store, const struct store_tag *tag, struct err *err)
{
	struct db_query *query;
	bool is_there;

	if (!store_pen_open(store, "tag", 0, "tag", tag->slug, err))
		return false;
	query = db_query(store_db(store),
	    "SELECT label_en, label_ja FROM tag WHERE slug = ?", "s",
	    tag->slug);
	is_there = db_next(query);
	store_pen_note(store, "label_en", is_there ? db_text(query, 0) : "",
	    tag->label_en);
	store_pen_note(store, "label_ja", is_there ? db_text(query, 1) : "",
	    tag->label_ja);
	return db_end(query, err);
}

bool
store_tag_put(struct store *store, const struct store_tag *tag,
    bool *ret_changed, struct err *err)
{
	struct db *db = store_db(store);

	if (!record(store, tag, err) ||
	    !db_run(db, err,
		"INSERT INTO tag (slug, label_en, label_ja, created_ms)"
		" VALUES (?, ?, ?, ?)"
		" ON CONFLICT (slug) DO UPDATE SET"
		" label_en = excluded.label_en, label_ja = excluded.label_ja"
		" WHERE tag.label_en <> excluded.label_en"
		" OR tag.label_ja <> excluded.label_ja",
		"sssi", tag->slug, tag->label_en, tag->label_ja, now_ms()))
		return false;
	*ret_changed = db_changes(db) > 0;
	return true;
}

bool
store_tag_users(struct store *store, const char *slug, bool *ret_found,
    int64_t *ret_count, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT count(st.subscriber_id) FROM tag t"
	    " LEFT JOIN subscriber_tag st ON st.tag_id = t.id"
	    " WHERE t.slug = ? GROUP BY t.id",
	    "s", slug);

	*ret_found = db_next(query);
	*ret_count = *ret_found ? db_int(query, 0) : 0;
	return db_end(query, err);
}

bool
store_tag_rename(
    struct store *store, const char *old, const char *slug, struct err *err)
{
	if (!store_follow_tag(store, old, slug, false, err) ||
	    !store_pen_open(store, "tag", 0, "tag", old, err))
		return false;
	store_pen_note(store, "slug", old, slug);
	return db_run(store_db(store), err,
	    "UPDATE tag SET slug = ? WHERE slug = ?", "ss", slug, old);
}

/* Takes a tag away that nobody has any more. */
static bool
end_tag(
    struct store *store, const char *slug, const char *into, struct err *err)
{
	struct db *db = store_db(store);
	struct db_query *query;

	if (!store_pen_open(store, "tag", 0, "tag", slug, err))
		return false;
	store_pen_note(store, "merged_into", "", into);
	query = db_query(
	    db, "SELECT label_en, label_ja FROM tag WHERE slug = ?", "s", slug);
	if (db_next(query)) {
		store_pen_note(store, "label_en", db_text(query, 0), "");
		store_pen_note(store, "label_ja", db_text(query, 1), "");
	}
	return db_end(query, err) &&
	       db_run(db, err, "DELETE FROM tag WHERE slug = ?", "s", slug);
}

bool
store_tag_merge(
    struct store *store, const char *from, const char *into, struct err *err)
{
	return store_follow_tag(store, from, into, true, err) &&
	       end_tag(store, from, into, err);
}

bool
store_tag_remove(struct store *store, const char *slug, struct err *err)
{
	return end_tag(store, slug, "", err);
}
