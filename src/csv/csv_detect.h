#ifndef CSV_CSV_DETECT_H
#define CSV_CSV_DETECT_H

/* Inside csv/: finds out how a file is written. */

#include "csv/csv_form.h"

/* The encoding that a byte order mark at the front tells, and its bytes;
   CSV_DETECT and 0 where there is none. */
bool csv_detect_mark(int fd, enum csv_encoding *ret_encoding, size_t *ret_bytes,
    struct err *err) GM_MUST_CHECK;

/* The encoding of a file without one, which is looked through from its
   beginning and left where it stood. In this order: NUL bytes on one side of
   the pairs, and not a few, are UTF-16; all of it well-formed is UTF-8; all of
   it readable as CP932, with the lead bytes that kana have and that EUC-JP has
   not, and less of it readable as UTF-8, is CP932. Anything else counts as
   UTF-8, and reading it will show the fault. */
bool csv_detect_encoding(
    int fd, enum csv_encoding *ret_encoding, struct err *err) GM_MUST_CHECK;

/* The delimiter of UTF-8 text: what its first row has most of, outside quotes,
   among comma, tab, semicolon and bar; comma where there is none. */
char csv_detect_delimiter(const char *text, size_t bytes);

#endif
