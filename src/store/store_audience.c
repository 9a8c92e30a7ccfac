#include "store/store_audience.h"

#include <assert.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/vec.h"
#include "store/store_audience_sql.h"
#include "store/store_subscriber_row.h"

/* What a test of a field asks. A contact without organisation has no place:
   a NULL there would make `not` lose such rows. */
static const char *const conditions[AUDIENCE_FIELDS] = {
	[AUDIENCE_TAG] = "EXISTS (SELECT 1 FROM subscriber_tag st"
			 " WHERE st.subscriber_id = s.id AND st.tag_id ="
			 " (SELECT t.id FROM tag t WHERE t.slug = ?))",
	[AUDIENCE_COUNTRY] = "EXISTS (SELECT 1 FROM subscriber_country sc"
			     " WHERE sc.subscriber_id = s.id"
			     " AND sc.country = ?)",
	[AUDIENCE_PREFECTURE] = "coalesce(o.municipality, '') LIKE ?",
	[AUDIENCE_MUNICIPALITY] = "coalesce(o.municipality, '') = ?",
	[AUDIENCE_ORGANISATION] = "coalesce(o.name, '') = ?",
	[AUDIENCE_LANGUAGE] = "s.language = ?",
	[AUDIENCE_FORMAT] = "s.format = ?",
	[AUDIENCE_BASIS] = "s.basis = ?",
	[AUDIENCE_STATE] = "s.state = ?",
	[AUDIENCE_DOMAIN] = "(s.address_key LIKE ? OR s.address_key LIKE ?)",
};

/* The work on one tree. */
struct compiling {
	struct arena *arena;
	struct buf text;
	GM_VEC(const char *) values;
};

static void
add_test(struct compiling *compiling, const struct audience *test)
{
	struct arena *arena = compiling->arena;
	const char *value = test->value;

	assert(conditions[test->field] != NULL);
	buf_add_str(&compiling->text, conditions[test->field]);
	if (test->field == AUDIENCE_PREFECTURE) {
		value = arena_format(arena, "%s%%", value);
	} else if (test->field == AUDIENCE_DOMAIN) {
		vec_push(
		    &compiling->values, arena_format(arena, "%%@%s", value));
		value = arena_format(arena, "%%.%s", value);
	}
	vec_push(&compiling->values, value);
}

static void add_tree(struct compiling *compiling, const struct audience *tree);

/* What a run of and, or of or, holds. */
struct run {
	enum audience_kind kind;
	const struct audience *parts[AUDIENCE_TESTS_MOST];
	size_t count;
};

static void
gather(struct run *run, const struct audience *tree)
{
	if (tree->kind == run->kind) {
		gather(run, tree->left);
		gather(run, tree->right);
		return;
	}
	assert(run->count < AUDIENCE_TESTS_MOST);
	run->parts[run->count++] = tree;
}

/* A run needs no parentheses within, and what is nested deepest in it comes
   first: what the engine has read before it would count against the hundred
   words that it can keep open. */
static void
add_run(struct compiling *compiling, const struct audience *tree)
{
	struct run *run = arena_take(compiling->arena, 1, sizeof(*run));
	size_t deepest = 0;

	run->kind = tree->kind;
	gather(run, tree);
	for (size_t i = 1; i < run->count; i++)
		if (audience_depth(run->parts[i]) >
		    audience_depth(run->parts[deepest]))
			deepest = i;
	buf_add_str(&compiling->text, "(");
	add_tree(compiling, run->parts[deepest]);
	for (size_t i = 0; i < run->count; i++) {
		if (i == deepest)
			continue;
		buf_add_str(&compiling->text,
		    tree->kind == AUDIENCE_AND ? " AND " : " OR ");
		add_tree(compiling, run->parts[i]);
	}
	buf_add_str(&compiling->text, ")");
}

static void
add_tree(struct compiling *compiling, const struct audience *tree)
{
	struct buf *text = &compiling->text;

	/* Two negations are none: they would only cost depth. */
	while (tree->kind == AUDIENCE_NOT && tree->left->kind == AUDIENCE_NOT)
		tree = tree->left->left;
	switch (tree->kind) {
	case AUDIENCE_EVERYONE:
		buf_add_str(text, "1 = 1");
		return;
	case AUDIENCE_TEST:
		add_test(compiling, tree);
		return;
	case AUDIENCE_NOT:
		buf_add_str(text, "NOT (");
		add_tree(compiling, tree->left);
		buf_add_str(text, ")");
		return;
	case AUDIENCE_AND:
	case AUDIENCE_OR:
		add_run(compiling, tree);
		return;
	}
	abort();
}

struct store_audience_sql
store_audience_compile(struct arena *arena, const struct audience *tree)
{
	static const struct audience everyone = { .kind = AUDIENCE_EVERYONE };
	struct compiling compiling = { .arena = arena };
	struct store_audience_sql sql;

	buf_init(&compiling.text, SIZE_MAX);
	buf_add_str(&compiling.text, "(");
	add_tree(&compiling, tree != NULL ? tree : &everyone);
	buf_add_str(&compiling.text, ")");
	sql.condition = arena_strdup(arena, buf_str(&compiling.text));
	sql.count = compiling.values.count;
	sql.values = arena_copy(
	    arena, compiling.values.items, sql.count * sizeof(*sql.values));
	buf_clear(&compiling.text);
	vec_clear(&compiling.values);
	return sql;
}

void
store_audience_bind(
    struct db_query *query, int at, const struct store_audience_sql *sql)
{
	for (size_t i = 0; i < sql->count; i++)
		db_bind(query, at + (int)i, "s", sql->values[i]);
}

bool
store_audience_count(struct store *store, const struct audience *tree,
    struct store_audience_counts *ret_counts, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_audience_sql sql = store_audience_compile(arena, tree);
	struct store_audience_counts counts = { 0 };
	struct db_query *query = db_prepare_once(store_db(store),
	    arena_format(arena,
		"SELECT count(*), coalesce(sum(CASE"
		" WHEN s.state <> 'active' THEN 1 ELSE 0 END), 0),"
		" coalesce(sum(CASE WHEN s.state = 'active'"
		"  AND s.basis = 'none' THEN 1 ELSE 0 END), 0),"
		" coalesce(sum(CASE WHEN " GM_STORE_SUBSCRIBER_REACHABLE
		"  THEN 1 ELSE 0 END), 0)" GM_STORE_SUBSCRIBER_FROM
		" WHERE s.state <> 'erased' AND %s",
		sql.condition));

	store_audience_bind(query, 1, &sql);
	if (db_next(query)) {
		counts.matching = db_int(query, 0);
		counts.inactive = db_int(query, 1);
		counts.without_basis = db_int(query, 2);
		counts.reachable = db_int(query, 3);
		counts.suppressed = counts.matching - counts.inactive -
				    counts.without_basis - counts.reachable;
	}
	if (!db_end(query, err))
		return false;
	*ret_counts = counts;
	return true;
}
