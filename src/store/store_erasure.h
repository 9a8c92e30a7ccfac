#ifndef STORE_STORE_ERASURE_H
#define STORE_STORE_ERASURE_H

/* Addresses that were erased, each as a keyed hash that people/ makes. */

#include "store/store_history.h"

struct store_erasure {
	unsigned char mac[STORE_SHA256_BYTES];
	int64_t key_id;     /* of the site key that made it */
	int64_t subscriber; /* 0: it was none */
	const char *reason; /* of the suppression there was; "": none */
	int64_t at_ms;
};

struct store_erasures {
	struct store_erasure *items; /* by mac */
	size_t count;
};

bool store_erasure_list(struct arena *arena, struct store *store,
    struct store_erasures *ret_list, struct err *err) GM_MUST_CHECK;

/* Adds one, unless it is there. */
bool store_erasure_add(struct store *store, const struct store_erasure *row,
    struct err *err) GM_MUST_CHECK;

/* For who came back by their own wish. */
bool store_erasure_remove(struct store *store,
    const unsigned char mac[STORE_SHA256_BYTES], struct err *err) GM_MUST_CHECK;

#endif
