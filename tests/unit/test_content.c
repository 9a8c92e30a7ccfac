#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "config/site.h"
#include "content/content.h"
#include "content/picture.h"

static const char *const tags[] = { "tourism", "culture", "sister-city", NULL };
static const struct content_vocabulary vocabulary = { .tags = tags };

/* A small issue that is right. Each test below replaces or adds one file. */
#define ISSUE                               \
	"---\n"                             \
	"title: {en: Glocal, ja: 地域}\n" \
	"date: 2026-04-01\n"                \
	"languages: [en, ja]\n"             \
	"---\n"                             \
	"<!-- en -->\n"                     \
	"\n"                                \
	"Hello\n"                           \
	"<!-- ja -->\n"                     \
	"こんにちは\n"
#define FRONT                \
	"---\n"              \
	"title: T\n"         \
	"summary: S\n"       \
	"tags: [tourism]\n"  \
	"places: [011002]\n" \
	"countries: [GR]\n"  \
	"lead: true\n"
#define ARTICLE FRONT "---\nStory.\n"
#define PICTURE FRONT "images:\n  - {file: images/a.png, alt: A}\n"
#define ROW(alt)                                 \
	"images:\n  - row:\n"                    \
	"      - {file: images/a.png, alt: A}\n" \
	"      - {file: images/a.png, alt: " alt "}\n"
#define IMAGES                                  \
	"images/a.png 1200 750 20000 abcd\n"    \
	"images/bad.png 0 0 12 abcd\n"          \
	"images/big.jpg 4000 3000 3000000 ab\n" \
	"images/huge.jpg 0 0 30000000 -\n"      \
	"images/cam.webp 1200 900 90000 cd images/cam-0123456789abcdef.jpg\n"

static const struct content_file right[] = {
	{ "10-a.en.md", ARTICLE, sizeof(ARTICLE) - 1, NULL },
	{ "10-a.ja.md", ARTICLE, sizeof(ARTICLE) - 1, NULL },
	{ "images.txt", IMAGES, sizeof(IMAGES) - 1, NULL },
	{ "issue.md", ISSUE, sizeof(ISSUE) - 1, NULL },
};

struct parsing {
	struct arena *arena;
	struct complaints complaints;
	struct issue *issue; /* NULL when refused */
	struct err err;
};

/* Parses the right issue with the given files put in or added; a NULL text
   takes the file away. */
static void
parse(struct parsing *parsing, const struct content_file *changed,
    size_t changed_count)
{
	struct content_file set[20];
	struct content_files files = { .items = set };

	memset(parsing, 0, sizeof(*parsing));
	parsing->arena = arena_new();
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		bool replaced = false;

		for (size_t j = 0; j < changed_count; j++)
			if (strcmp(changed[j].path, right[i].path) == 0)
				replaced = true;
		if (!replaced)
			set[files.count++] = right[i];
	}
	for (size_t j = 0; j < changed_count; j++)
		if (changed[j].bytes != NULL)
			set[files.count++] = changed[j];
	if (!content_parse(parsing->arena, "2026-04", &files, &vocabulary,
		&parsing->complaints, &parsing->issue, &parsing->err))
		parsing->issue = NULL;
}

static void
forget(struct parsing *parsing)
{
	complaints_clear(&parsing->complaints);
	arena_free(parsing->arena);
}

