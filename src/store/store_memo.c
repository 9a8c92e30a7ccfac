#include "store/store_memo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
	SLOTS = 8192,
	WAYS = 16, /* slots in a row, each of which may hold a key */
};

struct slot {
	char *key; /* kind, first, second, a NUL behind each; NULL: free */
	int64_t id;
};

struct store_memo {
	struct slot slots[SLOTS];
	bool used;
};

struct store_memo *
store_memo_new(void)
{
	return mem_new(1, sizeof(struct store_memo));
}

void
store_memo_clear(struct store_memo *memo)
{
	for (size_t i = 0; memo->used && i < SLOTS; i++) {
		free(memo->slots[i].key);
		memo->slots[i].key = NULL;
	}
	memo->used = false;
}

void
store_memo_free(struct store_memo *memo)
{
	if (memo == NULL)
		return;
	store_memo_clear(memo);
	free(memo);
}

static uint32_t
add_hash(uint32_t hash, const char *text)
{
	do
		hash = (hash ^ (unsigned char)*text) * 0x01000193u;
	while (*text++ != '\0');
	return hash;
}

static size_t
find_place(const char *kind, const char *first, const char *second)
{
	uint32_t hash = add_hash(0x811c9dc5u, kind);

	hash = add_hash(add_hash(hash, first), second);
	return (hash ^ hash >> 16) % SLOTS;
}

/* Whether a slot's key is that of the three texts. */
static bool
is_key(const struct slot *slot, const char *kind, const char *first,
    const char *second)
{
	const char *parts[] = { kind, first, second };
	const char *at = slot->key;

	for (size_t i = 0; i < 3; i++) {
		if (strcmp(at, parts[i]) != 0)
			return false;
		at += strlen(at) + 1;
	}
	return true;
}

bool
store_memo_find(const struct store_memo *memo, const char *kind,
    const char *first, const char *second, int64_t *ret_id)
{
	size_t place = find_place(kind, first, second);

	for (size_t i = 0; i < WAYS; i++) {
		const struct slot *slot = &memo->slots[(place + i) % SLOTS];

		if (slot->key == NULL)
			return false;
		if (is_key(slot, kind, first, second)) {
			*ret_id = slot->id;
			return true;
		}
	}
	return false;
}

void
store_memo_put(struct store_memo *memo, const char *kind, const char *first,
    const char *second, int64_t id)
{
	size_t place = find_place(kind, first, second);
	struct slot *slot = &memo->slots[place];
	size_t kind_bytes = strlen(kind) + 1;
	size_t first_bytes = strlen(first) + 1;

	/* What stands in the first one gives way when all are taken. */
	for (size_t i = 0; i < WAYS; i++) {
		struct slot *other = &memo->slots[(place + i) % SLOTS];

		if (other->key == NULL || is_key(other, kind, first, second)) {
			slot = other;
			break;
		}
	}
	free(slot->key);
	slot->key = mem_new(kind_bytes + first_bytes + strlen(second) + 1, 1);
	strcpy(slot->key, kind);
	strcpy(slot->key + kind_bytes, first);
	strcpy(slot->key + kind_bytes + first_bytes, second);
	slot->id = id;
	memo->used = true;
}
