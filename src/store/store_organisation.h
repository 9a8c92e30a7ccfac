#ifndef STORE_STORE_ORGANISATION_H
#define STORE_STORE_ORGANISATION_H

/* Organisations: one for each name at each municipality; made and named by
   what contacts say. */

#include "store/store.h"

struct store_organisation {
	int64_t id;
	const char *name;         /* "" when contacts gave the code alone */
	const char *municipality; /* six digits; "" when it is none */
	int64_t contacts;         /* that are not erased */
	int64_t active;           /* of them */
};

struct store_organisations {
	struct store_organisation *items; /* by name, then code */
	size_t count;
};

/* Those that contacts belong to; with `empty` the others, too. `name` and
   `municipality`: only those with it; NULL: all. Outside a transaction too. */
bool store_organisation_list(struct arena *arena, struct store *store,
    const char *name, const char *municipality, bool empty,
    struct store_organisations *ret_list, struct err *err) GM_MUST_CHECK;

/* The one of an id; *ret_row is NULL when there is none. */
bool store_organisation_find(struct arena *arena, struct store *store,
    int64_t id, struct store_organisation **ret_row,
    struct err *err) GM_MUST_CHECK;

/* Whether one has this name, with contacts or without. */
bool store_organisation_named(struct store *store, const char *name,
    bool *ret_named, struct err *err) GM_MUST_CHECK;

/* Its id; 0: there is none. */
bool store_organisation_at(struct store *store, const char *name,
    const char *municipality, int64_t *ret_id, struct err *err) GM_MUST_CHECK;

/* Gives it a name and a place that none has; this and what follows puts it
   into the history, and that of each contact. */
bool store_organisation_update(struct store *store, int64_t id,
    const char *name, const char *municipality, struct err *err) GM_MUST_CHECK;

/* Moves the contacts of `from` to `into` and takes it away. *ret_count says
   how many. */
bool store_organisation_merge(struct store *store, int64_t from, int64_t into,
    int64_t *ret_count, struct err *err) GM_MUST_CHECK;

#endif
