/* render/: escaping by context, includes, complaints with file and line. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "render/render.h"

static const struct render_marker known[] = {
	{ "NAME", RENDER_TEXT },
	{ "TITLE", RENDER_TEXT },
	{ "URL", RENDER_TEXT },
	{ "COLOUR", RENDER_TEXT },
	{ "BODY", RENDER_HTML },
	{ "STORIES", RENDER_SECTION },
	{ "IMAGES", RENDER_SECTION },
};

static const size_t known_count = sizeof(known) / sizeof(*known);

struct text_file {
	const char *name, *text;
};

static size_t
list_files(const struct text_file *texts, struct render_file *files)
{
	size_t count = 0;

	for (; count < 4 && texts[count].name; count++)
		files[count] = (struct render_file){ texts[count].name,
			texts[count].text, strlen(texts[count].text) };
	return count;
}

static bool
load(const struct text_file *texts, struct render **ret, struct err *err)
{
	struct render_file files[4];
	size_t count = list_files(texts, files);

	return render_new(files, count, known, known_count, ret, err);
}

static struct render_dict *
fill_dict(void)
{
	struct render_dict *dict = render_dict_new(), *story;

	render_dict_set(dict, "NAME", "<b>&\"' {{TITLE}} 墨田");
	render_dict_set(dict, "URL", "https://a.example/?b&c");
	render_dict_set(dict, "COLOUR", "#1d4f7c");
	render_dict_set(dict, "BODY", "<p>x</p>");
	story = render_dict_section(dict, "STORIES");
	render_dict_set(story, "TITLE", "one");
	render_dict_show(story, "IMAGES");
	story = render_dict_section(dict, "STORIES");
	render_dict_set(story, "TITLE", "two");
	return dict;
}

static void
test_expand(void **state)
{
	static const struct {
		struct text_file files[4];
		const char *expanded;
	} cases[] = {
		{ { { "a.html", "<p title=\"{{NAME}}\">{{NAME}}</p>" } },
		    "<p title=\"&lt;b&gt;&amp;&quot;&#39; {{TITLE}} 墨田\">"
		    "&lt;b&gt;&amp;&quot;&#39; {{TITLE}} 墨田</p>" },
		{ { { "a.txt", "{{NAME}}" } }, "<b>&\"' {{TITLE}} 墨田" },
		{ { { "a.html", "<a href=\"{{URL}}\">{{BODY:none}}</a>" } },
		    "<a href=\"https://a.example/?b&amp;c\"><p>x</p></a>" },
		{ { { "a.html", "<td style=\"color:{{COLOUR}}\"></td>" } },
		    "<td style=\"color:#1d4f7c\"></td>" },
		/* an included file is escaped as well, and sees the section */
		{ { { "a.html", "{{#STORIES}}{{>STORY}}{{/STORIES}}" },
		      { "story.html", "<i>{{TITLE}} {{NAME}}</i>" },
		      { "story.txt", "not this one" } },
		    "<i>one &lt;b&gt;&amp;&quot;&#39; {{TITLE}} 墨田</i>"
		    "<i>two &lt;b&gt;&amp;&quot;&#39; {{TITLE}} 墨田</i>" },
		/* lines with nothing but a section leave no line */
		{ { { "a.txt",
		      "A\n{{#STORIES}}\n- {{TITLE}}\n{{#IMAGES}}\n  i\n"
		      "  {{/IMAGES}}\n{{/STORIES}}\n{{! note }}\r\n\nZ\n" } },
		    "A\n- one\n  i\n- two\n\nZ\n" },
		/* markers that are not set are empty */
		{ { { "a.txt", "[{{TITLE}}]" } }, "[]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_BUF_AT_EXIT struct buf out;
		struct render_dict *dict = fill_dict();
		struct render *render = NULL;
		struct err err = { 0 };

		buf_init(&out, 10000);
		if (!load(cases[i].files, &render, &err) ||
		    !render_expand(
			render, cases[i].files[0].name, dict, &out, &err))
			fail_msg("%s", err.text);
		assert_string_equal(buf_str(&out), cases[i].expanded);
		render_dict_free(dict);
		render_free(render);
	}
}

