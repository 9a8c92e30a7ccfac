#ifndef STORE_STORE_PACE_H
#define STORE_STORE_PACE_H

/* What was said about pace while mail is being sent: limits that an operator
   changed, and groups of destinations that must wait, so that other runners
   and later ones know. Reading is allowed outside a transaction too. */

#include "model/pace.h"
#include "store/store.h"

/* The changes, by group. */
bool store_pace_changes(struct arena *arena, struct store *store,
    struct pace_change **ret_changes, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

/* Changes a limit; it counts until it is reset. */
bool store_pace_change(struct store *store, const struct pace_change *change,
    int64_t now, struct err *err) GM_MUST_CHECK;

/* Back to what is configured. */
bool store_pace_reset(
    struct store *store, int64_t *ret_count, struct err *err) GM_MUST_CHECK;

struct store_pace_hold {
	const char *group;
	const char *text; /* why, for the operator */
	int64_t until_ms; /* INT64_MAX: until an operator frees it */
};

bool store_pace_holds(struct arena *arena, struct store *store,
    struct store_pace_hold **ret_holds, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;
bool store_pace_hold(struct store *store, const struct store_pace_hold *hold,
    struct err *err) GM_MUST_CHECK;

/* No hold on the group (any case) any more; NULL: on any. */
bool store_pace_free(struct store *store, const char *group, int64_t *ret_count,
    struct err *err) GM_MUST_CHECK;

#endif
