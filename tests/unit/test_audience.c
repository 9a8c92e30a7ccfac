/*
 * Audiences in SQL against an evaluation by hand: random contacts, random
 * expressions, written as texts and read by the parser. AUDIENCE_SEED begins
 * elsewhere.
 */

#include "people/people_audience.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "author.h"
#include "base/buf.h"
#include "store/store_audience.h"
#include "store/store_merger.h"
#include "store/store_municipality.h"
#include "store/store_subscriber.h"
#include "store/store_suppression.h"
#include "store/store_tag.h"

enum { CONTACTS = 120, EXPRESSIONS = 400, DEEPEST = 4, SEGMENTS = 3 };

static const char *const tags[] = { "tourism", "culture", "sports", "halal" };
static const char *const countries[] = { "GR", "ID", "US" };
static const char *const organisations[] = { "", "国際課", "大使館 (文化部)",
	"say \"hi\"", "100%", "a_b" };
static const char *const places[] = { "", "320005", "324485", "322016",
	"310000", "112372", "130001" };
static const char *const domains[] = { "town.lg.jp", "lg.jp", "xlg.jp",
	"a.town.lg.jp", "lg.jp.example", "embassy.example" };

/* Prefectures as one may call them, and the digits meant. */
static const char *const prefectures[][2] = { { "島根", "32" },
	{ "島根県", "32" }, { "Shimane", "32" }, { "32", "32" },
	{ "320005", "32" }, { "鳥取", "31" }, { "Tottori-ken", "31" },
	{ "埼玉", "11" }, { "東京", "13" } };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

struct contact {
	char address[64];
	const char *domain, *organisation, *place;
	bool has_tag[COUNT(tags)];
	bool has_country[COUNT(countries)];
	enum language language;
	enum format format;
	enum basis basis;
	enum subscriber_state state;
	bool suppressed;
};

/* An expression of the test's own. */
struct node {
	char kind; /* t & | ! * */
	struct node *left, *right;
	enum audience_field field;
	size_t choice; /* of the field's values */
};

struct fixture {
	char folder[64];
	struct store *store;
	struct arena *arena;
	struct contact contacts[CONTACTS];
	struct node *segments[SEGMENTS];
};

static struct err err;

static size_t
pick(size_t count)
{
	return (size_t)rand() % count;
}

static void
put_vocabulary(struct fixture *fixture)
{
	static const struct store_municipality rows[] = {
		{ "110001", "埼玉県", "埼玉県", "さいたまけん", "Saitama-ken" },
		{ "112372", "埼玉県", "三郷市", "みさとし", "Misato-shi" },
		{ "130001", "東京都", "東京都", "とうきょうと", "Tokyo-to" },
		{ "310000", "鳥取県", "鳥取県", "とっとりけん", "Tottori-ken" },
		{ "320005", "島根県", "島根県", "しまねけん", "Shimane-ken" },
		{ "322016", "島根県", "松江市", "まつえし", "Matsue-shi" },
		{ "324485", "島根県", "美郷町", "みさとちょう", "Misato-cho" },
	};
	bool changed;

	for (size_t i = 0; i < COUNT(tags); i++) {
		struct store_tag tag = { tags[i], "label", "名札", 0 };

		assert_true(
		    store_tag_put(fixture->store, &tag, &changed, &err));
	}
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(
		    store_municipality_put(fixture->store, &rows[i], &err));
	assert_true(store_merger_add(fixture->store, "322059", "322016", &err));
}

static struct text_list
chosen(struct fixture *fixture, const char *const *words, const bool *has,
    size_t count)
{
	struct text_list list = { .items = arena_take(
				      fixture->arena, count, sizeof(char *)) };

	for (size_t i = 0; i < count; i++)
		if (has[i])
			list.items[list.count++] = words[i];
	return list;
}

