#include "markdown/markdown_place.h"

#include <string.h>

enum { LINES_LOOKED_AT = 10 };

static size_t
line_bytes(const char *line)
{
	return strcspn(line, "\n");
}

struct markdown_source
markdown_source(struct arena *arena, const char *markdown, size_t first_line)
{
	struct markdown_source source = { .first_line = first_line };
	size_t count = 1;

	for (const char *p = markdown; *p != '\0'; p++)
		count += *p == '\n';
	source.lines = arena_take(arena, count, sizeof(*source.lines));
	for (const char *line = markdown; source.count < count;) {
		source.lines[source.count++] = line;
		line += line_bytes(line);
		line += *line == '\n';
	}
	return source;
}

static size_t
distance(size_t a, size_t b)
{
	return a < b ? b - a : a - b;
}

/* Where the needle begins on a line, nearest to `near`. */
static bool
find_nearest(const char *line, const char *needle, size_t near, size_t *ret_at)
{
	const char *end = line + line_bytes(line);
	size_t bytes = strlen(needle);
	bool found = false;

	for (const char *p = line; bytes > 0; p++) {
		p = memmem(p, (size_t)(end - p), needle, bytes);
		if (p == NULL)
			break;
		if (!found || distance((size_t)(p - line), near) <
				  distance(*ret_at, near))
			*ret_at = (size_t)(p - line);
		found = true;
	}
	return found;
}

struct markdown_place
markdown_place(
    const struct markdown_source *source, cmark_node *node, const char *needle)
{
	int line = cmark_node_get_start_line(node);
	int column = cmark_node_get_start_column(node);
	struct markdown_place place = {
		.line = line > 0 ? (size_t)line - 1 : 0,
		.byte = column > 0 ? (size_t)column - 1 : 0,
	};
	size_t most;

	if (place.line >= source->count)
		place.line = source->count - 1;
	most = line_bytes(source->lines[place.line]);
	if (!find_nearest(
		source->lines[place.line], needle, place.byte, &place.byte) &&
	    place.byte > most)
		place.byte = most;
	return place;
}

bool
markdown_place_after(const struct markdown_source *source,
    struct markdown_place from, const char *needle,
    struct markdown_place *ret_place)
{
	for (size_t i = 0; i < LINES_LOOKED_AT; i++) {
		size_t line = from.line + i;
		size_t start = i == 0 ? from.byte : 0;
		const char *begin;
		const char *found;

		if (line >= source->count)
			return false;
		begin = source->lines[line];
		found = memmem(begin + start, line_bytes(begin) - start, needle,
		    strlen(needle));
		if (found == NULL)
			continue;
		ret_place->line = line;
		ret_place->byte = (size_t)(found - begin);
		return true;
	}
	return false;
}

size_t
markdown_place_line(
    const struct markdown_source *source, struct markdown_place place)
{
	return source->first_line + place.line;
}

size_t
markdown_place_column(
    const struct markdown_source *source, struct markdown_place place)
{
	const char *line = source->lines[place.line];
	size_t column = 1;

	for (size_t i = 0; i < place.byte; i++)
		column += ((unsigned char)line[i] & 0xc0) != 0x80;
	return column;
}
