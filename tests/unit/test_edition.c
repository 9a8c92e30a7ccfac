/* digest/edition: the shipped templates with the April issue, hostile values,
   template sets that must be refused. With GM_SHOW=FOLDER in the environment
   the digests are also written there, to be looked at. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "content/content.h"
#include "digest/edition.h"
#include "digest/tailor.h"
#include "unicode/unicode.h"

#define SAMPLE "config/sample/issues/2026-04"

static struct arena *arena;
static struct edition_templates *shipped;
static struct issue *april;

static const struct sender sender = {
	.name = "Monthly Glocal News",
	.address = "news@news.example",
	.reply_to = "",
	.postal = "2-2-1 Kasumigaseki, Chiyoda-ku, Tokyo 100-8919, Japan",
	.contact = "+81 3-5501-8000, desk@news.example",
	.bounce_domain = "bounce.news.example",
	.public_url = "https://news.example",
	.list_id = "news.news.example",
	.timezone = "Asia/Tokyo",
};

static const struct edition_tag tags[] = {
	{ "tourism", { "Tourism", "観光" } },
	{ "sister-city",
	    { "Sister cities and friendship ties", "姉妹都市・友好交流" } },
	{ "sports", { "Sports", NULL } },
};

static const struct edition_place places[] = {
	{ "160008", "富山県", "富山県", "とやまけん" },
	{ "320005", "島根県", "島根県", "しまねけん" },
	{ "324485", "島根県", "美郷町", "みさとちょう" },
};

static const struct edition_links links = {
	"https://news.example/u/"
	"1a.mfrggzdfmztwq.aaaa.geztgnbvgy3tqojqgezdgnbvgy",
	"https://news.example/p/"
	"1a.mfrggzdfmztwq.aaaa.geztgnbvgy3tqojqgezdgnbvgy",
};

static char *
print(const struct edition_part *part, const char *const *values, bool html)
{
	GM_BUF_AT_EXIT struct buf out;

	buf_init(&out, 1 << 20);
	edition_fill(part, values, html, &out);
	assert_false(out.overflowed);
	return arena_strndup(arena, buf_str(&out), out.used);
}

static struct render_file *
read_templates(size_t *ret_count)
{
	struct text_list names;
	struct err err = { 0 };
	struct render_file *files;

	if (!file_list(arena, "templates", &names, &err))
		fail_msg("%s", err.text);
	files = arena_take(arena, names.count + 1, sizeof(*files));
	*ret_count = 0;
	for (size_t i = 0; i < names.count; i++) {
		struct render_file *file = &files[*ret_count];
		char *bytes;

		/* No parts of a digest. */
		if (text_starts(names.items[i], "archive_") ||
		    text_starts(names.items[i], "preview_") ||
		    text_starts(names.items[i], "confirm."))
			continue;
		file->name = names.items[i];
		if (!file_read(arena,
			file_join(arena, "templates", names.items[i]), 1 << 20,
			&bytes, &file->count, &err))
			fail_msg("%s", err.text);
		file->bytes = bytes;
		++*ret_count;
	}
	return files;
}

static int
set_up(void **state)
{
	struct complaints complaints = { 0 };
	struct content_files files;
	struct err err = { 0 };
	size_t count;
	struct render_file *templates;

	(void)state;
	arena = arena_new();
	templates = read_templates(&count);
	if (!edition_templates_new(templates, count, &shipped, &err) ||
	    !content_read(arena, SAMPLE, NULL, &files, &err) ||
	    !content_parse(
		arena, "2026-04", &files, NULL, &complaints, &april, &err))
		fail_msg("%s", err.text);
	complaints_clear(&complaints);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	edition_templates_free(shipped);
	arena_free(arena);
	return 0;
}

static struct edition_input
make_input(const struct issue *issue, const struct tailored *tailored,
    enum language language)
{
	return (struct edition_input){
		.templates = shipped,
		.issue = issue,
		.tailored = tailored,
		.language = language,
		.format = FORMAT_HTML,
		.sender = &sender,
		.tags = tags,
		.tag_count = sizeof(tags) / sizeof(*tags),
		.places = places,
		.place_count = sizeof(places) / sizeof(*places),
		.image_base = "",
		.archive_base = "https://news.example/issues/2026-04/",
	};
}