static void
test_right(void **state)
{
	struct parsing p;
	struct text_list images;

	(void)state;
	parse(&p, NULL, 0);
	assert_int_equal(p.complaints.count, 0);
	assert_non_null(p.issue);
	assert_string_equal(p.issue->id, "2026-04");
	assert_string_equal(p.issue->date, "2026-04-01");
	assert_string_equal(p.issue->text[LANGUAGE_JA].title, "地域");
	assert_string_equal(p.issue->text[LANGUAGE_JA].subject, "地域");
	assert_string_equal(p.issue->text[LANGUAGE_EN].greeting, "Hello");
	assert_string_equal(p.issue->text[LANGUAGE_JA].greeting, "こんにちは");
	assert_int_equal(p.issue->max_articles, -1);
	assert_int_equal(p.issue->count, 1);
	assert_string_equal(p.issue->articles[0].slug, "a");
	assert_int_equal(p.issue->articles[0].number, 10);
	assert_true(p.issue->articles[0].lead);
	assert_string_equal(p.issue->articles[0].places.items[0], "011002");
	assert_int_equal(p.issue->articles[0].text[LANGUAGE_EN]->body_line, 9);
	assert_string_equal(
	    p.issue->articles[0].text[LANGUAGE_EN]->body, "Story.");
	images = content_images(p.arena, p.issue);
	assert_int_equal(images.count, 0);
	forget(&p);
}

/* What one file is changed to, and the first complaint that follows. "" for
   no complaint, "-" for the text: the file is taken away. */
