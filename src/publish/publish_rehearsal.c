#include "publish/publish_rehearsal.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/now.h"
#include "base/vec.h"
#include "digest/compose.h"
#include "people/links.h"

/* Prepared editions are large: of the many that a run may have, so many are
   kept, each in the slot of its number. */
enum { SLOTS = 128 };

/* An edition that was met. */
struct known_edition {
	const char *spec;
	size_t number;
};

struct slot {
	const struct known_edition *edition; /* NULL: empty */
	struct arena *arena;
	struct compose_edition *ready; /* NULL: it has a fault */
	struct edition *rendered;
	struct err fault;
};

/* The sizes of one kind, one for each reader. */
struct sizes {
	GM_VEC(uint32_t) bytes;
	uint32_t largest;
	const char *largest_of;
};

struct publish_rehearsal {
	struct arena *arena; /* of all that stays */
	struct arena *scratch;
	const struct secret_key *key;
	const struct material *material;
	struct composer *composer;
	void *editions; /* tsearch(3) tree of struct known_edition */
	size_t edition_count;
	struct slot slots[SLOTS];
	struct sizes html, message;
	GM_VEC(struct publish_fault) faults;
	struct publish_rehearsed result;
};

static void
empty_slot(struct slot *slot)
{
	arena_free(slot->arena);
	*slot = (struct slot){ 0 };
}

static void
empty_slots(struct publish_rehearsal *rehearsal)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (rehearsal->slots[i].edition != NULL)
			empty_slot(&rehearsal->slots[i]);
}

static void
keep_node(void *node)
{
	(void)node; /* lives in the arena */
}

struct publish_rehearsal *
publish_rehearsal_new(const struct secret_key *key)
{
	struct publish_rehearsal *rehearsal = mem_new(1, sizeof(*rehearsal));

	rehearsal->arena = arena_new();
	rehearsal->scratch = arena_new();
	rehearsal->key = key;
	return rehearsal;
}

void
publish_rehearsal_free(struct publish_rehearsal *rehearsal)
{
	if (rehearsal == NULL)
		return;
	empty_slots(rehearsal);
	tdestroy(rehearsal->editions, keep_node);
	vec_clear(&rehearsal->html.bytes);
	vec_clear(&rehearsal->message.bytes);
	vec_clear(&rehearsal->faults);
	arena_free(rehearsal->scratch);
	arena_free(rehearsal->arena);
	free(rehearsal);
}

void
publish_rehearsal_begin(
    struct publish_rehearsal *rehearsal, const struct material *material)
{
	const struct compose_mailing mailing = {
		.sender = &material->sender,
		.issue = material->issue->id,
		.key = rehearsal->key,
		.number = 1, /* as good as any */
	};

	empty_slots(rehearsal);
	rehearsal->material = material;
	rehearsal->composer = compose_begin(rehearsal->arena, &mailing);
}

static int
compare_editions(const void *a, const void *b)
{
	const struct known_edition *left = a;
	const struct known_edition *right = b;

	return strcmp(left->spec, right->spec);
}

static struct known_edition *
find_edition(struct publish_rehearsal *rehearsal, const char *spec)
{
	struct known_edition wanted = { .spec = spec };
	struct known_edition **found =
	    tfind(&wanted, &rehearsal->editions, compare_editions);
	struct known_edition *edition;

	if (found != NULL)
		return *found;
	edition = arena_take(rehearsal->arena, 1, sizeof(*edition));
	edition->spec = arena_strdup(rehearsal->arena, spec);
	edition->number = rehearsal->edition_count++;
	if (tsearch(edition, &rehearsal->editions, compare_editions) == NULL)
		mem_exhausted();
	return edition;
}

/* The edition, rendered and made ready, or its fault. */
static struct slot *
prepare(struct publish_rehearsal *rehearsal, const char *spec)
{
	struct known_edition *edition = find_edition(rehearsal, spec);
	struct slot *slot = &rehearsal->slots[edition->number % SLOTS];

	if (slot->edition == edition)
		return slot;
	if (slot->edition != NULL)
		empty_slot(slot);
	slot->edition = edition;
	slot->arena = arena_new();
	if (material_edition(slot->arena, rehearsal->material, spec, NULL,
		&slot->rendered, &slot->fault))
		slot->ready = compose_prepare(
		    slot->arena, rehearsal->composer, slot->rendered);
	return slot;
}

