/* markdown/: HTML and text of one tree, what is dropped, what is linted. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "markdown/markdown.h"

static const struct {
	const char *markdown, *html, *text;
} cases[] = {
	{ "", "", "" },
	{ "One\ntwo.\n\nThree.", "<p>One\ntwo.</p>\n<p>Three.</p>\n",
	    "One two.\n\nThree." },
	/* Japanese lines join without a blank, others with one */
	{ "墨田区を\n訪れた。", "<p>墨田区を訪れた。</p>\n",
	    "墨田区を訪れた。" },
	{ "「**墨田**\n*区*」", "<p>「<strong>墨田</strong><em>区</em>」</p>\n",
	    "「墨田区」" },
	{ "墨田\nSumida", "<p>墨田\nSumida</p>\n", "墨田 Sumida" },
	{ "a  \nb", "<p>a<br>\nb</p>\n", "a\nb" },
	/* what has a meaning in HTML is text */
	{ "a < b & \"c\" 'd'",
	    "<p>a &lt; b &amp; &quot;c&quot; &#39;d&#39;</p>\n",
	    "a < b & \"c\" 'd'" },
	{ "&lt;b&gt; &copy;", "<p>&lt;b&gt; ©</p>\n", "<b> ©" },
	{ "{{NAME}}", "<p>{{NAME}}</p>\n", "{{NAME}}" },
	/* raw HTML goes, its text stays */
	{ "a <b onclick=\"x\">c</b>", "<p>a c</p>\n", "a c" },
	{ "<script>x</script>\n\nb", "<p>b</p>\n", "b" },
	{ "![alt](https://a.example/x.png)", "", "" },
	/* links */
	{ "[a](https://a.example/?b=c&d='e')",
	    "<p><a href=\"https://a.example/?b=c&amp;d=&#39;e&#39;\">a</a>"
	    "</p>\n",
	    "a[1]\n\n[1] https://a.example/?b=c&d='e'" },
	{ "[a](https://a.example/) [b](mailto:b@b.example) "
	  "[c](https://a.example/)\n\n- d",
	    "<p><a href=\"https://a.example/\">a</a> "
	    "<a href=\"mailto:b@b.example\">b</a> "
	    "<a href=\"https://a.example/\">c</a></p>\n<ul><li>d</li>\n"
	    "</ul>\n",
	    "a[1] b[2] c[1]\n\n- d\n\n[1] https://a.example/\n"
	    "[2] mailto:b@b.example" },
	{ "<https://a.example/>",
	    "<p><a href=\"https://a.example/\">https://a.example/</a></p>\n",
	    "https://a.example/" },
	{ "<desk@a.example>",
	    "<p><a href=\"mailto:desk@a.example\">desk@a.example</a></p>\n",
	    "desk@a.example" },
	{ "[x](<https://a.example/観光 \">)",
	    "<p><a href=\"https://a.example/%E8%A6%B3%E5%85%89%20%22\">x</a>"
	    "</p>\n",
	    "x[1]\n\n[1] https://a.example/%E8%A6%B3%E5%85%89%20%22" },
	{ "[x](javascript:alert(1))", "<p>x</p>\n", "x" },
	{ "[x](JaVaScRiPt:alert(1))", "<p>x</p>\n", "x" },
	{ "[x](data:text/html;base64,AA)", "<p>x</p>\n", "x" },
	{ "[x](file:///etc/passwd)", "<p>x</p>\n", "x" },
	{ "[x](//a.example/)", "<p>x</p>\n", "x" },
	{ "[*x* y](vbscript:z)", "<p><em>x</em> y</p>\n", "x y" },
	/* blocks */
	{ "# A\n\nb", "<h3>A</h3>\n<p>b</p>\n", "■ A\n\nb" },
	{ "- a\n- b\n  c\n\nd",
	    "<ul><li>a</li>\n<li>b\nc</li>\n</ul>\n<p>d</p>\n",
	    "- a\n- b c\n\nd" },
	{ "3. a\n4. b\n   - c",
	    "<ol start=\"3\"><li>a</li>\n<li>b<ul><li>c</li>\n</ul>\n</li>\n"
	    "</ol>\n",
	    "3. a\n4. b\n   - c" },
	{ "- a\n\n- b", "<ul><li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ul>\n",
	    "- a\n\n- b" },
	{ "> a\n>\n> b", "<blockquote><p>a</p>\n<p>b</p>\n</blockquote>\n",
	    "> a\n>\n> b" },
	{ "- > a",
	    "<ul><li><blockquote><p>a</p>\n</blockquote>\n</li>\n</ul>\n",
	    "- > a" },
	{ "```\nx < y\nz\n```\n\na", "<pre>x &lt; y\nz\n</pre>\n<p>a</p>\n",
	    "x < y\nz\n\na" },
	{ "a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>\n", "a\n\n* * *\n\nb" },
	{ "`a<b`", "<p><code>a&lt;b</code></p>\n", "a<b" },
	/* a paragraph emphasised as a whole is a signature */
	{ "*The division*", "<p>The division</p>\n", "The division" },
};

