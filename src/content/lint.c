#include "content/lint.h"

#include <string.h>

#include "base/vec.h"

enum { LINES_LOOKED_AT = 5 };

static struct lint_text
read_greeting(
    struct arena *arena, const struct issue *issue, enum language language)
{
	const struct issue_text *words = &issue->text[language];
	struct lint_text text = {
		.file = "issue.md",
		.language = language,
		.title = words->title,
		.summary = "",
		.at_title = words->at_title,
	};

	markdown_look(arena, words->greeting_line, words->greeting, &text.body);
	return text;
}

static struct lint_text
read_story(
    struct arena *arena, const struct article *article, enum language language)
{
	const struct article_text *words = article->text[language];
	struct lint_text text = {
		.file = words->file,
		.language = language,
		.article = article,
		.title = words->title,
		.summary = words->summary,
		.at_title = words->at_title,
		.at_summary = words->at_summary,
	};

	markdown_look(arena, words->body_line, words->body, &text.body);
	return text;
}

struct lint_texts
lint_texts(struct arena *arena, const struct issue *issue)
{
	size_t most = (issue->count + 1) * LANGUAGES;
	struct lint_texts texts = {
		.items = arena_take(arena, most, sizeof(*texts.items)),
	};

	for (size_t i = 0; i < LANGUAGES; i++)
		if (issue->has_language[i] && issue->text[i].greeting != NULL)
			texts.items[texts.count++] =
			    read_greeting(arena, issue, (enum language)i);
	for (size_t i = 0; i < issue->count; i++)
		for (size_t j = 0; j < LANGUAGES; j++)
			if (issue->articles[i].text[j] != NULL)
				texts.items[texts.count++] = read_story(arena,
				    &issue->articles[i], (enum language)j);
	return texts;
}

/* The bytes of a line; NULL when the file has no such line. */
static const char *
find_line(const struct content_file *file, size_t line, size_t *ret_bytes)
{
	const char *p = file->bytes;
	const char *end = p + file->count;

	for (size_t i = 1; i < line; i++) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (p == NULL)
			return NULL;
		p++;
	}
	*ret_bytes = (size_t)(end - p);
	if (memchr(p, '\n', *ret_bytes) != NULL)
		*ret_bytes =
		    (size_t)((const char *)memchr(p, '\n', *ret_bytes) - p);
	return p;
}

static bool
is_first_byte(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

static const struct content_file *
find_file(const struct content_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, path) == 0)
			return &files->items[i];
	return NULL;
}

struct article_place
lint_find(const struct content_files *files, const char *file,
    struct article_place at, const char *needle)
{
	const struct content_file *source = find_file(files, file);

	for (size_t i = 0; source != NULL && i < LINES_LOOKED_AT; i++) {
		size_t bytes = 0;
		const char *line = find_line(source, at.line + i, &bytes);
		const char *found;
		size_t column = 1;

		if (line == NULL)
			break;
		found = memmem(line, bytes, needle, strlen(needle));
		if (found == NULL)
			continue;
		for (const char *p = line; p < found; p++)
			column += is_first_byte(*p);
		if (i > 0 || column >= at.column)
			return (struct article_place){ at.line + i, column };
	}
	return at;
}

/* The column in a line with tabs of one in the line with blanks. */
static size_t
count_tabs(const char *line, size_t bytes, size_t column)
{
	size_t seen = 1;
	size_t real = 1;

	for (size_t i = 0; i < bytes && seen < column; i++) {
		if (!is_first_byte(line[i]))
			continue;
		seen += line[i] == '\t' ? 4 : 1;
		real++;
	}
	return real + (column > seen ? column - seen : 0);
}

void
lint_count_tabs(
    const struct content_files *files, struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->count; i++) {
		struct complaint *item = &complaints->items[i];
		const struct content_file *file = find_file(files, item->file);
		size_t bytes = 0;
		const char *line;

		if (file == NULL || item->line == 0 || item->column == 0)
			continue;
		line = find_line(file, item->line, &bytes);
		if (line != NULL && memchr(line, '\t', bytes) != NULL)
			item->column = count_tabs(line, bytes, item->column);
	}
}
