#include "markdown/markdown.h"

#include <string.h>

#include "base/text.h"
#include "markdown/markdown_tree.h"

static void
check_node(const char *file, size_t line, cmark_node *node,
    struct complaints *complaints)
{
	const char *text;

	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HTML_BLOCK:
	case CMARK_NODE_HTML_INLINE:
		if (!text_starts(cmark_node_get_literal(node), "<!--"))
			complaints_add(complaints, file, line,
			    "HTML is not shown; write Markdown, and '\\<' for "
			    "a literal '<'");
		break;
	case CMARK_NODE_IMAGE:
		complaints_add(complaints, file, line,
		    "an image in the text is not shown; list it under "
		    "'images' in the front matter");
		break;
	case CMARK_NODE_LINK:
		if (!markdown_tree_link_is_safe(cmark_node_get_url(node)))
			complaints_add(complaints, file, line,
			    "a link to '%s' is not shown; links begin with "
			    "https://, http:// or mailto:",
			    cmark_node_get_url(node));
		break;
	case CMARK_NODE_TEXT:
		text = cmark_node_get_literal(node);
		if (strstr(text, "**"))
			complaints_warn(complaints, file, line,
			    "a literal '**' is left in the text; next to "
			    "Japanese brackets and punctuation put it outside "
			    "of them, or a blank beside it");
		break;
	default:
		break;
	}
}

void
markdown_check(const char *file, size_t first_line, const char *markdown,
    struct complaints *complaints)
{
	cmark_node *root = cmark_parse_document(
	    markdown, strlen(markdown), CMARK_OPT_VALIDATE_UTF8);
	cmark_iter *iter;
	cmark_event_type event;
	size_t line = first_line;

	cmark_consolidate_text_nodes(root);
	iter = cmark_iter_new(root);
	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(iter);
		cmark_node_type type = cmark_node_get_type(node);
		int start = cmark_node_get_start_line(node);

		/* Blocks know their line; within one, breaks count. */
		if (event == CMARK_EVENT_EXIT)
			continue;
		if (type <= CMARK_NODE_LAST_BLOCK && start > 0)
			line = first_line + (size_t)start - 1;
		if (type == CMARK_NODE_SOFTBREAK ||
		    type == CMARK_NODE_LINEBREAK)
			line++;
		check_node(file, line, node, complaints);
	}
	cmark_iter_free(iter);
	cmark_node_free(root);
}
