#ifndef CONTENT_FRONT_H
#define CONTENT_FRONT_H

/*
 * A file with front matter: YAML between two lines "---", then Markdown. Line
 * ends become LF and tabs become spaces; a byte order mark is dropped. And
 * the few kinds of values that front matter has, each with its complaints.
 */

#include "base/complaints.h"
#include "model/article.h"
#include "yaml/yaml.h"

enum { FRONT_LONGEST = 1000 }; /* bytes of a title, a caption … */

struct front {
	struct arena *arena;
	const char *file;
	const struct yaml_node *root; /* a map */
	const char *body;             /* without blank lines at its ends */
	size_t body_line;
	struct complaints *complaints;
};

/* Splits and reads a file. False when it is of no use; it complained. */
bool front_read(struct arena *arena, const char *file, const char *bytes,
    size_t count, struct complaints *complaints, struct front *ret_front);

/* Where a key stands; the first line where it is left out. */
struct article_place front_place(const struct front *front, const char *key);

/* Where its value does; in a language where it has one for each. */
struct article_place front_value_place(
    const struct front *front, const char *key, enum language language);

/* Complains about a key; `at` is front_place's answer. */
void front_complain(const struct front *front, struct article_place at,
    const char *fmt, ...) GM_PRINTF(3, 4);
void front_complain_node(const struct front *front,
    const struct yaml_node *node, const char *fmt, ...) GM_PRINTF(3, 4);
void front_warn_node(const struct front *front, const struct yaml_node *node,
    const char *fmt, ...) GM_PRINTF(3, 4);

/* One line of text of a map (the root, or an entry of a list); "" when it is
   absent or wrong. What is `needed` and absent is complained about. */
const char *front_text(const struct front *front, const struct yaml_node *map,
    const char *key, bool needed);

/* A text per language: a map {en: …, ja: …}, or one text for all. Those of
   `wanted` that are absent stay ""; they are complained about when `needed`. */
void front_texts(const struct front *front, const char *key,
    const bool wanted[LANGUAGES], bool needed,
    const char *ret_texts[LANGUAGES]);

/* The entries of a list of words, NULL when it is absent or wrong. */
const struct yaml_node *front_words(const struct front *front, const char *key);

/* A whole number from 0 to `most`; `absent` when it is absent or wrong. */
int front_number(
    const struct front *front, const char *key, int most, int absent);

/* true or false; false when it is absent or wrong. */
bool front_flag(const struct front *front, const char *key);

#endif
