#include "content/content.h"

#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/vec.h"
#include "content/article_file.h"
#include "content/issue_file.h"

enum { MOST_STORIES = 500 };

/* The stories' files while they are put together. */
struct gathering {
	struct arena *arena;
	struct complaints *complaints;
	const struct issue *issue;
	GM_VEC(struct article_file) files;
	bool any_unreadable; /* so what is missing is not known */
};

/* ---- pictures */

static struct article_picture
read_picture(struct arena *arena, const char *line)
{
	struct text_list fields = text_split(arena, line, ' ');
	struct article_picture picture = { .path = "", .ready = "" };
	int64_t width = 0;
	int64_t height = 0;

	if (fields.count >= 5 && fields.count <= 6 &&
	    num_parse(fields.items[1], 0, 65535, &width) &&
	    num_parse(fields.items[2], 0, 65535, &height) &&
	    num_parse(fields.items[3], 0, INT64_MAX, &picture.bytes)) {
		picture.path = fields.items[0];
		picture.ready = fields.items[fields.count == 6 ? 5 : 0];
	}
	picture.width = (int)width;
	picture.height = (int)height;
	return picture;
}

static struct article_pictures
read_pictures(struct arena *arena, const struct content_files *files)
{
	struct article_pictures pictures = { 0 };
	struct text_list lines = { 0 };

	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, CONTENT_IMAGES) == 0)
			lines = text_split(arena,
			    arena_strndup(arena, files->items[i].bytes,
				files->items[i].count),
			    '\n');
	pictures.items =
	    arena_take(arena, lines.count, sizeof(*pictures.items));
	for (size_t i = 0; i < lines.count; i++)
		pictures.items[pictures.count++] =
		    read_picture(arena, lines.items[i]);
	return pictures;
}

/* ---- the two languages of a story */

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* True when both lists hold the same words, in whatever order. */
static bool
same_words(
    struct arena *arena, const struct text_list *a, const struct text_list *b)
{
	size_t bytes = a->count * sizeof(*a->items);
	const char **x = arena_copy(arena, a->items, bytes);
	const char **y = arena_copy(arena, b->items, b->count * sizeof(*y));

	if (a->count != b->count)
		return false;
	qsort(x, a->count, sizeof(*x), compare_texts);
	qsort(y, b->count, sizeof(*y), compare_texts);
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(x[i], y[i]) != 0)
			return false;
	return true;
}

static void
compare_versions(struct gathering *gathering, const struct article_file *one,
    const struct article_file *other)
{
	const struct {
		const char *key;
		bool same;
	} fields[] = {
		{ "lead", one->lead == other->lead },
		{ "tags",
		    same_words(gathering->arena, &one->tags, &other->tags) },
		{ "places", same_words(gathering->arena, &one->places,
				&other->places) },
		{ "countries", same_words(gathering->arena, &one->countries,
				   &other->countries) },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!fields[i].same)
			complaints_add_at(gathering->complaints, other->path,
			    other->at[i].line, other->at[i].column,
			    "%s differs from %s; it must be "
			    "the same in every language",
			    fields[i].key, one->path);
}

static void
warn_missing(struct gathering *gathering, const struct article *article,
    const struct article_file *first)
{
	for (size_t i = 0; i < LANGUAGES; i++) {
		if (gathering->any_unreadable ||
		    !gathering->issue->has_language[i] ||
		    article->text[i] != NULL)
			continue;
		complaints_warn(gathering->complaints, first->path, 0,
		    "there is no '%s' version; its readers get this one",
		    subscriber_language((enum language)i));
	}
}

/* ---- stories */

