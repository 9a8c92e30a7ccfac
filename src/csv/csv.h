#ifndef CSV_CSV_H
#define CSV_CSV_H

/*
 * Comma-separated values (RFC 4180) row by row, whatever the size of the file:
 * quoted fields may hold commas and line feeds, blanks around unquoted fields
 * and empty lines do not count, a byte order mark at the front is skipped.
 * Encoding and delimiter are those of spreadsheets (csv_form.h), detected or
 * named; texts come out as UTF-8. Strict: a quote in the wrong place, bytes
 * that are none of the encoding, and what passes the limits end the reading
 * with an error. What the columns mean is not known here.
 *
 * Errors do not say where: the caller adds the file's name and csv_line().
 */

#include "base/text.h"
#include "csv/csv_form.h"

enum {
	CSV_MOST_FIELDS = 256,
	CSV_MOST_ROW_BYTES = 256 * 1024,
};

struct csv;

struct csv_row {
	size_t line; /* where it begins, from 1 */
	const char *const *fields;
	size_t count;
};

/* Sees the bytes of the file as they are read (to hash them). */
typedef void csv_watch_fn(const void *bytes, size_t count, void *context);

/* Opens a file that can be read more than once (a regular file). `form` NULL:
   find out. `watch` may be NULL. */
bool csv_open(const char *path, const struct csv_form *form,
    csv_watch_fn *watch, void *context, struct csv **ret_csv,
    struct err *err) GM_MUST_CHECK;
void csv_close(struct csv *csv); /* NULL is allowed */

/* How the file is written, as far as that is settled: the delimiter is after
   the first csv_next. */
struct csv_form csv_form(const struct csv *csv);

/* The next row; *ret_row is NULL behind the last one. A row is valid until
   the next call. After an error only csv_line and csv_close make sense. */
bool csv_next(struct csv *csv, const struct csv_row **ret_row,
    struct err *err) GM_MUST_CHECK;

/* The line that was read last, from 1. */
size_t csv_line(const struct csv *csv);

/* Bytes read so far, and of the whole file, for showing progress. */
void csv_progress(const struct csv *csv, size_t *ret_done, size_t *ret_all);

#endif
