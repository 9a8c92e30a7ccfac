#include "digest/edition_page.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "digest/edition_reason.h"
#include "digest/edition_templates.h"
#include "digest/tailor.h"
#include "digest/wording.h"
#include "markdown/markdown.h"
#include "model/address.h"
#include "model/subject.h"

/* Columns of the HTML page in pixels; the templates are drawn for them. */
enum { SHEET_PX = 600, COLUMN_PX = 536, GAP_PX = 16 };

/* Of pictures side by side, with the gap around each. */
enum { GALLERY_PX = COLUMN_PX + GAP_PX };

/* One expansion. */
struct page {
	struct arena *arena;
	const struct edition_input *in;
	const char *const *words;
	bool html;
	bool lists_images, shows_image, shows_rows; /* do the templates? */
	struct render_dict *dict;
};

/* Sets a marker to one line of text. */
static void
put(struct page *page, struct render_dict *dict, const char *name,
    const char *value)
{
	render_dict_set(dict, name, greeting_clean(page->arena, value));
}

static void
put_number(struct page *page, struct render_dict *dict, const char *name,
    size_t number)
{
	render_dict_set(dict, name, arena_format(page->arena, "%zu", number));
}

/* Shows a section when there is something for it. */
static void
show_if(struct render_dict *dict, const char *name, bool condition)
{
	if (condition)
		render_dict_show(dict, name);
}

/* "April 2026" of the issue's date; its id where the date is no date. */
static char *
format_month(struct page *page)
{
	const char *date = page->in->issue->date;
	struct text_list months =
	    text_split(page->arena, page->words[EDITION_WORD_months], ' ');
	struct wording_field fields[] = {
		{ "{year}", arena_strndup(page->arena, date, 4) },
		{ "{month}", "" },
	};
	int64_t month;

	if (strlen(date) < 7 ||
	    !num_parse(
		arena_strndup(page->arena, date + 5, 2), 1, 12, &month) ||
	    months.count != 12)
		return arena_strdup(page->arena, page->in->issue->id);
	fields[1].value = months.items[month - 1];
	return wording_put(
	    page->arena, page->words[EDITION_WORD_issue_month], fields, 2);
}

/* A base and a file name as a URL. */
static char *
join_url(struct arena *arena, const char *base, const char *file)
{
	char *url = arena_take(arena, strlen(base) + 3 * strlen(file) + 1, 1);
	char *p = url + strlen(base);

	memcpy(url, base, strlen(base));
	for (; *file; file++) {
		unsigned char c = (unsigned char)*file;

		if (c <= ' ' || c >= 0x7f || strchr("\"#%<>?\\^`{|}", c))
			p += sprintf(p, "%%%02X", c);
		else
			*p++ = (char)c;
	}
	return url;
}

/* The story in the archive, or the whole issue where `slug` is NULL. */
static char *
make_archive_url(struct page *page, const char *slug)
{
	const char *base = page->in->archive_base;
	const char *language = subscriber_language(page->in->language);

	if (!slug)
		return arena_format(page->arena, "%s%s.html", base, language);
	return arena_format(page->arena, "%s%s.html#%s", base, language, slug);
}

/* Where a picture is found: on the web or beside the page, or in the mail. */
static const char *
make_image_url(struct page *page, const char *image)
{
	const struct edition_input *in = page->in;

	for (size_t i = 0; page->html && i < in->picture_count; i++)
		if (strcmp(in->pictures[i].path, image) == 0)
			return arena_format(page->arena, "%s%s",
			    EDITION_PAGE_INSIDE, in->pictures[i].mime.id);
	return join_url(page->arena, in->image_base, image);
}

static void
put_image(struct page *page, struct render_dict *dict,
    const struct article_image *image, int most_px)
{
	int width =
	    image->width > 0 && image->width < most_px ? image->width : most_px;
	const char *caption = image->caption;

	/* Where no picture is seen, the words for it stand in. */
	if (!page->html && !*caption)
		caption = image->alt;
	render_dict_set(dict, "IMAGE_URL", make_image_url(page, image->ready));
	put(page, dict, "IMAGE_ALT", image->alt);
	put(page, dict, "IMAGE_CAPTION", caption);
	put_number(page, dict, "IMAGE_WIDTH", (size_t)width);
	put_number(page, dict, "IMAGE_MOST",
	    (size_t)(image->width > 0 ? image->width : COLUMN_PX));
	show_if(dict, "HAS_CAPTION", *caption);
	if (image->width > 0 && image->height > 0) {
		int64_t height = (int64_t)image->height * width / image->width;

		put_number(page, dict, "IMAGE_HEIGHT",
		    height > 0 ? (size_t)height : 1);
		render_dict_show(dict, "HAS_HEIGHT");
	}
}

