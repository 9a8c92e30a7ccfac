#ifndef MARKDOWN_MARKDOWN_TREE_H
#define MARKDOWN_MARKDOWN_TREE_H

/* The cleaned tree that both renderers walk; inside this room only. */

#include <cmark.h>

#include "base/arena.h"
#include "base/buf.h"

/* Parses and cleans: no raw HTML, no images, no links but http, https and
   mailto, soft breaks only where a blank belongs, neighbouring texts joined.
   cmark_node_free() frees it. */
cmark_node *markdown_tree(const char *markdown);

/* True for the three kinds of links that a mail may carry. */
bool markdown_tree_link_is_safe(const char *url);

/* The URL in ASCII: what a URL may not hold is percent-encoded. */
char *markdown_tree_url(struct arena *arena, const char *url);

/* True for a paragraph whose only content is one emphasis. */
bool markdown_tree_is_signature(cmark_node *paragraph);

/* True for a paragraph in a list whose items stand close together. */
bool markdown_tree_is_tight(cmark_node *paragraph);

#endif
