#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "yaml/yaml.h"

/* Writes a tree in one line: scalars as 'text'@line, null as ~. */
static void
write_node(struct buf *out, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR) {
		if (node->empty)
			buf_add_format(out, "~@%zu", node->line);
		else
			buf_add_format(out, "'%s'@%zu", node->text, node->line);
		return;
	}
	buf_add_char(out, node->kind == YAML_LIST ? '[' : '{');
	for (size_t i = 0; i < node->count; i++) {
		if (i > 0)
			buf_add_char(out, ' ');
		if (node->kind == YAML_MAP)
			buf_add_format(out, "%s:", node->entries[i].key);
		write_node(out, node->entries[i].node);
	}
	buf_add_char(out, node->kind == YAML_LIST ? ']' : '}');
}

static const struct {
	const char *text;
	const char *tree;
} good[] = {
	{ "", "{}" },
	{ "# nothing but a comment\n", "{}" },
	{ "code: 011002\noff: off\n", "{code:'011002'@2 off:'off'@3}" },
	{ "a:\nb: ~\nc: null\nd: \"null\"\ne: ''\n",
	    "{a:~@2 b:~@3 c:~@4 d:'null'@5 e:''@6}" },
	{ "list:\n  - one\n  - {k: v}\n  - [x, y]\n",
	    "{list:['one'@3 {k:'v'@4} ['x'@5 'y'@5]]}" },
	{ "a: |\n  two\n  lines\n", "{a:'two\nlines\n'@3}" },
	{ "\"quoted key\": '墨田'\r\nb: 2\r\n",
	    "{quoted key:'墨田'@2 b:'2'@3}" },
	{ "- a\n- b\n", "['a'@2 'b'@3]" },
};

static const struct {
	const char *text;
	const char *complaint;
} bad[] = {
	{ "a: 1\nb: 2\na: 3\n", "f:4: 'a' is given twice (first in line 2)" },
	{ "x: {k: 1, k: 2}\n", "f:2: 'k' is given twice (first in line 2)" },
	{ "a: *b\n", "f:2: aliases (*) are not used here" },
	{ "a: &b 1\n", "f:2: anchors (&) and tags (!) are not used" },
	{ "a: 1\nb: !!str 2\n", "f:3: anchors (&) and tags (!) are not used" },
	{ "a: 1\n---\nb: 2\n", "f:3: a second document begins here" },
	{ "a: 1\n{}: 2\n", "f:3: a key must be a word" },
	{ "a: \"open\nb: 2\n", "f:2: wrongly indented double-quoted scalar" },
	{ "a: [1, 2\n", "f:3: flow sequence without a closing bracket" },
	{ "a: b: c\n", "f:2: invalid nested block mapping" },
	{ "a: 1\nb: \"\\uFDD0\"\n", "f:3: control character in a value" },
	{ "a: \"\\0\"\n", "f:2: control character in a value" },
	{ "\"\\x07\": 1\n", "f:2: control character in a value" },
	{ "a: 1\nb: \x01\n", "f:3: control character or noncharacter (byte" },
	{ "a: \xef\xb7\x90\n", "f:2: control character or noncharacter (byte" },
	{ "a: \x82\xa0\n", "f:2: malformed UTF-8 (byte 0x82); "
			   "save the file as UTF-8" },
	{ "a: 1\rb: 2\n",
	    "f:2: control character or noncharacter (byte 0x0d)" },
	{ "[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]\n", "f:2: nested too deeply" },
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct arena *arena = arena_new();
		struct complaints complaints = { 0 };
		struct yaml_node *root = NULL;
		struct buf out;

		buf_init(&out, 10000);
		assert_true(yaml_parse(arena, "f", good[i].text,
		    strlen(good[i].text), 2, &complaints, &root));
		assert_int_equal(complaints.count, 0);
		write_node(&out, root);
		assert_string_equal(buf_str(&out), good[i].tree);
		buf_clear(&out);
		arena_free(arena);
	}
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct arena *arena = arena_new();
		struct complaints complaints = { 0 };
		struct yaml_node *root = NULL;
		char line[400];

		(void)yaml_parse(arena, "f", bad[i].text, strlen(bad[i].text),
		    2, &complaints, &root);
		assert_true(complaints.errors >= 1);
		snprintf(line, sizeof(line), "%s:%zu: %s",
		    complaints.items[0].file, complaints.items[0].line,
		    complaints.items[0].text);
		if (!text_starts(line, bad[i].complaint))
			fail_msg("'%s': got \"%s\", not \"%s\"", bad[i].text,
			    line, bad[i].complaint);
		complaints_clear(&complaints);
		arena_free(arena);
	}
}

static void
test_first_of_two_counts(void **state)
{
	const char *text = "a: 1\na: [2]\nb: 3\n";
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	struct yaml_node *root = NULL;

	(void)state;
	assert_true(
	    yaml_parse(arena, "f", text, strlen(text), 1, &complaints, &root));
	assert_int_equal(complaints.errors, 1);
	assert_string_equal(yaml_find(root, "a")->text, "1");
	assert_string_equal(yaml_find(root, "b")->text, "3");
	assert_null(yaml_find(root, "c"));
	complaints_clear(&complaints);
	arena_free(arena);
}

static void
test_limits(void **state)
{
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	struct yaml_node *root = NULL;
	struct buf text;

	(void)state;
	buf_init(&text, 2 * YAML_LARGEST);
	for (size_t i = 0; i < YAML_MOST_NODES; i++)
		buf_add_str(&text, "- x\n");
	assert_false(yaml_parse(
	    arena, "f", text.bytes, text.used, 1, &complaints, &root));
	assert_string_equal(complaints.items[0].text, "too many values");
	complaints_clear(&complaints);

	buf_reset(&text);
	while (text.used <= YAML_LARGEST)
		buf_add_str(&text, "# a comment\n");
	assert_false(yaml_parse(
	    arena, "f", text.bytes, text.used, 1, &complaints, &root));
	assert_string_equal(
	    complaints.items[0].text, "larger than 1000000 bytes");
	complaints_clear(&complaints);
	buf_clear(&text);
	arena_free(arena);
}

static void
test_check_keys(void **state)
{
	static const char *const known[] = { "title", "summary", NULL };
	const char *text = "titel: x\nsummary: y\nzzzzzzzz: z\n";
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	struct yaml_node *root = NULL;

	(void)state;
	assert_true(
	    yaml_parse(arena, "f", text, strlen(text), 2, &complaints, &root));
	yaml_check_keys(root, "front matter", known, &complaints);
	assert_int_equal(complaints.count, 2);
	assert_int_equal(complaints.items[0].line, 2);
	assert_string_equal(complaints.items[0].text,
	    "unknown key 'titel' in front matter (did you mean 'title'?)");
	assert_string_equal(
	    complaints.items[1].text, "unknown key 'zzzzzzzz' in front matter");
	complaints_clear(&complaints);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_first_of_two_counts),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_check_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
