#include "store/store_tag.h"

#include "base/now.h"
#include "base/vec.h"
#include "store/db.h"
#include "store/store_pen.h"

bool
store_tag_list(struct arena *arena, struct store *store, bool counted,
    struct store_tags *ret_tags, struct err *err)
{
	static const char plain[] =
	    "SELECT slug, label_en, label_ja, 0 FROM tag ORDER BY slug";
	static const char with_count[] =
	    "SELECT t.slug, t.label_en, t.label_ja,"
	    " (SELECT count(*) FROM subscriber_tag st"
	    "  JOIN subscriber s ON s.id = st.subscriber_id"
	    "  WHERE st.tag_id = t.id AND s.state = 'active')"
	    " FROM tag t ORDER BY t.slug";
	GM_VEC(struct store_tag) tags = { 0 };
	struct db_query *query =
	    db_query(store_db(store), counted ? with_count : plain, "");

	while (db_next(query)) {
		struct store_tag tag = {
			.slug = arena_strdup(arena, db_text(query, 0)),
			.label_en = arena_strdup(arena, db_text(query, 1)),
			.label_ja = arena_strdup(arena, db_text(query, 2)),
			.subscribers = db_int(query, 3),
		};

		vec_push(&tags, tag);
	}
	if (!db_end(query, err)) {
		vec_clear(&tags);
		return false;
	}
	ret_tags->count = tags.count;
	ret_tags->items =
	    arena_copy(arena, tags.items, tags.count * sizeof(*tags.items));
	vec_clear(&tags);
	return true;
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
