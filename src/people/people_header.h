#ifndef PEOPLE_PEOPLE_HEADER_H
#define PEOPLE_PEOPLE_HEADER_H

/* The first row of a file: which column stands where. */

#include "base/complaints.h"
#include "csv/csv.h"

/* A name that a column may have. Several names may lead to one number; the
   first one is what the column is called in messages. */
struct people_heading {
	const char *name; /* NULL ends the table */
	size_t number;    /* below PEOPLE_MOST_COLUMNS */
	bool needed;      /* some name of this number must be there */
};

enum { PEOPLE_MOST_COLUMNS = 16, PEOPLE_MOST_HEADINGS = 128 };

/* Where the columns of a file stand. */
struct people_header {
	int places[PEOPLE_MOST_COLUMNS]; /* by number; -1: not in this file */
	size_t width;                    /* fields of a row */
};

/* What the headings of a file are held against. */
struct people_headings {
	const struct people_heading *table;

	/* What an operator says of columns: "COLUMN=FIELD" each; FIELD is a
	   name of the table, or "-": pass over it. */
	struct text_list maps;
	bool lenient; /* pass over what is unknown */
	bool fixed;   /* there are no maps that could be given */
};

/* Matches `row` with the table. Letters in upper and lower case, in full and
   half width are the same; blanks, hyphens and underscores do not count. An
   unknown column, one given twice, a needed one that is missing and a map that
   fits nothing are complaints. False when there was any. */
bool people_header_read(const struct csv_row *row, const char *file,
    const struct people_headings *headings, struct people_header *ret_header,
    struct complaints *complaints);

/* The field of a column; "" when the file has no such column or the row ends
   before it. */
const char *people_header_field(const struct people_header *header,
    const struct csv_row *row, size_t number);

#endif
