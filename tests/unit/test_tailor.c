/* digest/tailor: who gets which stories, in which order, and why. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/now.h"
#include "digest/tailor.h"
#include "tailor_roll.h"

/* Nothing counts more than anything else. */
#define GM_EVEN            \
	{                  \
		1, 1, 1, 1 \
	}

/* An article as one line: lists are separated by blanks. */
struct sample_row {
	const char *slug;
	const char *tags;
	const char *places;
	const char *countries;
	bool lead;
};

struct reader_row {
	const char *municipality;
	const char *tags;
	const char *countries;
};

static struct issue *
build_issue(struct arena *arena, const struct sample_row *rows, size_t count)
{
	struct issue *issue = arena_take(arena, 1, sizeof(*issue));

	issue->id = "2026-04";
	issue->max_articles = -1;
	issue->min_articles = -1;
	issue->count = count;
	issue->articles = arena_take(arena, count, sizeof(*issue->articles));
	for (size_t i = 0; i < count; i++)
		issue->articles[i] = (struct article){
			.slug = rows[i].slug,
			.number = (int)(10 * i),
			.lead = rows[i].lead,
			.tags = text_split(arena, rows[i].tags, ' '),
			.places = text_split(arena, rows[i].places, ' '),
			.countries = text_split(arena, rows[i].countries, ' '),
		};
	return issue;
}

static struct reader
build_reader(struct arena *arena, const struct reader_row *row)
{
	return (struct reader){
		.language = LANGUAGE_JA,
		.format = FORMAT_HTML,
		.municipality = row->municipality,
		.tags = text_split(arena, row->tags, ' '),
		.countries = text_split(arena, row->countries, ' '),
	};
}

/* "slug=reason,reason;…|omitted (why);…", or "skip". */
static const char *
describe(struct arena *arena, const struct tailored *tailored)
{
	const char *spec =
	    tailor_spec(arena, LANGUAGE_JA, FORMAT_HTML, tailored);
	char *text = arena_format(arena, "%s%s|", tailored->skip ? "skip " : "",
	    spec + strlen("ja html "));

	for (size_t i = 0; i < tailored->omitted_count; i++)
		text = arena_format(arena, "%s%s%s %s", text, i ? ";" : "",
		    tailored->omitted[i].article->slug,
		    tailor_omission_text(tailored->omitted[i].why));
	return text;
}

/* Two towns are called Misato: one in Shimane, one in Saitama. */
static const struct sample_row april[] = {
	{ "sumida", "crafts tourism", "131075", "", false },
	{ "forum", "economy halal", "", "", true },
	{ "bali", "culture sister-city", "324485", "ID", false },
	{ "toyama", "economy tourism", "160008 162019", "US", false },
	{ "greece", "culture sister-city sports", "112372", "GR", false },
};
enum { APRIL = sizeof(april) / sizeof(*april) };

