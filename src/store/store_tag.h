#ifndef STORE_TAG_H
#define STORE_TAG_H

/* The vocabulary of interests. What is frozen with a mailing names tags by
   their slugs of that time and is never touched here. */

#include "base/text.h"
#include "store/store.h"

struct store_tag {
	const char *slug; /* "sister-city" */
	const char *label_en;
	const char *label_ja;
	int64_t subscribers; /* active ones with this interest */
};

struct store_tags {
	struct store_tag *items; /* by slug */
	size_t count;
};

/* All tags; `subscribers` is counted when `counted`, else 0. */
bool store_tag_list(struct arena *arena, struct store *store, bool counted,
    struct store_tags *ret_tags, struct err *err) GM_MUST_CHECK;

/* Adds a tag or gives one that is there these labels; *ret_changed says
   whether anything was written. */
bool store_tag_put(struct store *store, const struct store_tag *tag,
    bool *ret_changed, struct err *err) GM_MUST_CHECK;

/* How many contacts have a tag; *ret_found is false when there is no such
   tag. */
bool store_tag_users(struct store *store, const char *slug, bool *ret_found,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

/* Calls a tag that is there by a slug that none has. */
bool store_tag_rename(struct store *store, const char *old, const char *slug,
    struct err *err) GM_MUST_CHECK;

/* Gives all who have `from` the tag `into`, both being there, and takes `from`
   away. */
bool store_tag_merge(struct store *store, const char *from, const char *into,
    struct err *err) GM_MUST_CHECK;

/* Takes away a tag that nobody has. */
bool store_tag_remove(
    struct store *store, const char *slug, struct err *err) GM_MUST_CHECK;

#endif
