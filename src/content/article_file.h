#ifndef CONTENT_ARTICLE_FILE_H
#define CONTENT_ARTICLE_FILE_H

/*
 * One file of a story: NUMBER-SLUG.LANGUAGE.md. Its front matter has what
 * each language says in its own words (title, summary, images) and what no
 * language changes (tags, places, countries, lead), which content.c compares.
 */

#include "content/content.h"

/* A picture of the folder, from images.txt. */
struct article_picture {
	const char *path;
	const char *ready; /* what readers get; `path` where that is it */
	int width, height; /* of what readers get; 0: no picture */
	int64_t bytes;
};

struct article_pictures {
	struct article_picture *items;
	size_t count;
};

struct article_file {
	const char *path;
	int number;
	const char *slug;
	enum language language;
	struct article_text *text;
	bool flawed; /* something in it was complained about */
	bool lead;
	struct text_list tags;
	struct text_list places;
	struct text_list countries;
	struct article_place at[4]; /* of lead, tags, places, countries */
};

/* Reads number, slug and language off a file's name; false, with a
   complaint, when the name is not of that form. */
bool article_file_name(struct arena *arena, const char *path,
    struct complaints *complaints, struct article_file *ret_file);

/* Reads the file into `file`, whose name was read before. False when nothing
   of it is of use; either way it complained. */
bool article_file_read(struct arena *arena, const struct content_file *source,
    const struct content_vocabulary *known,
    const struct article_pictures *pictures, struct complaints *complaints,
    struct article_file *file);

#endif