static struct tailored
choose(const char *tag, const char *country, const char *municipality,
    enum language language)
{
	const char *tag_items[] = { tag }, *country_items[] = { country };
	struct reader reader = {
		.language = language,
		.municipality = municipality,
		.tags = { tag_items, *tag != '\0' },
		.countries = { country_items, *country != '\0' },
	};
	static const struct tailoring rules = {
		.weights = { 1, 1, 1, 1 },
	};
	struct tailored tailored;

	tailor(arena, april, &reader, &rules, &tailored);
	return tailored;
}

/* Writes the digest where a person can look at it. */
static void
show(const char *name, const char *text)
{
	const char *folder = getenv("GM_SHOW");
	struct err err = { 0 };

	if (folder && !file_write(file_join(arena, folder, name), text,
			  strlen(text), 0644, &err))
		fail_msg("%s", err.text);
}

static size_t
count_of(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strstr(text, what))) {
		text++;
		count++;
	}
	return count;
}

static void
check_html(const char *html, const char *lang)
{
	assert_in_range(strlen(html), 5000, 60000);
	assert_non_null(strstr(html, arena_format(arena, "lang=\"%s\"", lang)));
	for (const char *p = html; (p = strchr(p, '<')); p++) {
		char *tag = arena_strndup(arena, p, strcspn(p, ">"));

		if (strncmp(tag, "<table", 6) == 0)
			assert_non_null(strstr(tag, " role=\"presentation\""));
		if (strncmp(tag, "<img", 4) != 0)
			continue;
		assert_non_null(strstr(tag, " alt=\""));
		assert_non_null(strstr(tag, " width=\""));
		assert_non_null(strstr(tag, " height=\""));
		assert_non_null(strstr(tag, "max-width:"));
	}
	assert_int_equal(count_of(html, "display:none"), 1);
	assert_null(strstr(html, "{{"));
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "data:"));
	assert_null(strstr(html, "href=\"#\""));
}

static void
check_text(const char *text)
{
	const char *line = text;

	assert_null(strstr(text, "{{"));
	assert_null(strstr(text, "&amp;"));
	assert_null(strstr(text, "</"));
	assert_null(strstr(text, "\n\n\n"));
	assert_null(strstr(text, " \n"));
	assert_int_not_equal(*text, '\n');
	while (*line) {
		size_t n = strcspn(line, "\n");
		char *copy = arena_strndup(arena, line, n);

		if (!strstr(copy, "https://"))
			assert_in_range(unicode_width(copy), 0, 70);
		line += n + (line[n] == '\n');
	}
}

/* Every link of the HTML stands in the text, and the other way round. */
static void
check_links(const char *html, const char *text)
{
	for (const char *p = html; (p = strstr(p, " href=\"https://")); p++) {
		char *url = arena_strndup(arena, p + 7, strcspn(p + 7, "\""));

		assert_non_null(strstr(text, url));
	}
	for (const char *p = text; (p = strstr(p, "https://")); p++) {
		char *url = arena_strndup(arena, p, strcspn(p, " \n<>"));

		assert_non_null(
		    strstr(html, arena_format(arena, "href=\"%s\"", url)));
	}
}

