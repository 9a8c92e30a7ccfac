#include "content/content_draft.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/num.h"
#include "base/vec.h"
#include "content/content_lint.h"

enum { LARGEST = 100 * 1000 };

static const char *const months[] = { "January", "February", "March", "April",
	"May", "June", "July", "August", "September", "October", "November",
	"December" };

/* What the notes of a story are in each language. */
static const char *const bodies[LANGUAGES] = {
	[LANGUAGE_EN] =
	    "<!-- The story, in place of this note. An empty line begins a "
	    "paragraph,\n**two stars** make bold, [words](https://…) make a "
	    "link. -->\n",
	[LANGUAGE_JA] =
	    "<!-- この行の代わりに本文を書く。空行で段落が変わり、"
	    "**二つの星**で太字、\n[言葉](https://…)でリンクになる。 -->\n",
};

/* And of the greeting. */
static const char *const greetings[LANGUAGES] = {
	[LANGUAGE_EN] = "<!-- The editor's greeting to all readers, in place "
			"of this note. -->\n",
	[LANGUAGE_JA] = "<!-- この行の代わりに、読者への挨拶を書く。 -->\n",
};

static const char story_notes[] =
    "summary: \"\"        # one or two sentences, in bold under the title\n"
    "# Who gets the story. The same in every language.\n"
    "tags: []           # interests: glocal-mail tag list\n"
    "places: []         # six-digit codes; write a name, and the check tells "
    "its code\n"
    "countries: []      # as in ISO 3166: [ID, GR]\n"
    "lead: false        # true: every reader gets it\n"
    "# Pictures lie in images/ (JPEG, PNG or WebP, best 1200 pixels wide).\n"
    "# alt says what one shows, for whoever cannot see it. Two or three stand\n"
    "# side by side as a row. Take the # away to use these lines.\n"
    "#images:\n"
    "#  - file: images/first.jpg\n"
    "#    alt: \"\"\n"
    "#    caption: \"\"\n"
    "#  - row:\n"
    "#      - {file: images/second.jpg, alt: \"\"}\n"
    "#      - {file: images/third.jpg, alt: \"\"}\n";

bool
content_draft_is_month(const char *id)
{
	return strlen(id) == 7 && id[4] == '-' &&
	       strspn(id, "0123456789") == 4 &&
	       strspn(id + 5, "0123456789") == 2 && atoi(id + 5) >= 1 &&
	       atoi(id + 5) <= 12;
}

/* Each `from` in the text as `to`. */
static char *
replace(struct arena *arena, const char *s, const char *from, const char *to)
{
	struct buf out GM_BUF_AT_EXIT;
	const char *found;

	buf_init(&out, LARGEST);
	while ((found = strstr(s, from)) != NULL) {
		/* "1月" is no part of "11月". */
		bool whole = !isdigit((unsigned char)*from) || found == s ||
			     !isdigit((unsigned char)found[-1]);

		buf_add(&out, s, (size_t)(found - s));
		buf_add_str(&out, whole ? to : from);
		s = found + strlen(from);
	}
	buf_add_str(&out, s);
	return arena_strdup(arena, buf_str(&out));
}

/* The title of the issue before, with this month and year in it. */
static char *
next_title(
    struct arena *arena, const char *title, const char *last, const char *id)
{
	int from = atoi(last + 5);
	int to = atoi(id + 5);
	char *next = replace(arena, title, months[from - 1], months[to - 1]);

	next = replace(arena, next, arena_format(arena, "%d月", from),
	    arena_format(arena, "%d月", to));
	return replace(arena, next, arena_strndup(arena, last, 4),
	    arena_strndup(arena, id, 4));
}

static char *
make_title(struct arena *arena, const char *id, const struct issue *last,
    enum language language)
{
	int month = atoi(id + 5);

	if (last != NULL && content_draft_is_month(last->id) &&
	    *last->text[language].title != '\0')
		return next_title(
		    arena, last->text[language].title, last->id, id);
	return language == LANGUAGE_JA
		   ? arena_format(
			 arena, "Monthly Glocal News %.4s年%d月号", id, month)
		   : arena_format(arena, "Monthly Glocal News, %s %.4s",
			 months[month - 1], id);
}

/* As YAML reads it back. */
static void
put_quoted(struct buf *out, const char *s)
{
	buf_add_char(out, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, *s);
	}
	buf_add_char(out, '"');
}

static bool
writes_in(const struct issue *last, size_t language)
{
	return last == NULL || last->has_language[language];
}

/* An empty line for each language. */
static void
put_empty(struct buf *out, const struct issue *last, const char *key)
{
	buf_add_format(out, "%s:\n", key);
	for (size_t i = 0; i < LANGUAGES; i++)
		if (writes_in(last, i))
			buf_add_format(out, "  %s:\n",
			    subscriber_language((enum language)i));
}

static void
put_issue(struct arena *arena, const char *id, const struct issue *last,
    struct buf *out)
{
	const char *comma = "";