static void
test_choice(void **state)
{
	static const struct {
		struct reader_row reader;
		const char *expected;
	} cases[] = {
		{ { "324485", "tourism", "" },
		    "bali=municipality:324485;sumida=tag:tourism;"
		    "toyama=tag:tourism;forum=lead|greece not relevant" },
		{ { "322016", "tourism", "" },
		    "bali=prefecture:320005;sumida=tag:tourism;"
		    "toyama=tag:tourism;forum=lead|greece not relevant" },
		{ { "160008", "halal", "" },
		    "toyama=municipality:160008;forum=tag:halal,lead|"
		    "sumida not relevant;bali not relevant;greece not "
		    "relevant" },
		{ { "162019", "halal", "" },
		    "toyama=municipality:162019;forum=tag:halal,lead|"
		    "sumida not relevant;bali not relevant;greece not "
		    "relevant" },
		{ { "162027", "halal", "" },
		    "toyama=prefecture:160008;forum=tag:halal,lead|"
		    "sumida not relevant;bali not relevant;greece not "
		    "relevant" },
		{ { "", "", "GR" },
		    "greece=country:GR;forum=lead|sumida not relevant;bali "
		    "not relevant;toyama not relevant" },
		{ { "", "culture sister-city sports", "ID" },
		    "bali=tag:culture,tag:sister-city,country:ID;"
		    "greece=tag:culture,tag:sister-city,tag:sports;"
		    "forum=lead|sumida not relevant;toyama not relevant" },
		{ { "", "culture sister-city sports", "GR ID US" },
		    "greece=tag:culture,tag:sister-city,tag:sports,country:GR;"
		    "bali=tag:culture,tag:sister-city,country:ID;"
		    "toyama=country:US;forum=lead|sumida not relevant" },
		{ { "131075", "culture sister-city sports", "GR" },
		    "sumida=municipality:131075;"
		    "greece=tag:culture,tag:sister-city,tag:sports,country:GR;"
		    "bali=tag:culture,tag:sister-city;forum=lead|"
		    "toyama not relevant" },
		{ { "", "no-such-tag", "" },
		    "forum=lead|sumida not relevant;bali not relevant;toyama "
		    "not relevant;greece not relevant" },
		/* The same word as tag and as country is two words. */
		{ { "", "GR", "tourism" },
		    "forum=lead|sumida not relevant;bali not relevant;toyama "
		    "not relevant;greece not relevant" },
		{ { "", "crafts crafts", "" },
		    "sumida=tag:crafts;forum=lead|bali not relevant;toyama "
		    "not relevant;greece not relevant" },
		/* Without interests: all, the own place first. */
		{ { "", "", "" },
		    "sumida=everything;forum=everything;bali=everything;"
		    "toyama=everything;greece=everything|" },
		{ { "141500", "", "" },
		    "sumida=everything;forum=everything;bali=everything;"
		    "toyama=everything;greece=everything|" },
		{ { "112372", "", "" },
		    "greece=municipality:112372;sumida=everything;"
		    "forum=everything;bali=everything;toyama=everything|" },
	};
	struct tailoring rules = { .weights = GM_EVEN };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct reader reader = build_reader(arena, &cases[i].reader);
		struct tailored tailored;

		tailor(arena, build_issue(arena, april, APRIL), &reader, &rules,
		    &tailored);
		assert_string_equal(
		    describe(arena, &tailored), cases[i].expected);
		assert_false(tailored.skip);
	}
}

static const struct sample_row plain[] = {
	{ "a", "red", "", "", false },
	{ "b", "red blue", "", "", false },
	{ "c", "green", "", "", false },
	{ "d", "blue", "", "", false },
};
enum { PLAIN = sizeof(plain) / sizeof(*plain) };

