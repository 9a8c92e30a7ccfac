#ifndef PEOPLE_PEOPLE_AUDIENCE_H
#define PEOPLE_PEOPLE_AUDIENCE_H

/*
 * Audiences against what there is: every tag, country, place, organisation and
 * segment that an expression names must be known, so that a slip of the pen
 * does not silently mean nobody. Places are named by code, Japanese name
 * ("島根県", "島根", "島根県美郷町") or letters ("Shimane"); a municipality
 * that was merged into another stands for that one. Segments, which are saved
 * expressions, are put in place of their names.
 */

#include "base/text.h"
#include "model/audience.h"
#include "people/people.h"

/* Reads an expression (people/audience_text.h) into a tree that
   store/store_audience.h takes. Errors: ERR_USAGE, "column N: what, and what
   would be right", and those of the store. Outside a transaction too. */
bool people_audience(struct arena *arena, struct store *store, const char *text,
    const struct audience **ret_tree, struct err *err) GM_MUST_CHECK;

/* The same for the expression of a segment: one that contains itself is
   refused. */
bool people_audience_of_segment(struct arena *arena, struct store *store,
    const char *name, const char *text, const struct audience **ret_tree,
    struct err *err) GM_MUST_CHECK;

/* Saves an expression under a name, or changes the one there is; *ret_new says
   which. Refuses what people_audience refuses, a name that an expression
   could not hold, and a segment that would contain itself. */
bool people_segment_add(struct store *store, const char *name, const char *text,
    const struct people_author *author, bool *ret_new,
    struct err *err) GM_MUST_CHECK;

/* Refuses (ERR_DATA) when another segment names it, ERR_NO_INPUT when there
   is none, with the nearest. */
bool people_segment_remove(struct store *store, const char *name,
    const struct people_author *author, struct err *err) GM_MUST_CHECK;

/* Within a transaction of an author: writes `value` for `old` in all segments,
   as when a tag is called otherwise. Adds the names of those that changed to
   `ret_changed`, of the arena. */
bool people_segment_replace(struct arena *arena, struct store *store,
    enum audience_field field, const char *old, const char *value,
    struct text_list *ret_changed, struct err *err) GM_MUST_CHECK;

/* The names of the segments that name this value themselves. */
bool people_segment_users(struct arena *arena, struct store *store,
    enum audience_field field, const char *value, struct text_list *ret_names,
    struct err *err) GM_MUST_CHECK;

#endif
