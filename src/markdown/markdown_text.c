#include "markdown/markdown.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "markdown/markdown_tree.h"

/* Where the text stands: the blocks around it decide how a line begins. */
struct writer {
	struct arena *arena;
	struct buf out;
	struct buf prefix; /* what each line of the block begins with */
	struct buf marker; /* what its next line has instead: "- " */
	bool line_open;    /* something stands on the line */
	size_t link_start; /* where the text of a link begins */
	GM_VEC(const char *) links; /* of the list behind the text */
};

/* Begins a line if none is begun: an item's first one with its marker. */
static void
open_line(struct writer *w)
{
	const struct buf *with = w->marker.used ? &w->marker : &w->prefix;

	if (w->line_open)
		return;
	buf_add(&w->out, buf_str(with), with->used);
	buf_reset(&w->marker);
	w->line_open = true;
}

static void
end_line(struct writer *w)
{
	buf_add_char(&w->out, '\n');
	w->line_open = false;
}

static void
put(struct writer *w, const char *s)
{
	open_line(w);
	buf_add_str(&w->out, s);
}

/* Code keeps its lines. */
static void
put_lines(struct writer *w, const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");

		open_line(w);
		buf_add(&w->out, s, n);
		end_line(w);
		s += n + (s[n] == '\n');
	}
}

/* The blank line between two blocks, with the quote marks around it. */
static void
separate(struct writer *w, cmark_node *node)
{
	cmark_node *parent = cmark_node_parent(node);
	const char *prefix;
	size_t used;

	if (!cmark_node_previous(node))
		return;
	if (cmark_node_get_type(node) == CMARK_NODE_ITEM &&
	    cmark_node_get_list_tight(parent))
		return;
	if (cmark_node_get_type(node) == CMARK_NODE_LIST && parent &&
	    cmark_node_get_type(parent) == CMARK_NODE_ITEM &&
	    markdown_tree_is_tight(node))
		return;
	prefix = buf_str(&w->prefix);
	used = w->prefix.used;
	while (used > 0 && prefix[used - 1] == ' ')
		used--;
	buf_add(&w->out, prefix, used);
	buf_add_char(&w->out, '\n');
}

/* Number of an item of an ordered list. */
static int
count_item(cmark_node *item)
{
	int number = cmark_node_get_list_start(cmark_node_parent(item));

	while ((item = cmark_node_previous(item)))
		number++;
	return number;
}

static void
enter_item(struct writer *w, cmark_node *node)
{
	bool ordered = cmark_node_get_list_type(cmark_node_parent(node)) ==
		       CMARK_ORDERED_LIST;
	char marker[16] = "- ";

	if (ordered)
		snprintf(marker, sizeof(marker), "%d. ", count_item(node));

	/* An item within an item's first line has both markers. */
	if (w->marker.used == 0)
		buf_add(&w->marker, buf_str(&w->prefix), w->prefix.used);
	buf_add_str(&w->marker, marker);
	for (size_t i = 0; i < strlen(marker); i++)
		buf_add_char(&w->prefix, ' ');
}

static void
enter_quote(struct writer *w)
{
	if (w->marker.used > 0)
		buf_add_str(&w->marker, "> ");
	buf_add_str(&w->prefix, "> ");
}

/* Takes back what the block put into the prefix. */
static void
leave_container(struct writer *w, cmark_node *node)
{
	size_t bytes = 2;

	if (cmark_node_get_type(node) == CMARK_NODE_ITEM) {
		bool ordered = cmark_node_get_list_type(cmark_node_parent(
				   node)) == CMARK_ORDERED_LIST;

		if (ordered)
			bytes =
			    (size_t)snprintf(NULL, 0, "%d. ", count_item(node));
		if (!cmark_node_first_child(node)) {
			open_line(w);
			end_line(w);
		}
	}
	w->prefix.used -= bytes;
}

/* The number of an address in the list, from 1. */
static size_t
number_link(struct writer *w, const char *url)
{
	for (size_t i = 0; i < w->links.count; i++)
		if (text_equal(w->links.items[i], url))
			return i + 1;
	vec_push(&w->links, url);
	return w->links.count;
}

static void
put_link_list(struct writer *w)
{
	for (size_t i = 0; i < w->links.count; i++)
		buf_add_format(&w->out, "%s[%zu] %s\n", i == 0 ? "\n" : "",
		    i + 1, w->links.items[i]);
}

/* Adds the number of its address to a link's text, unless that is the
   address. */
static void
leave_link(struct writer *w, cmark_node *node)
{
	const char *url = markdown_tree_url(w->arena, cmark_node_get_url(node));
	const char *text = buf_str(&w->out) + w->link_start;

	if (text_equal(text, url) || text_equal(text, cmark_node_get_url(node)))
		return;
	if (strncasecmp(url, "mailto:", 7) == 0 && text_equal(text, url + 7))
		return;
	open_line(w);
	buf_add_format(&w->out, "[%zu]", number_link(w, url));
}

static void
enter(struct writer *w, cmark_node *node)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HEADING:
		separate(w, node);
		put(w, "■ ");
		break;
	case CMARK_NODE_PARAGRAPH:
	case CMARK_NODE_LIST:
		separate(w, node);
		break;
	case CMARK_NODE_BLOCK_QUOTE:
		separate(w, node);
		enter_quote(w);
		break;
	case CMARK_NODE_ITEM:
		separate(w, node);
		enter_item(w, node);
		break;
	case CMARK_NODE_THEMATIC_BREAK:
		separate(w, node);
		put(w, "* * *");
		end_line(w);
		break;
	case CMARK_NODE_CODE_BLOCK:
		separate(w, node);
		put_lines(w, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_TEXT:
	case CMARK_NODE_CODE:
		put(w, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_SOFTBREAK:
		put(w, " ");
		break;
	case CMARK_NODE_LINEBREAK:
		end_line(w);
		break;
	case CMARK_NODE_LINK:
		open_line(w);
		w->link_start = w->out.used;
		break;
	default:
		break;
	}
}

static void
leave(struct writer *w, cmark_node *node)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HEADING:
	case CMARK_NODE_PARAGRAPH:
		if (w->line_open)
			end_line(w);
		break;
	case CMARK_NODE_ITEM:
	case CMARK_NODE_BLOCK_QUOTE:
		leave_container(w, node);
		break;
	case CMARK_NODE_LINK:
		leave_link(w, node);
		break;
	default:
		break;
	}
}

char *
markdown_to_text(struct arena *arena, const char *markdown)
{
	struct writer w = { .arena = arena };
	cmark_node *root = markdown_tree(markdown);
	cmark_iter *iter = cmark_iter_new(root);
	cmark_event_type event;
	char *text;

	buf_init(&w.out, SIZE_MAX / 4);
	buf_init(&w.prefix, SIZE_MAX / 4);
	buf_init(&w.marker, SIZE_MAX / 4);
	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		if (event == CMARK_EVENT_ENTER)
			enter(&w, cmark_iter_get_node(iter));
		else
			leave(&w, cmark_iter_get_node(iter));
	}
	cmark_iter_free(iter);
	cmark_node_free(root);
	put_link_list(&w);
	while (w.out.used > 0 && w.out.bytes[w.out.used - 1] == '\n')
		w.out.used--;
	text = arena_strndup(arena, buf_str(&w.out), w.out.used);
	buf_clear(&w.out);
	buf_clear(&w.prefix);
	buf_clear(&w.marker);
	vec_clear(&w.links);
	return text;
}
