#ifndef MODEL_SUBJECT_H
#define MODEL_SUBJECT_H

/*
 * Subject lines with personal fields: "{organisation|your town}, here is your
 * April number". A field is name, organisation or department in braces; behind
 * the bar stands what readers get of whom it is not known. What looks like a
 * field and is none stays as it is; subject_check tells an author.
 */

#include "base/arena.h"
#include "model/reader.h"

/* Whether it differs between readers. */
bool subject_is_personal(const char *subject);

/* What is wrong with the fields, as a complaint for its author; NULL: nothing.
   A field without words for readers who lack it is a fault, and so is a subject
   of which nothing may be left. */
char *subject_check(struct arena *arena, const char *subject);

/* The subject of one reader; NULL: of one of whom nothing is known. Blanks at
   its ends and doubled ones that an empty field leaves are taken out of a
   personal subject. The values are put in as they are. */
char *subject_fill(
    struct arena *arena, const char *subject, const struct person *person);

#endif