/* Pictures side by side. */
static void
put_row(struct page *page, struct render_dict *story,
    const struct article_image *images, struct article_row shape)
{
	static const char *const shares[] = { "", "100%", "50%", "33.33%" };
	struct render_dict *row = render_dict_section(story, "GALLERY");
	int cell = GALLERY_PX / (int)shape.columns;

	for (size_t i = 0; i < shape.count; i++) {
		struct render_dict *dict =
		    render_dict_section(row, "GALLERY_IMAGE");

		put_image(page, dict, &images[i], cell - GAP_PX);
		put_number(page, dict, "CELL_WIDTH", (size_t)cell);
		put(page, dict, "CELL_SHARE", shares[shape.columns]);
	}
}

/* The images of a story: all; the first one, unless it stands in a row; the
   others row by row. */
static void
put_images(struct page *page, struct render_dict *story,
    const struct article_text *text, bool lead)
{
	size_t at = 0;

	for (size_t i = 0; page->lists_images && i < text->image_count; i++)
		put_image(page, render_dict_section(story, "IMAGES"),
		    &text->images[i], COLUMN_PX);
	if (text->image_count > 0 && text->images[0].row == 0) {
		if (page->shows_image)
			put_image(page,
			    render_dict_section(story, "MAIN_IMAGE"),
			    &text->images[0], lead ? SHEET_PX : COLUMN_PX);
		at = 1;
	}
	while (page->shows_rows && at < text->image_count) {
		struct article_row shape = article_row_at(text, at);

		put_row(page, story, &text->images[at], shape);
		at += shape.count;
	}
}

/* Markdown as the page shows it. */
static const char *
convert_markdown(struct page *page, const char *markdown)
{
	const struct edition_templates *set = page->in->templates;
	enum language language = page->in->language;
	int kind =
	    page->html ? EDITION_MEMO_HTML + (int)language : EDITION_MEMO_TEXT;
	size_t count = strlen(markdown);
	const char *made = memo_find(set->memo, kind, markdown, count);

	if (made != NULL)
		return made;
	made = page->html ? markdown_to_html(
				page->arena, markdown, &set->style[language])
			  : markdown_to_text(page->arena, markdown);
	memo_keep(set->memo, kind, markdown, count, made);
	return made;
}

/* The parts of a title. Japanese sets title and subtitle apart by a wide space,
   the best place to break the line. */
static void
put_title(struct page *page, struct render_dict *story, const char *title)
{
	static const char space[] = "\u3000";
	const char *next;

	do {
		struct render_dict *part =
		    render_dict_section(story, "TITLE_PART");

		next = strstr(title, space);
		put(page, part, "TITLE_TEXT",
		    next ? arena_strndup(
			       page->arena, title, (size_t)(next - title))
			 : title);
		show_if(part, "HAS_NEXT", next);
		title = next ? next + strlen(space) : title;
	} while (next);
}

static void
put_story(struct page *page, struct render_dict *story, size_t index)
{
	const struct tailored_article *chosen =
	    &page->in->tailored->chosen[index];
	const struct article_text *text =
	    article_text(chosen->article, page->in->language);
	const char *reason = edition_reason_line(page->arena, page->in, chosen);

	put_number(page, story, "STORY_NUMBER", index + 1);
	put(page, story, "STORY_TITLE", text->title);
	put_title(page, story, text->title);
	put(page, story, "STORY_SUMMARY", text->summary);
	show_if(story, "HAS_SUMMARY", *text->summary);
	put(page, story, "STORY_REASON", reason);
	show_if(story, "HAS_REASON", *reason);
	render_dict_set(story, page->html ? "STORY_BODY_HTML" : "STORY_BODY",
	    convert_markdown(page, text->body));
	put_images(page, story, text, index == 0);
}

static void
put_stories(struct page *page)
{
	const struct tailored *tailored = page->in->tailored;

	for (size_t i = 0; i < tailored->chosen_count; i++)
		put_story(page,
		    render_dict_section(page->dict, i ? "STORIES" : "LEAD"), i);
	show_if(page->dict, "HAS_ALSO", tailored->omitted_count > 0);
	for (size_t i = 0; i < tailored->omitted_count; i++) {
		const struct article *article = tailored->omitted[i].article;
		struct render_dict *also =
		    render_dict_section(page->dict, "ALSO");

		put(page, also, "ALSO_TITLE",
		    article_text(article, page->in->language)->title);
		put(page, also, "ALSO_URL",
		    make_archive_url(page, article->slug));
	}
}