static const struct {
	const char *path;
	const char *text;
	const char *complaint;
} cases[] = {
	/* front matter */
	{ "10-a.en.md", "title: T\n",
	    "10-a.en.md:1: must begin with front matter: a line '---', then "
	    "keys, then a line '---'" },
	{ "10-a.en.md", "---\ntitle: T\n",
	    "10-a.en.md:1: the front matter has no end: a line '---' is "
	    "missing" },
	{ "10-a.en.md", "---\n[a, b\n---\nx\n",
	    "10-a.en.md:3: flow sequence without a closing bracket" },
	{ "10-a.en.md", "---\n- a\n---\nx\n",
	    "10-a.en.md:2: the front matter must be a map of keys, not a "
	    "list" },
	{ "10-a.en.md",
	    "---\ntitel: T\nsummary: S\ntags: [tourism]\nplaces: [011002]\n"
	    "countries: [GR]\nlead: true\n---\nx\n",
	    "10-a.en.md:2: unknown key 'titel' (did you mean 'title'?)\n"
	    "10-a.en.md:2: title is missing" },
	{ "10-a.en.md", "---\ntitle: T\ntitle: U\n---\nx\n",
	    "10-a.en.md:3: 'title' is given twice (first in line 2)\n*" },
	{ "10-a.en.md",
	    "\xef\xbb\xbf---\r\ntitle: T\r\nsummary: S\r\ntags: [tourism]\r\n"
	    "places: [011002]\r\ncountries: [GR]\r\nlead: true\r\n---\r\n"
	    "Story\r\n\tline\r\n",
	    "" },

	/* bytes */
	{ "10-a.en.md", FRONT "---\n\nmal\xff\n",
	    "10-a.en.md:10: malformed UTF-8 (byte 0xff); "
	    "save the file as UTF-8" },
	{ "10-a.en.md", FRONT "---\nA \xef\xb7\x90 marker\n",
	    "10-a.en.md:9: control character or noncharacter (byte 0xef)" },
	{ "10-a.en.md", FRONT "---\nA\x1b[31m\n",
	    "10-a.en.md:9: control character or noncharacter (byte 0x1b)" },
	{ "10-a.en.md", "---\ntitle: \"T\\uFDD0\"\nsummary: S\n---\nx\n",
	    "10-a.en.md:2: control character in a value" },
	{ "10-a.en.md",
	    "---\ntitle: \"T\\nU\"\nsummary: S\ntags: [tourism]\n"
	    "places: [011002]\ncountries: [GR]\nlead: true\n---\nx\n",
	    "10-a.en.md:2: title must be one line" },

	/* values */
	{ "10-a.en.md",
	    "---\ntitle: [T]\ntags: tourism\nplaces: [011002]\n"
	    "countries: [GR]\nlead: yes\n---\n",
	    "10-a.en.md:2: title must be a text, not a list\n"
	    "10-a.en.md:2: summary is missing\n"
	    "10-a.en.md:8: the story is empty\n"
	    "10-a.en.md:6: lead must be true or false\n"
	    "10-a.en.md:3: tags must be a list such as [a, b], not a single "
	    "value" },
	{ "10-a.en.md", FRONT "summary: [\n---\nx\n", "*" },
	{ "10-a.en.md",
	    "---\ntitle: T\nsummary: S\ntags: [turism]\nplaces: [011002]\n"
	    "countries: [GR]\nlead: true\n---\nx\n",
	    "10-a.en.md:4: tags: unknown tag 'turism' (did you mean "
	    "'tourism'?)" },
	{ "10-a.en.md",
	    "---\ntitle: T\nsummary: S\ntags: [tourism, zzzz]\n"
	    "places: [011002]\ncountries: [GR]\nlead: true\n---\nx\n",
	    "10-a.en.md:4: tags: unknown tag 'zzzz'; `glocal-mail tag list` "
	    "shows those there are" },
	{ "10-a.en.md",
	    "---\ntitle: T\nsummary: S\ntags: [tourism, tourism]\n"
	    "places: [011002]\ncountries: [GR]\nlead: true\n---\nx\n",
	    "10-a.en.md:4: warning: tags: 'tourism' is given twice" },
	{ "10-a.en.md",
	    "---\ntitle: T\nsummary: S\ntags: [tourism]\nplaces:\n"
	    "  - 011002\n  - 324486\n  - 13107\n  - 990001\n  - x\n"
	    "countries: [GR]\nlead: true\n---\nx\n",
	    "10-a.en.md:7: places: bad code '324486': the check digit behind "
	    "32448 is 5\n"
	    "10-a.en.md:8: places: '13107' is no six-digit code (did you "
	    "mean '131075'?)\n"
	    "10-a.en.md:9: places: bad code '990001'*" },
	{ "10-a.en.md",
	    "---\ntitle: T\nsummary: S\ntags: [tourism]\nplaces: [011002]\n"
	    "countries: [GR, gr, Greece, XX, UK]\nlead: true\n---\nx\n",
	    "10-a.en.md:6: countries: unknown country 'gr' (did you mean "
	    "'GR'?)\n"
	    "10-a.en.md:6: countries: unknown country 'Greece' (did you mean "
	    "'GR'?)\n"
	    "10-a.en.md:6: countries: unknown country 'XX'; write two "
	    "capitals as in ISO 3166\n"
	    "10-a.en.md:6: countries: unknown country 'UK'; write two "
	    "capitals as in ISO 3166" },
	{ "10-a.en.md", FRONT "---\n<b>raw</b>\n", "10-a.en.md:9: *" },

	/* what must not differ between languages */
	{ "10-a.ja.md",
	    "---\ntitle: T\nsummary: S\ntags: [tourism, culture]\n"
	    "places: []\nlead: false\n---\nx\n",
	    "10-a.ja.md:6: lead differs from 10-a.en.md; it must be the same "
	    "in every language\n"
	    "10-a.ja.md:4: tags differs from 10-a.en.md; it must be the same "
	    "in every language\n"
	    "10-a.ja.md:5: places differs from 10-a.en.md; it must be the "
	    "same in every language\n"
	    "10-a.ja.md:1: countries differs from 10-a.en.md; it must be the "
	    "same in every language" },
	{ "10-a.ja.md", "-",
	    "10-a.en.md: warning: there is no 'ja' version; its readers get "
	    "this one" },
	{ "10-a.en.md", "-",
	    "10-a.ja.md: warning: there is no 'en' version; its readers get "
	    "this one" },

	/* pictures */
	{ "10-a.en.md", PICTURE "---\nx\n", "" },
	{ "10-a.en.md",
	    FRONT "images:\n  - file: images/b.png\n    alt: A\n---\nx\n",
	    "10-a.en.md:9: there is no picture 'images/b.png' (did you mean "
	    "'images/a.png'?)" },
	{ "10-a.en.md",
	    FRONT "images:\n  - {file: images/bad.png, alt: A}\n---\nx\n",
	    "10-a.en.md:9: 'images/bad.png' is no JPEG, PNG or WebP picture, "
	    "or it is damaged, or has over 150 million pixels" },
	{ "10-a.en.md", FRONT "images:\n  - {file: a.png, alt: A}\n---\nx\n",
	    "10-a.en.md:9: there is no picture 'a.png' (did you mean "
	    "'images/a.png'?)" },
	{ "10-a.en.md", FRONT "images:\n  - {file: /etc/wd, alt: A}\n---\nx\n",
	    "10-a.en.md:9: there is no picture '/etc/wd'" },
	{ "10-a.en.md",
	    FRONT "images:\n  - {file: images/huge.jpg, alt: A}\n---\nx\n",
	    "10-a.en.md:9: 'images/huge.jpg' has 30 MB; save it with at most "
	    "20 MB" },
	{ "10-a.en.md", FRONT ROW("A") "---\nx\n", "" },
	{ "10-a.en.md", FRONT ROW("") "---\nx\n",
	    "10-a.en.md:11: alt is missing" },
	{ "10-a.en.md",
	    FRONT "images:\n  - row:\n      - {file: images/a.png, alt: A}\n"
		  "---\nx\n",
	    "10-a.en.md:10: a row must be a list of two or three images "
	    "(file, alt, caption)" },
	{ "10-a.en.md",
	    FRONT "images:\n  - row: [a, b]\n    caption: C\n---\nx\n",
	    "10-a.en.md:10: unknown key 'caption' in a row\n"
	    "10-a.en.md:9: an image in a row must be a map of file, alt and "
	    "caption, not a single value\n"
	    "10-a.en.md:9: an image in a row must be a map of file, alt and "
	    "caption, not a single value" },
	{ "10-a.en.md", FRONT "---\n<!-- write here -->\n",
	    "10-a.en.md:9: the story is empty" },
	{ "10-a.en.md", FRONT "images:\n  - {file: images/a.png}\n---\nx\n",
	    "10-a.en.md:9: alt is missing" },
	{ "10-a.en.md", FRONT "images: [images/a.png]\n---\nx\n",
	    "10-a.en.md:8: an image must be a map of file, alt and caption, "
	    "or a row of such, not a single value" },
	{ "10-a.en.md", FRONT "images: [{fil: images/a.png, alt: A}]\n---\nx\n",
	    "10-a.en.md:8: unknown key 'fil' in images (did you mean "
	    "'file'?)\n"
	    "10-a.en.md:8: file is missing" },

	/* names */
	{ "README.md", "x",
	    "README.md: a story's file is named NUMBER-SLUG.LANGUAGE.md, "
	    "such as 10-study-tour.en.md" },
	{ "20-A_b.en.md", ARTICLE,
	    "20-A_b.en.md: a story's file is named NUMBER-SLUG.LANGUAGE.md; "
	    "the slug has small letters, digits and single hyphens" },
	{ "20-b.fr.md", ARTICLE,
	    "20-b.fr.md: no such language 'fr'; there are en and ja" },
	{ "10-b.en.md", ARTICLE,
	    "10-b.en.md: warning: there is no 'ja' version; its readers get "
	    "this one\n"
	    "10-b.en.md: the number 10 belongs to 'a' too" },
	{ "20-a.en.md", ARTICLE,
	    "20-a.en.md: warning: there is no 'ja' version; its readers get "
	    "this one\n"
	    "20-a.en.md: the slug 'a' belongs to number 10 too" },
	{ "010-a.en.md", ARTICLE,
	    "10-a.en.md: the same story and language as 010-a.en.md" },

	/* issue.md */
	{ "issue.md", "-", "issue.md: does not exist" },
	{ "issue.md", "---\n---\n",
	    "issue.md:1: languages is missing; write languages: [en, ja]\n"
	    "issue.md:2: date is missing" },
	{ "issue.md", "---\ntitle: T\ndate: 2026-02-29\nlanguages: [ja]\n---\n",
	    "issue.md:3: date: '2026-02-29' is no day; write 2026-04-01\n"
	    "10-a.en.md: warning: left out: issue.md does not list the "
	    "language 'en'" },
	{ "issue.md",
	    "---\ntitle: {en: T}\ndate: 1.4.2026\nlanguages: [en, ja, fr]\n"
	    "datum: x\n---\n",
	    "issue.md:5: unknown key 'datum' (did you mean 'date'?)\n"
	    "issue.md:4: languages: no such language 'fr'; there are en and "
	    "ja\n"
	    "issue.md:3: date: '1.4.2026' is no day; write 2026-04-01\n"
	    "issue.md:2: title is missing in 'ja'" },
	{ "issue.md",
	    "---\ntitle: {en: T, ja: T, fr: T}\ndate: 2026-05-01\n"
	    "languages: [en, ja]\nmax_articles: 2\nmin_articles: 3\n---\n",
	    "issue.md:3: warning: date: 2026-05-01 is not in the month of "
	    "issue 2026-04\n"
	    "issue.md:2: unknown key 'fr' in title*" },
	{ "issue.md",
	    "---\ntitle: T\ndate: 2026-04-01\nlanguages: [en, ja]\n"
	    "max_articles: 2\nmin_articles: 3\n---\n",
	    "issue.md:6: min_articles is more than max_articles" },
	{ "issue.md",
	    "---\ntitle: T\ndate: 2026-04-01\nlanguages: [en, ja]\n"
	    "max_articles: few\n---\n",
	    "issue.md:5: max_articles must be a whole number from 0 to "
	    "1000" },
	{ "issue.md",
	    "---\ntitle: T\ndate: 2026-04-01\nlanguages: [en, ja]\n"
	    "preheader:\n  en: P\n  ja:\n---\n<!-- en -->\nHello\n"
	    "<!-- ja -->\n\n<!-- a note -->\n",
	    "issue.md:7: warning: preheader: empty in 'ja'; inboxes show the "
	    "first words of the mail instead\n"
	    "issue.md:11: warning: the greeting in 'ja' is empty; write it, or "
	    "take its part out" },
	{ "issue.md",
	    "---\ntitle: T\ndate: 2026-04-01\nlanguages: [en, ja]\n---\n"
	    "\nHello\n\n<!-- en -->\nx\n<!-- fr -->\ny\n<!-- en -->\nz\n",
	    "issue.md:7: of which language? Write a line '<!-- en -->' or "
	    "'<!-- ja -->' before each part\n"
	    "issue.md:11: no such language 'fr'; there are en and ja\n"
	    "issue.md:13: a second part in 'en'\n"
	    "issue.md:7: warning: no greeting in 'ja'" },
	{ "issue.md",
	    "---\ntitle: T\ndate: 2026-04-01\nlanguages: [en, ja]\n---\n"
	    "<!-- en -->\n\n\n<i>x</i>\n<!-- ja -->\ny\n",
	    "issue.md:9: *" },
};

