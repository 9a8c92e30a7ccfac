#include "csv/csv_form.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

static const struct {
	const char *name;
	enum csv_encoding encoding;
} aliases[] = {
	{ "utf8", CSV_UTF_8 },
	{ "utf-16le", CSV_UTF_16 },
	{ "utf16", CSV_UTF_16 },
	{ "shift_jis", CSV_CP932 },
	{ "shift-jis", CSV_CP932 },
	{ "sjis", CSV_CP932 },
	{ "windows-31j", CSV_CP932 },
	{ "ms932", CSV_CP932 },
	{ "eucjp", CSV_EUC_JP },
};

const char *
csv_encoding(enum csv_encoding encoding)
{
#define X(name, text, iconv) text,
	static const char *const texts[] = { GM_CSV_ENCODINGS(X) };
#undef X

	assert(encoding < CSV_ENCODINGS);
	return texts[encoding];
}

const char *
csv_encoding_iconv(enum csv_encoding encoding)
{
#define X(name, text, iconv) iconv,
	static const char *const names[] = { GM_CSV_ENCODINGS(X) };
#undef X

	assert(encoding < CSV_ENCODINGS);
	return names[encoding];
}

bool
csv_form_encoding(
    const char *name, enum csv_encoding *ret_encoding, struct err *err)
{
#define X(name, text, iconv) text,
	static const char *const names[] = { GM_CSV_ENCODINGS(X) NULL };
#undef X
	const char *nearest = text_nearest(name, names);

	for (size_t i = 0; i < CSV_ENCODINGS; i++)
		if (text_equal_nocase(name, names[i])) {
			*ret_encoding = (enum csv_encoding)i;
			return true;
		}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (text_equal_nocase(name, aliases[i].name)) {
			*ret_encoding = aliases[i].encoding;
			return true;
		}
	if (nearest != NULL)
		return err_set(err, ERR_USAGE,
		    "unknown encoding '%s' (did you mean '%s'?)", name,
		    nearest);
	return err_set(err, ERR_USAGE,
	    "unknown encoding '%s', expected utf-8, utf-8-bom, utf-16, cp932 "
	    "or euc-jp",
	    name);
}

bool
csv_form_delimiter(const char *text, char *ret_delimiter, struct err *err)
{
	static const char none[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789\"\r\n@.-_";

	if (text_equal_nocase(text, "tab") || text_equal(text, "\\t")) {
		*ret_delimiter = '\t';
		return true;
	}
	if (strlen(text) != 1 || (unsigned char)text[0] >= 0x7f ||
	    strchr(none, text[0]) != NULL)
		return err_set(err, ERR_USAGE,
		    "'%s' is no delimiter, expected one character such as , ; "
		    "| or the word tab",
		    text);
	*ret_delimiter = text[0];
	return true;
}
