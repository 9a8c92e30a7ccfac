#ifndef XLSX_XLSX_BOOK_H
#define XLSX_XLSX_BOOK_H

/* Inside xlsx/: which parts of the package make up a sheet. */

#include "base/arena.h"
#include "xlsx/xlsx_part.h"

/* Names in the package. */
struct xlsx_book {
	const char *sheet;
	const char *strings; /* NULL: none */
};

/* `sheet`: its title; NULL: the first that is not hidden. Errors (ERR_DATA):
   there is none such, and which there are; the package is no workbook. */
bool xlsx_book_read(struct arena *arena, zip_t *zip, const char *sheet,
    struct xlsx_book *ret_book, struct err *err) GM_MUST_CHECK;

#endif
