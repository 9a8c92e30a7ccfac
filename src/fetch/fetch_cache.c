#include "fetch/fetch_cache.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/now.h"
#include "base/num.h"
#include "base/vec.h"

enum { LARGEST = 4 * 1000 * 1000 };

struct seen {
	const char *url;
	int64_t when;
};

struct fetch_cache {
	struct arena *arena;
	const char *path;
	GM_VEC(struct seen) seen;
	bool changed;
};

static void
read_line(
    struct fetch_cache *cache, const char *line, int64_t now, int64_t keep_ms)
{
	const char *blank = strchr(line, ' ');
	struct seen one;

	if (blank == NULL ||
	    !num_parse(
		arena_strndup(cache->arena, line, (size_t)(blank - line)), 0,
		INT64_MAX, &one.when) ||
	    one.when > now || now - one.when >= keep_ms)
		return;
	one.url = blank + 1;
	vec_push(&cache->seen, one);
}

bool
fetch_cache_open(const char *path, int64_t keep_ms,
    struct fetch_cache **ret_cache, struct err *err)
{
	struct fetch_cache *cache = mem_new(1, sizeof(*cache));
	struct text_list lines;
	int64_t now = now_ms();
	char *bytes;
	size_t count;

	cache->arena = arena_new();
	cache->path = arena_strdup(cache->arena, path);
	*ret_cache = cache;
	if (!file_exists(path))
		return true;
	if (!file_read(cache->arena, path, LARGEST, &bytes, &count, err)) {
		fetch_cache_free(cache);
		return false;
	}
	lines = text_split(cache->arena, bytes, '\n');
	for (size_t i = 0; i < lines.count; i++)
		read_line(cache, lines.items[i], now, keep_ms);
	return true;
}

bool
fetch_cache_has(const struct fetch_cache *cache, const char *url)
{
	for (size_t i = 0; i < cache->seen.count; i++)
		if (strcmp(cache->seen.items[i].url, url) == 0)
			return true;
	return false;
}

void
fetch_cache_add(struct fetch_cache *cache, const char *url)
{
	struct seen one = {
		.url = arena_strdup(cache->arena, url),
		.when = now_ms(),
	};

	vec_push(&cache->seen, one);
	cache->changed = true;
}

bool
fetch_cache_save(struct fetch_cache *cache, struct err *err)
{
	struct buf out GM_BUF_AT_EXIT = { 0 };

	if (!cache->changed)
		return true;
	buf_init(&out, LARGEST);
	for (size_t i = 0; i < cache->seen.count; i++)
		buf_add_format(&out, "%lld %s\n",
		    (long long)cache->seen.items[i].when,
		    cache->seen.items[i].url);
	return file_write(cache->path, buf_str(&out), out.used, 0644, err);
}

void
fetch_cache_free(struct fetch_cache *cache)
{
	if (cache == NULL)
		return;
	vec_clear(&cache->seen);
	arena_free(cache->arena);
	free(cache);
}
