#include "digest/tailor_index.h"

#include <stdlib.h>
#include <string.h>

#include "model/municipality.h"

static int
compare_word(
    enum tailor_reason kind, const char *value, const struct mention *mention)
{
	if (kind != mention->kind)
		return kind < mention->kind ? -1 : 1;
	return strcmp(value, mention->value);
}

static int
compare_mentions(const void *a, const void *b)
{
	const struct mention *first = a;
	const struct mention *second = b;
	int order = compare_word(first->kind, first->value, second);

	if (order != 0)
		return order;
	return (first->article > second->article) -
	       (first->article < second->article);
}

static void
add_mentions(struct tailor *tailor, enum tailor_reason kind,
    const struct text_list *words, size_t article)
{
	for (size_t i = 0; i < words->count; i++)
		tailor->mentions[tailor->mention_count++] = (struct mention){
			.kind = kind,
			.value = words->items[i],
			.article = (uint32_t)article,
		};
}

/* Sorts, drops doubles, and counts from the end how many belong together. */
static void
sort_mentions(struct tailor *tailor)
{
	struct mention *items = tailor->mentions;
	size_t count = 0;

	qsort(items, tailor->mention_count, sizeof(*items), compare_mentions);
	for (size_t i = 0; i < tailor->mention_count; i++)
		if (count == 0 ||
		    compare_mentions(&items[count - 1], &items[i]) != 0)
			items[count++] = items[i];
	tailor->mention_count = count;
	for (size_t i = count; i-- > 0;) {
		bool joins =
		    i + 1 < count && compare_word(items[i].kind, items[i].value,
					 &items[i + 1]) == 0;

		items[i].same = joins ? items[i + 1].same + 1 : 1;
	}
}

static void
add_places(struct arena *arena, struct tailor *tailor, size_t article)
{
	const struct text_list *codes =
	    &tailor->issue->articles[article].places;

	for (size_t i = 0; i < codes->count; i++) {
		char prefecture[MUNICIPALITY_CODE_BYTES];

		municipality_prefecture(codes->items[i], prefecture);
		tailor->places[tailor->place_count++] = (struct place){
			.article = (uint32_t)article,
			.code = codes->items[i],
			.prefecture = arena_strdup(arena, prefecture),
		};
	}
}

static size_t
choose_limit(int of_issue, int of_site)
{
	int limit = of_issue >= 0 ? of_issue : of_site;

	return limit > 0 ? (size_t)limit : 0;
}

struct tailor *
tailor_prepare(struct arena *arena, const struct issue *issue,
    const struct tailoring *rules)
{
	struct tailor *tailor = arena_take(arena, 1, sizeof(*tailor));
	size_t mentions = 0;
	size_t places = 0;

	tailor->issue = issue;
	tailor->skip_empty = rules->skip_empty;
	tailor->weights = rules->weights;
	tailor->most = choose_limit(issue->max_articles, rules->max_articles);
	if (tailor->most == 0 || tailor->most > issue->count)
		tailor->most = issue->count;
	tailor->least = choose_limit(issue->min_articles, rules->min_articles);

	for (size_t i = 0; i < issue->count; i++) {
		const struct article *article = &issue->articles[i];

		mentions += article->tags.count + article->countries.count;
		places += article->places.count;
	}
	tailor->mentions =
	    arena_take(arena, mentions, sizeof(*tailor->mentions));
	tailor->places = arena_take(arena, places, sizeof(*tailor->places));
	for (size_t i = 0; i < issue->count; i++) {
		const struct article *article = &issue->articles[i];

		add_mentions(tailor, TAILOR_TAG, &article->tags, i);
		add_mentions(tailor, TAILOR_COUNTRY, &article->countries, i);
		add_places(arena, tailor, i);
	}
	sort_mentions(tailor);
	return tailor;
}

const struct mention *
tailor_find_mention(
    const struct tailor *tailor, enum tailor_reason kind, const char *value)
{
	size_t low = 0;
	size_t high = tailor->mention_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_word(kind, value, &tailor->mentions[middle]) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == tailor->mention_count ||
	    compare_word(kind, value, &tailor->mentions[low]) != 0)
		return NULL;
	return &tailor->mentions[low];
}
