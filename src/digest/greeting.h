#ifndef DIGEST_GREETING_H
#define DIGEST_GREETING_H

/*
 * The line that addresses a reader, by name or office as far as they are
 * known, in the manners of the language: "Dear Ms Ito," in English; in
 * Japanese 様 behind a person and 御中 behind an office, a desk or a section,
 * and neither behind a name that carries its honorific already. The words are
 * data (strings.en.yaml, strings.ja.yaml); this file knows how to choose.
 */

#include "base/arena.h"
#include "model/reader.h"

/* Phrases with {name}, {office}, {organisation} and {department} in them. */
struct greeting_words {
	const char *office;   /* department and organisation into {office} */
	const char *person;   /* for a person's name */
	const char *unit;     /* for a name that is an office itself */
	const char *titled;   /* for a name with its honorific */
	const char *nameless; /* only the office is known */
	const char *nobody;   /* nothing is known */
	const char *unit_endings; /* of names that are offices: "課 室 担当" */
	const char *title_endings; /* honorifics: "様 殿" */
};

/* One line, without control characters. Never empty unless the words are. */
char *greeting_line(struct arena *arena, const struct greeting_words *words,
    const struct person *person);

/* `s` with control characters and noncharacters taken out and white space of
   any kind as single blanks: fit for one line of a mail. `s` itself where that
   changes nothing. */
const char *greeting_clean(struct arena *arena, const char *s);

#endif
