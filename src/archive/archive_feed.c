#include <stdlib.h>

#include "archive/archive_run.h"
#include "digest/edition.h"

enum { STORIES_MOST = 50, FEED_MOST = 4 * 1000 * 1000 };

/* "<name>text</name>", escaped. */
static void
add_element(struct buf *out, const char *name, const char *text)
{
	buf_add_format(out, "<%s>", name);
	edition_escape(text, out);
	buf_add_format(out, "</%s>\n", name);
}

/* The midnight that an issue's day begins with. */
static const char *
format_time(struct arena *arena, const struct archive_issue *issue)
{
	int offset = issue->utc_offset_min;

	return arena_format(arena, "%sT00:00:00%c%02d:%02d", issue->date,
	    offset < 0 ? '-' : '+', abs(offset) / 60, abs(offset) % 60);
}

static void
add_head(struct archive_run *run, enum language language, struct buf *out)
{
	const char *base = run->site->sender.public_url;
	const char *code = subscriber_language(language);
	const char *self =
	    arena_format(run->page, "%s/feed.%s.xml", base, code);

	buf_add_format(out,
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	    "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"%s\">\n",
	    code);
	add_element(out, "title",
	    archive_pages_word(run->pages, language, ARCHIVE_WORD_newsletter));
	add_element(out, "id", self);
	buf_add_str(
	    out, "<link rel=\"self\" type=\"application/atom+xml\" href=\"");
	edition_escape(self, out);
	buf_add_str(
	    out, "\"/>\n<link rel=\"alternate\" type=\"text/html\" href=\"");
	edition_escape(arena_format(run->page, "%s/%s.html", base, code), out);
	buf_add_str(out, "\"/>\n");
	add_element(out, "updated", format_time(run->page, &run->issues[0]));
	buf_add_str(out, "<author>\n");
	add_element(out, "name", run->site->sender.name);
	buf_add_str(out, "</author>\n");
}

static const char *
label_of(
    const struct archive_run *run, const char *slug, enum language language)
{
	for (size_t i = 0; i < run->tag_count; i++)
		if (text_equal(run->tags[i].slug, slug))
			return run->tags[i].label[language];
	return slug;
}

static void
add_entry(struct archive_run *run, const struct archive_issue *issue,
    const struct archive_story *story, enum language language, struct buf *out)
{
	const struct archive_text *text = &story->text[language];
	const char *url = arena_format(run->page, "%s/issues/%s/%s.%s.html",
	    run->site->sender.public_url, issue->id, story->slug,
	    subscriber_language(language));
	const char *time = format_time(run->page, issue);

	buf_add_format(out, "<entry xml:lang=\"%s\">\n",
	    subscriber_language(text->language));
	add_element(out, "title", text->title);
	add_element(out, "id", url);
	buf_add_str(out, "<link rel=\"alternate\" type=\"text/html\" href=\"");
	edition_escape(url, out);
	buf_add_str(out, "\"/>\n");
	add_element(out, "published", time);
	add_element(out, "updated", time);
	for (size_t i = 0; i < story->tags.count; i++) {
		buf_add_format(out, "<category term=\"%s\" label=\"",
		    story->tags.items[i]);
		edition_escape(
		    label_of(run, story->tags.items[i], language), out);
		buf_add_str(out, "\"/>\n");
	}
	if (*text->summary != '\0')
		add_element(out, "summary", text->summary);
	buf_add_str(out, "</entry>\n");
}

static bool
write_feed(struct archive_run *run, enum language language, struct err *err)
{
	struct buf out GM_BUF_AT_EXIT;
	size_t count = 0;
	bool ok;

	buf_init(&out, FEED_MOST);
	add_head(run, language, &out);
	for (size_t i = 0; i < run->issue_count; i++)
		for (size_t j = 0;
		     j < run->issues[i].count && count < STORIES_MOST;
		     j++, count++)
			add_entry(run, &run->issues[i],
			    &run->issues[i].stories[j], language, &out);
	buf_add_str(&out, "</feed>\n");
	ok = folder_draft_write(run->draft,
	    arena_format(
		run->page, "feed.%s.xml", subscriber_language(language)),
	    buf_str(&out), out.used, err);
	arena_reset(run->page);
	return ok;
}

bool
archive_feed_write(struct archive_run *run, struct err *err)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (!write_feed(run, (enum language)i, err))
			return false;
	return true;
}
