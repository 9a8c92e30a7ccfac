#ifndef TESTS_TAILOR_ROLL_H
#define TESTS_TAILOR_ROLL_H

/* Issues and readers by the dice, the same ones for the same seed. */

#include <stdint.h>

#include "model/article.h"
#include "model/reader.h"

enum { WORDS = 12, MANY = 60 };
static const char *const words[WORDS] = { "a", "b", "c", "d", "e", "f", "g",
	"h", "i", "j", "k", "l" };
static const char *const codes[] = { "324485", "322016", "320005", "112372",
	"160008", "162019", "131075" };
enum { CODES = sizeof(codes) / sizeof(*codes) };

static inline unsigned
roll(uint64_t *seed, unsigned below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % below;
}

/* Each word with the chance 1 : one_in, in order. */
static inline struct text_list
roll_words(struct arena *arena, uint64_t *seed, const char *const *from,
    size_t count, unsigned one_in)
{
	struct text_list list = { 0 };

	list.items = arena_take(arena, count, sizeof(*list.items));
	for (size_t i = 0; i < count; i++)
		if (roll(seed, one_in) == 0)
			list.items[list.count++] = from[i];
	return list;
}

static inline struct issue *
roll_issue(struct arena *arena, uint64_t *seed)
{
	struct issue *issue = arena_take(arena, 1, sizeof(*issue));

	issue->id = "2026-04";
	issue->max_articles = -1;
	issue->min_articles = -1;
	issue->count = roll(seed, MANY) + 1;
	issue->articles =
	    arena_take(arena, issue->count, sizeof(*issue->articles));
	for (size_t i = 0; i < issue->count; i++)
		issue->articles[i] = (struct article){
			.slug = arena_format(arena, "s%zu", i),
			.number = (int)i,
			.lead = roll(seed, 20) == 0,
			.tags = roll_words(arena, seed, words, WORDS, 6),
			.places = roll_words(arena, seed, codes, CODES, 9),
			.countries = roll_words(arena, seed, words, WORDS, 20),
		};
	return issue;
}

static inline struct reader
roll_reader(struct arena *arena, uint64_t *seed)
{
	return (struct reader){
		.municipality = roll(seed, 3) ? codes[roll(seed, CODES)] : "",
		.tags = roll_words(arena, seed, words, WORDS, 8),
		.countries = roll_words(arena, seed, words, WORDS, 20),
	};
}

#endif
