#ifndef STORE_MUNICIPALITY_H
#define STORE_MUNICIPALITY_H

/* The register of municipalities: names for codes. Codes outside it are
   accepted elsewhere when they hold. */

#include "store/store.h"

struct store_municipality {
	const char *code;
	const char *prefecture;
	const char *name; /* the prefecture's own row: its name again */
	const char *kana;
	const char *romaji; /* "Misato-cho"; "" when not known */
};

struct store_municipalities {
	struct store_municipality *items; /* by code */
	size_t count;
};

/* The whole register, or one prefecture's part of it (by name, such as
   "島根県"; NULL: all). */
bool store_municipality_list(struct arena *arena, struct store *store,
    const char *prefecture, struct store_municipalities *ret_list,
    struct err *err) GM_MUST_CHECK;

/* The row of a code; *ret_row is NULL when the register has none. */
bool store_municipality_find(struct arena *arena, struct store *store,
    const char *code, struct store_municipality **ret_row,
    struct err *err) GM_MUST_CHECK;

/* Adds a row or replaces what its code is called. */
bool store_municipality_put(struct store *store,
    const struct store_municipality *row, struct err *err) GM_MUST_CHECK;

/* Whether the contacts of a code may be mailed. */
struct store_place {
	const char *code;
	int64_t contacts; /* not erased */
	int64_t reachable;

	/* Why the others may not be mailed; the first that holds. */
	int64_t inactive; /* unsubscribed, removed */
	int64_t without_basis;
	int64_t suppressed;
};

struct store_places {
	struct store_place *items; /* by code */
	size_t count;
};

/* All codes that contacts have, in the register or not. */
bool store_municipality_places(struct arena *arena, struct store *store,
    struct store_places *ret_places, struct err *err) GM_MUST_CHECK;

#endif
