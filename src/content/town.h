#ifndef CONTENT_TOWN_H
#define CONTENT_TOWN_H

/* Names of municipalities, in Japanese and in Latin letters: which codes a
   name may mean, for names that more than one town has. */

#include "content/content.h"

enum { TOWN_LATIN_BYTES = 64 };

/* "Misato" of 美郷町, みさとちょう: Hepburn without marks of length, without
   what says town or city. "" where that is not known (wards of large cities,
   letters that are no hiragana). */
void town_latin(
    const struct content_town *town, char ret_latin[TOWN_LATIN_BYTES]);

/* The towns that a word may name, as "112372 埼玉県 三郷市, 324485 島根県
   美郷町"; NULL when it names none. The word may be in Japanese, with or
   without the prefecture, in hiragana, or in Latin letters with or without
   "Town", "-cho" and the like. */
const char *town_list_named(struct arena *arena,
    const struct content_vocabulary *known, const char *word);

/* The same for a word that names no town: those that are a town, city, village
   or ward of that name, or whose name in Latin letters is nearest. NULL when
   none is near. */
const char *town_list_near(struct arena *arena,
    const struct content_vocabulary *known, const char *word);

/* "324485 島根県 美郷町" */
char *town_label(struct arena *arena, const struct content_town *town);

#endif
