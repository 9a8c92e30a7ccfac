#include "people/people_near.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "unicode/unicode.h"

enum {
	MOST_ALIKE = 3,     /* more with one name are a desk */
	MOST_WARNINGS = 20, /* of each kind */
};

/* A line with a name; three words, for there may be millions. */
struct named {
	uint32_t high, low; /* the hash of name and organisation */
	uint32_t line : 31;
	uint32_t fresh : 1;
};

struct people_near {
	GM_VEC(struct named) lines;
	bool any_fresh;
	struct arena *arena;

	/* Of the report. */
	const char *file;
	bool (*is_in_file)(const char *key, void *context);
	void *context;
	struct complaints *complaints;
	size_t pairs, known; /* found */
};

struct people_near *
people_near_new(void)
{
	struct people_near *near = mem_new(1, sizeof(*near));

	near->arena = arena_new();
	return near;
}

void
people_near_free(struct people_near *near)
{
	if (near == NULL)
		return;
	vec_clear(&near->lines);
	arena_free(near->arena);
	free(near);
}

/* Adds a name without what people write it with or without (FNV-1a). */
static uint64_t
add_folded(struct arena *arena, uint64_t hash, const char *text)
{
	const char *folded = unicode_nfkc(arena, text);

	for (; *folded != '\0'; folded++) {
		unsigned char c = (unsigned char)*folded;

		if (c != ' ' && c != '\t')
			hash = (hash ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) *
			       0x100000001b3;
	}
	return (hash ^ '\n') * 0x100000001b3;
}

/* False when there is nothing to compare. Towns of one name have codes that
   differ. */
static bool
hash_name(struct arena *arena, const char *name, const char *organisation,
    const char *municipality, uint64_t *ret_hash)
{
	uint64_t hash = 0xcbf29ce484222325;

	if (name[0] == '\0' || organisation[0] == '\0')
		return false;
	hash = add_folded(arena, hash, organisation);
	hash = add_folded(arena, hash, municipality);
	hash = add_folded(arena, hash, name);
	hash ^= hash >> 32;
	*ret_hash = hash * 0x9e3779b97f4a7c15;
	return true;
}

void
people_near_add(struct people_near *near,
    const struct store_subscriber *contact, size_t line, bool fresh)
{
	struct named named;
	uint64_t hash;

	arena_reset(near->arena);
	if (line > INT32_MAX ||
	    !hash_name(near->arena, contact->name, contact->organisation,
		contact->municipality, &hash))
		return;
	named = (struct named){ (uint32_t)(hash >> 32), (uint32_t)hash,
		(uint32_t)line & INT32_MAX, fresh };
	near->any_fresh |= fresh;
	vec_push(&near->lines, named);
}

static int
compare_named(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static bool
is_alike(const struct named *a, const struct named *b)
{
	return a->high == b->high && a->low == b->low;
}

/* How many lines have the name of number `first`, the first of them. */
static size_t
count_alike(const struct people_near *near, size_t first)
{
	size_t count = 1;

	while (first + count < near->lines.count &&
	       is_alike(&near->lines.items[first],
		   &near->lines.items[first + count]))
		count++;
	return count;
}

static void
warn_pairs(struct people_near *near, size_t first, size_t count)
{
	const struct named *lines = near->lines.items + first;

	for (size_t i = 1; i < count; i++)
		if (near->pairs++ < MOST_WARNINGS)
			complaints_warn(near->complaints, near->file,
			    lines[i].line,
			    "the same name and organisation as in line %u, "
			    "under another address; is it one person?",
			    (unsigned)lines[0].line);
}

/* The first of the lines with that hash, SIZE_MAX when there is none. */
static size_t
find_first(const struct people_near *near, uint64_t hash)
{
	const struct named key = { (uint32_t)(hash >> 32), (uint32_t)hash, 0,
		0 };
	size_t low = 0, high = near->lines.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_named(&near->lines.items[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < near->lines.count &&
		       is_alike(&near->lines.items[low], &key)
		   ? low
		   : SIZE_MAX;
}

/* A subscriber whose name stands in the file, but not the address. */
static void
compare_stored(const char *address_key, const char *name,
    const char *organisation, const char *municipality, void *context)
{
	struct people_near *near = context;
	uint64_t hash;
	size_t first;

	arena_reset(near->arena);
	if (!hash_name(near->arena, name, organisation, municipality, &hash))
		return;
	first = find_first(near, hash);
	if (first == SIZE_MAX || !near->lines.items[first].fresh ||
	    count_alike(near, first) > 1 ||
	    near->is_in_file(address_key, near->context))
		return;
	if (near->known++ < MOST_WARNINGS)
		complaints_warn(near->complaints, near->file,
		    near->lines.items[first].line,
		    "the same name and organisation as the subscriber %s, who "
		    "is not in the file; has the address changed?",
		    address_key);
}

static void
tell_rest(struct people_near *near, size_t found, const char *what)
{
	if (found > MOST_WARNINGS)
		complaints_warn(near->complaints, near->file, 0,
		    "%zu more lines with the name and organisation of %s",
		    found - MOST_WARNINGS, what);
}

bool
people_near_report(struct people_near *near, struct store *store,
    const char *file, bool (*is_in_file)(const char *key, void *context),
    void *context, struct complaints *complaints, struct err *err)
{
	size_t count;

	near->file = file;
	near->is_in_file = is_in_file;
	near->context = context;
	near->complaints = complaints;
	if (near->lines.count > 1)
		qsort(near->lines.items, near->lines.count,
		    sizeof(*near->lines.items), compare_named);
	for (size_t i = 0; i < near->lines.count; i += count) {
		count = count_alike(near, i);
		if (count <= MOST_ALIKE)
			warn_pairs(near, i, count);
	}
	if (near->any_fresh &&
	    !store_subscriber_names(store, compare_stored, near, err))
		return false;
	tell_rest(near, near->pairs, "another line");
	tell_rest(near, near->known, "a subscriber");
	return true;
}
