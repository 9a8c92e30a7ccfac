#ifndef STORE_STORE_AUDIENCE_H
#define STORE_STORE_AUDIENCE_H

/* Audiences as conditions on subscribers. Takes trees whose values were
   checked (people/people_audience.h) and that hold no segment. Who is in one:
   store_subscriber_each with a filter. */

#include "model/audience.h"
#include "store/store.h"

struct store_audience_counts {
	int64_t matching;  /* not erased */
	int64_t reachable; /* of them: may be mailed */

	/* Why the others may not; the first that holds. */
	int64_t inactive; /* unsubscribed, removed */
	int64_t without_basis;
	int64_t suppressed;
};

/* Outside a transaction too. */
bool store_audience_count(struct store *store, const struct audience *tree,
    struct store_audience_counts *ret_counts, struct err *err) GM_MUST_CHECK;

#endif
