#include "digest/tailor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "digest/tailor_index.h"

/* What one reader and one article share. */
struct match {
	uint64_t rank; /* higher stands earlier */
	uint32_t article;
	uint32_t weight;          /* of tags and countries */
	uint32_t reasons;         /* in all; 0: not in */
	const char *municipality; /* NULL: none; so the next */
	const char *prefecture;
	struct tailored_article *chosen; /* NULL: not chosen */
};

enum { SMALL_ISSUE = 32 };

/* The reader's list is sorted, so a double stands next to its first. */
static bool
is_double(const struct text_list *words, size_t i)
{
	return i > 0 && strcmp(words->items[i - 1], words->items[i]) == 0;
}

static void
match_words(const struct tailor *tailor, enum tailor_reason kind,
    const struct text_list *words, uint32_t weight, struct match *matches)
{
	for (size_t i = 0; i < words->count; i++) {
		const struct mention *mention =
		    tailor_find_mention(tailor, kind, words->items[i]);

		if (mention == NULL || is_double(words, i))
			continue;
		for (uint32_t left = mention->same; left > 0; left--) {
			matches[mention->article].weight += weight;
			matches[mention->article].reasons++;
			mention++;
		}
	}
}

/* The prefecture is a reason only where the municipality itself is none. */
static void
match_places(const struct tailor *tailor, const char *municipality,
    struct match *matches)
{
	if (municipality == NULL || *municipality == '\0')
		return;
	for (size_t i = 0; i < tailor->place_count; i++) {
		const struct place *place = &tailor->places[i];
		struct match *match = &matches[place->article];

		if (tailor->weights.municipality > 0 &&
		    strcmp(place->code, municipality) == 0)
			match->municipality = place->code;
		else if (tailor->weights.prefecture > 0 &&
			 strncmp(place->code, municipality, 2) == 0)
			match->prefecture = place->prefecture;
	}
	for (size_t i = 0; i < tailor->issue->count; i++) {
		if (matches[i].municipality != NULL)
			matches[i].prefecture = NULL;
		if (matches[i].municipality != NULL ||
		    matches[i].prefecture != NULL)
			matches[i].reasons++;
	}
}

/* Most significant first: municipality, prefecture, weight, issue order. */
static uint64_t
rank_match(const struct match *match)
{
	uint64_t rank = UINT32_MAX - match->article;

	rank |= (uint64_t)(match->weight & 0x3fffffff) << 32;
	if (match->prefecture != NULL)
		rank |= (uint64_t)1 << 62;
	if (match->municipality != NULL)
		rank |= (uint64_t)1 << 63;
	return rank;
}

static int
compare_ranks(const void *a, const void *b)
{
	uint64_t first = (*(struct match *const *)a)->rank;
	uint64_t second = (*(struct match *const *)b)->rank;

	return (first < second) - (first > second);
}

static void
sort_by_rank(struct match **order, size_t count)
{
	if (count > SMALL_ISSUE) {
		qsort(order, count, sizeof(struct match *), compare_ranks);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		struct match *match = order[i];
		size_t j = i;

		for (; j > 0 && order[j - 1]->rank < match->rank; j--)
			order[j] = order[j - 1];
		order[j] = match;
	}
}

static void
add_reason(
    struct tailored_article *chosen, enum tailor_reason kind, const char *value)
{
	chosen->reasons[chosen->reason_count++] =
	    (struct tailored_reason){ .kind = kind, .value = value };
}

static void
add_word_reasons(const struct tailor *tailor, enum tailor_reason kind,
    const struct text_list *words, struct match *matches)
{
	for (size_t i = 0; i < words->count; i++) {
		const struct mention *mention =
		    tailor_find_mention(tailor, kind, words->items[i]);

		if (mention == NULL || is_double(words, i))
			continue;
		for (uint32_t left = mention->same; left > 0; left--) {
			struct match *match = &matches[mention->article];

			if (match->chosen != NULL)
				add_reason(match->chosen, kind, mention->value);
			mention++;
		}
	}
}

/* Gives each chosen article its reasons, in the order of their kinds. */
static void
explain_chosen(struct arena *arena, const struct tailor *tailor,
    const struct reader *reader, struct match *matches, size_t reasons)
{
	const struct article *articles = tailor->issue->articles;
	size_t count = tailor->issue->count;
	struct tailored_reason *next =
	    arena_take(arena, reasons, sizeof(*next));

	for (size_t i = 0; i < count; i++) {
		struct match *match = &matches[i];

		if (match->chosen == NULL)
			continue;
		match->chosen->reasons = next;
		next += match->reasons;
		if (match->municipality != NULL)
			add_reason(match->chosen, TAILOR_MUNICIPALITY,
			    match->municipality);
		if (match->prefecture != NULL)
			add_reason(match->chosen, TAILOR_PREFECTURE,
			    match->prefecture);
	}
	add_word_reasons(tailor, TAILOR_TAG, &reader->tags, matches);
	add_word_reasons(tailor, TAILOR_COUNTRY, &reader->countries, matches);
	for (size_t i = 0; i < count; i++)
		if (matches[i].chosen != NULL && articles[i].lead &&
		    matches[i].chosen->reason_count < matches[i].reasons)
			add_reason(matches[i].chosen, TAILOR_LEAD, "");
}

/* Adds stories in issue order, for one reason, up to `limit` in all. The
   leads that design section 6 fills up with first are in anyway. */