static void
test_april(void **state)
{
	static const struct {
		const char *file, *tag, *country, *municipality;
		enum language language;
		struct person person;
		const char *greeting, *reason;
	} cases[] = {
		{ "en-all", "", "", "", LANGUAGE_EN,
		    { 1, "a@b.example", "", "", "" }, "Dear reader,", NULL },
		{ "ja-all", "", "", "", LANGUAGE_JA,
		    { 1, "a@b.example", "", "", "" }, "読者の皆様", NULL },
		{ "en-greece", "sister-city", "GR", "", LANGUAGE_EN,
		    { 1, "culture@embassy-greece.example",
			"Head of the Cultural Section",
			"Embassy of Greece in Japan", "Cultural Section" },
		    "Dear Head of the Cultural Section,",
		    "Because you follow: Sister cities and friendship ties, "
		    "Greece" },
		{ "ja-misato", "tourism", "", "324485", LANGUAGE_JA,
		    { 1, "kokusai@town-misato.example", "国際交流担当",
			"美郷町", "総務課" },
		    "美郷町 総務課 国際交流担当 御中", "選択理由：美郷町" },
		{ "en-misato", "tourism", "", "324485", LANGUAGE_EN,
		    { 1, "cir@town-misato.example", "", "Misato Town", "" },
		    "Dear colleagues at Misato Town,",
		    "Because you follow: Misato Town" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum language language = cases[i].language;
		struct tailored tailored = choose(cases[i].tag,
		    cases[i].country, cases[i].municipality, language);
		struct edition_input in =
		    make_input(april, &tailored, language);
		const char *values[PERSONALS], *html, *text;
		struct edition *edition;
		struct err err = { 0 };

		if (!edition_render(arena, &in, &edition, &err))
			fail_msg("%s", err.text);
		edition_values(
		    arena, edition, &cases[i].person, &links, values);
		html = print(&edition->html, values, true);
		edition_values_fold(arena, values);
		text = print(&edition->text, values, false);
		show(arena_format(arena, "%s.html", cases[i].file), html);
		show(arena_format(arena, "%s.txt", cases[i].file), text);

		check_html(html, subscriber_language(language));
		check_text(text);
		check_links(html, text);
		assert_true(
		    language == LANGUAGE_EN ||
		    strstr(html, "へ</span>\u3000<span style=\"display:"));
		assert_non_null(strstr(html, cases[i].greeting));
		assert_non_null(strstr(text, cases[i].greeting));
		if (cases[i].reason) {
			assert_non_null(strstr(html, cases[i].reason));
			assert_non_null(strstr(text, cases[i].reason));
		}
		for (size_t j = 0; j < april->count; j++) {
			const char *slug = april->articles[j].slug;
			bool chosen = false;

			for (size_t k = 0; k < tailored.chosen_count; k++)
				chosen |= tailored.chosen[k].article ==
					  &april->articles[j];
			assert_int_equal(chosen,
			    !strstr(html, arena_format(arena, "#%s\"", slug)));
		}
	}
}

/* One story with everything hostile in it. */
static void
test_hostile_content(void **state)
{
	static struct article_image image = { .file = "images/\"><b>.png",
		.ready = "images/\"><b>.png",
		.alt = "\" onerror=\"x",
		.caption = "<i>{{W_WHY}}</i>",
		.width = 100,
		.height = 50 };
	static struct article_text text = { .file = "a.md",
		.title = "<b>&\"' {{READER_NAME}}",
		.summary = "</p><script>x</script>",
		.body = "[x](javascript:y) <b>{{UNSUBSCRIBE_URL}}</b>",
		.images = &image,
		.image_count = 1 };
	static struct article article = { .slug = "x",
		.text = { &text, &text } };
	static struct issue issue = { .id = "2026-04",
		.date = "2026-04-01",
		.text = { { "t", "s", "p", "" }, { "t", "s", "p", "" } },
		.articles = &article,
		.count = 1 };
	static struct tailored_reason reasons[] = {
		{ TAILOR_TAG, "<tag>" },
		{ TAILOR_COUNTRY, "ZZ" },
		{ TAILOR_MUNICIPALITY, "999999" },
	};
	static struct tailored_article chosen = { &article, reasons, 3 };
	struct tailored tailored = { .chosen = &chosen, .chosen_count = 1 };
	struct edition_input in = make_input(&issue, &tailored, LANGUAGE_EN);
	static const struct person person = { 1, "\"<x>\"@a.example",
		"<b>&\"' {{x}}", "\ufdd0\x36\ufdd1", "</td>\r\nBcc: y" };
	const char *values[PERSONALS], *html, *plain;
	struct edition *edition;
	struct err err = { 0 };

	(void)state;
	if (!edition_render(arena, &in, &edition, &err))
		fail_msg("%s", err.text);
	edition_values(arena, edition, &person, &links, values);
	html = print(&edition->html, values, true);
	assert_null(strstr(html, "<b>"));
	assert_null(strstr(html, "<i>"));
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, " onerror=\""));
	assert_null(strstr(html, "javascript:"));
	assert_non_null(strstr(html, "Dear &lt;b&gt;&amp;&quot;&#39; {{x}},"));
	assert_non_null(strstr(html, "&lt;b&gt;&amp;&quot;&#39; "
				     "{{READER_NAME}}</span>"));
	assert_non_null(strstr(html, "src=\"images/%22%3E%3Cb%3E.png\""));
	assert_non_null(strstr(html, "width=\"100\" height=\"50\""));
	assert_non_null(strstr(html, "follow: &lt;tag&gt;, ZZ, 999999<"));

	plain = print(&edition->text, values, false);
	assert_non_null(strstr(plain, "1. <b>&\"' {{READER_NAME}}\n"));
	assert_non_null(strstr(plain, "Dear <b>&\"' {{x}},\n"));
	assert_non_null(strstr(plain, "- Picture: <i>{{W_WHY}}</i>\n"));
	assert_null(strstr(plain, "&lt;"));
}

