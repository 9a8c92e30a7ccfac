#ifndef PEOPLE_PEOPLE_KEYS_H
#define PEOPLE_PEOPLE_KEYS_H

/* Which addresses the store knows, as hashes in memory, so that most lines of
   an import need no question to the database. Eight bytes each. */

#include <stdint.h>

#include "store/store.h"

struct people_keys {
	uint64_t *items; /* sorted */
	size_t count;
	size_t room;
};

/* Valid after `= { 0 }`. */
void people_keys_clear(struct people_keys *keys);

/* All addresses of subscribers, whatever their state. */
bool people_keys_subscribers(struct store *store, struct people_keys *ret_keys,
    struct err *err) GM_MUST_CHECK;

/* All addresses that must not be mailed. */
bool people_keys_suppressions(struct store *store, struct people_keys *ret_keys,
    struct err *err) GM_MUST_CHECK;

/* False: the address is not among them. True: the store must be asked. */
bool people_keys_hold(const struct people_keys *keys, uint64_t hash);

/* Of any text; differs between two of a million texts but for one case in
   forty million. */
uint64_t people_keys_hash(const char *text);

#endif
