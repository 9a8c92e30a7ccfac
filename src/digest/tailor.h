#ifndef DIGEST_TAILOR_H
#define DIGEST_TAILOR_H

/*
 * Which stories of an issue one reader gets, in which order, and why: a pure
 * function of issue, reader and rules (design section 6). Knows nothing of
 * texts, mail or the store.
 *
 * In is a lead, and what shares a tag, a country, the reader's municipality
 * or prefecture. Own municipality comes first, then own prefecture, then what
 * shares most tags and countries, each with its weight, then issue order. What
 * has the weight 0 is not looked at: the choice is that for a reader, or a
 * place, without it. max_articles cuts the end
 * of that order, leads included; min_articles fills up in issue order, as far
 * as max_articles allows.
 *
 * A reader without interests (neither tags nor countries) gets the whole
 * issue, what concerns the own place first. One with interests to whom nothing
 * speaks, in an issue without leads, gets min_articles stories (0: all), or
 * nothing where the rules say skip_empty.
 *
 * The text of an edition ("spec") holds all that decides its content besides
 * issue and templates: equal specs, equal digests but for personal fields.
 */

#include "base/arena.h"
#include "model/article.h"
#include "model/reader.h"

/* The first four have a value behind their text: "tag:tourism". */
#define GM_TAILOR_REASONS(X)                              \
	X(TAILOR_MUNICIPALITY, "municipality") /* code */ \
	X(TAILOR_PREFECTURE, "prefecture")     /* code */ \
	X(TAILOR_TAG, "tag")                   /* slug */ \
	X(TAILOR_COUNTRY, "country")           /* code */ \
	X(TAILOR_LEAD, "lead")                            \
	X(TAILOR_EVERYTHING, "everything")                \
	X(TAILOR_FILL, "fill")

#define GM_TAILOR_OMISSIONS(X)                  \
	X(TAILOR_NOT_RELEVANT, "not relevant")  \
	X(TAILOR_OVER_MAX, "over max_articles") \
	X(TAILOR_NOT_CHOSEN, "not in the edition") /* read from a spec */

#define X(name, text) name,
enum tailor_reason { GM_TAILOR_REASONS(X) TAILOR_REASONS };
enum tailor_omission { GM_TAILOR_OMISSIONS(X) TAILOR_OMISSIONS };
#undef X

struct tailored_reason {
	enum tailor_reason kind;
	const char *value; /* "" for kinds without one */
};

struct tailored_article {
	const struct article *article;
	struct tailored_reason *reasons; /* in the order of the kinds, tags and
					    countries in the reader's order */
	size_t reason_count;             /* at least 1 */
};

struct tailored_omission {
	const struct article *article;
	enum tailor_omission why;
};

struct tailored {
	struct tailored_article *chosen; /* in the reader's order */
	size_t chosen_count;
	struct tailored_omission *omitted; /* in issue order */
	size_t omitted_count;
	bool skip; /* no mail: nothing is relevant, and the rules say so */
};

/* An issue made ready for many readers: read-only once made, so any number of
   threads may choose from it. Points into `issue`; `rules` is copied. */
struct tailor;
struct tailor *tailor_prepare(struct arena *arena, const struct issue *issue,
    const struct tailoring *rules);

/* The choice for one reader. Strings and articles are those of the issue, so
   they need `issue` and the arena of `tailor`, but not `reader`. Some
   microseconds at most; a loop over readers resets its arena for each. */
void tailor_choose(struct arena *arena, const struct tailor *tailor,
    const struct reader *reader, struct tailored *ret_tailored);

/* Both steps for a single reader. */
void tailor(struct arena *arena, const struct issue *issue,
    const struct reader *reader, const struct tailoring *rules,
    struct tailored *ret_tailored);

/* The canonical text of the edition:
   "ja html sumida-study-tour=tag:tourism,lead;forum=fill". Bytes that would
   read as separators are %XX. */
char *tailor_spec(struct arena *arena, enum language language,
    enum format format, const struct tailored *tailored);

/* The inverse. Articles come from `issue` by slug, what the spec does not name
   is omitted as TAILOR_NOT_CHOSEN, skip is false. ERR_DATA when the spec is
   malformed or names an article that the issue has not. */
bool tailor_from_spec(struct arena *arena, const struct issue *issue,
    const char *spec, enum language *ret_language, enum format *ret_format,
    struct tailored *ret_tailored, struct err *err) GM_MUST_CHECK;

/* "municipality:324485", "lead": for --json and for people. */
char *tailor_reason_text(
    struct arena *arena, const struct tailored_reason *reason);

/* "municipality". Never NULL; so the next. */
const char *tailor_reason_kind(enum tailor_reason kind);
const char *tailor_omission_text(enum tailor_omission omission);

#endif