/* True when `got` is `expected`, or begins with what stands before a '*'. */
static bool
matches(const char *got, const char *expected)
{
	size_t bytes = strlen(expected);

	if (bytes > 0 && expected[bytes - 1] == '*')
		return strncmp(got, expected, bytes - 1) == 0;
	return strcmp(got, expected) == 0;
}

static void
test_cases(void **state)
{
	struct buf got;
	size_t failures = 0;

	(void)state;
	buf_init(&got, 10000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct content_file changed = {
			.path = cases[i].path,
			.bytes = cases[i].text,
			.count = strlen(cases[i].text),
		};
		struct parsing p;
		size_t errors = 0;

		if (strcmp(cases[i].text, "-") == 0)
			changed.bytes = NULL;
		parse(&p, &changed, 1);
		buf_reset(&got);
		for (size_t j = 0; j < p.complaints.count; j++) {
			const struct complaint *item = &p.complaints.items[j];

			if (j > 0)
				buf_add_char(&got, '\n');
			buf_add_format(&got, "%s:", item->file);
			if (item->line != 0)
				buf_add_format(&got, "%zu:", item->line);
			buf_add_format(&got, " %s%s",
			    item->warning ? "warning: " : "", item->text);
			errors += !item->warning;
		}
		if (!matches(buf_str(&got), cases[i].complaint))
			print_error("case %zu %s\n%s\n-- got\n%s\n-- not\n%s\n",
			    i, cases[i].path, cases[i].text, buf_str(&got),
			    cases[i].complaint);
		if (!matches(buf_str(&got), cases[i].complaint))
			failures++;
		assert_true((p.issue == NULL) == (errors > 0));
		forget(&p);
	}
	buf_clear(&got);
	assert_int_equal(failures, 0);
}

