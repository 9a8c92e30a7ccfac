#include "archive/archive_parts.h"

#include "markdown/markdown.h"

const struct archive_place archive_in_issue = { "../../", "" };
const struct archive_place archive_in_edition = { "../../../", "../" };

/* ---- texts and their languages */

enum language
archive_parts_issue_language(const struct issue *issue, enum language wanted)
{
	for (size_t i = 0; i < LANGUAGES && !issue->has_language[wanted]; i++)
		if (issue->has_language[i])
			return (enum language)i;
	return wanted;
}

enum language
archive_parts_story_language(
    const struct article *article, enum language wanted)
{
	for (size_t i = 0; i < LANGUAGES && article->text[wanted] == NULL; i++)
		if (article->text[i] != NULL)
			return (enum language)i;
	return wanted;
}

const char *
archive_parts_label(
    const struct material *material, const char *slug, enum language language)
{
	for (size_t i = 0; i < material->tag_count; i++) {
		const char *label = material->tags[i].label[language];

		if (text_equal(material->tags[i].slug, slug))
			return label != NULL && *label != '\0' ? label : slug;
	}
	return slug;
}

/* ---- parts of a page */

void
archive_parts_flag(struct render_dict *dict, const char *name, bool holds)
{
	if (holds)
		render_dict_show(dict, name);
}

void
archive_parts_heading(struct archive_source *source, struct render_dict *dict,
    const struct article *article, enum language language,
    const struct archive_place *place)
{
	const struct article_text *text = article_text(article, language);

	render_dict_set(dict, "STORY_SLUG", article->slug);
	render_dict_set(dict, "STORY_TITLE", text->title);
	render_dict_set(dict, "STORY_LANG",
	    subscriber_language(
		archive_parts_story_language(article, language)));
	render_dict_set(dict, "STORY_URL",
	    arena_format(source->run->page, "%s%s.%s.html", place->issue,
		article->slug, subscriber_language(language)));
}

static void
put_image(struct archive_source *source, struct render_dict *story,
    const struct article_image *image, size_t columns,
    const struct archive_place *place)
{
	struct arena *page = source->run->page;
	struct render_dict *dict = render_dict_section(story, "IMAGE");

	render_dict_set(dict, "IMAGE_URL",
	    arena_format(page, "%s%s", place->issue, image->ready));
	render_dict_set(dict, "IMAGE_ALT", image->alt);
	render_dict_set(dict, "IMAGE_CAPTION", image->caption);
	render_dict_set(
	    dict, "IMAGE_COLUMNS", arena_format(page, "%zu", columns));
	archive_parts_flag(dict, "HAS_CAPTION", *image->caption != '\0');
	if (image->width <= 0 || image->height <= 0)
		return;
	render_dict_set(
	    dict, "IMAGE_WIDTH", arena_format(page, "%d", image->width));
	render_dict_set(
	    dict, "IMAGE_HEIGHT", arena_format(page, "%d", image->height));
	render_dict_show(dict, "HAS_SIZE");
}

/* All pictures, row by row; each knows how many fill its row. */
static void
put_images(struct archive_source *source, struct render_dict *story,
    const struct article_text *text, const struct archive_place *place)
{
	size_t at = 0;

	archive_parts_flag(story, "HAS_IMAGES", text->image_count > 0);
	while (at < text->image_count) {
		struct article_row shape = article_row_at(text, at);

		for (size_t i = 0; i < shape.count; i++)
			put_image(source, story, &text->images[at + i],
			    shape.columns, place);
		at += shape.count;
	}
}

static void
put_tags(struct archive_source *source, struct render_dict *story,
    const struct article *article, enum language language)
{
	archive_parts_flag(story, "HAS_TAGS", article->tags.count > 0);
	for (size_t i = 0; i < article->tags.count; i++) {
		const char *slug = article->tags.items[i];
		struct render_dict *dict =
		    render_dict_section(story, "STORY_TAG");

		render_dict_set(dict, "TAG", slug);
		render_dict_set(dict, "TAG_LABEL",
		    archive_parts_label(source->material, slug, language));
	}
}

void
archive_parts_story(struct archive_source *source, struct render_dict *dict,
    const struct article *article, enum language language,
    const struct archive_place *place, const char *reason, bool linked)
{
	static const struct markdown_style plain;
	const struct article_text *text = article_text(article, language);
	struct render_dict *story = render_dict_section(dict, "STORY");

	archive_parts_heading(source, story, article, language, place);
	render_dict_show(story, linked ? "HAS_STORY_URL" : "NO_STORY_URL");
	render_dict_set(story, "STORY_REASON", reason);
	archive_parts_flag(story, "HAS_REASON", *reason != '\0');
	render_dict_set(story, "STORY_SUMMARY", text->summary);
	archive_parts_flag(story, "HAS_SUMMARY", *text->summary != '\0');
	render_dict_set(story, "STORY_BODY_HTML",
	    markdown_to_html(source->run->page, text->body, &plain));
	put_images(source, story, text, place);
	put_tags(source, story, article, language);
}

struct render_dict *
archive_parts_begin(struct archive_source *source, enum language language,
    const struct archive_place *place, const char *title, const char *other,
    bool own)
{
	static const struct markdown_style plain;
	struct archive_run *run = source->run;
	const struct issue *issue = source->material->issue;
	const struct issue_text *text = &issue->text[language];
	const struct archive_head head = {
		.language = language,
		.title = title,
		.root = place->root,
		.other = other,
		.own = own,
	};
	struct render_dict *dict = archive_pages_begin(run->pages, &head);

	render_dict_set(dict, "ISSUE_ID", issue->id);
	render_dict_set(dict, "ISSUE_TITLE", text->title);
	render_dict_set(dict, "ISSUE_LANG",
	    subscriber_language(archive_parts_issue_language(issue, language)));
	render_dict_set(dict, "ISSUE_DATE", issue->date);
	render_dict_set(dict, "ISSUE_DAY",
	    archive_pages_day(run->page, run->pages, language, issue->date));
	render_dict_set(dict, "GREETING_HTML",
	    markdown_to_html(run->page, text->greeting, &plain));
	archive_parts_flag(dict, "HAS_GREETING", *text->greeting != '\0');
	return dict;
}

const char *
archive_parts_other(enum language language)
{
	return subscriber_language(
	    language == LANGUAGE_EN ? LANGUAGE_JA : LANGUAGE_EN);
}
