#include "content/content_lint.h"

#include <ctype.h>
#include <string.h>

#include "base/num.h"
#include "base/vec.h"
#include "content/lint.h"
#include "content/lint_places.h"
#include "content/picture_ready.h"
#include "model/address.h"
#include "unicode/unicode.h"

enum { LEAST_CAPITALS = 8, COLUMN_PX = 536, ROW_PX = 260, TALL = 2 };

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Where an address hides what it leads to. */
static const char *const shorteners[] = { "bit.ly", "t.co", "goo.gl",
	"tinyurl.com", "ow.ly", "is.gd", "v.gd", "buff.ly", "lnkd.in",
	"tiny.cc", "rebrand.ly", "cutt.ly", "amzn.to", "t.ly", "x.gd",
	"shorturl.at", "rb.gy", "ux.nu", "00m.in", "u.to" };

/* Words of a link that say nothing of where it leads. */
static const char *const empty_words[] = { "here", "click here", "this",
	"this link", "link", "more", "read more", "こちら", "ここ", "リンク",
	"詳細", "詳しくはこちら" };

struct lint {
	struct arena *arena;
	const struct issue *issue;
	const struct content_files *files;
	struct complaints *complaints;
};

/* ---- words */

/* True for text in which every Latin letter is a capital, and many are. */
static bool
is_shouted(const char *s)
{
	size_t capitals = 0;

	for (; *s != '\0'; s++) {
		if (islower((unsigned char)*s))
			return false;
		capitals += isupper((unsigned char)*s) != 0;
	}
	return capitals >= LEAST_CAPITALS;
}

/* The first of two exclamation marks; NULL when there are no two. `apart`:
   they need not stand together. */
static const char *
find_exclamation(const char *s, bool apart)
{
	static const char wide[] = "！";
	const char *first = NULL;

	for (; *s != '\0'; s++) {
		size_t bytes = *s == '!' ? 1 : text_starts(s, wide) ? 3 : 0;

		if (bytes == 0) {
			first = apart ? first : NULL;
			continue;
		}
		if (first != NULL)
			return first;
		first = s;
		s += bytes - 1;
	}
	return NULL;
}

static void
warn(const struct lint *lint, const char *file, struct article_place at,
    const char *text)
{
	complaints_warn_at(
	    lint->complaints, file, at.line, at.column, "%s", text);
}

static void
lint_heading(const struct lint *lint, const char *file, const char *what,
    const char *words, struct article_place at)
{
	if (is_shouted(words))
		warn(lint, file, at,
		    arena_format(lint->arena,
			"%s: all in capitals, which filters take for spam; "
			"write it as a sentence",
			what));
	if (find_exclamation(words, true) != NULL)
		warn(lint, file, at,
		    arena_format(lint->arena,
			"%s: several exclamation marks, which filters take "
			"for spam; keep one at most",
			what));
}

static void
lint_subjects(const struct lint *lint)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		const struct issue_text *text = &lint->issue->text[i];
		size_t columns;

		if (!lint->issue->has_language[i] || text->subject == NULL)
			continue;
		columns = unicode_width(text->subject);
		if (columns > CONTENT_SUBJECT_COLUMNS)
			warn(lint, "issue.md", text->at_subject,
			    arena_format(lint->arena,
				"subject: %zu columns wide ('%s'), inboxes cut "
				"off what is beyond about %d; put what matters "
				"first and shorten it",
				columns, subscriber_language((enum language)i),
				CONTENT_SUBJECT_COLUMNS));
		if (strncasecmp(text->subject, "re:", 3) == 0 ||
		    strncasecmp(text->subject, "fw", 2) == 0)
			warn(lint, "issue.md", text->at_subject,
			    "subject: reads like an answer or a forwarded "
			    "mail, which filters take for spam");
		lint_heading(lint, "issue.md", "subject", text->subject,
		    text->at_subject);
	}
}

static void
lint_runs(const struct lint *lint, const struct lint_text *text)
{
	for (size_t i = 0; i < text->body.run_count; i++) {
		const struct markdown_run *run = &text->body.runs[i];
		const char *marks = find_exclamation(run->text, false);
		const char *url = strstr(run->text, "://");
		struct article_place at = { run->line, 0 };

		if (marks != NULL) {
			at.column = markdown_run_column(run, marks, 1);
			warn(lint, text->file, at,
			    "several exclamation marks in a row, which "
			    "filters take for spam; one does");
		}
		while (url != NULL && url > run->text &&
		       isalpha((unsigned char)url[-1]))
			url--;
		if (url != NULL && text_starts(url, "http")) {
			at.column = markdown_run_column(run, url, 4);
			warn(lint, text->file, at,
			    "this address is no link; write <https://…>, or "
			    "[words](https://…)");
		}
	}
}

