#ifndef MODEL_ARTICLE_H
#define MODEL_ARTICLE_H

/*
 * An issue and its articles as values in an arena: what content/ reads from
 * the issue folder, what digest/ chooses from. All strings are valid UTF-8
 * without control characters (bodies may hold line feeds).
 */

#include "base/text.h"
#include "model/subscriber.h"

struct article_image {
	const char *file;    /* within the issue folder: "images/x.png" */
	const char *alt;     /* what the picture shows */
	const char *caption; /* "" when there is none */
	int width, height;   /* pixels, from the file; 0 when not known */
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

/* The article with that slug, NULL when there is none. */
const struct article *article_find(const struct issue *issue, const char *slug);

#endif
