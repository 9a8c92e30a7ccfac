#include "unicode/unicode.h"

#include <string.h>

#include <unilbrk.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "unicode/unicode_columns.h"

static bool
is_url_byte(char c)
{
	return c > ' ' && c < 0x7f && !strchr("<>\"", c);
}

/* Bytes of the URL that begins at `s`, 0 when none does. */
static size_t
scan_url(const char *s, size_t count)
{
	static const char *const schemes[] = { "https://", "http://",
		"mailto:" };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t scheme = strlen(schemes[i]);

		if (count > scheme && strncmp(s, schemes[i], scheme) == 0)
			n = scheme;
	}
	if (n == 0)
		return 0;
	while (n < count && is_url_byte(s[n]))
		n++;
	return n;
}

/* Where UAX #14 lets a line begin with what Japanese has at the end of one: per
   cent signs in a row, dots and marks behind a blank. */
static void
keep_from_start(const char *line, size_t count, char *breaks)
{
	static const char never[] =
	    "、。，．・：；？！゛゜ヽヾゝゞ々ー）］｝〕〉》」』】〙〗％‰℃…‥"
	    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ｡｣､･ｧｨｩｪｫｬｭｮｯｰﾞﾟ";

	for (size_t i = 0; i < count; i++) {
		size_t bytes = text_character(line + i, count - i);

		if (breaks[i] == UC_BREAK_POSSIBLE && bytes > 1 &&
		    memmem(never, sizeof(never) - 1, line + i, bytes) != NULL)
			breaks[i] = UC_BREAK_PROHIBITED;
	}
}

/* Says for each byte of a line whether a break may stand before it. */
static void
find_breaks(const char *line, size_t count, char *breaks)
{
	u8_possible_linebreaks((const uint8_t *)line, count, "UTF-8", breaks);
	keep_from_start(line, count, breaks);
	for (size_t i = 0; i < count;) {
		size_t url = line[i] == 'h' || line[i] == 'm'
				 ? scan_url(line + i, count - i)
				 : 0;

		if (url == 0) {
			i++;
			continue;
		}
		memset(breaks + i + 1, UC_BREAK_PROHIBITED, url - 1);
		i += url;
		if (i < count && line[i] == '>')
			breaks[i] = UC_BREAK_PROHIBITED;
	}
}

/* Where the text of line[0..count) ends when the blanks behind it go. */
static size_t
trim_end(const char *line, size_t count)
{
	for (;;) {
		if (count >= 1 && strchr(" \t\r", line[count - 1]))
			count--;
		else if (count >= 3 &&
			 memcmp(line + count - 3, "\u3000", 3) == 0)
			count -= 3;
		else
			return count;
	}
}

/* Writes one line of the input, broken as needed: piece after piece, a piece
   being what lies between two places where a break may stand. */
static void
fold_line(const char *line, size_t count, size_t columns, const char *indent,
    struct buf *out)
{
	GM_FREE_AT_EXIT char *breaks = mem_new(count + 1, 1);
	GM_FREE_AT_EXIT size_t *before = unicode_columns(line, count);
	size_t start = 0, piece = 0, indented = 0;

	find_breaks(line, count, breaks);
	for (size_t i = 1; i <= count; i++) {
		size_t visible;

		if (i < count && breaks[i] != UC_BREAK_POSSIBLE)
			continue;
		visible = piece + trim_end(line + piece, i - piece);
		if (piece > start &&
		    indented + before[visible] - before[start] > columns) {
			buf_add(out, line + start,
			    trim_end(line + start, piece - start));
			buf_add_char(out, '\n');
			buf_add_str(out, indent);
			start = piece;
			indented = unicode_width(indent);
		}
		piece = i;
	}
	buf_add(out, line + start, trim_end(line + start, count - start));
}

char *
unicode_fold(
    struct arena *arena, const char *text, size_t columns, const char *indent)
{
	GM_BUF_AT_EXIT struct buf out;

	buf_init(&out, SIZE_MAX / 4);
	for (const char *p = text;; p++) {
		size_t count = strcspn(p, "\n");

		if (count > 0)
			fold_line(p, count, columns, indent, &out);
		p += count;
		if (!*p)
			break;
		buf_add_char(&out, '\n');
	}
	return arena_strndup(arena, buf_str(&out), out.used);
}
