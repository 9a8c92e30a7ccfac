#include "markdown/markdown.h"

#include <stdint.h>
#include <string.h>

#include "markdown/markdown_tree.h"

/* Writes text with what HTML gives a meaning to as references. */
static void
put_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '&':
			buf_add_str(out, "&amp;");
			break;
		case '<':
			buf_add_str(out, "&lt;");
			break;
		case '>':
			buf_add_str(out, "&gt;");
			break;
		case '"':
			buf_add_str(out, "&quot;");
			break;
		case '\'':
			buf_add_str(out, "&#39;");
			break;
		default:
			buf_add_char(out, *s);
		}
	}
}

/* Opens a tag and leaves it open for further attributes. */
static void
put_tag(struct buf *out, const char *name, const char *style)
{
	buf_add_format(out, "<%s", name);
	if (style) {
		buf_add_str(out, " style=\"");
		put_escaped(out, style);
		buf_add_char(out, '"');
	}
}

static void
put_whole_tag(struct buf *out, const char *name, const char *style)
{
	put_tag(out, name, style);
	buf_add_char(out, '>');
}

static void
enter_list(struct buf *out, cmark_node *node, const char *style)
{
	if (cmark_node_get_list_type(node) != CMARK_ORDERED_LIST) {
		put_whole_tag(out, "ul", style);
		return;
	}
	put_tag(out, "ol", style);
	if (cmark_node_get_list_start(node) != 1)
		buf_add_format(
		    out, " start=\"%d\"", cmark_node_get_list_start(node));
	buf_add_char(out, '>');
}

static void
enter_link(
    struct arena *arena, struct buf *out, cmark_node *node, const char *style)
{
	put_tag(out, "a", style);
	buf_add_str(out, " href=\"");
	put_escaped(out, markdown_tree_url(arena, cmark_node_get_url(node)));
	buf_add_str(out, "\">");
}

/* Begins a block, or writes one that has no children. */
static void
enter_block(
    struct buf *out, cmark_node *node, const struct markdown_style *style)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_PARAGRAPH:
		if (markdown_tree_is_tight(node))
			break;
		put_whole_tag(out, "p",
		    markdown_tree_is_signature(node) ? style->signature
						     : style->paragraph);
		break;
	case CMARK_NODE_HEADING:
		put_whole_tag(out, "h3", style->heading);
		break;
	case CMARK_NODE_LIST:
		enter_list(out, node, style->list);
		break;
	case CMARK_NODE_ITEM:
		put_whole_tag(out, "li", style->item);
		break;
	case CMARK_NODE_BLOCK_QUOTE:
		put_whole_tag(out, "blockquote", style->quote);
		break;
	case CMARK_NODE_THEMATIC_BREAK:
		put_whole_tag(out, "hr", style->rule);
		buf_add_char(out, '\n');
		break;
	case CMARK_NODE_CODE_BLOCK:
		put_whole_tag(out, "pre", style->code_block);
		put_escaped(out, cmark_node_get_literal(node));
		buf_add_str(out, "</pre>\n");
		break;
	default:
		break;
	}
}

/* Begins an inline element, or writes one that has no children. */
static void
enter_inline(struct arena *arena, struct buf *out, cmark_node *node,
    const struct markdown_style *style)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_CODE:
		put_whole_tag(out, "code", style->code);
		put_escaped(out, cmark_node_get_literal(node));
		buf_add_str(out, "</code>");
		break;
	case CMARK_NODE_TEXT:
		put_escaped(out, cmark_node_get_literal(node));
		break;
	case CMARK_NODE_SOFTBREAK:
		buf_add_char(out, '\n');
		break;
	case CMARK_NODE_LINEBREAK:
		buf_add_str(out, "<br>\n");
		break;
	case CMARK_NODE_EMPH:
		if (!markdown_tree_is_signature(cmark_node_parent(node)))
			put_whole_tag(out, "em", style->emphasis);
		break;
	case CMARK_NODE_STRONG:
		buf_add_str(out, "<strong>");
		break;
	case CMARK_NODE_LINK:
		enter_link(arena, out, node, style->link);
		break;
	default:
		break;
	}
}

static void
enter(struct arena *arena, struct buf *out, cmark_node *node,
    const struct markdown_style *style)
{
	if (cmark_node_get_type(node) <= CMARK_NODE_LAST_BLOCK)
		enter_block(out, node, style);
	else
		enter_inline(arena, out, node, style);
}

static void
leave(struct buf *out, cmark_node *node)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_PARAGRAPH:
		if (!markdown_tree_is_tight(node))
			buf_add_str(out, "</p>\n");
		break;
	case CMARK_NODE_HEADING:
		buf_add_str(out, "</h3>\n");
		break;
	case CMARK_NODE_LIST:
		buf_add_str(
		    out, cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
			     ? "</ol>\n"
			     : "</ul>\n");
		break;
	case CMARK_NODE_ITEM:
		buf_add_str(out, "</li>\n");
		break;
	case CMARK_NODE_BLOCK_QUOTE:
		buf_add_str(out, "</blockquote>\n");
		break;
	case CMARK_NODE_EMPH:
		if (!markdown_tree_is_signature(cmark_node_parent(node)))
			buf_add_str(out, "</em>");
		break;
	case CMARK_NODE_STRONG:
		buf_add_str(out, "</strong>");
		break;
	case CMARK_NODE_LINK:
		buf_add_str(out, "</a>");
		break;
	default:
		break;
	}
}

char *
markdown_to_html(struct arena *arena, const char *markdown,
    const struct markdown_style *style)
{
	GM_BUF_AT_EXIT struct buf out;
	cmark_node *root = markdown_tree(markdown);
	cmark_iter *iter = cmark_iter_new(root);
	cmark_event_type event;

	buf_init(&out, SIZE_MAX / 4);
	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		if (event == CMARK_EVENT_ENTER)
			enter(arena, &out, cmark_iter_get_node(iter), style);
		else
			leave(&out, cmark_iter_get_node(iter));
	}
	cmark_iter_free(iter);
	cmark_node_free(root);
	return arena_strndup(arena, buf_str(&out), out.used);
}
