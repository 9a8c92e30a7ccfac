#ifndef PEOPLE_PEOPLE_ROW_H
#define PEOPLE_PEOPLE_ROW_H

/*
 * One contact from its texts to values: every word checked, every fault a
 * complaint that says what would be right. Shared by the import and by
 * additions by hand.
 */

#include "model/address.h"
#include "people/people.h"

/* The columns of a contact, in the order of people_row_columns. */
enum people_column {
	COLUMN_EMAIL,
	COLUMN_NAME,
	COLUMN_ORGANISATION,
	COLUMN_DEPARTMENT,
	COLUMN_MUNICIPALITY,
	COLUMN_LANGUAGE,
	COLUMN_FORMAT,
	COLUMN_TAGS,
	COLUMN_COUNTRIES,
	COLUMN_BASIS,
	COLUMNS
};

/* Where a contact comes from, for complaints and checks. */
struct people_row_origin {
	const char *file;
	size_t line;             /* 0: none */
	const char *const *tags; /* all slugs, sorted, NULL behind the last */
	size_t tag_count;
	bool roles; /* postmaster@ and the like may pass */
};

/* Reads `texts` (by column; NULL: not given) over `ret_row`, which holds the
   defaults; what is not given stays. False when there was a complaint. */
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

/* Copies what is given from `row` to `onto`, and the address. */
void people_row_merge(const struct store_subscriber *row,
    const char *const texts[COLUMNS], struct store_subscriber *onto);

/* True when all that a contact says is the same. */
bool people_row_same(
    const struct store_subscriber *a, const struct store_subscriber *b);

/* An address as people write it: trimmed, its domain in ASCII. */
bool people_row_address(struct arena *arena, const char *text,
    struct address *ret_address, struct err *err) GM_MUST_CHECK;

#endif