/* A missing language falls back, in the issue's own words too. */
static void
test_fall_back(void **state)
{
	static const char text[] =
	    "---\ntitle: T\nsubject: S\npreheader: P\ndate: 2026-04-01\n"
	    "languages: [ja]\nmax_articles: 3\nmin_articles: 1\n---\nやあ\n";
	struct content_file changed[] = {
		{ "issue.md", text, sizeof(text) - 1, NULL },
		{ "10-a.en.md", NULL, 0, NULL },
	};
	struct parsing p;

	(void)state;
	parse(&p, changed, 2);
	assert_int_equal(p.complaints.count, 0);
	assert_false(p.issue->has_language[LANGUAGE_EN]);
	assert_string_equal(p.issue->text[LANGUAGE_EN].subject, "S");
	assert_string_equal(p.issue->text[LANGUAGE_EN].greeting, "やあ");
	assert_string_equal(p.issue->text[LANGUAGE_EN].preheader, "P");
	assert_int_equal(p.issue->max_articles, 3);
	assert_int_equal(p.issue->min_articles, 1);
	assert_null(p.issue->articles[0].text[LANGUAGE_EN]);
	forget(&p);
}

static void
test_order_and_images(void **state)
{
	static const char one[] = PICTURE "---\nx\n";
	static const char two[] =
	    FRONT "images:\n  - {file: images/big.jpg, alt: B}\n"
		  "  - {file: images/a.png, alt: A, caption: C}\n---\nx\n";
	struct content_file changed[] = {
		{ "100-last.en.md", one, sizeof(one) - 1, NULL },
		{ "9-first.en.md", two, sizeof(two) - 1, NULL },
	};
	struct parsing p;
	struct text_list images;
	const struct article_image *image;

	(void)state;
	parse(&p, changed, 2);
	assert_non_null(p.issue);
	assert_int_equal(p.issue->count, 3);
	assert_string_equal(p.issue->articles[0].slug, "first");
	assert_string_equal(p.issue->articles[1].slug, "a");
	assert_string_equal(p.issue->articles[2].slug, "last");
	image = &p.issue->articles[0].text[LANGUAGE_EN]->images[1];
	assert_string_equal(image->caption, "C");
	assert_int_equal(image->width, 1200);
	assert_int_equal(image->height, 750);
	images = content_images(p.arena, p.issue);
	assert_int_equal(images.count, 2);
	assert_string_equal(images.items[0], "images/big.jpg");
	assert_string_equal(images.items[1], "images/a.png");
	forget(&p);
}