/* A reader of plain text has no HTML part; too long an HTML is refused. */
static void
test_limits(void **state)
{
	static struct article_text text = {
		.file = "a.md", .title = "t", .summary = ""
	};
	static struct article article = { .slug = "x",
		.text = { &text, &text } };
	static struct issue issue = { .id = "2026-04",
		.date = "2026-04-01",
		.text = { { "t", "s", "p", "" }, { "t", "s", "p", "" } },
		.articles = &article,
		.count = 1 };
	static struct tailored_reason reason = { TAILOR_EVERYTHING, "" };
	static struct tailored_article chosen = { &article, &reason, 1 };
	struct tailored tailored = { .chosen = &chosen, .chosen_count = 1 };
	struct edition_input in = make_input(&issue, &tailored, LANGUAGE_JA);
	char *body = arena_take(arena, 100001, 1);
	struct edition *edition = NULL;
	struct err err = { 0 };

	(void)state;
	memset(body, 'x', 100000);
	text.body = body;
	assert_false(edition_render(arena, &in, &edition, &err));
	assert_null(edition);
	assert_int_equal(err.code, ERR_DATA);
	in.format = FORMAT_TEXT;
	assert_true(edition_render(arena, &in, &edition, &err));
	assert_int_equal(edition->html.count, 0);
	assert_true(edition->text.count > 1);
}

