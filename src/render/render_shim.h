#ifndef RENDER_RENDER_SHIM_H
#define RENDER_RENDER_SHIM_H

/* ctemplate's cache seen from C; inside this room only. The dictionaries of
   render.h stand in the same C++ file. Memory that is missing aborts; what
   ctemplate would print on standard error is dropped. */

#include "base/buf.h"

struct render_dict;
struct render_cache;

struct render_cache *render_cache_new(void);
void render_cache_free(struct render_cache *cache);

/* False when ctemplate cannot make sense of the text. */
bool render_cache_add(struct render_cache *cache, const char *name,
    const char *bytes, size_t count);

/* Tells of each marker of a text, in order, how ctemplate escapes it: "h",
   "U=html", "J=number". False when it makes no sense of the text. */
bool render_shim_contexts(const char *name, const char *bytes, size_t count,
    void (*tell)(void *told, const char *marker, const char *escape),
    void *told);
void render_cache_freeze(struct render_cache *cache);

/* False when the cache lacks the file. */
bool render_cache_expand(const struct render_cache *cache, const char *file,
    const struct render_dict *dict, struct buf *out);

#endif
