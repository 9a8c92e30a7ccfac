#ifndef PEOPLE_PEOPLE_EXPORT_H
#define PEOPLE_PEOPLE_EXPORT_H

/*
 * All active contacts as a table that people_import takes back: reading it into
 * the store it came from changes nothing, reading it into an empty one makes
 * the same contacts. Values that a spreadsheet would calculate are kept from it
 * (people_formula.h).
 */

#include <stdio.h>

#include "base/complaints.h"
#include "csv/csv_form.h"
#include "store/store.h"

struct people_export {
	FILE *out;        /* whether all was written, the caller asks of it */
	const char *path; /* for complaints */
	bool json;        /* one object a line, without apostrophes */
	struct csv_form form; /* else; all zero: UTF-8 and commas */
};

/* Characters that the encoding has not are complaints with the line and column
   where they would stand, and then nothing is written (ERR_DATA). Memory does
   not grow with the contacts. */
bool people_export(struct store *store, const struct people_export *export,
    struct complaints *complaints, size_t *ret_count,
    struct err *err) GM_MUST_CHECK;

#endif