static void
test_limits(void **state)
{
	static const struct {
		const char *tags;
		int issue_max, issue_min; /* -1: as configured */
		int max, min;
		bool skip_empty;
		const char *expected;
	} cases[] = {
		{ "red blue", -1, -1, 2, 0, false,
		    "b=tag:red,tag:blue;a=tag:red|c not relevant;d over "
		    "max_articles" },
		{ "red blue", 1, -1, 2, 0, false,
		    "b=tag:red,tag:blue|a over max_articles;c not relevant;d "
		    "over max_articles" },
		{ "red blue", 0, -1, 2, 0, false,
		    "b=tag:red,tag:blue;a=tag:red;d=tag:blue|c not "
		    "relevant" },
		{ "green", -1, -1, 0, 3, false,
		    "c=tag:green;a=fill;b=fill|d not relevant" },
		{ "green", -1, 2, 0, 3, false,
		    "c=tag:green;a=fill|b not relevant;d not relevant" },
		{ "green", -1, 0, 0, 3, false,
		    "c=tag:green|a not relevant;b not relevant;d not "
		    "relevant" },
		{ "green", -1, -1, 2, 3, false,
		    "c=tag:green;a=fill|b not relevant;d not relevant" },
		{ "green", -1, -1, 0, 9, false,
		    "c=tag:green;a=fill;b=fill;d=fill|" },
		{ "pink", -1, -1, 0, 0, false, "a=fill;b=fill;c=fill;d=fill|" },
		{ "pink", -1, -1, 3, 0, false,
		    "a=fill;b=fill;c=fill|d not relevant" },
		{ "pink", -1, -1, 0, 2, false,
		    "a=fill;b=fill|c not relevant;d not relevant" },
		{ "pink", -1, -1, 0, 2, true,
		    "skip |a not relevant;b not relevant;c not relevant;d not "
		    "relevant" },
		{ "", -1, -1, 0, 2, true,
		    "a=everything;b=everything;c=everything;d=everything|" },
		{ "", -1, -1, 3, 0, false,
		    "a=everything;b=everything;c=everything|d over "
		    "max_articles" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct issue *issue = build_issue(arena, plain, PLAIN);
		struct reader reader = build_reader(
		    arena, &(struct reader_row){ "", cases[i].tags, "" });
		struct tailoring rules = { cases[i].max, cases[i].min,
			cases[i].skip_empty, GM_EVEN };
		struct tailored tailored;

		issue->max_articles = cases[i].issue_max;
		issue->min_articles = cases[i].issue_min;
		tailor(arena, issue, &reader, &rules, &tailored);
		assert_string_equal(
		    describe(arena, &tailored), cases[i].expected);
	}
}

/* A lead alone is no reason to skip. */
static void
test_lead_is_a_mail(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct reader reader =
	    build_reader(arena, &(struct reader_row){ "", "pink", "" });
	struct tailoring rules = { .skip_empty = true, .weights = GM_EVEN };
	struct tailored tailored;

	(void)state;
	tailor(arena, build_issue(arena, april, APRIL), &reader, &rules,
	    &tailored);
	assert_false(tailored.skip);
	assert_int_equal(tailored.chosen_count, 1);
	assert_string_equal(tailored.chosen[0].article->slug, "forum");
}

static unsigned
count_shared(const struct text_list *a, const struct text_list *b)
{
	unsigned shared = 0;

	for (size_t i = 0; i < a->count; i++)
		for (size_t j = 0; j < b->count; j++)
			shared += strcmp(a->items[i], b->items[j]) == 0;
	return shared;
}

/* The rules again, slowly: 3 own place, 2 own prefecture, below it weight. */
static double
score(const struct article *article, const struct reader *reader)
{
	double best = 0;
	double weight = count_shared(&article->tags, &reader->tags) +
			count_shared(&article->countries, &reader->countries);

	for (size_t i = 0; i < article->places.count; i++) {
		const char *code = article->places.items[i];

		if (*reader->municipality == '\0')
			break;
		if (strcmp(code, reader->municipality) == 0)
			best = 3;
		else if (memcmp(code, reader->municipality, 2) == 0 && best < 2)
			best = 2;
	}
	return best + weight / 1000;
}

static void
check_order(const struct tailored *tailored, const struct reader *reader)
{
	for (size_t i = 1; i < tailored->chosen_count; i++) {
		const struct article *before = tailored->chosen[i - 1].article;
		const struct article *after = tailored->chosen[i].article;
		bool before_fills =
		    tailored->chosen[i - 1].reasons->kind == TAILOR_FILL;
		bool after_fills =
		    tailored->chosen[i].reasons->kind == TAILOR_FILL;

		assert_true(before_fills <= after_fills);
		assert_true(score(before, reader) >= score(after, reader));
		if (score(before, reader) == score(after, reader) &&
		    before_fills == after_fills)
			assert_true(before->number < after->number);
	}
}

/* Each article stands exactly once, chosen or omitted. */
static void
check_whole(const struct tailored *tailored, const struct issue *issue)
{
	unsigned seen[MANY] = { 0 };

	for (size_t i = 0; i < tailored->chosen_count; i++) {
		seen[tailored->chosen[i].article - issue->articles]++;
		assert_true(tailored->chosen[i].reason_count > 0);
	}
	for (size_t i = 0; i < tailored->omitted_count; i++)
		seen[tailored->omitted[i].article - issue->articles]++;
	for (size_t i = 0; i < issue->count; i++)
		assert_int_equal(seen[i], 1);
}

static void
test_random_readers(void **state)
{
	uint64_t seed = 2026;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct issue *issue = roll_issue(arena, &seed);
		struct reader reader = roll_reader(arena, &seed);
		struct tailoring rules = { (int)roll(&seed, 9),
			(int)roll(&seed, 9), roll(&seed, 2), GM_EVEN };
		struct tailor *prepared = tailor_prepare(arena, issue, &rules);
		struct tailored tailored, again;
		enum language language;
		enum format format;
		const char *spec;

		tailor_choose(arena, prepared, &reader, &tailored);
		check_order(&tailored, &reader);
		check_whole(&tailored, issue);
		if (rules.max_articles > 0)
			assert_true(tailored.chosen_count <=
				    (size_t)rules.max_articles);
		if (!tailored.skip &&
		    tailored.chosen_count < (size_t)rules.min_articles)
			assert_true(tailored.chosen_count == issue->count ||
				    tailored.chosen_count ==
					(size_t)rules.max_articles);
		assert_int_equal(tailored.skip, tailored.chosen_count == 0);

		spec = tailor_spec(arena, LANGUAGE_EN, FORMAT_TEXT, &tailored);
		assert_true(tailor_from_spec(
		    arena, issue, spec, &language, &format, &again, NULL));
		assert_int_equal(language, LANGUAGE_EN);
		assert_int_equal(format, FORMAT_TEXT);
		check_whole(&again, issue);
		assert_string_equal(
		    tailor_spec(arena, language, format, &again), spec);
	}
}