	buf_add_str(out, "---\n"
			 "# What stands behind a # is a note; nobody gets "
			 "it.\n"
			 "title:\n");
	for (size_t i = 0; i < LANGUAGES; i++) {
		if (!writes_in(last, i))
			continue;
		buf_add_format(
		    out, "  %s: ", subscriber_language((enum language)i));
		put_quoted(out, make_title(arena, id, last, (enum language)i));
		buf_add_char(out, '\n');
	}
	buf_add_format(out, "date: %s-01\nlanguages: [", id);
	for (size_t i = 0; i < LANGUAGES; i++) {
		if (!writes_in(last, i))
			continue;
		buf_add_format(
		    out, "%s%s", comma, subscriber_language((enum language)i));
		comma = ", ";
	}
	buf_add_format(out,
	    "]\n"
	    "# The line in the inbox, at most %d columns (%d Japanese "
	    "characters).\n"
	    "# Left empty, it is the title.\n",
	    CONTENT_SUBJECT_COLUMNS, CONTENT_SUBJECT_COLUMNS / 2);
	put_empty(out, last, "subject");
	buf_add_str(out, "# What inboxes show behind the subject: a sentence "
			 "or two.\n");
	put_empty(out, last, "preheader");
	buf_add_str(out, "---\n");
	for (size_t i = 0; i < LANGUAGES; i++)
		if (writes_in(last, i))
			buf_add_format(out, "\n<!-- %s -->\n\n%s",
			    subscriber_language((enum language)i),
			    greetings[i]);
}

static void
put_story(const char *id, size_t language, struct buf *out)
{
	buf_add_format(out,
	    "---\n"
	    "# Fill in what is empty, then: glocal-mail issue check %s\n"
	    "# The file's name is NUMBER-WORDS.LANGUAGE.md: the number orders "
	    "the stories,\n"
	    "# the words become the story's address; rename all languages "
	    "alike.\n"
	    "title: \"\"\n%s---\n\n%s",
	    id, story_notes, bodies[language]);
}

/* ---- the folder */

struct draft {
	struct arena *arena;
	const char *folder; /* while it is made */
	GM_VEC(const char *) names;
};

static bool
write_draft(struct draft *draft, const char *name, const struct buf *text,
    struct err *err)
{
	vec_push(&draft->names, name);
	return file_write(file_join(draft->arena, draft->folder, name),
	    buf_str(text), text->used, 0644, err);
}

static bool
write_all(struct draft *draft, const char *id, const struct issue *last,
    struct err *err)
{
	static const char *const slugs[] = { "10-first-story",
		"20-second-story" };
	struct buf text GM_BUF_AT_EXIT;

	buf_init(&text, LARGEST);
	put_issue(draft->arena, id, last, &text);
	if (!write_draft(draft, "issue.md", &text, err))
		return false;
	for (size_t i = 0; i < sizeof(slugs) / sizeof(*slugs); i++)
		for (size_t j = 0; j < LANGUAGES; j++) {
			if (!writes_in(last, j))
				continue;
			buf_reset(&text);
			put_story(id, j, &text);
			if (!write_draft(draft,
				arena_format(draft->arena, "%s.%s.md", slugs[i],
				    subscriber_language((enum language)j)),
				&text, err))
				return false;
		}
	return file_make_folder(
	    file_join(draft->arena, draft->folder, "images"), err);
}

/* What was begun and cannot be finished. */
static void
take_away(struct draft *draft)
{
	for (size_t i = 0; i < draft->names.count; i++)
		(void)unlink(file_join(
		    draft->arena, draft->folder, draft->names.items[i]));
	(void)rmdir(file_join(draft->arena, draft->folder, "images"));
	(void)rmdir(draft->folder);
}

bool
content_draft(struct arena *arena, const char *issues_folder, const char *id,
    const struct issue *last, struct text_list *ret_paths, struct err *err)
{
	const char *folder = file_join(arena, issues_folder, id);
	struct draft draft = {
		.arena = arena,
		.folder = file_join(arena, issues_folder,
		    arena_format(arena, ".%s.%d", id, (int)getpid())),
	};
	bool ok;

	if (file_exists(folder))
		return err_set(err, ERR_CANT_CREATE,
		    "%s is there already; nothing was changed", folder);
	ok = file_make_folder(draft.folder, err) &&
	     write_all(&draft, id, last, err);

	/* A folder cannot take the place of one that has files. */
	if (ok && rename(draft.folder, folder) != 0)
		ok = err_errno(err, ERR_CANT_CREATE, "%s", folder);
	if (!ok)
		take_away(&draft);
	ret_paths->count = ok ? draft.names.count : 0;
	ret_paths->items =
	    arena_take(arena, draft.names.count, sizeof(*ret_paths->items));
	for (size_t i = 0; i < ret_paths->count; i++)
		ret_paths->items[i] =
		    file_join(arena, folder, draft.names.items[i]);
	vec_clear(&draft.names);
	return ok;
}
