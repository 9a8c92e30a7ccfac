/* digest/tailor: what holds for any issue, reader, limits and weights. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "digest/tailor.h"
#include "tailor_roll.h"

enum { ROUNDS = 4000 };

/* One throw: all that the choice is a function of. */
struct throw
{
	struct arena *arena;
	struct issue *issue;
	struct reader reader;
	struct tailoring rules;
};

static struct throw roll_throw(struct arena * arena, uint64_t *seed)
{
	struct throw t = {
		.arena = arena,
		.issue = roll_issue(arena, seed),
		.reader = roll_reader(arena, seed),
		.rules = {
			.max_articles = (int)roll(seed, 12),
			.min_articles = (int)roll(seed, 12),
			.skip_empty = roll(seed, 2),
			.weights = {
				.municipality = roll(seed, 4) > 0,
				.prefecture = roll(seed, 4) > 0,
				.tag = (int)roll(seed, 4),
				.country = (int)roll(seed, 4),
			},
		},
	};

	return t;
}

static struct tailored
choose(const struct throw *t)
{
	struct tailored tailored;

	tailor(t->arena, t->issue, &t->reader, &t->rules, &tailored);
	return tailored;
}

static const char *
spec_of(const struct throw *t)
{
	struct tailored tailored = choose(t);

	return tailor_spec(t->arena, LANGUAGE_JA, FORMAT_HTML, &tailored);
}

/* The same throw always falls the same way, whatever was chosen between. */
static void
test_order_is_stable(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct throw t = roll_throw(arena, &seed);
		struct tailor *prepared =
		    tailor_prepare(arena, t.issue, &t.rules);
		struct reader other = roll_reader(arena, &seed);
		struct tailored between, again;
		const char *first = spec_of(&t);

		tailor_choose(arena, prepared, &other, &between);
		tailor_choose(arena, prepared, &t.reader, &again);
		assert_string_equal(
		    tailor_spec(arena, LANGUAGE_JA, FORMAT_HTML, &again),
		    first);
	}
}

/* A story that nothing shares does not change the order of the others. */
static void
test_strangers_move_nobody(void **state)
{
	uint64_t seed = 2;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct throw t = roll_throw(arena, &seed);
		struct throw more = t;
		size_t at = roll(&seed, (unsigned)t.issue->count + 1);
		const char *before;

		t.rules.max_articles = t.rules.min_articles = 0;
		t.rules.skip_empty = true;
		more.rules = t.rules;
		if (t.reader.tags.count == 0 || t.rules.weights.tag == 0)
			continue;
		before = spec_of(&t);
		more.issue = arena_copy(arena, t.issue, sizeof(*t.issue));
		more.issue->articles = arena_take(
		    arena, t.issue->count + 1, sizeof(*t.issue->articles));
		memcpy(more.issue->articles, t.issue->articles,
		    at * sizeof(*t.issue->articles));
		more.issue->articles[at] =
		    (struct article){ .slug = "stranger" };
		memcpy(more.issue->articles + at + 1, t.issue->articles + at,
		    (t.issue->count - at) * sizeof(*t.issue->articles));
		more.issue->count = t.issue->count + 1;
		assert_string_equal(spec_of(&more), before);
	}
}

static void
test_no_story_twice(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct throw t = roll_throw(arena, &seed);
		struct tailored tailored = choose(&t);
		unsigned seen[MANY] = { 0 };

		for (size_t i = 0; i < tailored.chosen_count; i++)
			seen[tailored.chosen[i].article - t.issue->articles]++;
		for (size_t i = 0; i < tailored.omitted_count; i++)
			seen[tailored.omitted[i].article - t.issue->articles]++;
		for (size_t i = 0; i < t.issue->count; i++)
			assert_int_equal(seen[i], 1);
	}
}

static void
test_limits_are_kept(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct throw t = roll_throw(arena, &seed);
		struct tailored tailored = choose(&t);
		size_t most = t.issue->count;
		size_t least = (size_t)t.rules.min_articles;

		if (t.rules.max_articles > 0 &&
		    (size_t)t.rules.max_articles < most)
			most = (size_t)t.rules.max_articles;
		assert_true(tailored.chosen_count <= most);
		assert_int_equal(tailored.skip, tailored.chosen_count == 0);
		if (!tailored.skip)
			assert_true(tailored.chosen_count >=
				    (least < most ? least : most));
	}
}

static bool
is_about(const struct article *article, const char *code)
{
	for (size_t i = 0; i < article->places.count; i++)
		if (*code && strcmp(article->places.items[i], code) == 0)
			return true;
	return false;
}

