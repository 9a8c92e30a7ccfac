#include "base/memo.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/text.h"

enum { BUCKETS = 1024 };

struct entry {
	struct entry *next;
	const char *bytes;
	size_t count;
	int kind;
	const char *made;
};

struct memo {
	pthread_mutex_t lock;
	struct arena *arena;
	size_t most;
	struct entry *buckets[BUCKETS];
};

struct memo *
memo_new(size_t most)
{
	struct memo *memo = mem_new(1, sizeof(*memo));

	memo->arena = arena_new();
	memo->most = most;
	if (pthread_mutex_init(&memo->lock, NULL) != 0)
		abort();
	return memo;
}

void
memo_free(struct memo *memo)
{
	if (memo == NULL)
		return;
	pthread_mutex_destroy(&memo->lock);
	arena_free(memo->arena);
	free(memo);
}

static struct entry **
find_bucket(struct memo *memo, const char *bytes, size_t count)
{
	return &memo->buckets[text_hash(bytes, count) % BUCKETS];
}

static const struct entry *
find_entry(const struct entry *entry, int kind, const char *bytes, size_t count)
{
	while (entry != NULL && (entry->count != count || entry->kind != kind ||
				    memcmp(entry->bytes, bytes, count) != 0))
		entry = entry->next;
	return entry;
}

const char *
memo_find(struct memo *memo, int kind, const char *bytes, size_t count)
{
	struct entry **bucket = find_bucket(memo, bytes, count);
	const struct entry *entry;

	pthread_mutex_lock(&memo->lock);
	entry = find_entry(*bucket, kind, bytes, count);
	pthread_mutex_unlock(&memo->lock);
	return entry != NULL ? entry->made : NULL;
}

void
memo_keep(struct memo *memo, int kind, const char *bytes, size_t count,
    const char *made)
{
	struct entry **bucket = find_bucket(memo, bytes, count);
	struct entry *entry;

	pthread_mutex_lock(&memo->lock);
	if (arena_bytes(memo->arena) < memo->most &&
	    find_entry(*bucket, kind, bytes, count) == NULL) {
		entry = arena_take(memo->arena, 1, sizeof(*entry));
		*entry = (struct entry){
			.next = *bucket,
			.bytes = arena_strndup(memo->arena, bytes, count),
			.count = count,
			.kind = kind,
			.made = arena_strdup(memo->arena, made),
		};
		*bucket = entry;
	}
	pthread_mutex_unlock(&memo->lock);
}
