#ifndef STORE_SUPPRESSION_H
#define STORE_SUPPRESSION_H

/* Addresses that must not be mailed. Keyed by address, so that an entry
   outlives the contact and any re-import (R-SUP-1). */

#include "store/store.h"

struct store_suppression {
	const char *address_key;
	const char *reason; /* unsubscribed, bounced, complained, operator */
	int64_t at_ms;
	const char *evidence; /* "" when there is none */
};

struct store_suppressions {
	struct store_suppression *items; /* by address */
	size_t count;
};

/* The entry of an address; *ret_row is NULL when there is none. */
bool store_suppression_find(struct arena *arena, struct store *store,
    const char *address_key, struct store_suppression **ret_row,
    struct err *err) GM_MUST_CHECK;

bool store_suppression_list(struct arena *arena, struct store *store,
    struct store_suppressions *ret_list, struct err *err) GM_MUST_CHECK;

/* Calls `each` with the address of every entry. */
bool store_suppression_keys(struct store *store,
    void (*each)(const char *address_key, void *context), void *context,
    struct err *err) GM_MUST_CHECK;

/* Adds an entry; one that is there stays as it is (the first reason counts).
 */
bool store_suppression_add(struct store *store,
    const struct store_suppression *row, struct err *err) GM_MUST_CHECK;

/* *ret_removed says whether there was one. */
bool store_suppression_remove(struct store *store, const char *address_key,
    bool *ret_removed, struct err *err) GM_MUST_CHECK;

#endif
