#include "markdown/markdown_tree.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

/* Kana, Han, their punctuation and full-width forms: written without spaces. */
static const struct {
	uint32_t first, last;
} spaceless[] = {
	{ 0x2e80, 0x2fdf },
	{ 0x3000, 0x30ff },
	{ 0x31c0, 0x31ff },
	{ 0x3200, 0x4dbf },
	{ 0x4e00, 0x9fff },
	{ 0xf900, 0xfaff },
	{ 0xfe30, 0xfe4f },
	{ 0xff01, 0xff9f },
	{ 0xffe0, 0xffe6 },
	{ 0x1b000, 0x1b16f },
	{ 0x1f200, 0x1f2ff },
	{ 0x20000, 0x3fffd },
};

static bool
is_spaceless(uint32_t c)
{
	for (size_t i = 0; i < sizeof(spaceless) / sizeof(*spaceless); i++)
		if (c >= spaceless[i].first && c <= spaceless[i].last)
			return true;
	return false;
}

/* The character at `s`, 0 at the end. */
static uint32_t
decode(const char *s)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	size_t bytes = text_utf8_bytes((unsigned char)*s);
	uint32_t c;

	if (!*s || bytes == 0)
		return 0;
	c = (unsigned char)*s & masks[bytes];
	for (size_t i = 1; i < bytes && s[i]; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

static uint32_t
decode_last(const char *s)
{
	size_t at = strlen(s);

	if (at == 0)
		return 0;
	do
		at--;
	while (at > 0 && ((unsigned char)s[at] & 0xc0) == 0x80);
	return decode(s + at);
}

bool
markdown_tree_link_is_safe(const char *url)
{
	static const char *const schemes[] = { "https://", "http://",
		"mailto:" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t n = strlen(schemes[i]);

		if (strncasecmp(url, schemes[i], n) == 0 && url[n])
			return true;
	}
	return false;
}

char *
markdown_tree_url(struct arena *arena, const char *url)
{
	char *out = arena_take(arena, 3 * strlen(url) + 1, 1), *p = out;

	for (; *url; url++) {
		unsigned char c = (unsigned char)*url;

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c)) {
			*p++ = '%';
			*p++ = "0123456789ABCDEF"[c >> 4];
			*p++ = "0123456789ABCDEF"[c & 15];
		} else {
			*p++ = (char)c;
		}
	}
	return out;
}

bool
markdown_tree_is_signature(cmark_node *paragraph)
{
	cmark_node *child = cmark_node_first_child(paragraph);

	return child && cmark_node_get_type(child) == CMARK_NODE_EMPH &&
	       !cmark_node_next(child);
}

bool
markdown_tree_is_tight(cmark_node *paragraph)
{
	cmark_node *item = cmark_node_parent(paragraph);
	cmark_node *list = item ? cmark_node_parent(item) : NULL;

	return list && cmark_node_get_type(list) == CMARK_NODE_LIST &&
	       cmark_node_get_list_tight(list);
}

/* Puts the children of a node into its place. */
static void
unwrap(cmark_node *node)
{
	cmark_node *child;

	while ((child = cmark_node_first_child(node)))
		cmark_node_insert_before(node, child);
	cmark_node_unlink(node);
	cmark_node_free(node);
}

static bool
must_go(cmark_node *node)
{
	switch (cmark_node_get_type(node)) {
	case CMARK_NODE_HTML_BLOCK:
	case CMARK_NODE_HTML_INLINE:
	case CMARK_NODE_IMAGE:
	case CMARK_NODE_CUSTOM_BLOCK:
	case CMARK_NODE_CUSTOM_INLINE:
		return true;
	case CMARK_NODE_PARAGRAPH:
		return !cmark_node_first_child(node);
	default:
		return false;
	}
}

/* Takes out what no mail may carry. A node is changed when it is left, as the
   iterator asks for; an image is left after its text. */
static void
clean(cmark_node *root)
{
	cmark_iter *iter = cmark_iter_new(root);
	cmark_event_type event;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(iter);
		cmark_node_type type = cmark_node_get_type(node);
		bool leaf = type == CMARK_NODE_HTML_BLOCK ||
			    type == CMARK_NODE_HTML_INLINE;

		if (event == CMARK_EVENT_ENTER && !leaf)
			continue;
		if (must_go(node)) {
			cmark_node_unlink(node);
			cmark_node_free(node);
		} else if (type == CMARK_NODE_LINK &&
			   !markdown_tree_link_is_safe(
			       cmark_node_get_url(node))) {
			unwrap(node);
		}
	}
	cmark_iter_free(iter);
}

/* Removes soft breaks between two characters that need no blank. */
static void
join_breaks(cmark_node *root)
{
	cmark_iter *iter = cmark_iter_new(root);
	cmark_node *pending = NULL;
	uint32_t before = 0;
	cmark_event_type event;

	while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(iter);

		switch (cmark_node_get_type(node)) {
		case CMARK_NODE_SOFTBREAK:
			pending = node;
			break;
		case CMARK_NODE_TEXT:
		case CMARK_NODE_CODE:
			if (pending && is_spaceless(before) &&
			    is_spaceless(
				decode(cmark_node_get_literal(node)))) {
				cmark_node_unlink(pending);
				cmark_node_free(pending);
			}
			pending = NULL;
			before = decode_last(cmark_node_get_literal(node));
			break;
		case CMARK_NODE_PARAGRAPH:
		case CMARK_NODE_HEADING:
		case CMARK_NODE_LINEBREAK:
			pending = NULL;
			before = 0;
			break;
		default:
			break;
		}
	}
	cmark_iter_free(iter);
}

cmark_node *
markdown_tree(const char *markdown)
{
	cmark_node *root = cmark_parse_document(
	    markdown, strlen(markdown), CMARK_OPT_VALIDATE_UTF8);

	clean(root);
	cmark_consolidate_text_nodes(root);
	join_breaks(root);
	cmark_consolidate_text_nodes(root);
	return root;
}