static void
put_contact(struct fixture *fixture, size_t number)
{
	struct contact *c = &fixture->contacts[number];
	struct store_subscriber row = { .name = "", .department = "" };
	int64_t id;

	c->domain = domains[pick(COUNT(domains))];
	snprintf(
	    c->address, sizeof(c->address), "x%zu.lg.jp@%s", number, c->domain);
	c->organisation = organisations[pick(COUNT(organisations))];
	c->place = places[pick(COUNT(places))];
	for (size_t i = 0; i < COUNT(tags); i++)
		c->has_tag[i] = pick(3) == 0;
	for (size_t i = 0; i < COUNT(countries); i++)
		c->has_country[i] = pick(4) == 0;
	c->language = (enum language)pick(LANGUAGES);
	c->format = (enum format)pick(FORMATS);
	c->basis = (enum basis)pick(BASES);
	c->state = pick(2) == 0
		       ? SUBSCRIBER_ACTIVE
		       : (enum subscriber_state)pick(SUBSCRIBER_STATES);
	c->suppressed = pick(5) == 0;
	row.address = row.address_key = c->address;
	row.organisation = c->organisation;
	row.municipality = c->place;
	row.language = c->language;
	row.format = c->format;
	row.basis = c->basis;
	row.state = c->state;
	row.tags = chosen(fixture, tags, c->has_tag, COUNT(tags));
	row.countries =
	    chosen(fixture, countries, c->has_country, COUNT(countries));
	assert_true(store_subscriber_insert(fixture->store, &row, &id, &err));
	if (c->suppressed) {
		const struct store_suppression bar = { c->address, "operator",
			1, "" };

		assert_true(store_suppression_add(fixture->store, &bar, &err));
	}
}

static int
set_up(void **state)
{
	const char *seed = getenv("AUDIENCE_SEED");
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	srand(seed != NULL ? (unsigned)atoi(seed) : 20260401);
	strcpy(fixture->folder, "/tmp/glocal-audience-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	assert_true(store_create(
	    fixture->folder, "sqlite:test.db", &fixture->store, &err));
	fixture->arena = arena_new();
	assert_true(store_begin_as(fixture->store, &author_of_tests, &err));
	put_vocabulary(fixture);
	for (size_t i = 0; i < CONTACTS; i++)
		put_contact(fixture, i);

	assert_true(store_commit(fixture->store, &err));
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "test.db", "test.db-wal",
		"test.db-shm", "test.db.lock" };
	struct fixture *fixture = *state;

	store_close(fixture->store);
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(arena_format(
		    fixture->arena, "%s/%s", fixture->folder, names[i]));
	assert_int_equal(rmdir(fixture->folder), 0);
	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

/* The choices of a field, and the text of one. */
static size_t
choices(enum audience_field field)
{
	switch (field) {
	case AUDIENCE_TAG:
		return COUNT(tags);
	case AUDIENCE_COUNTRY:
		return COUNT(countries);
	case AUDIENCE_PREFECTURE:
		return COUNT(prefectures);
	case AUDIENCE_MUNICIPALITY:
		return COUNT(places) - 1;
	case AUDIENCE_ORGANISATION:
		return COUNT(organisations) - 1;
	case AUDIENCE_LANGUAGE:
		return LANGUAGES;
	case AUDIENCE_FORMAT:
		return FORMATS;
	case AUDIENCE_BASIS:
		return BASES;
	case AUDIENCE_STATE:
		return SUBSCRIBER_STATES;
	case AUDIENCE_DOMAIN:
		return COUNT(domains);
	case AUDIENCE_SEGMENT:
		return SEGMENTS;
	case AUDIENCE_FIELDS:
		break;
	}
	abort();
}

static const char *
value_of(enum audience_field field, size_t choice)
{
	static const char *const segments[SEGMENTS] = { "eins", "二", "three" };

	switch (field) {
	case AUDIENCE_TAG:
		return tags[choice];
	case AUDIENCE_COUNTRY:
		return countries[choice];
	case AUDIENCE_PREFECTURE:
		return prefectures[choice][0];
	case AUDIENCE_MUNICIPALITY:
		/* One that was merged into it stands for Matsue, too. */
		return text_equal(places[choice + 1], "322016") && pick(2)
			   ? "322059"
			   : places[choice + 1];
	case AUDIENCE_ORGANISATION:
		return organisations[choice + 1];
	case AUDIENCE_LANGUAGE:
		return subscriber_language((enum language)choice);
	case AUDIENCE_FORMAT:
		return subscriber_format((enum format)choice);
	case AUDIENCE_BASIS:
		return subscriber_basis((enum basis)choice);
	case AUDIENCE_STATE:
		return subscriber_state((enum subscriber_state)choice);
	case AUDIENCE_DOMAIN:
		return domains[choice];
	case AUDIENCE_SEGMENT:
		return segments[choice];
	case AUDIENCE_FIELDS:
		break;
	}
	abort();
}

