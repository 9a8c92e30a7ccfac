#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "model/municipality.h"
#include "store/store_audience_sql.h"
#include "store/store_replan.h"
#include "store/store_subscriber_row.h"

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
		store_subscriber_row_read(arena, rows, &row);
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
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_audience_sql audience =
	    store_audience_compile(arena, filter->audience);
	const char *place = filter->municipality;
	char in_prefecture[] = "__%";
	struct db_query *rows;

	if (place != NULL && municipality_is_prefecture(place)) {
		memcpy(in_prefecture, place, 2);
		place = in_prefecture;
	}
	rows = db_prepare_once(store_db(store),
	    arena_format(arena,
		"SELECT " GM_STORE_SUBSCRIBER_COLUMNS GM_STORE_SUBSCRIBER_FROM
		" WHERE (? IS NULL OR s.state = ?)"
		" AND (? IS NULL OR s.language = ?)"
		" AND (? IS NULL OR o.municipality LIKE ?)"
		" AND (? IS NULL OR EXISTS (SELECT 1 FROM subscriber_tag st"
		"  JOIN tag t ON t.id = st.tag_id"
		"  WHERE st.subscriber_id = s.id AND t.slug = ?))"
		" AND %s%s ORDER BY s.id",
		audience.condition,
		filter->reachable ? " AND " GM_STORE_SUBSCRIBER_REACHABLE
				  : ""));
	db_bind(rows, 1, "ssssssss", filter->state, filter->state,
	    filter->language, filter->language, place, place, filter->tag,
	    filter->tag);
	store_audience_bind(rows, 9, &audience);
	return walk_all(store, rows, each, context, err);
}

struct members {
	store_member_each_fn *each;
	void *context;
};

static bool
hand_over(const struct store_subscriber *row, void *context, struct err *err)
{
	const struct members *members = context;
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

	return members->each(&member, members->context, err);
}

/* Whether nobody has a delivery of the issue: mostly so, and cheaper then. */
static bool
is_fresh(
    struct store *store, const char *issue, bool *ret_fresh, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT EXISTS (SELECT 1 FROM delivery WHERE issue = ?)", "s",
	    issue);

	*ret_fresh = db_next(query) && db_int(query, 0) == 0;
	return db_end(query, err);
}

bool
store_subscriber_audience(struct store *store, const char *issue,
    const struct audience *audience, store_member_each_fn *each, void *context,
    struct err *err)
{
	static const char without_delivery[] =
	    " AND NOT EXISTS (SELECT 1 FROM delivery d"
	    "  WHERE d.subscriber_id = s.id AND d.issue = ?)";
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_audience_sql sql = store_audience_compile(arena, audience);
	struct members members = { .each = each, .context = context };
	struct db_query *rows;
	bool fresh;

	if (!is_fresh(store, issue, &fresh, err))
		return false;
	rows = db_prepare_once(store_db(store),
	    arena_format(arena,
		"SELECT " GM_STORE_SUBSCRIBER_COLUMNS GM_STORE_SUBSCRIBER_FROM
		" WHERE " GM_STORE_SUBSCRIBER_REACHABLE " AND %s%s"
		" ORDER BY s.id",
		sql.condition, fresh ? "" : without_delivery));
	store_audience_bind(rows, 1, &sql);
	if (!fresh)
		db_bind(rows, (int)sql.count + 1, "s", issue);
	return walk_all(store, rows, hand_over, &members, err);
}

bool
store_replan_members(struct store *store, int64_t mailing, const char *issue,
    store_member_each_fn *each, void *context, struct err *err)
{
	struct members members = { .each = each, .context = context };
	struct db_query *rows = db_query(store_db(store),
	    "SELECT " GM_STORE_SUBSCRIBER_COLUMNS GM_STORE_SUBSCRIBER_FROM
	    " WHERE EXISTS (SELECT 1 FROM delivery d"
	    "  WHERE d.issue = ? AND d.subscriber_id = s.id"
	    "  AND d.mailing_id = ? AND" GM_STORE_UNBEGUN ") ORDER BY s.id",
	    "si", issue, mailing);

	return walk_all(store, rows, hand_over, &members, err);
}

bool
store_subscriber_keys(struct store *store,
    void (*each)(const char *address_key, void *context), void *context,
    struct err *err)
{
	struct db_query *query =
	    db_query(store_db(store), "SELECT address_key FROM subscriber", "");

	while (db_next(query))
		each(db_text(query, 0), context);
	return db_end(query, err);
}

bool
store_subscriber_names(struct store *store,
    void (*each)(const char *address_key, const char *name,
	const char *organisation, const char *municipality, void *context),
    void *context, struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT s.address_key, s.name, o.name, o.municipality"
	    " FROM subscriber s"
	    " JOIN organisation o ON o.id = s.organisation_id"
	    " WHERE s.state = 'active' AND s.name <> '' AND o.name <> ''",
	    "");

	while (db_next(query))
		each(db_text(query, 0), db_text(query, 1), db_text(query, 2),
		    db_text(query, 3), context);
	return db_end(query, err);
}

bool
store_subscriber_mailable(struct store *store,
    void (*each)(const char *address, void *context), void *context,
    struct err *err)
{
	struct db_query *query = db_query(store_db(store),
	    "SELECT s.address FROM subscriber s"
	    " WHERE s.state = 'active' AND s.basis <> 'none'"
	    " AND NOT EXISTS (SELECT 1 FROM suppression p"
	    "  WHERE p.address_key = s.address_key) ORDER BY s.id",
	    "");

	while (db_next(query))
		each(db_text(query, 0), context);
	return db_end(query, err);
}