/* Pictures made ready, and rows of them. */
static void
test_rows(void **state)
{
	static const char one[] =
	    FRONT "images:\n"
		  "  - {file: images/a.png, alt: A}\n"
		  "  - row: [{file: images/cam.webp, alt: B},\n"
		  "          {file: images/a.png, alt: C}]\n"
		  "  - {file: images/big.jpg, alt: D}\n---\nx\n";
	struct content_file changed[] = {
		{ "10-a.en.md", one, sizeof(one) - 1, NULL },
	};
	const struct article_text *text;
	struct text_list images;
	struct parsing p;

	(void)state;
	parse(&p, changed, 1);
	assert_non_null(p.issue);
	text = p.issue->articles[0].text[LANGUAGE_EN];
	assert_true(text->arranged);
	assert_int_equal(text->image_count, 4);
	assert_int_equal(text->images[0].row, 0);
	assert_int_not_equal(text->images[1].row, 0);
	assert_int_equal(text->images[1].row, text->images[2].row);
	assert_int_equal(text->images[3].row, 0);
	assert_string_equal(text->images[1].file, "images/cam.webp");
	assert_string_equal(
	    text->images[1].ready, "images/cam-0123456789abcdef.jpg");
	assert_int_equal(text->images[1].height, 900);
	assert_int_equal(text->images[1].at.line, 10);
	assert_int_equal(text->images[1].at.column, 18);
	assert_string_equal(text->images[0].ready, "images/a.png");
	images = content_images(p.arena, p.issue);
	assert_int_equal(images.count, 3);
	assert_string_equal(images.items[1], "images/cam-0123456789abcdef.jpg");
	forget(&p);
}