/* A random expression; segments from number `segments` on are not there. */
static struct node *
grow(struct fixture *fixture, size_t depth, size_t segments)
{
	static const char kinds[] = "tt&&||!*";
	struct node *node = arena_take(fixture->arena, 1, sizeof(*node));

	node->kind = depth == 0 ? 't' : kinds[pick(strlen(kinds))];
	if (node->kind == 't') {
		do
			node->field =
			    (enum audience_field)pick(AUDIENCE_FIELDS);
		while (node->field == AUDIENCE_SEGMENT && segments == 0);
		node->choice = pick(node->field == AUDIENCE_SEGMENT
					? segments
					: choices(node->field));
	} else if (node->kind != '*') {
		node->left = grow(fixture, depth - 1, segments);
		if (node->kind != '!')
			node->right = grow(fixture, depth - 1, segments);
	}
	return node;
}

/* Parentheses only where they are needed, or also where they are not. */
static void
write_node(struct buf *buf, const struct node *node, char around)
{
	bool open = (around == '!' && strchr("&|", node->kind) != NULL) ||
		    (around == '&' && node->kind == '|') || pick(5) == 0;

	if (open)
		buf_add_str(buf, "(");
	switch (node->kind) {
	case '*':
		buf_add_str(buf, "everyone");
		break;
	case '!':
		buf_add_str(buf, "not ");
		write_node(buf, node->left, '!');
		break;
	case 't':
		buf_add_format(buf, "%s:", audience_field(node->field));
		if (node->field != AUDIENCE_ORGANISATION) {
			buf_add_str(buf, value_of(node->field, node->choice));
			break;
		}
		buf_add_str(buf, "\"");
		for (const char *s = value_of(node->field, node->choice);
		     *s != '\0'; s++) {
			if (*s == '"')
				buf_add_char(buf, '"');
			buf_add_char(buf, *s);
		}
		buf_add_str(buf, "\"");
		break;
	default:
		write_node(buf, node->left, node->kind);
		buf_add_str(buf, node->kind == '&' ? " and " : " or ");
		write_node(buf, node->right, node->kind);
		break;
	}
	if (open)
		buf_add_str(buf, ")");
}

static bool holds(
    struct fixture *fixture, const struct node *node, const struct contact *c);

static bool
test_holds(
    struct fixture *fixture, const struct node *node, const struct contact *c)
{
	const char *digits;
	const char *domain;

	switch (node->field) {
	case AUDIENCE_TAG:
		return c->has_tag[node->choice];
	case AUDIENCE_COUNTRY:
		return c->has_country[node->choice];
	case AUDIENCE_PREFECTURE:
		digits = prefectures[node->choice][1];
		return c->place[0] == digits[0] && c->place[1] == digits[1];
	case AUDIENCE_MUNICIPALITY:
		return text_equal(c->place, places[node->choice + 1]);
	case AUDIENCE_ORGANISATION:
		return text_equal(
		    c->organisation, organisations[node->choice + 1]);
	case AUDIENCE_LANGUAGE:
		return c->language == node->choice;
	case AUDIENCE_FORMAT:
		return c->format == node->choice;
	case AUDIENCE_BASIS:
		return c->basis == node->choice;
	case AUDIENCE_STATE:
		return c->state == node->choice;
	case AUDIENCE_DOMAIN:
		domain = domains[node->choice];
		return text_equal(c->domain, domain) ||
		       (text_ends(c->domain, domain) &&
			   c->domain[strlen(c->domain) - strlen(domain) - 1] ==
			       '.');
	case AUDIENCE_SEGMENT:
		return holds(fixture, fixture->segments[node->choice], c);
	case AUDIENCE_FIELDS:
		break;
	}
	abort();
}