static void
fill_up(struct arena *arena, const struct tailor *tailor, struct match *matches,
    enum tailor_reason kind, size_t limit, struct tailored *result)
{
	if (limit > tailor->most)
		limit = tailor->most;
	for (size_t i = 0; i < tailor->issue->count; i++) {
		struct tailored_article *chosen;

		if (result->chosen_count >= limit)
			return;
		if (matches[i].chosen != NULL)
			continue;
		chosen = &result->chosen[result->chosen_count++];
		matches[i].chosen = chosen;
		chosen->article = &tailor->issue->articles[i];
		chosen->reasons =
		    arena_take(arena, 1, sizeof(struct tailored_reason));
		add_reason(chosen, kind, "");
	}
}

/* Takes what matches, best first. */
static void
choose_matches(struct arena *arena, const struct tailor *tailor,
    const struct reader *reader, struct match *matches, struct match **order,
    struct tailored *result)
{
	size_t in = 0;
	size_t reasons = 0;

	for (size_t i = 0; i < tailor->issue->count; i++)
		if (matches[i].reasons > 0) {
			matches[i].rank = rank_match(&matches[i]);
			order[in++] = &matches[i];
		}
	sort_by_rank(order, in);
	if (in > tailor->most)
		in = tailor->most;
	for (size_t i = 0; i < in; i++) {
		order[i]->chosen = &result->chosen[i];
		result->chosen[i].article =
		    &tailor->issue->articles[order[i]->article];
		reasons += order[i]->reasons;
	}
	result->chosen_count = in;
	explain_chosen(arena, tailor, reader, matches, reasons);
}

static void
list_omitted(struct arena *arena, const struct tailor *tailor,
    const struct match *matches, struct tailored *result)
{
	result->omitted =
	    arena_take(arena, tailor->issue->count - result->chosen_count,
		sizeof(*result->omitted));
	for (size_t i = 0; i < tailor->issue->count; i++)
		if (matches[i].chosen == NULL)
			result->omitted[result->omitted_count++] =
			    (struct tailored_omission){
				    .article = &tailor->issue->articles[i],
				    .why = matches[i].reasons > 0
					       ? TAILOR_OVER_MAX
					       : TAILOR_NOT_RELEVANT,
			    };
}

static void
match_reader(const struct tailor *tailor, const struct reader *reader,
    struct match *matches)
{
	for (size_t i = 0; i < tailor->issue->count; i++)
		matches[i].article = (uint32_t)i;
	match_words(tailor, TAILOR_TAG, &reader->tags,
	    (uint32_t)tailor->weights.tag, matches);
	match_words(tailor, TAILOR_COUNTRY, &reader->countries,
	    (uint32_t)tailor->weights.country, matches);
	match_places(tailor, reader->municipality, matches);
}

/* The whole issue, what concerns the own place first. */
static void
choose_everything(struct arena *arena, const struct tailor *tailor,
    const struct reader *reader, struct match *matches, struct match **order,
    struct tailored *result)
{
	size_t all = tailor->issue->count;

	choose_matches(arena, tailor, reader, matches, order, result);

	/* Mark all as in, so that a cut is called one. */
	for (size_t i = 0; i < all; i++)
		if (matches[i].reasons == 0)
			matches[i].reasons = 1;
	fill_up(arena, tailor, matches, TAILOR_EVERYTHING, all, result);
}

static void
choose_relevant(struct arena *arena, const struct tailor *tailor,
    const struct reader *reader, struct match *matches, struct match **order,
    struct tailored *result)
{
	size_t all = tailor->issue->count;

	for (size_t i = 0; i < all; i++)
		matches[i].reasons += tailor->issue->articles[i].lead;
	choose_matches(arena, tailor, reader, matches, order, result);
	if (result->chosen_count > 0)
		fill_up(
		    arena, tailor, matches, TAILOR_FILL, tailor->least, result);
	else if (tailor->skip_empty)
		result->skip = true;
	else
		fill_up(arena, tailor, matches, TAILOR_FILL,
		    tailor->least > 0 ? tailor->least : all, result);
}

/* The reader without the interests that are not considered. */
static struct reader
consider(const struct tailor *tailor, const struct reader *reader)
{
	struct reader considered = *reader;

	if (tailor->weights.tag == 0)
		considered.tags.count = 0;
	if (tailor->weights.country == 0)
		considered.countries.count = 0;
	return considered;
}

void
tailor_choose(struct arena *arena, const struct tailor *tailor,
    const struct reader *reader, struct tailored *ret_tailored)
{
	const struct issue *issue = tailor->issue;
	const struct reader considered = consider(tailor, reader);
	struct tailored result = { 0 };
	struct match *matches =
	    arena_take(arena, issue->count, sizeof(*matches));
	struct match **order =
	    arena_take(arena, issue->count, sizeof(struct match *));

	result.chosen = arena_take(arena, issue->count, sizeof(*result.chosen));
	match_reader(tailor, &considered, matches);
	if (considered.tags.count + considered.countries.count > 0)
		choose_relevant(
		    arena, tailor, &considered, matches, order, &result);
	else
		choose_everything(
		    arena, tailor, &considered, matches, order, &result);
	list_omitted(arena, tailor, matches, &result);
	*ret_tailored = result;
}

void
tailor(struct arena *arena, const struct issue *issue,
    const struct reader *reader, const struct tailoring *rules,
    struct tailored *ret_tailored)
{
	tailor_choose(
	    arena, tailor_prepare(arena, issue, rules), reader, ret_tailored);
}
