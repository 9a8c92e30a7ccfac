#ifndef CSV_CSV_WRITE_H
#define CSV_CSV_WRITE_H

/* Rows as csv.h reads them back: each field as it was, quoted where it must
   be, lines ended by CR LF (RFC 4180). */

#include <stdio.h>

#include "csv/csv_form.h"

struct csv_writer;

/* Writes to `out`, which stays the caller's; NULL: nowhere, to find out what
   cannot be written. CSV_DETECT is UTF-8, no delimiter a comma. UTF-16 begins
   with its mark. */
bool csv_writer_new(FILE *out, const struct csv_form *form,
    struct csv_writer **ret_writer, struct err *err) GM_MUST_CHECK;
void csv_writer_free(struct csv_writer *writer); /* NULL is allowed */

/* Writes one row of UTF-8 texts. ERR_DATA when the encoding has no such
   character, or one that would come back as another; nothing of the row is
   written then, the error names the character, and *ret_field its field. What
   becomes of the file the caller asks of `out`. */
bool csv_write(struct csv_writer *writer, const char *const *fields,
    size_t count, size_t *ret_field, struct err *err) GM_MUST_CHECK;

#endif