static bool
holds(struct fixture *fixture, const struct node *node, const struct contact *c)
{
	switch (node->kind) {
	case '*':
		return true;
	case '!':
		return !holds(fixture, node->left, c);
	case '&':
		return holds(fixture, node->left, c) &&
		       holds(fixture, node->right, c);
	case '|':
		return holds(fixture, node->left, c) ||
		       holds(fixture, node->right, c);
	default:
		return test_holds(fixture, node, c);
	}
}

struct walk {
	struct fixture *fixture;
	bool met[CONTACTS];
};

static bool
meet(const struct store_subscriber *row, void *context, struct err *walk_err)
{
	struct walk *walk = context;
	size_t number = (size_t)strtoul(row->address + 1, NULL, 10);

	(void)walk_err;
	assert_string_equal(
	    row->address, walk->fixture->contacts[number].address);
	assert_false(walk->met[number]);
	walk->met[number] = true;
	return true;
}

static bool
may_be_mailed(const struct contact *c)
{
	return c->state == SUBSCRIBER_ACTIVE && c->basis != BASIS_NONE &&
	       !c->suppressed;
}

/* Compares what the store says of an expression with what is so. */
static void
compare(struct fixture *fixture, const struct node *node, const char *text)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct audience *tree;
	struct store_audience_counts counts;
	struct store_audience_counts wanted = { 0 };
	struct store_subscriber_filter filter = { 0 };
	struct walk all = { .fixture = fixture };
	struct walk some = { .fixture = fixture };

	if (!people_audience(arena, fixture->store, text, &tree, &err))
		fail_msg("%s: %s", text, err.text);
	assert_true(store_audience_count(fixture->store, tree, &counts, &err));
	filter.audience = tree;
	assert_true(
	    store_subscriber_each(fixture->store, &filter, meet, &all, &err));
	filter.reachable = true;
	assert_true(
	    store_subscriber_each(fixture->store, &filter, meet, &some, &err));
	for (size_t i = 0; i < CONTACTS; i++) {
		const struct contact *c = &fixture->contacts[i];
		bool in = holds(fixture, node, c);

		if (all.met[i] != in)
			fail_msg("%s: %s should be %s", text, c->address,
			    in ? "in" : "out");
		assert_int_equal(some.met[i], in && may_be_mailed(c));
		if (!in || c->state == SUBSCRIBER_ERASED)
			continue;
		wanted.matching++;
		if (c->state != SUBSCRIBER_ACTIVE)
			wanted.inactive++;
		else if (c->basis == BASIS_NONE)
			wanted.without_basis++;
		else if (c->suppressed)
			wanted.suppressed++;
		else
			wanted.reachable++;
	}
	assert_memory_equal(&counts, &wanted, sizeof(wanted));
}

