#include "people/people_keys.h"

#include <stdlib.h>

#include "base/vec.h"
#include "store/store_subscriber.h"
#include "store/store_suppression.h"

void
people_keys_clear(struct people_keys *keys)
{
	vec_clear(keys);
}

/* FNV-1a, finished by a mixing step. */
uint64_t
people_keys_hash(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	hash ^= hash >> 32;
	return hash * 0x9e3779b97f4a7c15;
}

static int
compare_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
note_key(const char *address_key, void *context)
{
	struct people_keys *keys = context;

	vec_push(keys, people_keys_hash(address_key));
}

static void
sort_keys(struct people_keys *keys)
{
	if (keys->count > 1)
		qsort(keys->items, keys->count, sizeof(*keys->items),
		    compare_hashes);
}

bool
people_keys_subscribers(
    struct store *store, struct people_keys *ret_keys, struct err *err)
{
	ret_keys->count = 0;
	if (!store_subscriber_keys(store, note_key, ret_keys, err))
		return false;
	sort_keys(ret_keys);
	return true;
}

bool
people_keys_suppressions(
    struct store *store, struct people_keys *ret_keys, struct err *err)
{
	ret_keys->count = 0;
	if (!store_suppression_keys(store, note_key, ret_keys, err))
		return false;
	sort_keys(ret_keys);
	return true;
}

bool
people_keys_hold(const struct people_keys *keys, uint64_t hash)
{
	return keys->count > 0 &&
	       bsearch(&hash, keys->items, keys->count, sizeof(*keys->items),
		   compare_hashes) != NULL;
}
