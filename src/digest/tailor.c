#include "digest/tailor.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/municipality.h"

/* One article has one tag or country. */
struct mention {
	enum tailor_reason kind; /* TAILOR_TAG or TAILOR_COUNTRY */
	const char *value;
	uint32_t article;
	uint32_t
	    same; /* mentions of the same word from here on, this included */
};

/* One article is about one place. */
struct place {
	uint32_t article;
	const char *code;
	const char *prefecture; /* its code */
};

struct tailor {
	const struct issue *issue;
	size_t least; /* stories to fill up to */
	size_t most;  /* stories to cut at */
	bool skip_empty;
	struct tailoring_weights weights;
	struct mention
	    *mentions; /* sorted by kind, word, article; no doubles */
	size_t mention_count;
	struct place *places; /* sorted by article */
	size_t place_count;
};

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

/* The first mention of a word, NULL when no article has it. */
static const struct mention *
find_mention(
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
		    find_mention(tailor, kind, words->items[i]);

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
		    find_mention(tailor, kind, words->items[i]);

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