static void
test_random(void **state)
{
	struct fixture *fixture = *state;

	/* Segments name those before them. */
	for (size_t i = 0; i < SEGMENTS; i++) {
		struct buf buf GM_BUF_AT_EXIT;
		bool new;

		buf_init(&buf, 7000);
		fixture->segments[i] = grow(fixture, 2, i);
		write_node(&buf, fixture->segments[i], ' ');
		if (!people_segment_add(fixture->store,
			value_of(AUDIENCE_SEGMENT, i), buf_str(&buf),
			&author_at_work, &new, &err))
			fail_msg("%s: %s", buf_str(&buf), err.text);
		assert_true(new);
	}
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		struct node *node = grow(fixture, pick(DEEPEST + 1), SEGMENTS);
		struct buf buf GM_BUF_AT_EXIT;

		buf_init(&buf, 7000);
		write_node(&buf, node, ' ');
		compare(fixture, node, buf_str(&buf));
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "tag:turism", "column 1: unknown tag 'turism' (did you mean "
				"'tourism'?)" },
		{ "everyone or tag:Tourism", "column 13: unknown tag 'Tourism' "
					     "(did you mean 'tourism'?)" },
		{ "tag:名札", "column 1: unknown tag '名札' (did you mean" },
		{ "country:gr", "column 1: unknown country 'gr' (did you mean "
				"'GR'?)" },
		{ "country:Greec", "column 1: unknown country 'Greec' (did you "
				   "mean 'GR'?)" },
		{ "country:UK", "column 1: unknown country 'UK'" },
		{ "prefecture:島値", "column 1: unknown prefecture '島値' (did "
				     "you mean '島根'?)" },
		{ "prefecture:Shimame", "column 1: unknown prefecture "
					"'Shimame' (did you mean 'Shimane" },
		{ "prefecture:48", "column 1: '48' is no prefecture" },
		{ "prefecture:324485", "column 1: '324485' is no prefecture" },
		{ "municipality:324484", "column 1: municipality code "
					 "'324484': the check digit should be "
					 "5" },
		{ "municipality:松絵市", "column 1: unknown municipality "
					 "'松絵市' (did you mean '松江市'?)" },
		{ "organisation:国際化", "column 1: unknown organisation "
					 "'国際化' (did you mean '国際課'?)" },
		{ "language:fr", "column 1: unknown language 'fr', expected "
				 "one of en, ja" },
		{ "basis:concent", "column 1: unknown basis 'concent' (did you "
				   "mean 'consent'?)" },
		{ "state:gone", "column 1: unknown state 'gone'" },
		{ "domain:a_b", "column 1: 'a_b' is no domain" },
		{ "segment:x", "column 1: unknown segment 'x'" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct audience *tree;

		if (people_audience(fixture->arena, fixture->store,
			cases[i].text, &tree, &err))
			fail_msg("'%s' was taken", cases[i].text);
		assert_int_equal(err.code, ERR_USAGE);
		if (!text_starts(err.text, cases[i].error))
			fail_msg("'%s': '%s', expected '%s'", cases[i].text,
			    err.text, cases[i].error);
	}
}

static void
test_segments(void **state)
{
	struct fixture *fixture = *state;
	struct store *store = fixture->store;
	const struct audience *tree;
	struct text_list names;
	bool new;

	assert_true(people_segment_add(
	    store, "a", "tag:halal", &author_at_work, &new, &err));
	assert_true(people_segment_add(store, "b", "segment:a or tag:sports",
	    &author_at_work, &new, &err));

	/* None contains itself, by whatever way. */
	assert_false(people_segment_add(
	    store, "a", "segment:b", &author_at_work, &new, &err));
	assert_string_equal(err.text,
	    "column 1: segment 'b': column 1: the segment 'a' would contain "
	    "itself");
	assert_false(people_segment_remove(store, "a", &author_at_work, &err));
	assert_int_equal(err.code, ERR_DATA);
	assert_false(people_segment_add(
	    store, "a b", "tag:halal", &author_at_work, &new, &err));

	/* A value is written anew where it stands, and only there. */
	assert_true(store_begin_as(store, &author_of_tests, &err));
	assert_true(people_segment_replace(fixture->arena, store, AUDIENCE_TAG,
	    "halal", "culture", &names, &err));
	assert_int_equal(names.count, 1);
	assert_string_equal(names.items[0], "a");
	assert_true(store_commit(store, &err));
	assert_true(people_segment_users(
	    fixture->arena, store, AUDIENCE_TAG, "culture", &names, &err));
	assert_int_equal(names.count, 1);

	/* Together they may not be larger than one may be. */
	for (size_t i = 0; i < 8; i++) {
		const char *text = arena_format(fixture->arena,
		    i == 0 ? "tag:halal or everyone"
			   : "segment:s%zu or segment:s%zu",
		    i - 1, i - 1);
		bool ok = people_segment_add(store,
		    arena_format(fixture->arena, "s%zu", i), text,
		    &author_at_work, &new, &err);

		assert_int_equal(ok, i < 7);
	}
	assert_non_null(strstr(err.text, "more than 400 tests"));

	assert_true(people_segment_remove(store, "b", &author_at_work, &err));
	assert_true(people_segment_remove(store, "a", &author_at_work, &err));
	assert_false(
	    people_audience(fixture->arena, store, "segment:a", &tree, &err));
}

static bool
look_at_none(
    const struct store_subscriber *row, void *context, struct err *error)
{
	(void)row;
	(void)error;
	++*(int64_t *)context;
	return true;
}

