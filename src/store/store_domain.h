#ifndef STORE_STORE_DOMAIN_H
#define STORE_STORE_DOMAIN_H

/* What DNS said about the domains of contacts, kept so that it need not be
   asked again soon. A cache: losing it loses nothing. */

#include "store/store.h"

struct store_domain {
	const char *domain; /* ASCII, in lower case */
	const char *answer; /* the words of dns/ */
	const char *detail;
	int64_t asked_ms;
};

/* The row of a domain if it was asked about at `since_ms` or later; NULL when
   there is none. */
bool store_domain_find(struct arena *arena, struct store *store,
    const char *domain, int64_t since_ms, struct store_domain **ret_row,
    struct err *err) GM_MUST_CHECK;

bool store_domain_put(struct store *store, const struct store_domain *row,
    struct err *err) GM_MUST_CHECK;

/* Forgets what was asked before. */
bool store_domain_forget(
    struct store *store, int64_t before_ms, struct err *err) GM_MUST_CHECK;

#endif