static void
test_spec_escapes(void **state)
{
	static const struct sample_row rows[] = { { "50%=a;b",
	    "x,y:z\xe5\xa2\xa8 p", "", "", true } };
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	struct issue *issue = build_issue(arena, rows, 1);
	struct reader reader = build_reader(
	    arena, &(struct reader_row){ "", "x,y:z\xe5\xa2\xa8", "" });
	struct tailored tailored, again;
	enum language language;
	enum format format;
	const char *spec;

	(void)state;
	tailor(arena, issue, &reader, &(struct tailoring){ .weights = GM_EVEN },
	    &tailored);
	spec = tailor_spec(arena, LANGUAGE_JA, FORMAT_HTML, &tailored);
	assert_string_equal(
	    spec, "ja html 50%25%3Da%3Bb=tag:x%2Cy%3Az\xe5\xa2\xa8,lead");
	assert_true(tailor_from_spec(
	    arena, issue, spec, &language, &format, &again, NULL));
	assert_ptr_equal(again.chosen[0].article, issue->articles);
	assert_string_equal(
	    again.chosen[0].reasons[0].value, "x,y:z\xe5\xa2\xa8");
	assert_string_equal(
	    tailor_reason_text(arena, &again.chosen[0].reasons[1]), "lead");
}

static void
test_spec_refused(void **state)
{
	static const struct {
		const char *spec;
		const char *text; /* stands in the error */
	} cases[] = {
		{ "", "language" },
		{ "fr html a=lead", "language" },
		{ "ja", "language" },
		{ "ja pdf a=lead", "format" },
		{ "ja html", "format" },
		{ "ja html zz=lead", "no article 'zz'" },
		{ "ja html a", "no reason" },
		{ "ja html a=", "malformed" },
		{ "ja html a=lead,", "malformed" },
		{ "ja html a=lead;", "no reason" },
		{ "ja html a=tag", "malformed" },
		{ "ja html a=tag:", "malformed" },
		{ "ja html a=tag:x:y", "expected ';'" },
		{ "ja html a=love", "malformed" },
		{ "ja html a=lead;a=lead", "twice" },
		{ "ja html %4=lead", "no reason" },
		{ "ja html %00=lead", "no reason" },
		{ "ja html a=lead b", "expected ';'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		struct issue *issue = build_issue(arena, plain, PLAIN);
		struct tailored tailored;
		enum language language;
		enum format format;
		struct err err = { 0 };

		assert_false(tailor_from_spec(arena, issue, cases[i].spec,
		    &language, &format, &tailored, &err));
		assert_int_equal(err.code, ERR_DATA);
		assert_non_null(strstr(err.text, cases[i].text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lead_is_a_mail),
		cmocka_unit_test(test_random_readers),
		cmocka_unit_test(test_spec_escapes),
		cmocka_unit_test(test_spec_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