/* The issue that the demo sends: no complaint, the right facts. */
static void
test_sample(void **state)
{
	struct arena *arena = arena_new();
	struct complaints complaints = { 0 };
	struct content_files files;
	struct content_files again;
	struct issue *issue;
	struct err err = { 0 };
	const struct article *article;
	char *folder;

	(void)state;
	assert_true(
	    site_share(arena, "config/sample/issues/2026-04", &folder, &err));
	assert_true(content_read(arena, folder, NULL, &files, &err));
	assert_true(content_read(arena, folder, NULL, &again, &err));
	assert_int_equal(files.count, 12);
	for (size_t i = 0; i < files.count; i++) {
		assert_int_equal(files.items[i].count, again.items[i].count);
		assert_memory_equal(files.items[i].bytes, again.items[i].bytes,
		    files.items[i].count);
	}
	if (!content_parse(
		arena, "2026-04", &files, NULL, &complaints, &issue, &err))
		fail_msg("%s", err.text);
	assert_int_equal(complaints.count, 0);
	assert_int_equal(issue->count, 5);
	article = article_find(issue, "misato-bali-friendship");
	assert_string_equal(article->places.items[0], "324485");
	article = article_find(issue, "misato-salamina-marathon");
	assert_string_equal(article->places.items[0], "112372");
	assert_string_equal(article->countries.items[0], "GR");
	article = article_find(issue, "local-partnership-forum");
	assert_true(article->lead);
	for (size_t i = 0; i < issue->count; i++)
		for (size_t j = 0; j < LANGUAGES; j++) {
			const struct article_text *text =
			    issue->articles[i].text[j];

			assert_non_null(text);
			assert_true(text->image_count > 0);
			assert_int_equal(text->images[0].width, 1200);
			assert_int_equal(text->images[0].height, 750);
		}
	complaints_clear(&complaints);
	arena_free(arena);
}

