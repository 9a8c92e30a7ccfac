#ifndef CSV_CSV_FORM_H
#define CSV_CSV_FORM_H

/* How a file of rows is written: its encoding, and what separates fields. */

#include "base/err.h"

/* The names are those of --encoding. UTF-16 without an end goes by its byte
   order mark, and is little-endian where there is none. */
#define GM_CSV_ENCODINGS(X)                      \
	X(CSV_DETECT, "detect", NULL)            \
	X(CSV_UTF_8, "utf-8", "UTF-8")           \
	X(CSV_UTF_8_BOM, "utf-8-bom", "UTF-8")   \
	X(CSV_UTF_16, "utf-16", "UTF-16LE")      \
	X(CSV_UTF_16_BE, "utf-16be", "UTF-16BE") \
	X(CSV_CP932, "cp932", "CP932")           \
	X(CSV_EUC_JP, "euc-jp", "EUC-JP-MS")

#define X(name, text, iconv) name,
enum csv_encoding { GM_CSV_ENCODINGS(X) CSV_ENCODINGS };
#undef X

/* All zero: find out. */
struct csv_form {
	enum csv_encoding encoding;
	char delimiter; /* 0: the one that the first row has most of */
};

/* Reads a name, ASCII case aside; "shift_jis", "sjis", "utf8" and the like
   are understood, too. ERR_USAGE with the nearest one. */
bool csv_form_encoding(const char *name, enum csv_encoding *ret_encoding,
    struct err *err) GM_MUST_CHECK;

/* Reads a delimiter: one ASCII character that is no quote, letter, digit or
   line end; "tab" and "\t" for a tab. ERR_USAGE. */
bool csv_form_delimiter(
    const char *text, char *ret_delimiter, struct err *err) GM_MUST_CHECK;

const char *csv_encoding(enum csv_encoding encoding);

/* As iconv(3) calls it; NULL for CSV_DETECT. */
const char *csv_encoding_iconv(enum csv_encoding encoding);

#endif