/* ---- links */

/* The host of an address in lower case, without "www."; "" for others. */
static char *
cut_host(struct arena *arena, const char *url)
{
	const char *host = strstr(url, "://");
	const char *user;
	char *lower;

	if (host == NULL)
		return arena_strdup(arena, "");
	host += 3;
	lower =
	    text_lower(arena, arena_strndup(arena, host, strcspn(host, "/?#")));
	user = strrchr(lower, '@');
	if (user != NULL)
		lower += user - lower + 1;
	lower[strcspn(lower, ":")] = '\0';
	return text_starts(lower, "www.") ? lower + 4 : lower;
}

/* The host that the words of a link show, when they look like an address. */
static const char *
shown_host(struct arena *arena, const char *words)
{
	static const char host_letters[] = "abcdefghijklmnopqrstuvwxyz"
					   "0123456789.-";
	char *lower = text_lower(arena, text_trim(arena, words));
	char *host;
	char *dot;

	if (strstr(lower, "://") != NULL)
		return cut_host(arena, lower);
	host = arena_strndup(arena, lower, strcspn(lower, "/?#"));
	dot = strrchr(host, '.');
	if (dot == NULL || strspn(host, host_letters) != strlen(host) ||
	    strlen(dot) < 3 || !isalpha((unsigned char)dot[1]))
		return "";
	return text_starts(host, "www.") ? host + 4 : host;
}

/* The same, or one below the other. */
static bool
is_same_site(const char *a, const char *b)
{
	size_t x = strlen(a);
	size_t y = strlen(b);

	if (x < y)
		return is_same_site(b, a);
	return strcmp(a + (x - y), b) == 0 && (x == y || a[x - y - 1] == '.');
}

static bool
is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(word, words[i]))
			return true;
	return false;
}

/* A link that opens a mail, to one who can get it. */
static void
lint_mailto(const struct lint *lint, const struct content_link *link)
{
	static const char scheme[] = "mailto:";
	struct article_place at = { link->line, link->column };
	struct address parsed;
	struct err fault = { 0 };
	const char *to;

	if (strncasecmp(link->url, scheme, strlen(scheme)) != 0 ||
	    strpbrk(link->url, "%,") != NULL)
		return;
	to = link->url + strlen(scheme);
	to = arena_strndup(lint->arena, to, strcspn(to, "?"));
	if (!address_parse(lint->arena, to, &parsed, &fault))
		warn(lint, link->file, at,
		    arena_format(
			lint->arena, "a mail cannot go there: %s", fault.text));
}

static void
lint_link(const struct lint *lint, const struct content_link *link)
{
	const char *host = cut_host(lint->arena, link->url);
	const char *shown = shown_host(lint->arena, link->text);
	struct article_place at = { link->line, link->column };

	lint_mailto(lint, link);
	if (*host == '\0')
		return;
	if (is_among(host, shorteners, COUNT(shorteners)))
		warn(lint, link->file, at,
		    arena_format(lint->arena,
			"%s hides where the link leads, which filters take for "
			"spam; write the address itself",
			host));
	if (*shown != '\0' && !is_same_site(shown, host))
		warn(lint, link->file, at,
		    arena_format(lint->arena,
			"the link shows %s but leads to %s, which filters take "
			"for a trick; show where it leads, or use words",
			shown, host));
	if (strspn(host, "0123456789.") == strlen(host) || *host == '[')
		warn(lint, link->file, at,
		    arena_format(lint->arena,
			"the link leads to a number (%s), which filters take "
			"for a trick; use the name of the host",
			host));
	if (is_among(text_trim(lint->arena, link->text), empty_words,
		COUNT(empty_words)))
		warn(lint, link->file, at,
		    arena_format(lint->arena,
			"'%s' does not say where the link leads; let the words "
			"name it",
			link->text));
}

static void
gather_links(struct arena *arena, const struct lint_texts *texts,
    struct content_links *ret_links)
{
	GM_VEC(struct content_link) links = { 0 };

