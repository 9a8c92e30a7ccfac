#ifndef MODEL_ARTICLE_H
#define MODEL_ARTICLE_H

/*
 * An issue and its articles as values in an arena: what content/ reads from
 * the issue folder, what digest/ chooses from. All strings are valid UTF-8
 * without control characters (bodies may hold line feeds).
 */

#include "base/text.h"
#include "model/subscriber.h"

/* Where something stands in its file, both from 1. */
struct article_place {
	size_t line;
	size_t column; /* in characters */
};

struct article_image {
	const char *file;  /* as its author names it: "images/x.png" */
	const char *ready; /* what readers get instead: "images/x-0123….jpg";
			      `file` where nothing was made ready */
	const char *alt;   /* what the picture shows */
	const char *caption; /* "" when there is none */
	int width, height;   /* pixels of what readers get; 0: not known */
	int row;             /* those side by side have the same number, from
				1; 0: it stands alone */
	struct article_place at;
};

/* One language's version of an article. */
struct article_text {
	const char *file; /* "10-sumida-study-tour.en.md", for complaints */
	const char *title;
	const char *summary;
	const char *body; /* Markdown, from its line `body_line` of the file */
	size_t body_line;
	struct article_image *images;
	size_t image_count;
	bool arranged; /* its author said which pictures stand side by side */
	struct article_place at_title;
	struct article_place at_summary;
	struct article_place at_tags;
};

struct article {
	const char *slug; /* file name without number, language and ending */
	int number;       /* orders the stories */
	bool lead;        /* in every digest */
	struct text_list tags;
	struct text_list places;    /* six-digit municipality codes */
	struct text_list countries; /* ISO 3166-1 alpha-2 */

	/* NULL where the language is missing; at least one is there. */
	struct article_text *text[LANGUAGES];
};

/* One language's words of the issue itself. */
struct issue_text {
	const char *title;
	const char *subject;
	const char *preheader;
	const char *greeting; /* Markdown; "" when there is none */
	size_t greeting_line;
	struct article_place at_title;
	struct article_place at_subject; /* of the title where that is it */
};

struct issue {
	const char *id;   /* "2026-04" */
	const char *date; /* "2026-04-01" */
	bool has_language[LANGUAGES];
	struct issue_text text[LANGUAGES]; /* all set: a missing language falls
					      back to the other one */
	int max_articles;                  /* -1: as configured */
	int min_articles;                  /* -1: as configured */
	struct article *articles;          /* in the order of their numbers */
	size_t count;
};

/* The version in `language`, else the one in another language. */
const struct article_text *article_text(
    const struct article *article, enum language language);

/* Pictures that stand side by side. */
struct article_row {
	size_t count;   /* of them, at least 1 */
	size_t columns; /* as wide as one of so many, 1 to 3 */
};

/* The row that begins with picture `at` of the text. Where no author said
   otherwise the first one stands alone and the others in twos; an odd one that
   is left over is as wide as those. */
struct article_row article_row_at(const struct article_text *text, size_t at);

/* The article with that slug, NULL when there is none. */
const struct article *article_find(const struct issue *issue, const char *slug);

#endif
