#ifndef MARKDOWN_MARKDOWN_H
#define MARKDOWN_MARKDOWN_H

/*
 * CommonMark into the two forms that a mail needs: HTML that any mail program
 * shows (styles inline, no classes), and plain text. Both come from one tree
 * and carry the same words and the same links.
 *
 * Raw HTML is dropped, images in the text too (they belong into the front
 * matter), links stay links only with http, https or mailto; markdown_check
 * tells an author so. A soft line break between two Japanese characters
 * vanishes, elsewhere it is a blank. Knows nothing of articles or templates.
 */

#include "base/arena.h"
#include "base/complaints.h"

/* The style attribute of each element; NULL: none. */
struct markdown_style {
	const char *paragraph;
	const char *heading; /* all levels become h3 */
	const char *list;
	const char *item;
	const char *quote;
	const char *link;
	const char *code;
	const char *code_block;
	const char *rule;
	const char *emphasis;
	const char *signature; /* paragraph that is emphasised as a whole */
};

/* Well-formed HTML, one block a line; "" for no text. */
char *markdown_to_html(struct arena *arena, const char *markdown,
    const struct markdown_style *style);

/* Blocks with an empty line between, paragraphs as one long line, lists as
   "- " and "1. ", quotes as "> ", links as "text[1]" with a list "[1] URL" at
   the end (the URL alone where the text is the URL). Ends without a line feed;
   "" for no text. */
char *markdown_to_text(struct arena *arena, const char *markdown);

/* Text of one line, with nothing of Markdown in between; code and addresses are
   none. */
struct markdown_run {
	const char *text;
	size_t line;
	size_t column; /* in characters, from 1 */

	/* The line in the source where the text stands there in other letters
	   (escapes, entities); else NULL. */
	const char *source;
};

/* The column of `bytes` bytes within the text of a run; 0 when only escapes
   make them so. */
size_t markdown_run_column(
    const struct markdown_run *run, const char *at, size_t bytes);

struct markdown_link {
	const char *url;  /* as written */
	const char *text; /* as a reader sees it */
	size_t line;      /* of its address where that is found */
	size_t column;
};

/* What stands in a text, for whoever judges it. */
struct markdown_sight {
	struct markdown_run *runs; /* in the order of the text */
	size_t run_count;
	struct markdown_link *links;
	size_t link_count;
};

/* `first_line` is the number of the text's first line in its file. */
void markdown_look(struct arena *arena, size_t first_line, const char *markdown,
    struct markdown_sight *ret_sight);

/* Complains about what a reader would not get or would wonder at: raw HTML,
   images, links of other kinds (errors); a literal "**" left in the text
   (warning). `first_line` is the number of the text's first line in `file`. */
void markdown_check(const char *file, size_t first_line, const char *markdown,
    struct complaints *complaints);

#endif