static void
test_refuse(void **state)
{
	/* In `file` the first `from` is replaced (NULL: the file is left
	   out). */
	static const struct {
		const char *file, *from, *to, *text;
	} cases[] = {
		/* what the law asks for, in either part */
		{ "footer.html", "{{SENDER_POSTAL}}", "",
		    "digest.html: the postal address is missing" },
		{ "footer.txt", "{{SENDER_POSTAL}}", "",
		    "digest.txt: the postal address is missing" },
		{ "footer.html", "{{SENDER_CONTACT_HTML:none}}", "",
		    "digest.html: the contact is missing" },
		{ "footer.txt", "{{SENDER_CONTACT}}", "",
		    "digest.txt: the contact is missing" },
		{ "footer.html", "{{UNSUBSCRIBE_URL}}", "",
		    "digest.html: the unsubscribe link is missing" },
		{ "footer.txt", "{{UNSUBSCRIBE_URL}}", "",
		    "digest.txt: the unsubscribe link is missing" },
		{ "footer.html", "{{W_UNSUBSCRIBE}}", "",
		    "digest.html: the unsubscribe sentence is missing" },
		{ "footer.txt", "{{W_UNSUBSCRIBE}}", "",
		    "digest.txt: the unsubscribe sentence is missing" },
		{ "strings.ja.yaml",
		    "unsubscribe: "
		    "\"配信の停止は、いつでもこちらからお手続きいただけます。"
		    "\"",
		    "unsubscribe: \"\"",
		    "the unsubscribe sentence is missing" },
		{ "digest.html", "{{>FOOTER}}", "", "is missing ({{" },
		{ "digest.txt", "{{>FOOTER}}", "", "is missing ({{" },
		/* personal text where escaping for HTML is not enough */
		{ "greeting.html", "<tr>",
		    "<tr><td style=\"color:{{READER_NAME}}\"></td>",
		    "digest.html: a personal field" },
		{ "greeting.html", "<tr>",
		    "<tr><td title={{READER_NAME}}></td>",
		    "digest.html: a personal field" },
		{ "greeting.html", "<tr>",
		    "<tr><td><a href=\"{{READER_NAME}}\">x</a></td>",
		    "digest.html: a personal field" },
		{ "greeting.html", "<tr>",
		    "<tr><td><script>x=\"{{READER_NAME}}\"</script></td>",
		    "digest.html: a personal field" },
		{ "style.html", "<style>", "<style>.x{color:{{READER_NAME}}}",
		    "digest.html: a personal field" },
		/* what a mail must not hold */
		{ "header.html", "<tr>",
		    "<tr><td><form action=\"https://a.example\"></form></td>",
		    "'<form' has no place" },
		{ "header.html", "<tr>", "<tr><td style=\"display:none\"></td>",
		    "only the preheader may be hidden" },
		/* mistyped words */
		{ "story.html", "{{IMAGE_CAPTION}}", "{{IMAGE_CAPTOIN}}",
		    "story.html:10: unknown marker 'IMAGE_CAPTOIN' (did you "
		    "mean 'IMAGE_CAPTION'?)" },
		{ "text.html", "{{STORY_BODY_HTML:none}}",
		    "{{STORY_BODY_HTML}}", "text.html:" },
		{ "strings.en.yaml", "newsletter:", "newsleter:",
		    "strings.en.yaml:4: unknown key 'newsleter'" },
		{ "strings.ja.yaml", "why:", "# why:",
		    "strings.ja.yaml: the key 'why' is missing" },
		{ "theme.yaml", "\"#e9edf2\"", "\"red;}\"",
		    "page: 'red;}' is no colour" },
		{ "theme.yaml", "page: \"#e9edf2\"", "page: [1]",
		    ": page: must be a text, not a list" },
		{ "digest.txt", NULL, NULL, "digest.txt: the file is missing" },
		{ "digest.html", NULL, NULL,
		    "digest.html: the file is missing" },
		{ "strings.ja.yaml", NULL, NULL,
		    "strings.ja.yaml: the file is missing" },
		{ "theme.yaml", NULL, NULL, "theme.yaml: the file is missing" },
		{ "footer.html", NULL, NULL,
		    "no file for the include 'FOOTER'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t count, at = 0;
		struct render_file *files = read_templates(&count);
		struct edition_templates *set = NULL;
		struct err err = { 0 };

		while (strcmp(files[at].name, cases[i].file))
			at++;
		if (cases[i].from) {
			const char *old = files[at].bytes;
			const char *p = strstr(old, cases[i].from);

			assert_non_null(p);
			files[at].bytes =
			    arena_format(arena, "%.*s%s%s", (int)(p - old), old,
				cases[i].to, p + strlen(cases[i].from));
			files[at].count = strlen(files[at].bytes);
		} else {
			files[at] = files[--count];
		}
		if (edition_templates_new(files, count, &set, &err))
			fail_msg("%s accepted with '%s'", cases[i].file,
			    cases[i].to);
		assert_null(set);
		if (!strstr(err.text, cases[i].text))
			fail_msg(
			    "'%s' is not in '%s'", cases[i].text, err.text);
	}
}

/* The file without the line of this key. */
static void
drop_line(struct render_file *file, const char *key)
{
	char *copy = arena_strndup(arena, file->bytes, file->count);
	char *line = strstr(copy, arena_format(arena, "\n%s:", key));
	char *next;

	assert_non_null(line);
	next = strchr(line + 1, '\n');
	memmove(line, next, strlen(next) + 1);
	file->bytes = copy;
	file->count = strlen(copy);
}

/* The link to the edition's own page; a set that was frozen before there were
   any has none, and still opens. */
static void
test_view_link(void **state)
{
	static const char url[] =
	    "https://news.example/issues/2026-04/e/1x.html";
	struct tailored tailored = choose("tourism", "", "", LANGUAGE_EN);
	struct edition_input in = make_input(april, &tailored, LANGUAGE_EN);
	struct edition_templates *old;
	struct edition *edition;
	struct err err = { 0 };
	size_t count;
	struct render_file *files = read_templates(&count);
	const char *values[PERSONALS];

	(void)state;
	for (size_t i = 0; i < PERSONALS; i++)
		values[i] = "";
	in.view_url = url;
	assert_true(edition_render(arena, &in, &edition, &err));
	assert_int_equal(count_of(print(&edition->html, values, true), url), 1);
	assert_int_equal(
	    count_of(print(&edition->text, values, false), url), 1);

	for (size_t i = 0; i < count; i++)
		if (text_starts(files[i].name, "strings."))
			drop_line(&files[i], "view_page");
	if (!edition_templates_new(files, count, &old, &err))
		fail_msg("%s", err.text);
	in.templates = old;
	assert_true(edition_render(arena, &in, &edition, &err));
	assert_int_equal(count_of(print(&edition->html, values, true), url), 0);
	assert_int_equal(
	    count_of(print(&edition->text, values, false), url), 0);
	edition_templates_free(old);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_april),
		cmocka_unit_test(test_hostile_content),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_view_link),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
