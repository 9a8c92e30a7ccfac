#include "store/store_follow.h"

#include "base/buf.h"
#include "base/now.h"
#include "store/db.h"
#include "store/store_pen.h"

enum { WORDS_MOST_BYTES = 1 << 16, FEW = 500 };

/* What stands between two words of a payload, and a word. */
static void
add_word(struct buf *buf, const char *word)
{
	if (buf->used > 0)
		buf_add_char(buf, ';');
	buf_add_str(buf, word);
}

/* The tags of one contact as they are and as they will be, sorted. */
static bool
note_tags(struct store *store, int64_t subscriber, const char *from,
    const char *into, struct err *err)
{
	struct buf before GM_BUF_AT_EXIT;
	struct buf after GM_BUF_AT_EXIT;
	struct db_query *query;
	bool ok;

	buf_init(&before, WORDS_MOST_BYTES);
	buf_init(&after, WORDS_MOST_BYTES);
	query = db_query(store_db(store),
	    "SELECT t.slug FROM subscriber_tag st JOIN tag t ON t.id = "
	    "st.tag_id"
	    " WHERE st.subscriber_id = ? ORDER BY t.slug",
	    "i", subscriber);
	while (db_next(query))
		add_word(&before, db_text(query, 0));
	if (!db_end(query, err))
		return false;
	query = db_query(store_db(store),
	    "SELECT t.slug FROM subscriber_tag st JOIN tag t ON t.id = "
	    "st.tag_id"
	    " WHERE st.subscriber_id = ? AND t.slug <> ?"
	    " UNION SELECT ? ORDER BY 1",
	    "iss", subscriber, from, into);
	while (db_next(query))
		add_word(&after, db_text(query, 0));
	ok = db_end(query, err) &&
	     store_pen_open(store, "subscriber", subscriber, NULL, NULL, err);
	if (ok)
		store_pen_note(
		    store, "tags", buf_str(&before), buf_str(&after));
	return ok;
}

/* What a tag becomes. */
struct following {
	struct store *store;
	int64_t from, into; /* ids; into 0: only the name changes */
	const char *from_slug, *into_slug;
};

static bool
follow_one(
    const struct following *following, int64_t subscriber, struct err *err)
{
	struct db *db = store_db(following->store);

	if (!note_tags(following->store, subscriber, following->from_slug,
		following->into_slug, err) ||
	    !db_run(db, err,
		"UPDATE subscriber SET changed_ms = ? WHERE id = ?", "ii",
		now_ms(), subscriber))
		return false;
	return following->into == 0 ||
	       (db_run(db, err,
		    "INSERT INTO subscriber_tag (subscriber_id, tag_id)"
		    " VALUES (?, ?) ON CONFLICT DO NOTHING",
		    "ii", subscriber, following->into) &&
		   db_run(db, err,
		       "DELETE FROM subscriber_tag"
		       " WHERE subscriber_id = ? AND tag_id = ?",
		       "ii", subscriber, following->from));
}

/* The next ones with the tag, above `after`: what is read must not be changed
   meanwhile. */
static bool
read_next(const struct following *following, int64_t after, int64_t ids[FEW],
    size_t *ret_count, struct err *err)
{
	struct db_query *query = db_query(store_db(following->store),
	    "SELECT subscriber_id FROM subscriber_tag"
	    " WHERE subscriber_id > ? AND tag_id = ?"
	    " ORDER BY subscriber_id LIMIT ?",
	    "iii", after, following->from, (int64_t)FEW);

	*ret_count = 0;
	while (db_next(query))
		ids[(*ret_count)++] = db_int(query, 0);
	return db_end(query, err);
}

static bool
read_id(struct store *store, const char *slug, int64_t *ret_id, struct err *err)
{
	struct db_query *query = db_query(
	    store_db(store), "SELECT id FROM tag WHERE slug = ?", "s", slug);

	*ret_id = db_next(query) ? db_int(query, 0) : 0;
	return db_end(query, err);
}

bool
store_follow_tag(struct store *store, const char *from, const char *into,
    bool merge, struct err *err)
{
	struct following following = {
		.store = store, .from_slug = from, .into_slug = into
	};
	int64_t ids[FEW];
	int64_t after = 0;
	size_t count;

	if (!read_id(store, from, &following.from, err) ||
	    (merge && !read_id(store, into, &following.into, err)))
		return false;
	do {
		if (!read_next(&following, after, ids, &count, err))
			return false;
		for (size_t i = 0; i < count; i++)
			if (!follow_one(&following, after = ids[i], err))
				return false;
	} while (count == FEW);
	return true;
}

bool
store_follow_organisation(struct store *store, int64_t id, const char *name,
    const char *municipality, int64_t *ret_count, struct err *err)
{
	struct err ignored = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT s.id, o.name, o.municipality FROM subscriber s"
	    " JOIN organisation o ON o.id = s.organisation_id"
	    " WHERE o.id = ? ORDER BY s.id",
	    "i", id);
	int64_t count = 0;
	bool ok = true;

	for (; ok && db_next(query); count++) {
		ok = store_pen_open(
		    store, "subscriber", db_int(query, 0), NULL, NULL, err);
		if (!ok)
			break;
		store_pen_note(store, "organisation", db_text(query, 1), name);
		store_pen_note(
		    store, "municipality", db_text(query, 2), municipality);
	}
	if (!db_end(query, ok ? err : &ignored) || !ok)
		return false;
	if (ret_count != NULL)
		*ret_count = count;
	return true;
}
