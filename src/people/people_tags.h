#ifndef PEOPLE_PEOPLE_TAGS_H
#define PEOPLE_PEOPLE_TAGS_H

/*
 * Changes of the vocabulary. Contacts and segments follow; mailings that were
 * planned keep what they were planned with; what articles in issue folders
 * name is theirs to change (cli/issue_uses.h finds them).
 */

#include "people/people.h"

struct people_tag_change {
	int64_t contacts;          /* that had the tag */
	struct text_list segments; /* whose expressions were changed */
};

/* Calls a tag by another slug, which none has (ERR_DATA; people_merge_tags is
   for that). ERR_NO_INPUT when there is no such tag, with the nearest. */
bool people_rename_tag(struct arena *arena, struct store *store,
    const char *old, const char *slug, const struct people_author *author,
    struct people_tag_change *ret_change, struct err *err) GM_MUST_CHECK;

/* Gives all who have `from` the tag `into` and takes `from` away. Both must be
   there (ERR_NO_INPUT). */
bool people_merge_tags(struct arena *arena, struct store *store,
    const char *from, const char *into, const struct people_author *author,
    struct people_tag_change *ret_change, struct err *err) GM_MUST_CHECK;

/* Takes away a tag. ERR_DATA, saying how many, while contacts have it or a
   segment names it. */
bool people_remove_tag(struct store *store, const char *slug,
    const struct people_author *author, struct err *err) GM_MUST_CHECK;

#endif
