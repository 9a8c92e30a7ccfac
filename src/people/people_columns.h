#ifndef PEOPLE_PEOPLE_COLUMNS_H
#define PEOPLE_PEOPLE_COLUMNS_H

/* The columns of a contact: how they are called in files, in English and in
   Japanese, and the words that some of them hold. */

#include "model/subscriber.h"
#include "people/people_header.h"

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

/* All names of all columns. */
extern const struct people_heading people_columns[];

/* What export calls a column. */
const char *people_column(enum people_column column);

/* The values of words, as the contract has them and as offices write them,
   in lower case and NFKC ("ja", "日本語"). False: no such word. */
bool people_column_language(const char *word, enum language *ret_language);
bool people_column_format(const char *word, enum format *ret_format);
bool people_column_basis(const char *word, enum basis *ret_basis);

#endif
