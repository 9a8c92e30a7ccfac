#ifndef FETCH_FETCH_CACHE_H
#define FETCH_FETCH_CACHE_H

/* Within the room: addresses that were alive, with the time, a line each:
   "MILLISECONDS URL". What is no such line is dropped. */

#include "base/err.h"
#include "fetch/fetch.h"

struct fetch_cache;

/* Reads what is still good; a missing file is an empty one. */
bool fetch_cache_open(const char *path, int64_t keep_ms,
    struct fetch_cache **ret_cache, struct err *err) GM_MUST_CHECK;
bool fetch_cache_has(const struct fetch_cache *cache, const char *url);
void fetch_cache_add(struct fetch_cache *cache, const char *url);

/* Writes it when something was added. */
bool fetch_cache_save(struct fetch_cache *cache, struct err *err) GM_MUST_CHECK;
void fetch_cache_free(struct fetch_cache *cache); /* NULL is allowed */

#endif
