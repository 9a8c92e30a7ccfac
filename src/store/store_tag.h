#ifndef STORE_TAG_H
#define STORE_TAG_H

/* The vocabulary of interests. Tags are never deleted: old interests and
   articles name them. */

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

#endif