static void
test_read(void **state)
{
	static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
				  "\0\0\x04\xb0\0\0\x02\xee";
	char folder[] = "/tmp/glocal-mail-content-XXXXXX";
	struct arena *arena = arena_new();
	struct content_files files;
	struct err err = { 0 };
	struct buf large;
	char command[100];

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_false(content_read(
	    arena, file_join(arena, folder, "2026-05"), NULL, &files, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);

	assert_true(file_make_folder(file_join(arena, folder, "images"), &err));
	assert_true(file_write(
	    file_join(arena, folder, "issue.md"), "x", 1, 0644, &err));
	assert_true(file_write(
	    file_join(arena, folder, "10-a.en.md~"), "x", 1, 0644, &err));
	assert_true(file_write(file_join(arena, folder, "images/a.png"), png,
	    sizeof(png) - 1, 0644, &err));
	assert_true(file_write(
	    file_join(arena, folder, "images/b c.png"), "x", 1, 0644, &err));
	assert_true(file_write(
	    file_join(arena, folder, "images/x.gif"), "x", 1, 0644, &err));
	assert_true(content_read(arena, folder, NULL, &files, &err));
	assert_int_equal(files.count, 2);
	assert_string_equal(files.items[0].path, "issue.md");
	assert_string_equal(files.items[1].path, CONTENT_IMAGES);
	assert_true(
	    text_starts(files.items[1].bytes, "images/a.png 1200 750 24 "));
	assert_non_null(strstr(files.items[1].bytes,
	    "\nimages/x.gif 0 0 1 2d711642b726b04401627ca9fbac32f5c8530fb1903"
	    "cc4db02258717921a4881\n"));
	assert_null(strstr(files.items[1].bytes, "b c"));

	buf_init(&large, 1000000);
	while (large.used <= 500000)
		buf_add_str(&large, "too much ");
	assert_true(file_write(file_join(arena, folder, "10-a.en.md"),
	    large.bytes, large.used, 0644, &err));
	assert_true(content_read(arena, folder, NULL, &files, &err));
	assert_string_equal(files.items[0].path, "10-a.en.md");
	assert_non_null(strstr(files.items[0].fault, "larger than 500 KB"));
	assert_int_equal(files.items[0].count, 0);
	buf_clear(&large);
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	assert_int_equal(system(command), 0);
	arena_free(arena);
}

#define JPEG "\xff\xd8\xff\xe0\0\x04xx\xff\xff\xc4\0\x02\xff\xc2\0\x0b\x08"

static const struct {
	const char *bytes;
	size_t count;
	int width, height; /* 0: refused */
} pictures[] = {
	{ "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x04\xb0\0\0\x02\xee", 24, 1200,
	    750 },
	{ "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x04\xb0\0\0\x02", 23, 0, 0 },
	{ "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\0\0\0\x02\xee", 24, 0, 0 },
	{ JPEG "\x01\x40\x02\x80", sizeof(JPEG) + 3, 640, 320 },
	{ JPEG "\x01\x40\x02", sizeof(JPEG) + 2, 0, 0 },
	{ "\xff\xd8\xff\xe0\0\x01xxxxxxxxxxxx", 18, 0, 0 },
	{ "\xff\xd8\xff\xda\0\x04xx\xff\xc0\0\x0b\x08\0\1\0\1", 18, 0, 0 },
	{ "\xff\xd8xxxxxxxxx", 11, 0, 0 },
	{ "RIFFxxxxWEBPVP8 xxxx\0\0\0\x9d\x01\x2a\x84\x03\xf4\x41", 30, 900,
	    500 },
	{ "RIFFxxxxWEBPVP8Lxxxx\x2f\x2b\xc1\x31\0xxxxx", 30, 300, 200 },
	{ "RIFFxxxxWEBPVP8Xxxxxxxxx\xaf\4\0\x1f\3\0", 30, 1200, 800 },
	{ "RIFFxxxxWEBPVP8Xxxxxxxxx\xaf\4\0\x1f\3", 29, 0, 0 },
	{ "GIF89a", 6, 0, 0 },
	{ "", 0, 0, 0 },
};

static void
test_pictures(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++) {
		int width = 0;
		int height = 0;
		bool done = picture_size(
		    pictures[i].bytes, pictures[i].count, &width, &height);

		assert_int_equal(done, pictures[i].width != 0);
		assert_int_equal(width, pictures[i].width);
		assert_int_equal(height, pictures[i].height);
	}
}

static void
test_ids(void **state)
{
	(void)state;
	assert_true(content_id_holds("2026-04"));
	assert_true(content_id_holds("special_1.b"));
	assert_false(content_id_holds(""));
	assert_false(content_id_holds(".."));
	assert_false(content_id_holds("-x"));
	assert_false(content_id_holds("a/b"));
	assert_false(content_id_holds("4月号"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_fall_back),
		cmocka_unit_test(test_order_and_images),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
