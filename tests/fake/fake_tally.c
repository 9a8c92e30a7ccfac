#include "fake_tally.h"

#include "fake_memory.h"

uint64_t
fake_tally_hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3u;
	return h;
}

uint64_t
fake_tally_mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
	x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93u;
	return x ^ (x >> 32);
}

static size_t
find_slot(const struct fake_tally *t, uint64_t key)
{
	size_t at = (size_t)fake_tally_mix(key) & (t->slots - 1);

	while (t->keys[at] && t->keys[at] != key)
		at = (at + 1) & (t->slots - 1);
	return at;
}

static void
grow(struct fake_tally *t)
{
	struct fake_tally old = *t;

	t->slots = old.slots ? old.slots * 2 : 1024;
	t->keys = fake_memory_zeroed(t->slots * sizeof(*t->keys));
	t->counts = fake_memory_zeroed(t->slots * sizeof(*t->counts));

	/* Move each key to its place in the wider table. */
	for (size_t i = 0; i < old.slots; i++) {
		if (!old.keys[i])
			continue;
		size_t at = find_slot(t, old.keys[i]);
		t->keys[at] = old.keys[i];
		t->counts[at] = old.counts[i];
	}
	fake_tally_clear(&old);
}

uint32_t
fake_tally_add(struct fake_tally *t, uint64_t key)
{
	if (!key)
		key = 1;
	if (t->used * 2 >= t->slots)
		grow(t);
	size_t at = find_slot(t, key);
	if (!t->keys[at]) {
		t->keys[at] = key;
		t->used++;
	}
	return ++t->counts[at];
}

void
fake_tally_clear(struct fake_tally *t)
{
	free(t->keys);
	free(t->counts);
	*t = (struct fake_tally){ 0 };
}