static void
test_render(void **state)
{
	static const struct markdown_style plain;
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_string_equal(
		    markdown_to_html(arena, cases[i].markdown, &plain),
		    cases[i].html);
		assert_string_equal(
		    markdown_to_text(arena, cases[i].markdown), cases[i].text);
	}
	arena_free(arena);
}

static void
test_styles(void **state)
{
	static const struct markdown_style style = {
		.paragraph = "margin:0",
		.signature = "color:#666",
		.link = "font-family:\"x\"",
	};
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(
	    markdown_to_html(arena, "a\n\n*b*\n\n<https://c.example>", &style),
	    "<p style=\"margin:0\">a</p>\n"
	    "<p style=\"color:#666\">b</p>\n"
	    "<p style=\"margin:0\">"
	    "<a style=\"font-family:&quot;x&quot;\" href=\"https://c.example\">"
	    "https://c.example</a></p>\n");
	arena_free(arena);
}

static void
test_check(void **state)
{
	static const struct {
		const char *markdown;
		const char *file_line; /* NULL: nothing to complain about */
		bool warning;
	} lints[] = {
		{ "a **b** c", NULL, false },
		{ "a\n\n<!-- note -->", NULL, false },
		{ "a \\*\\* b", NULL, false }, /* so meant */
		{ "a\n\nは**「重要」**です", "x.md:12: ", true },
		{ "a\nb\n**注意：**本文", "x.md:12: ", true },
		{ "a\n\n\n<b>c</b>", "x.md:13: ", false },
		{ "a\nb <br> c", "x.md:11: ", false },
		{ "![a](b.png)", "x.md:10: ", false },
		{ "a\n\n- b\n- [c](javascript:d)", "x.md:13: ", false },
		{ "[c](https://d.example) [m](mailto:e@f.example)", NULL,
		    false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lints) / sizeof(*lints); i++) {
		struct complaints list = { 0 };
		char *printed = NULL;
		size_t bytes;
		FILE *out = open_memstream(&printed, &bytes);

		markdown_check("x.md", 10, lints[i].markdown, &list);
		complaints_print(&list, out);
		fclose(out);
		if (!lints[i].file_line) {
			assert_string_equal(printed, "");
		} else {
			assert_memory_equal(printed, lints[i].file_line,
			    strlen(lints[i].file_line));
			assert_int_equal(list.errors == 0, lints[i].warning);
		}
		free(printed);
		complaints_clear(&list);
	}
}

/* Nesting without end costs neither stack nor patience. */
static void
test_depth(void **state)
{
	static const struct markdown_style plain;
	enum { DEEP = 3000 };
	struct arena *arena = arena_new();
	char *markdown = arena_take(arena, 2 * DEEP + 2, 1);

	(void)state;
	for (size_t i = 0; i < DEEP; i++)
		memcpy(markdown + 2 * i, "> ", 2);
	markdown[2 * DEEP] = 'a';
	assert_int_equal(
	    strlen(markdown_to_text(arena, markdown)), 2 * DEEP + 1);
	assert_non_null(
	    strstr(markdown_to_html(arena, markdown, &plain), "<p>a</p>"));
	arena_free(arena);
}

/* Where texts and links stand, whatever the lines begin with. */
static void
test_look(void **state)
{
	static const char text[] = "# 見出し[リンク](https://a.example/1)\n"
				   "\n"
				   "- one\n"
				   "  two <https://a.example/2>\n"
				   "\n"
				   "  > q [x][ref] &amp; more\n"
				   "\n"
				   "`code` [a\nb](https://a.example/1 \"t\")\n"
				   "\n"
				   "[ref]: https://a.example/3\n";
	static const struct {
		const char *url, *text;
		size_t line, column;
	} links[] = {
		{ "https://a.example/1", "リンク", 11, 12 },
		{ "https://a.example/2", "https://a.example/2", 14, 8 },
		{ "https://a.example/3", "x", 21, 8 },
		{ "https://a.example/1", "a b", 19, 4 },
	};
	struct arena *arena = arena_new();
	struct markdown_sight sight;
	const struct markdown_run *run = NULL;

	(void)state;
	markdown_look(arena, 11, text, &sight);
	assert_int_equal(sight.link_count, 4);
	for (size_t i = 0; i < sight.link_count; i++) {
		assert_string_equal(sight.links[i].url, links[i].url);
		assert_string_equal(sight.links[i].text, links[i].text);
		assert_int_equal(sight.links[i].line, links[i].line);
		assert_int_equal(sight.links[i].column, links[i].column);
	}
	for (size_t i = 0; i < sight.run_count; i++) {
		assert_null(strstr(sight.runs[i].text, "code"));
		if (strstr(sight.runs[i].text, "more") != NULL)
			run = &sight.runs[i];
	}
	assert_non_null(run);
	assert_int_equal(run->line, 16);
	assert_int_equal(
	    markdown_run_column(run, strstr(run->text, "more"), 4), 22);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_render),
		cmocka_unit_test(test_styles),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
