#ifndef STORE_STORE_SEGMENT_H
#define STORE_STORE_SEGMENT_H

/* Saved audience expressions, as texts; what they mean is decided in people/.
 */

#include "store/store.h"

struct store_segment {
	const char *name;
	const char *expression;
	int64_t changed_ms;
};

struct store_segments {
	struct store_segment *items; /* by name */
	size_t count;
};

/* All segments. Outside a transaction too. */
bool store_segment_list(struct arena *arena, struct store *store,
    struct store_segments *ret_list, struct err *err) GM_MUST_CHECK;

/* Adds one or gives the one there is this expression. */
bool store_segment_put(struct store *store, const char *name,
    const char *expression, struct err *err) GM_MUST_CHECK;

bool store_segment_remove(struct store *store, const char *name,
    bool *ret_removed, struct err *err) GM_MUST_CHECK;

#endif
