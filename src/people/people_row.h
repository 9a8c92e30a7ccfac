#ifndef PEOPLE_PEOPLE_ROW_H
#define PEOPLE_PEOPLE_ROW_H

/*
 * One contact from its texts to values: every word checked, every fault a
 * complaint that says what would be right. Shared by the import and by
 * additions by hand.
 */

#include "model/address.h"
#include "people/people.h"
#include "people/people_columns.h"
#include "store/store_merger.h"

/* The vocabulary, read once: tags may be called by their slug or a label,
   municipalities by the code of one that was merged into them. */
struct people_vocabulary {
	const char **slugs; /* sorted, NULL behind the last */
	size_t count;
	struct people_label {
		const char *folded; /* NFKC, in lower case */
		const char *slug;
	} * labels; /* sorted */
	size_t label_count;
	struct store_mergers mergers; /* of municipalities */
};

bool people_row_vocabulary(struct arena *arena, struct store *store,
    struct people_vocabulary *ret_vocabulary, struct err *err) GM_MUST_CHECK;

/* Where a contact comes from, for complaints and checks. */
struct people_row_origin {
	const char *file;
	size_t line; /* 0: none */
	const struct people_vocabulary *vocabulary;
	bool roles; /* postmaster@ and the like may pass */
};

/* Reads `texts` (by column; NULL: not given) over `ret_row`, which holds the
   defaults; what is not given stays. A municipality that was merged into
   another is read as that, with a warning. Codes and words may be in full
   width, lists separated by ; or 、 or line ends; names stay as they are but
   for blanks around them. False when there was a complaint. */
bool people_row_read(struct arena *arena, const char *const texts[COLUMNS],
    const struct people_row_origin *origin, struct complaints *complaints,
    struct store_subscriber *ret_row);

/* One contact given by hand: *ret_row holds the defaults where nothing is
   given, ret_texts what is. ERR_DATA with all that is wrong. */
bool people_row_contact(struct arena *arena, struct store *store,
    const struct people_contact *contact, const char *ret_texts[COLUMNS],
    struct store_subscriber *ret_row, struct err *err) GM_MUST_CHECK;

/* What a contact is where nothing is given. */
struct store_subscriber people_row_default(void);

/* Copies what is given from `row` to `onto`, and the address. A basis that is
   given as nothing is none given: consent ends by a word. */
void people_row_merge(const struct store_subscriber *row,
    const char *const texts[COLUMNS], struct store_subscriber *onto);

/* A value of a contact as it stands in files: "" when there is none. */
const char *people_row_text(struct arena *arena,
    const struct store_subscriber *row, enum people_column column);

/* True when all that a contact says is the same. */
bool people_row_same(
    const struct store_subscriber *a, const struct store_subscriber *b);

/* What differs: `ret_changes` has room for COLUMNS. Returns how many. The
   texts are the rows' own or of the arena. */
size_t people_row_changes(struct arena *arena,
    const struct store_subscriber *old, const struct store_subscriber *new,
    struct people_difference *ret_changes);

/* An address as people write it, by rules 1 and 2 of model/address.h. */
bool people_row_address(struct arena *arena, const char *text,
    struct address *ret_address, struct err *err) GM_MUST_CHECK;

#endif
