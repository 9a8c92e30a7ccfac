#ifndef PEOPLE_PEOPLE_FILE_H
#define PEOPLE_PEOPLE_FILE_H

/* Walks over the rows of a table with a header, CSV in any form or a sheet of
   an .xlsx workbook, turning what is wrong with the file itself into
   complaints. */

#include "people/people_header.h"

/* Stops the walk by returning false with `err` set. */
typedef bool people_file_fn(const struct people_header *header,
    const struct csv_row *row, void *context, struct err *err);

struct people_file {
	const char *path;
	struct people_headings headings;
	struct csv_form form; /* all zero: find out; then set to what it is,
				 but for a workbook */
	const char *sheet;    /* of a workbook; NULL: the first */
	csv_watch_fn *watch;  /* NULL: nobody */
	people_file_fn *each;
	void *context; /* of both */
};

/* Calls `each` for every row that is as wide as the header and not all empty.
   What is wrong with the file is a complaint; false only when it could not
   be read or `each` said so. Gives up behind a thousand faults. */
bool people_file_walk(struct people_file *file, struct complaints *complaints,
    struct err *err) GM_MUST_CHECK;

#endif
