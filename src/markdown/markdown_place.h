#ifndef MARKDOWN_MARKDOWN_PLACE_H
#define MARKDOWN_MARKDOWN_PLACE_H

/* Within the room: where in its source a piece of the tree stands. The parser
   knows lines; its columns are off where it took away what a line of a list or
   quote begins with, so the source itself is looked at. */

#include <cmark.h>

#include "base/arena.h"

struct markdown_source {
	const char **lines; /* each up to its line feed */
	size_t count;
	size_t first_line;
};

/* A place in it: `line` from 0, `byte` of that line from 0. */
struct markdown_place {
	size_t line;
	size_t byte;
};

struct markdown_source markdown_source(
    struct arena *arena, const char *markdown, size_t first_line);

/* Where `needle` stands on the line of `node`, nearest to where the parser saw
   the node; that very place when it stands nowhere there. */
struct markdown_place markdown_place(
    const struct markdown_source *source, cmark_node *node, const char *needle);

/* The first place of `needle` from `from` on, within a few lines; false when
   there is none. */
bool markdown_place_after(const struct markdown_source *source,
    struct markdown_place from, const char *needle,
    struct markdown_place *ret_place);

/* As people count: the line of the file, the character of the line. */
size_t markdown_place_line(
    const struct markdown_source *source, struct markdown_place place);
size_t markdown_place_column(
    const struct markdown_source *source, struct markdown_place place);

#endif