static void
test_refuse(void **state)
{
	static const struct {
		struct text_file files[4];
		const char *text;
	} cases[] = {
		{ { { "a.html", "x\n{{TITEL}}" } },
		    "a.html:2: unknown marker 'TITEL' (did you mean "
		    "'TITLE'?)" },
		{ { { "a.html", "{{ZZZZZZZZ}}" } },
		    "a.html:1: unknown marker 'ZZZZZZZZ'" },
		{ { { "a.html", "{{TITEL}}" }, { "b.txt", "{{NAMES}}" } },
		    "a.html:1: unknown marker 'TITEL' (did you mean 'TITLE'?) "
		    "(and 1 more)" },
		{ { { "a.html", "{{NAME:none}}" } },
		    "a.html:1: marker 'NAME' must be escaped; ':none' is for "
		    "HTML alone" },
		{ { { "a.html", "{{BODY}}" } },
		    "a.html:1: marker 'BODY' is HTML already; ':none' belongs "
		    "behind its name" },
		{ { { "a.txt", "{{BODY:none}}" } },
		    "a.txt:1: marker 'BODY' is HTML; it has no place in a text "
		    "template" },
		{ { { "a.html", "{{NAME:h}}" } },
		    "a.html:1: '{{NAME:h}}' has something behind its name" },
		{ { { "a.html", "{{=<% %>=}}" } },
		    "a.html:1: '{{=<% %>=}}' is no marker; names are capital "
		    "letters, digits and _" },
		{ { { "a.html", "{{%AUTOESCAPE context=\"JAVASCRIPT\"}}" } },
		    "a.html:1: '{{%AUTOESCAPE context=\"JAVASCRIPT\"}}' is no "
		    "marker; names are capital letters, digits and _" },
		{ { { "a.html", "{{name}}" } },
		    "a.html:1: '{{name}}' is no marker; names are capital "
		    "letters, digits and _" },
		{ { { "a.html", "\n\n{{NAME" } },
		    "a.html:3: '{{NAME' is not closed by }}" },
		{ { { "a.html", "{{#NAME}}{{/NAME}}" } },
		    "a.html:1: marker 'NAME' is no section (and 1 more)" },
		{ { { "a.html", "{{STORIES}}" } },
		    "a.html:1: marker 'STORIES' is a section" },
		{ { { "a.html", "{{#STORIES}}{{#IMAGES}}{{/STORIES}}" } },
		    "a.html:1: marker 'STORIES' closes what is not open here "
		    "(and 1 more)" },
		{ { { "a.html", "{{#STORIES}}" } },
		    "a.html:1: section 'STORIES' is not closed" },
		{ { { "a.html", "{{>STORY}}" }, { "story.txt", "" } },
		    "a.html:1: no file for the include 'STORY'" },
		{ { { "a.html", "{{>B}}" }, { "b.html", "\n{{>A}}" } },
		    "a.html:1: the include 'B' leads back to itself "
		    "(and 1 more)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct render *render = NULL;
		struct err err = { 0 };

		assert_false(load(cases[i].files, &render, &err));
		assert_null(render);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(err.code, ERR_DATA);
	}
}

/* A set, and what is complained about in it: the first, and how many. */
static void
assert_complaints(const struct complaints *found, size_t count,
    const char *file, size_t line, size_t column, const char *text)
{
	assert_int_equal(found->count, count);
	if (count == 0)
		return;
	assert_string_equal(found->items[0].file, file);
	assert_int_equal(found->items[0].line, line);
	assert_int_equal(found->items[0].column, column);
	if (!strstr(found->items[0].text, text))
		fail_msg("'%s' is not in '%s'", text, found->items[0].text);
}

static void
test_check(void **state)
{
	static const struct {
		struct text_file files[4];
		size_t count;
		const char *file;
		size_t line, column;
		const char *text;
	} cases[] = {
		{ { { "a.html", "<b>{{NAME}}</b>" } }, 0, "", 0, 0, "" },
		/* columns are characters */
		{ { { "a.html", "墨田\n墨田{{TITEL}}" } }, 1, "a.html", 2, 3,
		    "did you mean 'TITLE'" },
		{ { { "a.html", "x{{#STORIES}}\n{{#IMAGES}}{{/IMAGES}}" } }, 1,
		    "a.html", 1, 2, "section 'STORIES' is not closed" },
		{ { { "a.html", " {{>STRY}}" }, { "story.html", "" },
		      { "stry.txt", "" } },
		    1, "a.html", 1, 2, "(did you mean 'story.html'?)" },
		/* what ctemplate cannot escape, in the file where it stands;
		   told once, though the include is looked at alone too */
		{ { { "a.html", "<p>{{NAME}}</p>\n{{>B}}" },
		      { "b.html", "<i>{{TITLE}}</i>\n<i {{NAME}}=x>" } },
		    1, "b.html", 2, 4, "nothing can be escaped for it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct complaints found = { 0 };
		struct render_file files[4];
		size_t count = list_files(cases[i].files, files);

		render_check(files, count, known, known_count, &found);
		assert_complaints(&found, cases[i].count, cases[i].file,
		    cases[i].line, cases[i].column, cases[i].text);
		complaints_clear(&found);
	}
}

static void
test_contexts(void **state)
{
	static const struct {
		struct text_file files[4];
		size_t count;
		const char *file;
		size_t line, column;
		const char *text;
	} cases[] = {
		{ { { "a.html",
		      "<a title=\"{{NAME}}\" href=\"{{URL}}\" "
		      "style=\"color:{{COLOUR}}\">{{BODY:none}}</a>" } },
		    0, "", 0, 0, "" },
		{ { { "a.html", "<b>{{NAME}}</b>{{>B}}" },
		      { "b.html", "\n<i title={{NAME}}>" } },
		    1, "b.html", 2, 10, "without quotes" },
		{ { { "a.html", "<script>x='{{NAME}}'</script>" } }, 1,
		    "a.html", 1, 12, "in a script" },
		{ { { "a.html", "<i onclick=\"f('{{NAME}}')\">" } }, 1,
		    "a.html", 1, 16, "in a script" },
		{ { { "a.html", "<i title=\"{{BODY:none}}\">" } }, 1, "a.html",
		    1, 11, "within a tag" },
		{ { { "a.txt", "<i title={{NAME}}>" } }, 0, "", 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct complaints found = { 0 };
		struct render_file files[4];
		size_t count = list_files(cases[i].files, files);

		render_check_contexts(files, count, files[0].name, &found);
		assert_complaints(&found, cases[i].count, cases[i].file,
		    cases[i].line, cases[i].column, cases[i].text);
		complaints_clear(&found);
	}
}

static void
test_uses(void **state)
{
	static const struct text_file texts[4] = {
		{ "a.html",
		    "{{#STORIES}}{{>STORY}}{{/STORIES}}{{! x }}{{NAME}}" },
		{ "story.html",
		    "\n {{#IMAGES}}{{URL}}{{/IMAGES}}{{BODY:none}}" },
		{ "c.html", "{{>C}}{{NAME}}" },
	};
	static const struct {
		const char *name;
		char kind;
		size_t line, column, via, inside;
	} wanted[] = {
		{ "STORIES", '#', 1, 1, 0, 0 },
		{ "STORY", '>', 1, 13, 0, 1 },
		{ "IMAGES", '#', 2, 2, 2, 1 },
		{ "URL", 0, 2, 13, 2, 3 },
		{ "IMAGES", '/', 2, 20, 2, 3 },
		{ "BODY", 0, 2, 31, 2, 1 },
		{ "STORIES", '/', 1, 23, 0, 1 },
		{ "NAME", 0, 1, 43, 0, 0 },
	};
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct render_file files[4];
	size_t count = list_files(texts, files);
	struct render_uses uses;

	(void)state;
	render_list_uses(arena, files, count, "a.html", &uses);
	assert_int_equal(uses.count, sizeof(wanted) / sizeof(*wanted));
	for (size_t i = 0; i < uses.count; i++) {
		const struct render_use *use = &uses.items[i];

		assert_string_equal(use->name, wanted[i].name);
		assert_int_equal(use->kind, wanted[i].kind);
		assert_string_equal(
		    use->file, wanted[i].via ? "story.html" : "a.html");
		assert_int_equal(use->line, wanted[i].line);
		assert_int_equal(use->column, wanted[i].column);
		assert_int_equal(use->via, wanted[i].via);
		assert_int_equal(use->inside, wanted[i].inside);
		assert_int_equal(use->raw, strcmp(use->name, "BODY") == 0);
	}

	/* One that includes itself comes to an end. */
	render_list_uses(arena, files, count, "c.html", &uses);
	assert_true(uses.count > 2 && uses.count < 100);
	render_list_uses(arena, files, count, "none.html", &uses);
	assert_int_equal(uses.count, 0);
}

static void
test_bytes(void **state)
{
	static const char *const bad[] = { "\xff", "a\x01", "\ufdd0" };
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct text_file texts[4] = { { "a.html", bad[i] } };
		struct render *render;

		assert_false(load(texts, &render, &err));
		assert_memory_equal(err.text, "a.html:1: ", 10);
	}
}

static void
test_ceiling(void **state)
{
	struct text_file texts[4] = { { "a.txt", "0123456789" } };
	GM_BUF_AT_EXIT struct buf out;
	struct render_dict *dict = render_dict_new();
	struct render *render = NULL;
	struct err err = { 0 };

	(void)state;
	buf_init(&out, 5);
	assert_true(load(texts, &render, &err));
	assert_false(render_expand(render, "a.txt", dict, &out, &err));
	assert_int_equal(err.code, ERR_DATA);
	assert_false(render_expand(render, "b.txt", dict, &out, &err));
	assert_int_equal(err.code, ERR_SOFTWARE);
	assert_true(render_has(render, "a.txt"));
	assert_false(render_has(render, "b.txt"));
	render_dict_free(dict);
	render_free(render);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_contexts),
		cmocka_unit_test(test_uses),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
