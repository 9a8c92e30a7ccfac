#ifndef STORE_STORE_MERGER_H
#define STORE_STORE_MERGER_H

/* Municipalities that were merged into another: old lists name them still. */

#include "store/store.h"

struct store_merger {
	const char *code;
	const char *into; /* never itself one that was merged */
	int64_t merged_ms;
};

struct store_mergers {
	struct store_merger *items; /* by code */
	size_t count;
};

/* All mergers. Outside a transaction too. */
bool store_merger_list(struct arena *arena, struct store *store,
    struct store_mergers *ret_list, struct err *err) GM_MUST_CHECK;

/* Where a code went; NULL in a list that does not have it. */
const struct store_merger *store_merger_find(
    const struct store_mergers *list, const char *code);

/* Remembers a merger; what was merged into `code` before is now in `into`. */
bool store_merger_add(struct store *store, const char *code, const char *into,
    struct err *err) GM_MUST_CHECK;

#endif