static void
put_issue(struct page *page)
{
	const struct issue *issue = page->in->issue;
	const struct issue_text *text = &issue->text[page->in->language];
	enum language language = page->in->language;

	put(page, page->dict, "LANG", subscriber_language(language));
	put(page, page->dict, "ISSUE_ID", issue->id);
	put(page, page->dict, "ISSUE_TITLE", text->title);
	put(page, page->dict, "ISSUE_MONTH", format_month(page));
	put(page, page->dict, "SUBJECT",
	    subject_fill(page->arena, text->subject, NULL));
	put(page, page->dict, "PREHEADER", text->preheader);
	show_if(page->dict, "HAS_PREHEADER", *text->preheader);
	put(page, page->dict, "ARCHIVE_URL", make_archive_url(page, NULL));
	put(page, page->dict, "VIEW_URL",
	    page->in->view_url ? page->in->view_url
			       : make_archive_url(page, NULL));
	show_if(page->dict, "HAS_VIEW", *page->words[EDITION_WORD_view_page]);
	show_if(page->dict, "HAS_GREETING", *text->greeting);
	render_dict_set(page->dict, page->html ? "GREETING_HTML" : "GREETING",
	    convert_markdown(page, text->greeting));
}

/* Adds a word of the contact line, as a link where it is one. */
static void
add_contact_word(struct page *page, const char *word, struct buf *out)
{
	const char *colour = page->in->templates->theme[EDITION_THEME_link];
	bool web =
	    text_starts(word, "https://") || text_starts(word, "http://");
	struct address address;
	struct err err = { 0 };

	if (!web && !address_parse(page->arena, word, &address, &err)) {
		edition_escape(word, out);
		return;
	}
	buf_add_str(out, web ? "<a href=\"" : "<a href=\"mailto:");
	edition_escape(word, out);
	buf_add_format(out, "\" style=\"color:%s;\">", colour);
	edition_escape(word, out);
	buf_add_str(out, "</a>");
}

/* The contact line in HTML: words between blanks, commas and slashes. */
static char *
link_contact(struct page *page, const char *contact)
{
	static const char ascii[] = "!#$%&'*+-./0123456789:=?@"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				    "abcdefghijklmnopqrstuvwxyz~";
	GM_BUF_AT_EXIT struct buf out;

	buf_init(&out, SIZE_MAX / 4);
	while (*contact) {
		size_t n = strspn(contact, ascii);
		char one[2] = { *contact, '\0' };

		while (n > 0 && strchr(".:?!&", contact[n - 1]))
			n--;
		if (n > 0)
			add_contact_word(
			    page, arena_strndup(page->arena, contact, n), &out);
		else
			edition_escape(one, &out);
		contact += n > 0 ? n : 1;
	}
	return arena_strndup(page->arena, buf_str(&out), out.used);
}

static void
put_sender(struct page *page)
{
	const struct sender *sender = page->in->sender;

	put(page, page->dict, "SENDER_NAME", sender->name);
	put(page, page->dict, "SENDER_POSTAL", sender->postal);
	put(page, page->dict, "SENDER_CONTACT", sender->contact);
	put(page, page->dict, "SENDER_CONTACT_HTML",
	    link_contact(page, greeting_clean(page->arena, sender->contact)));
}

/* Words, colours, fonts. */
static void
put_look(struct page *page)
{
	const struct edition_templates *set = page->in->templates;
	bool japanese = page->in->language == LANGUAGE_JA;

	for (size_t i = 0; i < EDITION_WORDS; i++)
		render_dict_set(
		    page->dict, set->word_markers[i], page->words[i]);
	for (size_t i = 0; i < EDITION_COLOURS; i++)
		put(page, page->dict, set->colour_markers[i], set->theme[i]);
	put(page, page->dict, "T_FONT",
	    set->theme[japanese ? EDITION_THEME_font_ja
				: EDITION_THEME_font_en]);
	put(page, page->dict, "T_LINE_HEIGHT",
	    set->theme[japanese ? EDITION_THEME_line_height_ja
				: EDITION_THEME_line_height_en]);
}

bool
edition_page(const struct edition_input *in, bool html,
    const char *const personal[PERSONALS], struct buf *out, struct err *err)
{
	struct page page = {
		.arena = arena_new(),
		.in = in,
		.words = in->templates->words[in->language],
		.html = html,
		.dict = render_dict_new(),
	};
	const struct render *render = in->templates->render;
	const char *name = html ? "digest.html" : "digest.txt";
	bool done;

	page.lists_images = render_shows(render, name, "IMAGES");
	page.shows_image = render_shows(render, name, "MAIN_IMAGE");
	page.shows_rows = render_shows(render, name, "GALLERY");
	put_look(&page);
	put_issue(&page);
	put_stories(&page);
	put_sender(&page);
	for (size_t i = PERSONAL_NONE + 1; i < PERSONALS; i++)
		render_dict_set(
		    page.dict, edition_templates_personals[i], personal[i]);
	done = render_expand(render, name, page.dict, out, err);
	render_dict_free(page.dict);
	arena_free(page.arena);
	return done;
}
