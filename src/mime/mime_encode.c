#include "mime/mime_encode.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

enum { LONGEST_LINE = 76, BYTES_A_LINE = LONGEST_LINE / 4 * 3 };

size_t
mime_base64_chars(size_t count)
{
	return (count + 2) / 3 * 4;
}

void
mime_base64(const char *bytes, size_t count, struct buf *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes;
	char *to = buf_reserve(out, mime_base64_chars(count));

	if (to == NULL)
		return;
	out->used += mime_base64_chars(count);
	for (; count >= 3; count -= 3, p += 3) {
		*to++ = digits[p[0] >> 2];
		*to++ = digits[(p[0] & 3) << 4 | p[1] >> 4];
		*to++ = digits[(p[1] & 15) << 2 | p[2] >> 6];
		*to++ = digits[p[2] & 63];
	}
	if (count == 0)
		return;
	*to++ = digits[p[0] >> 2];
	*to++ = digits[(p[0] & 3) << 4 | (count == 2 ? p[1] >> 4 : 0)];
	*to++ = count == 2 ? digits[(p[1] & 15) << 2] : '=';
	*to++ = '=';
}

void
mime_base64_lines(const char *bytes, size_t count, struct buf *out)
{
	while (count > 0) {
		size_t now = count < BYTES_A_LINE ? count : BYTES_A_LINE;

		mime_base64(bytes, now, out);
		buf_add(out, "\r\n", 2);
		bytes += now;
		count -= now;
	}
}

/* True when the byte stands for itself anywhere but at the end of a line. */
static bool
is_literal(unsigned char c)
{
	return (c >= ' ' && c <= '~' && c != '=') || c == '\t';
}

static bool
is_line_end(const char *p, const char *end)
{
	return end - p >= 2 && p[0] == '\r' && p[1] == '\n';
}

/* True when the byte must be escaped where it stands. */
static bool
must_escape(const char *p, const char *end)
{
	if (!is_literal((unsigned char)*p))
		return true;
	return (*p == ' ' || *p == '\t') &&
	       (p + 1 == end || is_line_end(p + 1, end));
}

/* Mailboxes put ">" before such a line, which breaks signatures. */
static bool
is_from_line(const char *p, const char *end)
{
	return end - p >= 5 && memcmp(p, "From ", 5) == 0;
}

size_t
mime_quoted_printable_chars(const char *bytes, size_t count)
{
	const char *end = bytes + count;
	size_t chars = 0;

	for (const char *p = bytes; p < end; p++) {
		if (is_line_end(p, end)) {
			chars += 2;
			p++;
			continue;
		}
		chars += must_escape(p, end) ? 3 : 1;
	}
	return chars;
}

void
mime_quoted_printable(const char *bytes, size_t count, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *end = bytes + count;
	size_t column = 0;

	for (const char *p = bytes; p < end;) {
		bool escape;
		size_t unit;

		if (is_line_end(p, end)) {
			buf_add(out, "\r\n", 2);
			column = 0;
			p += 2;
			continue;
		}

		/* A whole character or nothing fits before the "=". */
		escape = must_escape(p, end) ||
			 (column == 0 && is_from_line(p, end));
		unit = escape ? text_utf8_bytes((unsigned char)*p) : 1;
		if (unit == 0 || unit > (size_t)(end - p))
			unit = 1;
		if (column + (escape ? 3 * unit : 1) > LONGEST_LINE - 1) {
			buf_add(out, "=\r\n", 3);
			column = 0;
		}
		if (!escape) {
			buf_add_char(out, *p++);
			column++;
			continue;
		}
		for (; unit > 0; unit--, p++) {
			unsigned char c = (unsigned char)*p;

			buf_add_char(out, '=');
			buf_add_char(out, digits[c >> 4]);
			buf_add_char(out, digits[c & 15]);
			column += 3;
		}
	}
}
