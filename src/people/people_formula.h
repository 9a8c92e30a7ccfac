#ifndef PEOPLE_PEOPLE_FORMULA_H
#define PEOPLE_PEOPLE_FORMULA_H

/*
 * Values that a spreadsheet would calculate: what begins with = + - @, a tab
 * or a carriage return, or with the first four in full width, as Japanese
 * editions read them. Files that we write have an apostrophe before such a
 * value, and one more before apostrophes that stand before one; files that we
 * read lose it. So each value has one way to be written, and comes back.
 */

#include "base/arena.h"

/* How a value is written into a table. */
const char *people_formula_write(struct arena *arena, const char *value);

/* What a value from a table says. */
const char *people_formula_read(struct arena *arena, const char *text);

#endif
