#ifndef XLSX_XLSX_H
#define XLSX_XLSX_H

/*
 * A sheet of an .xlsx workbook (ECMA-376, part 1, section 18) row by row, as
 * the texts that its cells show: numbers without exponents, so that codes stay
 * codes; rich text without its looks; Japanese without the readings above it.
 * Formulas count by the value they had when saved. Dates and the like are the
 * numbers that they are stored as. What the columns mean is not known here.
 *
 * The sheet is streamed; the texts that cells share (which are most) stay in
 * memory, up to 64 MB. What a hostile workbook unpacks to is bounded, and what
 * passes the bounds, is damaged or has a password ends the reading with an
 * error (ERR_DATA). Errors do not say where: the caller adds the file's name
 * and xlsx_line().
 */

#include <stddef.h>

#include "base/err.h"

enum {
	XLSX_MOST_FIELDS = 256,
	XLSX_MOST_ROW_BYTES = 256 * 1024,
};

struct xlsx;

struct xlsx_row {
	size_t line;               /* its number in the sheet, from 1 */
	const char *const *fields; /* UTF-8, "" where there is no cell */
	size_t count;              /* up to the last that is not "" */
};

/* Sees the bytes of the file as they are read (to hash them). */
typedef void xlsx_watch_fn(const void *bytes, size_t count, void *context);

/* Opens a sheet; NULL: the first that is not hidden. `watch` may be NULL. */
bool xlsx_open(const char *path, const char *sheet, xlsx_watch_fn *watch,
    void *context, struct xlsx **ret_xlsx, struct err *err) GM_MUST_CHECK;
void xlsx_close(struct xlsx *xlsx); /* NULL is allowed */

/* The next row that holds something; *ret_row is NULL behind the last one. A
   row is valid until the next call. After an error only xlsx_line and
   xlsx_close make sense. */
bool xlsx_next(struct xlsx *xlsx, const struct xlsx_row **ret_row,
    struct err *err) GM_MUST_CHECK;

/* The row that was read last, from 1. */
size_t xlsx_line(const struct xlsx *xlsx);

#endif