/* No weight of anything else brings a story before those of the own town, and
   none of them is left out while another is in. */
static void
test_own_municipality_first(void **state)
{
	uint64_t seed = 5;
	size_t met = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct throw t = roll_throw(arena, &seed);
		struct tailored tailored;
		size_t own = 0, first = 0;

		t.rules.weights.municipality = 1;
		t.rules.weights.tag *= 300;
		tailored = choose(&t);
		for (size_t i = 0; i < t.issue->count; i++)
			own += is_about(
			    &t.issue->articles[i], t.reader.municipality);
		while (first < tailored.chosen_count &&
		       is_about(tailored.chosen[first].article,
			   t.reader.municipality))
			first++;
		assert_int_equal(first,
		    own < tailored.chosen_count ? own : tailored.chosen_count);
		met += own > 1;
	}
	assert_true(met > ROUNDS / 10);
}

/* The throw without what has no weight, and with a weight for it again. */
static struct throw take_away(struct throw t)
{
	struct tailoring_weights *weights = &t.rules.weights;

	if (weights->tag == 0)
		t.reader.tags.count = 0;
	if (weights->country == 0)
		t.reader.countries.count = 0;
	if (weights->municipality == 0 && weights->prefecture == 0)
		t.reader.municipality = "";
	if (weights->tag == 0)
		weights->tag = 1;
	if (weights->country == 0)
		weights->country = 1;
	if (*t.reader.municipality == '\0')
		weights->municipality = weights->prefecture = 1;
	return t;
}

static void
test_zero_is_not_considered(void **state)
{
	uint64_t seed = 6;
	size_t differ = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct throw t = roll_throw(arena, &seed);
		struct throw without = take_away(t);
		struct throw even = t;
		struct tailored tailored = choose(&t);

		assert_string_equal(spec_of(&t), spec_of(&without));
		for (size_t i = 0; i < tailored.chosen_count; i++)
			for (size_t j = 0; j < tailored.chosen[i].reason_count;
			     j++) {
				const int by_kind[] = {
					[TAILOR_MUNICIPALITY] =
					    t.rules.weights.municipality,
					[TAILOR_PREFECTURE] =
					    t.rules.weights.prefecture,
					[TAILOR_TAG] = t.rules.weights.tag,
					[TAILOR_COUNTRY] =
					    t.rules.weights.country,
				};
				enum tailor_reason kind =
				    tailored.chosen[i].reasons[j].kind;

				if (kind <= TAILOR_COUNTRY)
					assert_true(by_kind[kind] > 0);
			}
		even.rules.weights = (struct tailoring_weights){ 1, 1, 1, 1 };
		differ += strcmp(spec_of(&even), spec_of(&t)) != 0;
	}
	assert_true(differ > ROUNDS / 10);
}

/* Only the proportion counts; and what weighs more comes first. */
static void
test_weights_weigh(void **state)
{
	static const char *tags[] = { "a", "b" };
	static const char *countries[] = { "GR" };
	static const struct {
		int tag, country;
		const char *first;
	} cases[] = {
		{ 1, 1, "tags" },
		{ 1, 3, "country" },
		{ 2, 4, "tags" }, /* even: issue order */
		{ 2, 5, "country" },
		{ 1000, 1, "tags" },
	};
	struct article articles[] = {
		{ .slug = "tags", .tags = { tags, 2 } },
		{ .slug = "country", .countries = { countries, 1 } },
	};
	struct issue issue = { .id = "2026-04",
		.max_articles = -1,
		.min_articles = -1,
		.articles = articles,
		.count = 2 };
	struct reader reader = { .municipality = "",
		.tags = { tags, 2 },
		.countries = { countries, 1 } };
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct tailoring rules = { .weights = { 1, 1, cases[i].tag,
					       cases[i].country } };
		struct tailored tailored;

		tailor(arena, &issue, &reader, &rules, &tailored);
		assert_string_equal(
		    tailored.chosen[0].article->slug, cases[i].first);
	}
	for (int round = 0; round < ROUNDS; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct throw t = roll_throw(arena, &seed);
		struct throw heavy = t;

		heavy.rules.weights.tag *= 100;
		heavy.rules.weights.country *= 100;
		assert_string_equal(spec_of(&heavy), spec_of(&t));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_is_stable),
		cmocka_unit_test(test_strangers_move_nobody),
		cmocka_unit_test(test_no_story_twice),
		cmocka_unit_test(test_limits_are_kept),
		cmocka_unit_test(test_own_municipality_first),
		cmocka_unit_test(test_zero_is_not_considered),
		cmocka_unit_test(test_weights_weigh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
