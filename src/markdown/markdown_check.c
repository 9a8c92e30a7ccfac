#include "markdown/markdown.h"

#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "markdown/markdown_place.h"
#include "markdown/markdown_tree.h"

/* What is looked for in a text, and where it stands. */
struct look {
	struct arena *arena;
	struct markdown_source source;
	GM_VEC(struct markdown_run) runs;
	GM_VEC(struct markdown_link) links;
};

/* Adds a text; the parser has joined those that stand side by side. */
static void
add_text(struct look *look, cmark_node *node)
{
	const char *text = cmark_node_get_literal(node);
	struct markdown_place place = markdown_place(&look->source, node, text);
	const char *line = look->source.lines[place.line];
	struct markdown_run run = {
		.text = arena_strdup(look->arena, text),
		.line = markdown_place_line(&look->source, place),
		.column = markdown_place_column(&look->source, place),
	};

	if (!text_starts(line + place.byte, text))
		run.source =
		    arena_strndup(look->arena, line, strcspn(line, "\n"));
	vec_push(&look->runs, run);
}

/* The words of a link as a reader sees them. */
static char *
link_words(struct look *look, cmark_node *link)
{
	cmark_iter *iter = cmark_iter_new(link);
	cmark_event_type event;
	char *words = arena_strdup(look->arena, "");

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(iter);
		cmark_node_type type = cmark_node_get_type(node);

		if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE)
			words = arena_format(look->arena, "%s%s", words,
			    cmark_node_get_literal(node));
		else if (type == CMARK_NODE_SOFTBREAK)
			words = arena_format(look->arena, "%s ", words);
	}
	cmark_iter_free(iter);
	return words;
}

/* A link stands where its address does; else where it begins. */
static void
add_link(struct look *look, cmark_node *node)
{
	const char *url = cmark_node_get_url(node);
	cmark_node *first = node;
	struct markdown_place start;
	struct markdown_link link = {
		.url = arena_strdup(look->arena, url),
		.text = link_words(look, node),
	};

	while (cmark_node_first_child(first) != NULL)
		first = cmark_node_first_child(first);
	start = markdown_place(&look->source, first,
	    cmark_node_get_literal(first) != NULL
		? cmark_node_get_literal(first)
		: "[");
	if (*url != '\0')
		(void)markdown_place_after(&look->source, start, url, &start);
	link.line = markdown_place_line(&look->source, start);
	link.column = markdown_place_column(&look->source, start);
	vec_push(&look->links, link);
}

static cmark_node *
parse(const char *markdown)
{
	return cmark_parse_document(
	    markdown, strlen(markdown), CMARK_OPT_VALIDATE_UTF8);
}

static void
look_at(struct look *look, cmark_node *root)
{
	cmark_iter *iter = cmark_iter_new(root);
	cmark_event_type event;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(iter);
		cmark_node_type type = cmark_node_get_type(node);

		if (event == CMARK_EVENT_ENTER && type == CMARK_NODE_TEXT)
			add_text(look, node);
		if (event == CMARK_EVENT_ENTER && type == CMARK_NODE_LINK)
			add_link(look, node);
	}
	cmark_iter_free(iter);
}

void
markdown_look(struct arena *arena, size_t first_line, const char *markdown,
    struct markdown_sight *ret_sight)
{
	struct look look = {
		.arena = arena,
		.source = markdown_source(arena, markdown, first_line),
	};
	cmark_node *root = parse(markdown);

	look_at(&look, root);
	cmark_node_free(root);
	*ret_sight = (struct markdown_sight){
		.runs = arena_copy(arena, look.runs.items,
		    look.runs.count * sizeof(*look.runs.items)),
		.run_count = look.runs.count,
		.links = arena_copy(arena, look.links.items,
		    look.links.count * sizeof(*look.links.items)),
		.link_count = look.links.count,
	};
	vec_clear(&look.runs);
	vec_clear(&look.links);
}

/* ---- what is not shown */

/* What a reader would not get of a node; NULL when nothing is lost. Where it
   stands in the source is what `*ret_needle` is found at. */
static const char *
judge(struct arena *arena, cmark_node *node, const char **ret_needle)
{
	const char *literal = cmark_node_get_literal(node);

	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HTML_BLOCK:
	case CMARK_NODE_HTML_INLINE:
		*ret_needle =
		    arena_strndup(arena, literal, strcspn(literal, "\n"));
		return text_starts(literal, "<!--")
			   ? NULL
			   : "HTML is not shown; write Markdown, and '\\<' for "
			     "a literal '<'";
	case CMARK_NODE_IMAGE:
		*ret_needle = "![";
		return "an image in the text is not shown; list it under "
		       "'images' in the front matter";
	case CMARK_NODE_LINK:
		*ret_needle = cmark_node_get_url(node);
		return markdown_tree_link_is_safe(cmark_node_get_url(node))
			   ? NULL
			   : arena_format(arena,
				 "a link to '%s' is not shown; links begin "
				 "with https://, http:// or mailto:",
				 cmark_node_get_url(node));
	default:
		return NULL;
	}
}

static void
check_tree(const char *file, const struct look *look, cmark_node *root,
    struct complaints *complaints)
{
	cmark_iter *iter = cmark_iter_new(root);
	cmark_event_type event;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(iter);
		const char *needle = "";
		const char *wrong;
		struct markdown_place place;

		if (event == CMARK_EVENT_EXIT)
			continue;
		wrong = judge(look->arena, node, &needle);
		if (wrong == NULL)
			continue;
		place = markdown_place(&look->source, node, needle);
		complaints_add_at(complaints, file,
		    markdown_place_line(&look->source, place),
		    markdown_place_column(&look->source, place), "%s", wrong);
	}
	cmark_iter_free(iter);
}

/* Two stars that should have made something bold. */
static void
check_stars(
    const char *file, const struct look *look, struct complaints *complaints)
{
	for (size_t i = 0; i < look->runs.count; i++) {
		const struct markdown_run *run = &look->runs.items[i];
		const char *stars = strstr(run->text, "**");
		size_t column =
		    stars != NULL ? markdown_run_column(run, stars, 2) : 0;

		if (column > 0)
			complaints_warn_at(complaints, file, run->line, column,
			    "a literal '**' is left in the text; next to "
			    "Japanese brackets and punctuation put it outside "
			    "of them, or a blank beside it");
	}
}

static size_t
count_characters(const char *from, const char *to)
{
	size_t count = 0;

	for (; from < to; from++)
		count += ((unsigned char)*from & 0xc0) != 0x80;
	return count;
}

size_t
markdown_run_column(
    const struct markdown_run *run, const char *at, size_t bytes)
{
	const char *found;

	if (run->source == NULL)
		return run->column + count_characters(run->text, at);
	found = memmem(run->source, strlen(run->source), at, bytes);
	return found != NULL ? 1 + count_characters(run->source, found) : 0;
}

void
markdown_check(const char *file, size_t first_line, const char *markdown,
    struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct look look = {
		.arena = arena,
		.source = markdown_source(arena, markdown, first_line),
	};
	cmark_node *root = parse(markdown);

	look_at(&look, root);
	check_tree(file, &look, root, complaints);
	check_stars(file, &look, complaints);
	cmark_node_free(root);
	vec_clear(&look.runs);
	vec_clear(&look.links);
}