static int
compare_files(const void *a, const void *b)
{
	const struct article_file *x = a;
	const struct article_file *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Makes a story of the file and those behind it that are its versions;
   returns how many those are. */
static size_t
make_article(struct gathering *gathering, size_t at, struct article *article)
{
	const struct article_file *first = &gathering->files.items[at];
	size_t count = 0;

	*article = (struct article){
		.slug = first->slug,
		.number = first->number,
		.lead = first->lead,
		.tags = first->tags,
		.places = first->places,
		.countries = first->countries,
	};
	for (; at + count < gathering->files.count; count++) {
		const struct article_file *file = first + count;

		if (strcmp(file->slug, first->slug) != 0 ||
		    file->number != first->number)
			break;
		if (article->text[file->language] != NULL)
			complaints_add(gathering->complaints, file->path, 0,
			    "the same story and language as %s",
			    article->text[file->language]->file);
		if (count > 0 && !first->flawed && !file->flawed)
			compare_versions(gathering, first, file);
		article->text[file->language] = file->text;
	}
	warn_missing(gathering, article, first);
	return count;
}

/* Complains about stories that share a slug or a number. */
static void
check_apart(struct gathering *gathering, const struct issue *issue)
{
	for (size_t i = 0; i < issue->count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct article *a = &issue->articles[j];
			const struct article *b = &issue->articles[i];
			const char *file = article_text(b, LANGUAGE_EN)->file;

			if (strcmp(a->slug, b->slug) == 0)
				complaints_add(gathering->complaints, file, 0,
				    "the slug '%s' belongs to number %d too",
				    b->slug, a->number);
			if (a->number == b->number)
				complaints_add(gathering->complaints, file, 0,
				    "the number %d belongs to '%s' too",
				    b->number, a->slug);
		}
}

static void
gather(struct gathering *gathering, const struct content_files *files,
    const struct content_vocabulary *known)
{
	struct article_pictures pictures =
	    read_pictures(gathering->arena, files);

	for (size_t i = 0; i < files->count; i++) {
		const struct content_file *source = &files->items[i];
		struct article_file file = { 0 };

		if (!text_ends(source->path, ".md") ||
		    strcmp(source->path, "issue.md") == 0)
			continue;
		if (!article_file_name(gathering->arena, source->path,
			gathering->complaints, &file))
			continue;
		if (!gathering->issue->has_language[file.language]) {
			complaints_warn(gathering->complaints, source->path, 0,
			    "left out: issue.md does not list the language "
			    "'%s'",
			    subscriber_language(file.language));
			continue;
		}
		if (source->fault != NULL)
			complaints_add_at(gathering->complaints, source->path,
			    1, 1, "%s", source->fault);
		if (source->fault == NULL &&
		    article_file_read(gathering->arena, source, known,
			&pictures, gathering->complaints, &file))
			vec_push(&gathering->files, file);
		else
			gathering->any_unreadable = true;
	}
	if (gathering->files.count > 0)
		qsort(gathering->files.items, gathering->files.count,
		    sizeof(*gathering->files.items), compare_files);
}

static void
make_articles(struct gathering *gathering, struct issue *issue)
{
	size_t count = gathering->files.count;

	if (count > MOST_STORIES) {
		complaints_add(gathering->complaints, "issue.md", 0,
		    "more than %d stories' files", MOST_STORIES);
		return;
	}
	if (count == 0 && gathering->complaints->errors == 0)
		complaints_add(gathering->complaints, "issue.md", 0,
		    "the issue has no story");
	issue->articles =
	    arena_take(gathering->arena, count, sizeof(*issue->articles));
	for (size_t i = 0; i < count;)
		i += make_article(
		    gathering, i, &issue->articles[issue->count++]);
	check_apart(gathering, issue);
}

/* ---- the issue */

static const struct content_file *
find_issue_file(const struct content_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, "issue.md") == 0)
			return &files->items[i];
	return NULL;
}

/* Where issue.md names no language, looks at all stories even so, that all
   complaints come at once. */
static void
allow_any_language(struct issue *issue)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (issue->has_language[i])
			return;
	for (size_t i = 0; i < LANGUAGES; i++)
		issue->has_language[i] = true;
}

struct issue *
content_understand(struct arena *arena, const char *id,
    const struct content_files *files, const struct content_vocabulary *known,
    struct complaints *complaints)
{
	struct issue *issue = arena_take(arena, 1, sizeof(*issue));
	struct gathering gathering = {
		.arena = arena,
		.complaints = complaints,
		.issue = issue,
	};
	const struct content_file *file = find_issue_file(files);

	issue->id = arena_strdup(arena, id);
	if (file == NULL)
		complaints_add(complaints, "issue.md", 0, "does not exist");
	else if (file->fault != NULL)
		complaints_add(complaints, "issue.md", 0, "%s", file->fault);
	else
		(void)issue_file_read(
		    arena, file, known != NULL, complaints, issue);
	allow_any_language(issue);
	gather(&gathering, files, known);
	make_articles(&gathering, issue);
	vec_clear(&gathering.files);
	return issue;
}

bool
content_parse(struct arena *arena, const char *id,
    const struct content_files *files, const struct content_vocabulary *known,
    struct complaints *complaints, struct issue **ret_issue, struct err *err)
{
	const struct complaints before = *complaints;
	struct complaints ours = { 0 }; /* those of this issue */
	struct issue *issue =
	    content_understand(arena, id, files, known, complaints);

	if (complaints->errors > before.errors) {
		ours.items = complaints->items + before.count;
		ours.count = complaints->count - before.count;
		ours.errors = complaints->errors - before.errors;
		return complaints_none(&ours, ERR_DATA, err);
	}
	*ret_issue = issue;
	return true;
}

struct text_list
content_images(struct arena *arena, const struct issue *issue)
{
	GM_VEC(const char *) paths = { 0 };
	struct text_list list;

	for (size_t i = 0; i < issue->count; i++)
		for (size_t j = 0; j < LANGUAGES; j++) {
			const struct article_text *text =
			    issue->articles[i].text[j];

			for (size_t k = 0; text && k < text->image_count; k++)
				vec_push(&paths, text->images[k].ready);
		}

	/* Keep the first of each. */
	list.items = arena_take(arena, paths.count, sizeof(*list.items));
	list.count = 0;
	for (size_t i = 0; i < paths.count; i++) {
		bool seen = false;

		for (size_t j = 0; j < list.count && !seen; j++)
			seen = strcmp(list.items[j], paths.items[i]) == 0;
		if (!seen)
			list.items[list.count++] =
			    arena_strdup(arena, paths.items[i]);
	}
	vec_clear(&paths);
	return list;
}