/* The database takes what is taken from people; counts who is in it, and who is
   not. */
static bool
run(struct fixture *fixture, const char *text, size_t *ret_depth)
{
	struct store *store = fixture->store;
	struct audience others = { .kind = AUDIENCE_NOT };
	struct store_audience_counts in, out;
	struct store_subscriber_filter filter = { .reachable = true };
	const struct audience *tree;
	int64_t listed = 0;

	if (!people_audience(fixture->arena, store, text, &tree, &err))
		return false;
	*ret_depth = audience_depth(tree);
	others.left = tree;
	filter.audience = tree;
	if (!store_audience_count(store, tree, &in, &err) ||
	    !store_audience_count(store, &others, &out, &err) ||
	    !store_subscriber_each(store, &filter, look_at_none, &listed, &err))
		fail_msg("'%.200s': %s", text, err.text);
	assert_int_equal(in.reachable, listed);
	assert_true(in.matching + out.matching > 0);
	return true;
}

/* `inner` within `levels` of `around`, where % stands for what is within. */
static const char *
wrap(struct arena *arena, size_t levels, const char *around, const char *inner)
{
	const char *behind = strchr(around, '%') + 1;

	for (size_t i = 0; i < levels; i++)
		inner = arena_format(arena, "%.*s%s%s",
		    (int)(behind - 1 - around), around, inner, behind);
	return inner;
}

static void
test_limits(void **state)
{
	static const char *const forms[] = {
		"tag:halal or (tag:sports and (%))",
		"tag:halal or tag:sports and (%)",
		"(tag:halal or %) and tag:sports", "not (tag:halal or %)",
		"tag:halal and not (%)", "(domain:a.b or (country:GR and %))",
		"(tag:halal and country:GR or domain:a.b) and (%)"
	};
	struct fixture *fixture = *state;
	struct arena *arena = fixture->arena;
	const char *heap = "tag:halal and country:GR";
	size_t deepest = 0, depth = 0;
	bool new;

	assert_true(run(fixture,
	    wrap(arena, AUDIENCE_TESTS_MOST - 1, "tag:halal or %", "tag:halal"),
	    &depth));
	assert_int_equal(depth, 1);
	assert_true(run(fixture,
	    wrap(arena, AUDIENCE_TESTS_MOST / 4,
		"tag:halal and tag:sports or %", "country:GR or domain:lg.jp"),
	    &depth));

	/* Of both sides as deep as the number of tests lets them be. */
	for (size_t i = 0; i < 7; i++)
		heap = arena_format(arena, "not (%s) %s not (%s)", heap,
		    i % 2 == 0 ? "or" : "and", heap);
	assert_true(strlen(heap) < 8000);
	assert_true(run(fixture, heap, &depth));

	for (size_t i = 0; i < COUNT(forms); i++)
		for (size_t levels = 1; levels <= AUDIENCE_DEEPEST; levels++)
			if (run(fixture,
				wrap(arena, levels, forms[i], "tag:halal"),
				&depth) &&
			    depth > deepest)
				deepest = depth;
	assert_int_equal(deepest, AUDIENCE_DEEPEST);

	/* Segments within segments come to the same end. */
	assert_true(people_segment_add(
	    fixture->store, "n0", "tag:halal", &author_at_work, &new, &err));
	for (size_t i = 1; i <= AUDIENCE_DEEPEST / 2; i++)
		assert_true(people_segment_add(fixture->store,
		    arena_format(arena, "n%zu", i),
		    arena_format(arena,
			"not (tag:sports and country:GR and segment:n%zu)",
			i - 1),
		    &author_at_work, &new, &err));
	assert_true(run(fixture,
	    arena_format(arena, "segment:n%d", AUDIENCE_DEEPEST / 2), &depth));
	assert_int_equal(depth, AUDIENCE_DEEPEST);
	assert_false(run(fixture,
	    arena_format(
		arena, "segment:n%d or tag:culture", AUDIENCE_DEEPEST / 2),
	    &depth));
	assert_string_equal(
	    err.text, "nested more than 20 deep with the segments");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    test_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_limits, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
