#ifndef XLSX_XLSX_STRINGS_H
#define XLSX_XLSX_STRINGS_H

/* Inside xlsx/: the texts that cells share, and what texts of cells are made
   of. */

#include "base/buf.h"
#include "base/vec.h"
#include "xlsx/xlsx_part.h"

/* A text in the making: <t> counts, but not within <rPh>, which is how the
   characters are read. */
struct xlsx_text {
	struct buf bytes;
	bool in_t, in_reading;
};

void xlsx_text_init(struct xlsx_text *text, size_t most);
void xlsx_text_start(struct xlsx_text *text, const char *name);
void xlsx_text_end(struct xlsx_text *text, const char *name);
void xlsx_text_add(struct xlsx_text *text, const char *bytes, size_t count);

/* Puts characters for what stands for them, such as _x000D_, in place. */
void xlsx_text_unescape(char *text);

struct xlsx_strings {
	struct xlsx_text text; /* all of them, a NUL behind each */
	GM_VEC(size_t) offsets;
};

/* `part`: its name in the package; a workbook may have none. */
bool xlsx_strings_read(zip_t *zip, const char *part,
    struct xlsx_strings *ret_strings, struct err *err) GM_MUST_CHECK;
void xlsx_strings_clear(struct xlsx_strings *strings);

/* NULL: there is no such number. */
const char *xlsx_strings_get(
    const struct xlsx_strings *strings, const char *number);

#endif
