#include "report/coverage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "model/municipality.h"
#include "report/table.h"
#include "store/store_merger.h"
#include "store/store_municipality.h"
#include "json/json.h"

/* A municipality that counts, and its contacts with those of its wards. */
struct entry {
	const struct store_municipality *place;
	struct store_place sum;
};

struct coverage {
	struct entry *entries; /* by code: each prefecture before its towns */
	size_t count;
	int64_t strangers; /* contacts whose code the register lacks */
};

static int
compare_codes(const void *code, const void *place)
{
	return strcmp(code, ((const struct store_place *)place)->code);
}

static void
add_place(struct store_place *sum, const struct store_place *place)
{
	sum->contacts += place->contacts;
	sum->reachable += place->reachable;
	sum->inactive += place->inactive;
	sum->without_basis += place->without_basis;
	sum->suppressed += place->suppressed;
}

/* A ward is called by its city's name and its own, and has a code behind. */
static bool
is_ward_of(const struct store_municipality *place,
    const struct store_municipality *city)
{
	return text_ends(city->name, "市") &&
	       text_starts(place->name, city->name) &&
	       text_ends(place->name, "区") &&
	       strncmp(place->code, city->code, 2) == 0;
}

static void
gather(struct coverage *coverage, const struct store_municipalities *all,
    const struct store_mergers *mergers, const struct store_places *places)
{
	struct entry *city = NULL;

	for (size_t i = 0; i < all->count; i++) {
		const struct store_municipality *place = &all->items[i];
		const struct store_place *found = NULL;
		struct entry *entry;

		if (store_merger_find(mergers, place->code) != NULL)
			continue;
		if (places->count > 0)
			found =
			    bsearch(place->code, places->items, places->count,
				sizeof(*places->items), compare_codes);
		if (city != NULL && is_ward_of(place, city->place)) {
			entry = city;
		} else {
			entry = &coverage->entries[coverage->count++];
			entry->place = place;
			if (text_ends(place->name, "市"))
				city = entry;
		}
		if (found == NULL)
			continue;
		add_place(&entry->sum, found);
		coverage->strangers -= found->contacts;
	}
}

static bool
read_coverage(struct arena *arena, struct store *store,
    struct coverage *ret_coverage, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct coverage coverage = { .count = 0 };
	struct store_municipalities all;
	struct store_mergers mergers;
	struct store_places places;

	if (!store_begin_reading(guard, err) ||
	    !store_municipality_list(arena, store, NULL, &all, err) ||
	    !store_merger_list(arena, store, &mergers, err) ||
	    !store_municipality_places(arena, store, &places, err))
		return false;
	if (all.count == 0)
		return err_set(err, ERR_NO_INPUT,
		    "the register is empty; `municipality import` reads one");
	for (size_t i = 0; i < places.count; i++)
		coverage.strangers += places.items[i].contacts;
	coverage.entries =
	    arena_take(arena, all.count, sizeof(*coverage.entries));
	gather(&coverage, &all, &mergers, &places);
	*ret_coverage = coverage;
	return true;
}

static bool
is_in(const struct entry *entry, const char *digits)
{
	return strncmp(entry->place->code, digits, 2) == 0;
}

/* The entries of a prefecture from number `first` on: how many, and how many
   of them have someone. */
static size_t
count_prefecture(
    const struct coverage *coverage, size_t first, size_t *ret_reachable)
{
	const char *digits = coverage->entries[first].place->code;
	size_t i = first;

	*ret_reachable = 0;
	for (; i < coverage->count && is_in(&coverage->entries[i], digits); i++)
		*ret_reachable += coverage->entries[i].sum.reachable > 0;
	return i - first;
}

static void
print_json(const struct coverage *coverage, size_t first, size_t count,
    size_t reachable, FILE *out)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct json *object GM_JSON_AT_EXIT = json_new();
	const struct entry *entries = &coverage->entries[first];
	struct text_list missing = {
		.items = arena_take(arena, count, sizeof(*missing.items)),
	};
	char code[MUNICIPALITY_CODE_BYTES];

	for (size_t i = 0; i < count; i++)
		if (entries[i].sum.reachable == 0)
			missing.items[missing.count++] = entries[i].place->code;
	municipality_prefecture(entries->place->code, code);
	json_set_text(object, "prefecture", entries->place->prefecture);
	json_set_text(object, "code", code);
	json_set_number(object, "municipalities", (int64_t)count);
	json_set_number(object, "reachable", (int64_t)reachable);
	json_set_texts(object, "missing", &missing);
	json_print(object, out);
}

