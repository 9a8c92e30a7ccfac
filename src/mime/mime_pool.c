#include "mime/mime_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { BUCKETS = 4096 };

struct entry {
	struct entry *next;
	const char *bytes;
	size_t count;
	bool is_base64;
	struct mime_stretch stretch;
};

struct mime_pool {
	pthread_mutex_t lock;
	struct arena *arena;
	size_t most;
	struct entry *buckets[BUCKETS];
};

struct mime_pool *
mime_pool_new(size_t most_bytes)
{
	struct mime_pool *pool = mem_new(1, sizeof(*pool));

	pool->arena = arena_new();
	pool->most = most_bytes;
	if (pthread_mutex_init(&pool->lock, NULL) != 0)
		abort();
	return pool;
}

void
mime_pool_free(struct mime_pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_destroy(&pool->lock);
	arena_free(pool->arena);
	free(pool);
}

static struct entry **
find_bucket(struct mime_pool *pool, const char *bytes, size_t count)
{
	return &pool->buckets[text_hash(bytes, count) % BUCKETS];
}

static struct entry *
find_entry(struct entry *entry, const char *bytes, size_t count, bool is_base64)
{
	while (entry != NULL &&
	       (entry->count != count || entry->is_base64 != is_base64 ||
		   memcmp(entry->bytes, bytes, count) != 0))
		entry = entry->next;
	return entry;
}

static struct entry *
add_entry(struct mime_pool *pool, struct entry **bucket, const char *bytes,
    size_t count, bool is_base64)
{
	struct entry *entry = arena_take(pool->arena, 1, sizeof(*entry));

	entry->next = *bucket;
	entry->bytes = arena_copy(pool->arena, bytes, count);
	entry->count = count;
	entry->is_base64 = is_base64;
	if (is_base64)
		mime_stretch_phase(
		    pool->arena, bytes, count, true, &entry->stretch);
	else
		mime_stretch_quote(
		    pool->arena, bytes, count, false, true, &entry->stretch);
	*bucket = entry;
	return entry;
}

const struct mime_stretch *
mime_pool_find(
    struct mime_pool *pool, const char *bytes, size_t count, bool is_base64)
{
	struct entry **bucket = find_bucket(pool, bytes, count);
	struct entry *entry;

	pthread_mutex_lock(&pool->lock);
	entry = find_entry(*bucket, bytes, count, is_base64);
	if (entry == NULL && arena_bytes(pool->arena) < pool->most)
		entry = add_entry(pool, bucket, bytes, count, is_base64);
	pthread_mutex_unlock(&pool->lock);
	return entry != NULL ? &entry->stretch : NULL;
}
