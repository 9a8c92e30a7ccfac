#ifndef CSV_CSV_HEADER_H
#define CSV_CSV_HEADER_H

/* The first row of a file: which column stands where. */

#include "base/complaints.h"
#include "csv/csv.h"

/* A name that a column may have. Several names may lead to one number. */
struct csv_column {
	const char *name; /* NULL ends the table */
	size_t number;    /* below CSV_MOST_COLUMNS */
	bool needed;      /* some name of this number must be there */
};

enum { CSV_MOST_COLUMNS = 16 };

/* Where the columns of a file stand. */
struct csv_header {
	int places[CSV_MOST_COLUMNS]; /* by number; -1: not in this file */
	size_t width;                 /* fields of a row */
};

/* Matches `row` with the table, ASCII case aside. Unknown columns are
   complaints with the nearest name, or passed over when `lenient`; a column
   given twice and a needed one that is missing are complaints always. False
   when there was any. */
bool csv_header_read(const struct csv_row *row, const char *file,
    const struct csv_column *columns, bool lenient,
    struct csv_header *ret_header, struct complaints *complaints);

/* The field of a column; "" when the file has no such column or the row ends
   before it. */
const char *csv_header_field(
    const struct csv_header *header, const struct csv_row *row, size_t number);

#endif
