#include <stdlib.h>
#include <string.h>

#include "archive/archive_parts.h"
#include "digest/wording.h"

static int
compare_tags(const void *a, const void *b)
{
	const struct archive_tag *left = a;
	const struct archive_tag *right = b;

	return strcmp(left->slug, right->slug);
}

static void
put_issue(struct archive_run *run, struct render_dict *dict,
    const struct archive_issue *issue, enum language language)
{
	const struct archive_text *text = &issue->text[language];

	render_dict_set(dict, "ISSUE_ID", issue->id);
	render_dict_set(dict, "ISSUE_TITLE", text->title);
	render_dict_set(
	    dict, "ISSUE_LANG", subscriber_language(text->language));
	render_dict_set(dict, "ISSUE_DATE", issue->date);
	render_dict_set(dict, "ISSUE_DAY",
	    archive_pages_day(run->page, run->pages, language, issue->date));
}

/* A story in a list; `root` leads to the archive. */
static void
put_story(struct archive_run *run, struct render_dict *dict,
    const struct archive_issue *issue, const struct archive_story *story,
    enum language language, const char *root)
{
	const struct archive_text *text = &story->text[language];

	render_dict_set(dict, "STORY_TITLE", text->title);
	render_dict_set(dict, "STORY_SLUG", story->slug);
	render_dict_set(
	    dict, "STORY_LANG", subscriber_language(text->language));
	render_dict_set(dict, "STORY_SUMMARY", text->summary);
	render_dict_set(dict, "STORY_URL",
	    arena_format(run->page, "%sissues/%s/%s.%s.html", root, issue->id,
		story->slug, subscriber_language(language)));
	if (*text->summary != '\0')
		render_dict_show(dict, "HAS_SUMMARY");
}

static bool
write_home(struct archive_run *run, enum language language, struct err *err)
{
	const struct archive_head head = {
		.language = language,
		.title = archive_pages_word(
		    run->pages, language, ARCHIVE_WORD_newsletter),
		.root = "",
		.other = arena_format(
		    run->page, "%s.html", archive_parts_other(language)),
	};
	struct render_dict *dict = archive_pages_begin(run->pages, &head);
	bool ok;

	for (size_t i = 0; i < run->issue_count; i++) {
		const struct archive_issue *issue = &run->issues[i];
		struct render_dict *row = render_dict_section(dict, "ISSUE");

		put_issue(run, row, issue, language);
		for (size_t j = 0; j < issue->count; j++)
			put_story(run, render_dict_section(row, "CONTENTS"),
			    issue, &issue->stories[j], language, "");
	}
	for (size_t i = 0; i < run->tag_count; i++) {
		struct render_dict *row =
		    render_dict_section(dict, "STORY_TAG");

		render_dict_set(row, "TAG", run->tags[i].slug);
		render_dict_set(row, "TAG_LABEL", run->tags[i].label[language]);
	}
	if (run->tag_count > 0)
		render_dict_show(dict, "HAS_TAGS");
	ok = archive_pages_write(run->pages, "archive_home.html", dict,
	    run->draft,
	    arena_format(run->page, "%s.html", subscriber_language(language)),
	    err);
	arena_reset(run->page);
	return ok;
}

static bool
write_choice(struct archive_run *run, struct err *err)
{
	const struct archive_head head = {
		.language = LANGUAGE_EN,
		.title = archive_pages_word(
		    run->pages, LANGUAGE_EN, ARCHIVE_WORD_newsletter),
		.root = "",
	};
	struct render_dict *dict = archive_pages_begin(run->pages, &head);

	for (size_t i = 0; i < LANGUAGES; i++) {
		struct render_dict *row = render_dict_section(dict, "CHOICE");
		enum language language = (enum language)i;

		render_dict_set(
		    row, "CHOICE_LANG", subscriber_language(language));
		render_dict_set(row, "CHOICE_URL",
		    arena_format(
			run->page, "%s.html", subscriber_language(language)));
		render_dict_set(row, "CHOICE_NAME",
		    archive_pages_word(
			run->pages, language, ARCHIVE_WORD_language_name));
		render_dict_set(row, "CHOICE_TITLE",
		    archive_pages_word(
			run->pages, language, ARCHIVE_WORD_all_issues));
	}
	return archive_pages_write(run->pages, "archive_choose.html", dict,
	    run->draft, "index.html", err);
}

static bool
has_tag(const struct archive_story *story, const char *slug)
{
	for (size_t i = 0; i < story->tags.count; i++)
		if (text_equal(story->tags.items[i], slug))
			return true;
	return false;
}

static bool
write_tag(struct archive_run *run, const struct archive_tag *tag,
    enum language language, struct err *err)
{
	const struct wording_field field = { "{tag}", tag->label[language] };
	const struct archive_head head = {
		.language = language,
		.title = wording_put(run->page,
		    archive_pages_word(
			run->pages, language, ARCHIVE_WORD_tag_title),
		    &field, 1),
		.root = "../",
		.other = arena_format(run->page, "%s.%s.html", tag->slug,
		    archive_parts_other(language)),
	};
	struct render_dict *dict = archive_pages_begin(run->pages, &head);
	bool ok;

	render_dict_set(dict, "TAG_TITLE", head.title);
	for (size_t i = 0; i < run->issue_count; i++) {
		const struct archive_issue *issue = &run->issues[i];

		for (size_t j = 0; j < issue->count; j++) {
			struct render_dict *row;

			if (!has_tag(&issue->stories[j], tag->slug))
				continue;
			row = render_dict_section(dict, "CONTENTS");
			put_issue(run, row, issue, language);
			put_story(run, row, issue, &issue->stories[j], language,
			    "../");
		}
	}
	ok = archive_pages_write(run->pages, "archive_tag.html", dict,
	    run->draft,
	    arena_format(run->page, "tags/%s.%s.html", tag->slug,
		subscriber_language(language)),
	    err);
	arena_reset(run->page);
	return ok;
}

bool
archive_lists_write(struct archive_run *run, struct err *err)
{
	if (run->tag_count > 0)
		qsort(run->tags, run->tag_count, sizeof(*run->tags),
		    compare_tags);
	for (size_t i = 0; i < LANGUAGES; i++) {
		if (!write_home(run, (enum language)i, err))
			return false;
		for (size_t j = 0; j < run->tag_count; j++)
			if (!write_tag(
				run, &run->tags[j], (enum language)i, err))
				return false;
	}
	return write_choice(run, err);
}