static void
add_fault(struct publish_rehearsal *rehearsal, const char *text,
    const struct person *person)
{
	struct publish_fault fault = { .readers = 1 };

	rehearsal->result.faulty++;
	for (size_t i = 0; i < rehearsal->faults.count; i++)
		if (text_equal(rehearsal->faults.items[i].text, text)) {
			rehearsal->faults.items[i].readers++;
			return;
		}
	if (rehearsal->faults.count == PUBLISH_FAULTS_KEPT) {
		rehearsal->result.more_faults = true;
		return;
	}
	fault.text = arena_strdup(rehearsal->arena, text);
	fault.address = arena_strdup(rehearsal->arena, person->address);
	vec_push(&rehearsal->faults, fault);
}

static void
add_size(struct publish_rehearsal *rehearsal, struct sizes *sizes, size_t bytes,
    const struct person *person)
{
	uint32_t size = bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;

	vec_push(&sizes->bytes, size);
	if (size <= sizes->largest)
		return;
	sizes->largest = size;
	sizes->largest_of = arena_strdup(rehearsal->arena, person->address);
}

/* Bytes of a value where it stands in HTML. */
static size_t
escaped_bytes(const char *value)
{
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, SIZE_MAX / 4);
	edition_escape(value, &out);
	return out.used;
}

/* Bytes of the HTML part of one reader. */
static size_t
measure_html(struct publish_rehearsal *rehearsal, const struct edition *edition,
    const struct person *person)
{
	const struct sender *sender = &rehearsal->material->sender;
	const struct link_ids ids = { .subscriber = person->subscriber,
		.mailing = 1 };
	const struct edition_links links = {
		.unsubscribe_url = links_unsubscribe_url(
		    rehearsal->scratch, rehearsal->key, sender, ids),
		.preferences_url = links_preferences_url(
		    rehearsal->scratch, rehearsal->key, sender, ids),
	};
	const char *values[PERSONALS];
	size_t bytes = 0;

	edition_values(rehearsal->scratch, edition, person, &links, values);
	for (size_t i = 0; i < edition->html.count; i++)
		bytes += edition->html.segments[i].count +
			 escaped_bytes(values[edition->html.segments[i].then]);
	return bytes;
}

void
publish_rehearsal_add(struct publish_rehearsal *rehearsal, const char *spec,
    const struct person *person)
{
	struct slot *slot = prepare(rehearsal, spec);
	struct message message;
	struct err fault = { 0 };
	size_t html;

	if (slot->ready == NULL) {
		add_fault(rehearsal, slot->fault.text, person);
		return;
	}
	arena_reset(rehearsal->scratch);
	if (!compose(rehearsal->scratch, slot->ready, person, now_ms(),
		&message, &fault)) {
		add_fault(rehearsal, fault.text, person);
		return;
	}
	rehearsal->result.digests++;
	add_size(rehearsal, &rehearsal->message, message.count, person);
	if (slot->rendered->format != FORMAT_HTML)
		return;
	html = measure_html(rehearsal, slot->rendered, person);
	rehearsal->result.html_digests++;
	rehearsal->result.large += html > PUBLISH_HTML_LARGE;
	add_size(rehearsal, &rehearsal->html, html, person);
}

static int
compare_sizes(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static struct publish_sizes
sum_up(struct sizes *sizes)
{
	const uint32_t *bytes = sizes->bytes.items;
	size_t count = sizes->bytes.count;

	if (count == 0)
		return (struct publish_sizes){ .largest_of = "" };
	qsort(sizes->bytes.items, count, sizeof(*bytes), compare_sizes);
	return (struct publish_sizes){
		.smallest = bytes[0],
		.median = bytes[(count - 1) / 2],
		.largest = sizes->largest,
		.largest_of = sizes->largest_of,
	};
}

void
publish_rehearsal_end(struct publish_rehearsal *rehearsal,
    struct publish_rehearsed *ret_rehearsed)
{
	struct publish_rehearsed *result = &rehearsal->result;

	result->editions = (int64_t)rehearsal->edition_count;
	result->html = sum_up(&rehearsal->html);
	result->message = sum_up(&rehearsal->message);
	result->faults = rehearsal->faults.items;
	result->fault_count = rehearsal->faults.count;
	*ret_rehearsed = *result;
}
