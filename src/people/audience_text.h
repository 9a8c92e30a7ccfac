#ifndef PEOPLE_AUDIENCE_TEXT_H
#define PEOPLE_AUDIENCE_TEXT_H

/*
 * The text of an audience:
 *
 *	expression   both { or both }
 *	both         one { and one }
 *	one          not one | ( expression ) | everyone | FIELD:VALUE
 *
 * so that `and` binds tighter than `or`, and `not` tightest. Words and fields
 * in either case; blanks may be U+3000, the colon U+FF1A. A value ends before
 * a blank or parenthesis, or stands between double quotes, where "" is one
 * quote: organisation:"在日大使館 (文化部)". What a value means is not known
 * here.
 */

#include "base/arena.h"
#include "model/audience.h"

/* Makes a tree of an expression. Errors (ERR_USAGE) begin with "column N: ",
   counted in characters from 1. */
bool audience_text_parse(struct arena *arena, const char *text,
    const struct audience **ret_tree, struct err *err) GM_MUST_CHECK;

/* The text with each value of a field that is `old` written as `value`,
   which is quoted where it must be; NULL when there is none such. The text
   must be one that parses. */
char *audience_text_replace(struct arena *arena, const char *text,
    enum audience_field field, const char *old, const char *value);

#endif