static void
add_line(struct arena *arena, struct table *table, const char *name,
    size_t count, size_t reachable)
{
	table_add(
	    table, (const char *const[]){ name,
		       num_format_grouped(arena, (int64_t)count),
		       num_format_grouped(arena, (int64_t)reachable),
		       num_format_grouped(arena, (int64_t)(count - reachable)),
		       arena_format(arena, "%.1f %%",
			   100.0 * (double)reachable / (double)count) });
}

static void
print_strangers(const struct coverage *coverage, FILE *out)
{
	if (coverage->strangers > 0)
		fprintf(out,
		    "%" PRId64 " %s a municipality that the register does not "
		    "have; `municipality import` reads a newer one\n",
		    coverage->strangers,
		    coverage->strangers == 1 ? "contact names"
					     : "contacts name");
}

bool
coverage_print(struct store *store, bool json, FILE *out, struct err *err)
{
	static const char *const titles[] = { "PREFECTURE", ">MUNICIPALITIES",
		">REACHABLE", ">MISSING", ">SHARE", NULL };
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct coverage coverage;
	size_t sum = 0;
	size_t count;

	if (!read_coverage(arena, store, &coverage, err))
		return false;
	for (size_t first = 0; first < coverage.count; first += count) {
		size_t reachable;

		count = count_prefecture(&coverage, first, &reachable);
		sum += reachable;
		if (json)
			print_json(&coverage, first, count, reachable, out);
		else
			add_line(arena, table,
			    coverage.entries[first].place->prefecture, count,
			    reachable);
	}
	if (json)
		return true;
	add_line(arena, table, "total", coverage.count, sum);
	table_print(table, NULL, out);
	print_strangers(&coverage, out);
	return true;
}

static void
print_missing_json(const struct entry *entry, FILE *out)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "code", entry->place->code);
	json_set_text(object, "prefecture", entry->place->prefecture);
	json_set_text(object, "name", entry->place->name);
	json_set_number(object, "contacts", entry->sum.contacts);
	json_set_number(object, "inactive", entry->sum.inactive);
	json_set_number(object, "without_basis", entry->sum.without_basis);
	json_set_number(object, "suppressed", entry->sum.suppressed);
	json_print(object, out);
}

/* Why nobody may be mailed. */
static const char *
say_why(struct arena *arena, const struct store_place *sum)
{
	const struct {
		int64_t count;
		const char *why;
	} parts[] = {
		{ sum->inactive, "unsubscribed or removed" },
		{ sum->without_basis, "without a basis" },
		{ sum->suppressed, "suppressed" },
	};
	char *text = arena_strdup(arena, "");

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].count > 0)
			text = arena_format(arena, "%s%s%" PRId64 " %s", text,
			    *text != '\0' ? ", " : "", parts[i].count,
			    parts[i].why);
	return *text != '\0' ? text : "no contact";
}

bool
coverage_print_missing(struct store *store, const char *digits, bool json,
    FILE *out, struct err *err)
{
	static const char *const titles[] = { "CODE", "NAME", "KANA", "WHY",
		NULL };
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	const char *prefecture = digits;
	struct coverage coverage;
	size_t count = 0;
	size_t missing = 0;

	if (!read_coverage(arena, store, &coverage, err))
		return false;
	for (size_t i = 0; i < coverage.count; i++) {
		const struct entry *entry = &coverage.entries[i];

		if (!is_in(entry, digits))
			continue;
		prefecture = entry->place->prefecture;
		count++;
		if (entry->sum.reachable > 0)
			continue;
		missing++;
		if (json)
			print_missing_json(entry, out);
		else
			table_add(
			    table, (const char *const[]){ entry->place->code,
				       entry->place->name, entry->place->kana,
				       say_why(arena, &entry->sum) });
	}
	if (json)
		return true;
	table_print(table, NULL, out);
	fprintf(out, "%s: %zu of %zu have nobody who may be mailed\n",
	    prefecture, missing, count);
	return true;
}
