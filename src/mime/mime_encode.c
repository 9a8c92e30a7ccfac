#include "mime/mime_encode.h"

#include <string.h>

#include "base/text.h"

enum { LONGEST_LINE = 76, LINE_BYTES = MIME_BASE64_LINE / 4 * 3 };

size_t
mime_base64_chars(size_t count)
{
	return (count + 2) / 3 * 4;
}

/* Three bytes become four characters. */
static inline char *
put_triple(const unsigned char *p, char *to)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	to[0] = digits[p[0] >> 2];
	to[1] = digits[(p[0] & 3) << 4 | p[1] >> 4];
	to[2] = digits[(p[1] & 15) << 2 | p[2] >> 6];
	to[3] = digits[p[2] & 63];
	return to + 4;
}

/* The last one or two bytes, padded. */
static char *
put_rest(const unsigned char *p, size_t count, char *to)
{
	unsigned char last[3] = { 0 };

	memcpy(last, p, count);
	to = put_triple(last, to);
	to[-1] = '=';
	if (count == 1)
		to[-2] = '=';
	return to;
}

char *
mime_base64(const char *bytes, size_t count, char *to)
{
	const unsigned char *p = (const unsigned char *)bytes;

	for (; count >= 3; count -= 3, p += 3)
		to = put_triple(p, to);
	return count > 0 ? put_rest(p, count, to) : to;
}

size_t
mime_base64_lines(size_t count)
{
	size_t chars = mime_base64_chars(count);

	return chars + (chars + MIME_BASE64_LINE - 1) / MIME_BASE64_LINE * 2;
}

size_t
mime_base64_room(size_t count)
{
	/* Each byte a line end, what was carried, a line begun before. */
	return mime_base64_lines(2 * count + 2) + 2;
}

char *
mime_base64_break(struct mime_base64 *body, char *to)
{
	if (body->column > 0)
		to = mempcpy(to, "\r\n", 2);
	body->column = 0;
	return to;
}

static char *
put_in_line(struct mime_base64 *body, const unsigned char *p, char *to)
{
	to = put_triple(p, to);
	body->column += 4;
	return body->column == MIME_BASE64_LINE ? mime_base64_break(body, to)
						: to;
}

char *
mime_base64_add(
    struct mime_base64 *body, const char *bytes, size_t count, char *to)
{
	const unsigned char *p = (const unsigned char *)bytes;
	const unsigned char *end = p + count;

	while (body->carried > 0 && p < end) {
		body->carry[body->carried++] = *p++;
		if (body->carried == 3) {
			to = put_in_line(body, body->carry, to);
			body->carried = 0;
		}
	}
	while (end - p >= LINE_BYTES) {
		if (body->column > 0) {
			to = put_in_line(body, p, to);
			p += 3;
			continue;
		}
		for (const unsigned char *stop = p + LINE_BYTES; p < stop;
		     p += 3)
			to = put_triple(p, to);
		to = mempcpy(to, "\r\n", 2);
	}
	for (; end - p >= 3; p += 3)
		to = put_in_line(body, p, to);
	while (p < end)
		body->carry[body->carried++] = *p++;
	return to;
}

/* Bytes of the line end at `p`, 0 where none is. */
static size_t
line_end_bytes(const char *p, const char *end)
{
	if (*p == '\n')
		return 1;
	if (*p != '\r')
		return 0;
	return end - p >= 2 && p[1] == '\n' ? 2 : 1;
}

char *
mime_base64_add_text(
    struct mime_base64 *body, const char *bytes, size_t count, char *to)
{
	const char *end = bytes + count;

	while (bytes < end) {
		const char *stop = bytes;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		to = mime_base64_add(body, bytes, (size_t)(stop - bytes), to);
		if (stop < end) {
			to = mime_base64_add(body, "\r\n", 2, to);
			stop += line_end_bytes(stop, end);
		}
		bytes = stop;
	}
	return to;
}

char *
mime_base64_end(struct mime_base64 *body, char *to)
{
	if (body->carried > 0) {
		to = put_rest(body->carry, body->carried, to);
		body->column += 4;
	}
	body->carried = 0;
	return mime_base64_break(body, to);
}

/* True when the byte stands for itself wherever it is but at the start of a
   line; of blanks this is not known. */
static bool
is_literal(unsigned char c)
{
	return c > ' ' && c <= '~' && c != '=';
}

/* Mailboxes put ">" before such a line, which breaks signatures; a dot would
   have to be doubled on the wire. */
static bool
is_risky_start(const char *p, const char *end)
{
	return *p == '.' || (end - p >= 5 && memcmp(p, "From ", 5) == 0);
}

/* A blank stands for itself between two characters of a line. */
static bool
is_lone_blank(const char *p, const char *end, bool behind_blank)
{
	return *p == ' ' && !behind_blank && p + 1 < end &&
	       line_end_bytes(p + 1, end) == 0;
}

size_t
mime_quoted_printable_room(size_t count)
{
	/* Each byte escaped, and the breaks of lines of 60 and more. */
	return 3 * count + 3 * (3 * count / 60 + 1);
}

/* What a byte becomes beyond one character; a CRLF is two, as is its LF alone.
 */
static inline unsigned char
count_extra(unsigned char c)
{
	unsigned char is_end = c == '\n' || c == '\r';
	unsigned char is_escaped = c < ' ' || c > '~' || c == '=';

	return is_end ? c == '\n' : (unsigned char)(2 * is_escaped);
}

size_t
mime_quoted_printable_chars(const char *bytes, size_t count)
{
	enum { BLOCK = 64 }; /* so many at once, by vector instructions */
	size_t chars = count, i = 0;

	for (; i + BLOCK <= count; i += BLOCK) {
		unsigned char extra = 0;

		for (size_t j = 0; j < BLOCK; j++)
			extra += count_extra((unsigned char)bytes[i + j]);
		chars += extra;
	}
	for (; i < count; i++)
		chars += count_extra((unsigned char)bytes[i]);
	return chars;
}

static char *
put_escaped(const char *p, size_t count, char *to)
{
	static const char digits[] = "0123456789ABCDEF";

	for (; count > 0; count--, p++) {
		unsigned char c = (unsigned char)*p;

		*to++ = '=';
		*to++ = digits[c >> 4];
		*to++ = digits[c & 15];
	}
	return to;
}

char *
mime_quoted_printable(const char *bytes, size_t count, char *to)
{
	const char *end = bytes + count;
	const char *line = to;
	size_t unit;

	for (const char *p = bytes; p < end; p += unit) {
		size_t column = (size_t)(to - line);
		bool literal =
		    is_literal((unsigned char)*p) ||
		    is_lone_blank(p, end, column > 0 && to[-1] == ' ');

		unit = line_end_bytes(p, end);
		if (unit > 0) {
			to = mempcpy(to, "\r\n", 2);
			line = to;
			continue;
		}

		/* A whole character or nothing fits before the "=". */
		unit = literal ? 1 : text_utf8_bytes((unsigned char)*p);
		if (unit == 0 || unit > (size_t)(end - p))
			unit = 1;
		if (column + (literal ? 1 : 3 * unit) > LONGEST_LINE - 1) {
			to = mempcpy(to, "=\r\n", 3);
			line = to;
		}
		if (literal && !(to == line && is_risky_start(p, end)))
			*to++ = *p;
		else
			to = put_escaped(p, unit, to);
	}
	return to;
}
