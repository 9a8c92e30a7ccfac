#ifndef MODEL_AUDIENCE_H
#define MODEL_AUDIENCE_H

/*
 * An audience as a tree: whom an expression such as
 *
 *	tag:tourism and prefecture:島根 and not language:en
 *
 * means. Tests of one field each, joined by and, or, not.
 *people/audience_text.h makes a tree of a text, people/people_audience.h checks
 *what it names and writes the values in the form of the store,
 *store/store_audience.h makes SQL of it.
 */

#include <stddef.h>

#include "base/err.h"

/* What a test looks at. The value, once checked, is: tag: a slug. country: two
   capitals. prefecture: its two digits. municipality: six digits. domain: in
   ASCII and lower case; domains below it are meant too. The others: the word
   as it is stored. A segment stands for a saved expression and is gone once
   that is put in its place. */
#define GM_AUDIENCE_FIELDS(X)                    \
	X(AUDIENCE_TAG, "tag")                   \
	X(AUDIENCE_COUNTRY, "country")           \
	X(AUDIENCE_PREFECTURE, "prefecture")     \
	X(AUDIENCE_MUNICIPALITY, "municipality") \
	X(AUDIENCE_ORGANISATION, "organisation") \
	X(AUDIENCE_LANGUAGE, "language")         \
	X(AUDIENCE_FORMAT, "format")             \
	X(AUDIENCE_BASIS, "basis")               \
	X(AUDIENCE_STATE, "state")               \
	X(AUDIENCE_DOMAIN, "domain")             \
	X(AUDIENCE_SEGMENT, "segment")

#define X(name, text) name,
enum audience_field { GM_AUDIENCE_FIELDS(X) AUDIENCE_FIELDS };
#undef X

enum audience_kind {
	AUDIENCE_EVERYONE,
	AUDIENCE_TEST,
	AUDIENCE_NOT, /* of `left` */
	AUDIENCE_AND,
	AUDIENCE_OR,
};

/* Lives in an arena, with all below it. */
struct audience {
	enum audience_kind kind;
	const struct audience *left, *right;

	/* Of a test. */
	enum audience_field field;
	const char *value;
	size_t column;    /* of the field in the text, in characters from 1 */
	size_t at, bytes; /* of the value in the text, quotes included */
};

/* The limits that keep an expression within what a database takes: tests of a
   whole tree, and how deep it may be nested, segments included. */
enum { AUDIENCE_TESTS_MOST = 400, AUDIENCE_DEEPEST = 20 };

/* "tag" */
const char *audience_field(enum audience_field field);

/* All of them, NULL-terminated, for messages. */
extern const char *const audience_fields[];

/* The field of a word in whatever case; false when there is none. */
bool audience_parse_field(const char *word, enum audience_field *ret_field);

/* Tests in a tree. */
size_t audience_tests(const struct audience *tree);

/* How deep a tree is nested: a test is 0; a `not`, or a run of `and` or of `or`
   however long, is one more than what is deepest in it. */
size_t audience_depth(const struct audience *tree);

#endif
