#include "people/audience_text.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"

/* The tree with every pair in parentheses, values in brackets. */
static void
write_tree(struct buf *buf, const struct audience *tree)
{
	switch (tree->kind) {
	case AUDIENCE_EVERYONE:
		buf_add_str(buf, "all");
		break;
	case AUDIENCE_TEST:
		buf_add_format(buf, "%s[%s]@%zu", audience_field(tree->field),
		    tree->value, tree->column);
		break;
	case AUDIENCE_NOT:
		buf_add_str(buf, "!");
		write_tree(buf, tree->left);
		break;
	case AUDIENCE_AND:
	case AUDIENCE_OR:
		buf_add_str(buf, "(");
		write_tree(buf, tree->left);
		buf_add_str(buf, tree->kind == AUDIENCE_AND ? " & " : " | ");
		write_tree(buf, tree->right);
		buf_add_str(buf, ")");
		break;
	}
}

static void
test_trees(void **state)
{
	static const struct {
		const char *text, *tree;
	} cases[] = {
		{ "tag:a", "tag[a]@1" },
		{ "  everyone ", "all" },

		/* `and` binds tighter, both to the left. */
		{ "tag:a or tag:b and tag:c",
		    "(tag[a]@1 | (tag[b]@10 & tag[c]@20))" },
		{ "tag:a and tag:b or tag:c",
		    "((tag[a]@1 & tag[b]@11) | tag[c]@20)" },
		{ "tag:a and tag:b and tag:c",
		    "((tag[a]@1 & tag[b]@11) & tag[c]@21)" },
		{ "(tag:a or tag:b) and tag:c",
		    "((tag[a]@2 | tag[b]@11) & tag[c]@22)" },
		{ "not tag:a and tag:b", "(!tag[a]@5 & tag[b]@15)" },
		{ "not (tag:a and not tag:b)", "!(tag[a]@6 & !tag[b]@20)" },
		{ "not not tag:a", "!!tag[a]@9" },
		{ "((tag:a))", "tag[a]@3" },

		/* Words and fields in either case. */
		{ "TAG:A Or NOT Everyone", "(tag[A]@1 | !all)" },

		/* Columns are characters; wide blanks and colons will do. */
		{ "prefecture:島根 and tag:b",
		    "(prefecture[島根]@1 & tag[b]@19)" },
		{ "　tag：a　or　tag：b", "(tag[a]@2 | tag[b]@11)" },

		/* Values: the second colon is part of them, and words too. */
		{ "organisation:a:b", "organisation[a:b]@1" },
		{ "organisation:and", "organisation[and]@1" },
		{ "organisation:文化部（東京）",
		    "organisation[文化部（東京）]@1" },
		{ "organisation:\"a (b) or c\" or tag:d",
		    "(organisation[a (b) or c]@1 | tag[d]@30)" },
		{ "organisation:\"say \"\"no\"\"\"",
		    "organisation[say \"no\"]@1" },
		{ "(organisation:\"a\")", "organisation[a]@2" },
		{ "tag:a)or(tag:b", NULL },
		{ "(tag:a)or(tag:b)", "(tag[a]@2 | tag[b]@11)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena GM_ARENA_AT_EXIT = arena_new();
		const struct audience *tree = NULL;
		struct buf buf GM_BUF_AT_EXIT;
		struct err err = { 0 };

		buf_init(&buf, 4096);
		if (audience_text_parse(arena, cases[i].text, &tree, &err))
			write_tree(&buf, tree);
		else if (cases[i].tree != NULL)
			print_error("%s: %s\n", cases[i].text, err.text);
		assert_string_equal(
		    buf_str(&buf), cases[i].tree != NULL ? cases[i].tree : "");
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", "column 1: the expression is empty" },
		{ "   ", "column 4: the expression ends too early" },
		{ "tag:a and", "column 10: the expression ends too early" },
		{ "tag:a tag:b", "column 7: expected 'and' or 'or' before "
				 "'tag:b'" },
		{ "prefecture:島根 tag:b",
		    "column 15: expected 'and' or 'or'" },
		{ "tag:a (tag:b)", "column 7: expected 'and' or 'or' before "
				   "'('" },
		{ "and tag:a", "column 1: expected a test such as tag:tourism "
			       "before 'and'" },
		{ "tag:a and or tag:b", "column 11: expected a test" },
		{ "(tag:a", "column 1: the parenthesis that opens here is not "
			    "closed" },
		{ "tag:a and (tag:b or (tag:c)", "column 11: the parenthesis" },
		{ "tag:a)", "column 6: this parenthesis closes none" },
		{ "()", "column 2: expected a test" },
		{ "tourism", "column 1: 'tourism' is no test; write "
			     "FIELD:VALUE" },
		{ "tag:a & tag:b", "column 7: '&' is no test" },
		{ "tga:a", "column 1: unknown field 'tga' (did you mean "
			   "'tag'?)" },
		{ "everyone or colour:red", "column 13: unknown field "
					    "'colour', expected tag, country" },
		{ ":a", "column 1: unknown field ''" },
		{ "tag:", "column 5: the value of 'tag' is missing" },
		{ "tag: a", "column 5: the value of 'tag' is missing" },
		{ "tag:\"\"", "column 5: the value of 'tag' is missing" },
		{ "tag:\"a", "column 5: the quote that opens here is not "
			     "closed" },
		{ "tag:\"a\"b", "column 8: expected a blank behind the "
				"closing quote" },
		{ "tag:a\"b\"", "column 6: a value in quotes begins with one" },
		{ "\"a\"", "column 1: '\"' is no test" },
		{ "tag:a\nor tag:b", "the expression is no UTF-8 or has "
				     "control characters" },
		{ "tag:\xff", "the expression is no UTF-8 or has control" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *arena GM_ARENA_AT_EXIT = arena_new();
		const struct audience *tree;
		struct err err = { 0 };

		if (audience_text_parse(arena, cases[i].text, &tree, &err))
			fail_msg("'%s' was taken", cases[i].text);
		assert_int_equal(err.code, ERR_USAGE);
		if (!text_starts(err.text, cases[i].error))
			fail_msg("'%s': '%s', expected '%s'", cases[i].text,
			    err.text, cases[i].error);
	}
}

/* Writes `before` n times, `middle`, `behind` n times. */
static char *
repeat(struct arena *arena, const char *before, size_t n, const char *middle,
    const char *behind)
{
	struct buf buf GM_BUF_AT_EXIT;

	buf_init(&buf, 100000);
	for (size_t i = 0; i < n; i++)
		buf_add_str(&buf, before);
	buf_add_str(&buf, middle);
	for (size_t i = 0; i < n; i++)
		buf_add_str(&buf, behind);
	return arena_strdup(arena, buf_str(&buf));
}

static void
test_limits(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	const struct audience *tree;
	struct err err = { 0 };

	(void)state;
	assert_true(audience_text_parse(arena,
	    repeat(arena, "(", AUDIENCE_DEEPEST - 1, "tag:a", ")"), &tree,
	    &err));
	assert_false(audience_text_parse(arena,
	    repeat(arena, "(", AUDIENCE_DEEPEST, "tag:a", ")"), &tree, &err));
	assert_true(text_ends(err.text, "nested more than 20 deep"));
	assert_false(audience_text_parse(arena,
	    repeat(arena, "not ", AUDIENCE_DEEPEST, "tag:a", ""), &tree, &err));
	assert_true(audience_text_parse(arena,
	    repeat(arena, "", AUDIENCE_TESTS_MOST - 1, "tag:a", " or tag:a"),
	    &tree, &err));
	assert_int_equal(audience_tests(tree), AUDIENCE_TESTS_MOST);
	assert_false(audience_text_parse(arena,
	    repeat(arena, "", AUDIENCE_TESTS_MOST, "tag:a", " or tag:a"), &tree,
	    &err));
	assert_non_null(strstr(err.text, "more than 400 tests"));
	assert_false(audience_text_parse(
	    arena, repeat(arena, " ", 9000, "tag:a", ""), &tree, &err));
	assert_non_null(strstr(err.text, "longer than"));
}

static void
test_replace(void **state)
{
	static const struct {
		const char *text, *old, *value, *result;
	} cases[] = {
		{ "tag:a", "a", "b", "tag:b" },
		{ "not (tag:a and  TAG:a) or tag:ab", "a", "xyz",
		    "not (tag:xyz and  TAG:xyz) or tag:ab" },
		{ "tag:\"a\" or country:a", "a", "c d",
		    "tag:\"c d\" or country:a" },
		{ "tag:a", "a", "\"b\"", "tag:\"\"\"b\"\"\"" },
		{ "(tag:\"x y\")", "x y", "z", "(tag:z)" },
		{ "tag:b or organisation:a", "a", "c", NULL },
	};
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *result = audience_text_replace(arena, cases[i].text,
		    AUDIENCE_TAG, cases[i].old, cases[i].value);

		if (cases[i].result == NULL)
			assert_null(result);
		else
			assert_string_equal(result, cases[i].result);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trees),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_replace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