	for (size_t i = 0; i < texts->count; i++) {
		const struct lint_text *text = &texts->items[i];

		for (size_t j = 0; j < text->body.link_count; j++) {
			const struct markdown_link *from = &text->body.links[j];
			struct content_link link = {
				.file = text->file,
				.url = from->url,
				.text = from->text,
				.line = from->line,
				.column = from->column,
			};

			vec_push(&links, link);
		}
	}
	ret_links->count = links.count;
	ret_links->items =
	    arena_copy(arena, links.items, links.count * sizeof(*links.items));
	vec_clear(&links);
}

void
content_links(struct arena *arena, const struct issue *issue,
    struct content_links *ret_links)
{
	struct lint_texts texts = lint_texts(arena, issue);

	gather_links(arena, &texts, ret_links);
}

/* ---- pictures */

static void
lint_image(const struct lint *lint, const char *file,
    const struct article_image *image)
{
	int wanted = image->row != 0 ? ROW_PX : COLUMN_PX;

	if (image->width == 0)
		return;
	if (image->height > TALL * image->width)
		warn(lint, file, image->at,
		    arena_format(lint->arena,
			"'%s' is %.1f times as high as wide: readers scroll "
			"past it; crop it",
			image->file, (double)image->height / image->width));
	else if (image->width < wanted)
		warn(lint, file, image->at,
		    arena_format(lint->arena,
			"'%s' is only %d pixels wide and shown small; %d are "
			"sharp on every screen, %d the least",
			image->file, image->width, 2 * wanted, wanted));
}

static void
lint_images(const struct lint *lint)
{
	for (size_t i = 0; i < lint->issue->count; i++)
		for (size_t j = 0; j < LANGUAGES; j++) {
			const struct article_text *text =
			    lint->issue->articles[i].text[j];

			for (size_t k = 0; text && k < text->image_count; k++)
				lint_image(lint, text->file, &text->images[k]);
		}
}

/* Whether a story names the picture, rightly or in an entry that is wrong. */
static bool
is_named(const struct content_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (text_ends(files->items[i].path, ".md") &&
		    memmem(files->items[i].bytes, files->items[i].count, path,
			strlen(path)) != NULL)
			return true;
	return false;
}

/* One line of images.txt. */
static void
lint_picture(const struct lint *lint, const char *line)
{
	struct text_list fields = text_split(lint->arena, line, ' ');
	struct article_place top = { 1, 1 };
	int64_t bytes;

	if (fields.count < 5 ||
	    !num_parse(fields.items[3], 0, INT64_MAX, &bytes))
		return;
	if (!is_named(lint->files, fields.items[0]))
		warn(lint, fields.items[0], top,
		    "no story shows this picture; list it under images, or "
		    "take it away");
	else if (fields.count == 6 && bytes > PICTURE_BYTES)
		warn(lint, fields.items[0], top,
		    arena_format(lint->arena,
			"has %lld KB even when made small, more than %d; crop "
			"it, or take one with less detail",
			(long long)bytes / 1000, PICTURE_BYTES / 1000));
}

static void
lint_picture_files(const struct lint *lint)
{
	for (size_t i = 0; i < lint->files->count; i++) {
		const struct content_file *file = &lint->files->items[i];
		struct text_list lines;

		if (strcmp(file->path, CONTENT_IMAGES) != 0)
			continue;
		lines = text_split(lint->arena,
		    arena_strndup(lint->arena, file->bytes, file->count), '\n');
		for (size_t j = 0; j < lines.count; j++)
			lint_picture(lint, lines.items[j]);
	}
}

void
content_lint(struct arena *arena, const struct issue *issue,
    const struct content_files *files, const struct content_vocabulary *known,
    struct complaints *complaints)
{
	const struct lint lint = {
		.arena = arena,
		.issue = issue,
		.files = files,
		.complaints = complaints,
	};
	struct lint_texts texts = lint_texts(arena, issue);
	struct content_links links;

	lint_subjects(&lint);
	for (size_t i = 0; i < texts.count; i++) {
		const struct lint_text *text = &texts.items[i];

		if (text->article != NULL)
			lint_heading(&lint, text->file, "title", text->title,
			    text->at_title);
		lint_runs(&lint, text);
	}
	gather_links(arena, &texts, &links);
	for (size_t i = 0; i < links.count; i++)
		lint_link(&lint, &links.items[i]);
	lint_images(&lint);
	lint_picture_files(&lint);
	lint_places(arena, &texts, files, known, complaints);
}
