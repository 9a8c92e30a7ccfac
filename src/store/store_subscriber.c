#include "store/store_subscriber.h"

#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "model/municipality.h"
#include "store/db.h"
#include "store/store_replan.h"

/* The columns of a row, in the order that read_row expects. */
#define GM_SUBSCRIBER_COLUMNS                                    \
	"s.id, s.address, s.address_key, s.name, s.department,"  \
	" s.language, s.format, s.basis, s.state, s.created_ms," \
	" s.changed_ms, coalesce(o.name, ''),"                   \
	" coalesce(o.municipality, '')"
#define GM_SUBSCRIBER_FROM   \
	" FROM subscriber s" \
	" LEFT JOIN organisation o ON o.id = s.organisation_id"

/* Reads all but the interests. Words that this program does not know read as
   the most careful choice. */
static void
read_row(
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

bool
store_subscriber_find(struct arena *arena, struct store *store,
    const char *address_key, struct store_subscriber **ret_row, struct err *err)
{
	struct store_subscriber *row = NULL;
	struct db_query *query = db_query(store_db(store),
	    "SELECT " GM_SUBSCRIBER_COLUMNS GM_SUBSCRIBER_FROM
	    " WHERE s.address_key = ?",
	    "s", address_key);

	if (db_next(query)) {
		row = arena_take(arena, 1, sizeof(*row));
		read_row(arena, query, row);
	}
	if (!db_end(query, err))
		return false;
	if (row != NULL && !read_interests(arena, store_db(store), row, err))
		return false;
	*ret_row = row;
	return true;
}

/* Sets *ret_id to the organisation of a row, made when needed; 0: none. */
static bool
put_organisation(struct db *db, const struct store_subscriber *row,
    int64_t *ret_id, struct err *err)
{
	struct db_query *query;
	int64_t id = 0;

	if (row->organisation[0] == '\0' && row->municipality[0] == '\0') {
		*ret_id = 0;
		return true;
	}
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
	*ret_id = id;
	return true;
}

static bool
put_interests(struct db *db, int64_t id, const struct store_subscriber *row,
    struct err *err)
{
	for (size_t i = 0; i < row->tags.count; i++)
		if (!db_run(db, err,
			"INSERT INTO subscriber_tag (subscriber_id, tag_id)"
			" SELECT ?, id FROM tag WHERE slug = ?",
			"is", id, row->tags.items[i]))
			return false;
	for (size_t i = 0; i < row->countries.count; i++)
		if (!db_run(db, err,
			"INSERT INTO subscriber_country"
			" (subscriber_id, country) VALUES (?, ?)",
			"is", id, row->countries.items[i]))
			return false;
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

	if (!put_organisation(db, row, &organisation, err) ||
	    !db_run(db, err,
		"INSERT INTO subscriber (address, address_key, name,"
		" organisation_id, department, language, format, basis,"
		" state, created_ms, changed_ms)"
		" VALUES (?, ?, ?, nullif(?, 0), ?, ?, ?, ?, ?, ?, ?)",
		"sssisssssii", row->address, row->address_key, row->name,
		organisation, row->department,
		subscriber_language(row->language),
		subscriber_format(row->format), subscriber_basis(row->basis),
		subscriber_state(row->state), now, now))
		return false;
	id = db_last_id(db);
	if (!put_interests(db, id, row, err))
		return false;
	*ret_id = id;
	return true;
}

bool
store_subscriber_update(
    struct store *store, const struct store_subscriber *row, struct err *err)
{
	struct db *db = store_db(store);
	int64_t organisation;

	return put_organisation(db, row, &organisation, err) &&
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
	       put_interests(db, row->id, row, err);
}

bool
store_subscriber_set_state(struct store *store, int64_t id,
    enum subscriber_state state, struct err *err)
{
	return db_run(store_db(store), err,
	    "UPDATE subscriber SET state = ?, changed_ms = ? WHERE id = ?",
	    "sii", subscriber_state(state), now_ms(), id);
}

bool
store_subscriber_skip(struct store *store, int64_t id, const char *reason,
    int64_t *ret_count, struct err *err)
{
	struct db *db = store_db(store);

	if (!db_run(db, err,
		"UPDATE delivery SET state = 'skipped', reason = ?,"
		" runner = 0 WHERE subscriber_id = ?"
		" AND state IN ('queued', 'leased')",
		"si", reason, id))
		return false;
	*ret_count = db_changes(db);
	return true;
}

/* A walk over subscribers by id that merges in their interests from two more
   queries in the same order, so that no member costs a query of its own. */
struct walk {
	struct arena *arena; /* of the present member */
	struct arena *names; /* of the walk */
	struct db_query *rows;
	struct db_query *tags;
	struct db_query *countries;
	bool tag_waits; /* the query stands on a row not used yet */
	bool country_waits;
	const char **slugs; /* by rank in the order of slugs */
	size_t *ranks;      /* by tag id; SIZE_MAX: no such tag */
	size_t rank_count;
};

static bool
read_slugs(struct walk *walk, struct db *db, struct err *err)
{
	GM_VEC(const char *) slugs = { 0 };
	GM_VEC(size_t) ids = { 0 };
	struct db_query *query =
	    db_query(db, "SELECT id, slug FROM tag ORDER BY slug", "");
	bool ok;

	while (db_next(query)) {
		size_t id = (size_t)db_int(query, 0);

		vec_push(&slugs, arena_strdup(walk->names, db_text(query, 1)));
		vec_push(&ids, id);
		if (id >= walk->rank_count)
			walk->rank_count = id + 1;
	}
	ok = db_end(query, err);
	walk->ranks =
	    arena_take(walk->names, walk->rank_count, sizeof(*walk->ranks));
	for (size_t id = 0; id < walk->rank_count; id++)
		walk->ranks[id] = SIZE_MAX;
	for (size_t rank = 0; rank < ids.count; rank++)
		walk->ranks[ids.items[rank]] = rank;
	walk->slugs =
	    arena_take(walk->names, slugs.count + 1, sizeof(*walk->slugs));
	for (size_t rank = 0; rank < slugs.count; rank++)
		walk->slugs[rank] = slugs.items[rank];
	vec_clear(&slugs);
	vec_clear(&ids);
	return ok;
}

/* Steps a query (subscriber id first) to the rows of `id`. */
static bool
is_at(struct db_query *query, bool *waits, int64_t id)
{
	while (*waits && db_int(query, 0) < id)
		*waits = db_next(query);
	return *waits && db_int(query, 0) == id;
}

static int
compare_ranks(const void *a, const void *b)
{
	size_t x = *(const size_t *)a;
	size_t y = *(const size_t *)b;

	return (x > y) - (x < y);
}

static void
merge_tags(struct walk *walk, struct store_subscriber *row)
{
	enum { MOST_TAGS = 256 };
	size_t ranks[MOST_TAGS];
	size_t count = 0;

	while (is_at(walk->tags, &walk->tag_waits, row->id)) {
		size_t id = (size_t)db_int(walk->tags, 1);

		if (id < walk->rank_count && walk->ranks[id] != SIZE_MAX &&
		    count < MOST_TAGS)
			ranks[count++] = walk->ranks[id];
		walk->tag_waits = db_next(walk->tags);
	}
	qsort(ranks, count, sizeof(ranks[0]), compare_ranks);
	row->tags.count = count;
	row->tags.items =
	    arena_take(walk->arena, count + 1, sizeof(*row->tags.items));
	for (size_t i = 0; i < count; i++)
		row->tags.items[i] = walk->slugs[ranks[i]];
}

static void
merge_countries(struct walk *walk, struct store_subscriber *row)
{
	enum { MOST_COUNTRIES = 256 };
	const char *codes[MOST_COUNTRIES];
	size_t count = 0;

	while (is_at(walk->countries, &walk->country_waits, row->id)) {
		if (count < MOST_COUNTRIES)
			codes[count++] = arena_strdup(
			    walk->arena, db_text(walk->countries, 1));
		walk->country_waits = db_next(walk->countries);
	}
	row->countries.count = count;
	row->countries.items = arena_copy(
	    walk->arena, codes, count * sizeof(*row->countries.items));
}

/* Walks over the rows of `rows`, which it ends. */
static bool
walk_all(struct store *store, struct db_query *rows,
    store_subscriber_each_fn *each, void *context, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct arena *names GM_ARENA_AT_EXIT = arena_new();
	struct db *db = store_db(store);
	struct walk walk = { .arena = arena, .names = names, .rows = rows };
	struct store_subscriber row;
	struct err later;
	bool ok;

	/* The first step of `rows` opens the view that all of them share. */
	if (!db_next(rows))
		return db_end(rows, err);
	walk.tags = db_query(db,
	    "SELECT subscriber_id, tag_id FROM subscriber_tag"
	    " ORDER BY subscriber_id, tag_id",
	    "");
	walk.countries = db_query(db,
	    "SELECT subscriber_id, country FROM subscriber_country"
	    " ORDER BY subscriber_id, country",
	    "");
	ok = read_slugs(&walk, db, err);
	walk.tag_waits = ok && db_next(walk.tags);
	walk.country_waits = ok && db_next(walk.countries);
	while (ok) {
		arena_reset(arena);
		read_row(arena, rows, &row);
		merge_tags(&walk, &row);
		merge_countries(&walk, &row);
		ok = each(&row, context, err);
		if (!ok || !db_next(rows))
			break;
	}

	/* Keep the first error, but end every query. */
	ok = db_end(walk.tags, ok ? err : &later) && ok;
	ok = db_end(walk.countries, ok ? err : &later) && ok;
	return db_end(rows, ok ? err : &later) && ok;
}

bool
store_subscriber_each(struct store *store,
    const struct store_subscriber_filter *filter,
    store_subscriber_each_fn *each, void *context, struct err *err)
{
	const char *place = filter->municipality;
	char in_prefecture[] = "__%";
	struct db_query *rows;

	if (place != NULL && municipality_is_prefecture(place)) {
		memcpy(in_prefecture, place, 2);
		place = in_prefecture;
	}
	rows = db_query(store_db(store),
	    "SELECT " GM_SUBSCRIBER_COLUMNS GM_SUBSCRIBER_FROM
	    " WHERE (? IS NULL OR s.state = ?)"
	    " AND (? IS NULL OR s.language = ?)"
	    " AND (? IS NULL OR o.municipality LIKE ?)"
	    " AND (? IS NULL OR EXISTS (SELECT 1 FROM subscriber_tag st"
	    "  JOIN tag t ON t.id = st.tag_id"
	    "  WHERE st.subscriber_id = s.id AND t.slug = ?))"
	    " ORDER BY s.id",
	    "ssssssss", filter->state, filter->state, filter->language,
	    filter->language, place, place, filter->tag, filter->tag);

	return walk_all(store, rows, each, context, err);
}

struct audience {
	store_member_each_fn *each;
	void *context;
};

static bool
hand_over(const struct store_subscriber *row, void *context, struct err *err)
{
	const struct audience *audience = context;
	struct store_member member = {
		.id = row->id,
		.person = {
			.subscriber = row->id,
			.address = row->address,
			.name = row->name,
			.organisation = row->organisation,
			.department = row->department,
		},
		.reader = {
			.language = row->language,
			.format = row->format,
			.municipality = row->municipality,
			.tags = row->tags,
			.countries = row->countries,
		},
	};

	return audience->each(&member, audience->context, err);
}

bool
store_subscriber_audience(struct store *store, const char *issue,
    store_member_each_fn *each, void *context, struct err *err)
{
	struct audience audience = { .each = each, .context = context };
	struct db_query *rows = db_query(store_db(store),
	    "SELECT " GM_SUBSCRIBER_COLUMNS GM_SUBSCRIBER_FROM
	    " WHERE s.state = 'active' AND s.basis <> 'none'"
	    " AND NOT EXISTS (SELECT 1 FROM suppression p"
	    "  WHERE p.address_key = s.address_key)"
	    " AND NOT EXISTS (SELECT 1 FROM delivery d"
	    "  WHERE d.issue = ? AND d.subscriber_id = s.id)"
	    " ORDER BY s.id",
	    "s", issue);

	return walk_all(store, rows, hand_over, &audience, err);
}

bool
store_replan_members(struct store *store, int64_t mailing, const char *issue,
    store_member_each_fn *each, void *context, struct err *err)
{
	struct audience audience = { .each = each, .context = context };
	struct db_query *rows = db_query(store_db(store),
	    "SELECT " GM_SUBSCRIBER_COLUMNS GM_SUBSCRIBER_FROM
	    " WHERE EXISTS (SELECT 1 FROM delivery d"
	    "  WHERE d.issue = ? AND d.subscriber_id = s.id"
	    "  AND d.mailing_id = ? AND" GM_STORE_UNBEGUN ") ORDER BY s.id",
	    "si", issue, mailing);

	return walk_all(store, rows, hand_over, &audience, err);
}

bool
store_subscriber_mail_list(struct arena *arena, struct store *store, int64_t id,
    struct store_subscriber_mails *ret_list, struct err *err)
{
	GM_VEC(struct store_subscriber_mail) rows = { 0 };
	struct db_query *query = db_query(store_db(store),
	    "SELECT d.issue, d.state, d.reason, d.attempts, a.ended_ms,"
	    " a.code, a.text, d.message_id FROM delivery d"
	    " LEFT JOIN attempt a ON a.id ="
	    "  (SELECT max(id) FROM attempt WHERE delivery_id = d.id)"
	    " WHERE d.subscriber_id = ? ORDER BY d.id",
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
