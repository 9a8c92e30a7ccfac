#ifndef CSV_CSV_DETECT_H
#define CSV_CSV_DETECT_H

/* Inside csv/: finds out how a file is written. */

#include "csv/csv_form.h"

/* The encoding of a file, which is looked through from its beginning and left
   where it stood. In this order: a byte order mark; NUL bytes on one side of
   the pairs alone are UTF-16; all of it well-formed is UTF-8; all of it
   readable as CP932, with the lead bytes that kana have and that EUC-JP has
   not, and less of it readable as UTF-8, is CP932. Anything else counts as
   UTF-8, and reading it will show the fault. *ret_bom: bytes of the mark. */
bool csv_detect_encoding(int fd, enum csv_encoding *ret_encoding,
    size_t *ret_bom, struct err *err) GM_MUST_CHECK;

/* The delimiter of UTF-8 text: what its first row has most of, outside quotes,
   among comma, tab, semicolon and bar; comma where there is none. */
char csv_detect_delimiter(const char *text, size_t bytes);

#endif
