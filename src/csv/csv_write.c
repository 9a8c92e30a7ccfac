#include "csv/csv_write.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { MOST_ENCODED = 4 }; /* bytes of a byte of UTF-8 in any encoding */

struct csv_writer {
	FILE *out; /* NULL: nowhere */
	struct csv_form form;
	iconv_t there, back; /* (iconv_t)-1: UTF-8 */
	struct buf row;      /* UTF-8 */
	struct buf encoded;
	struct buf decoded;
};

static bool
is_open(iconv_t converter)
{
	return converter != (iconv_t)-1;
}

bool
csv_writer_new(FILE *out, const struct csv_form *form,
    struct csv_writer **ret_writer, struct err *err)
{
	struct csv_writer *writer = mem_new(1, sizeof(*writer));
	const char *name;

	writer->out = out;
	writer->form = *form;
	if (writer->form.encoding == CSV_DETECT)
		writer->form.encoding = CSV_UTF_8;
	if (writer->form.delimiter == '\0')
		writer->form.delimiter = ',';
	buf_init(&writer->row, SIZE_MAX / 8);
	buf_init(&writer->encoded, SIZE_MAX / 8);
	buf_init(&writer->decoded, SIZE_MAX / 8);
	writer->there = writer->back = (iconv_t)-1;
	name = csv_encoding_iconv(writer->form.encoding);
	if (!text_equal(name, "UTF-8")) {
		writer->there = iconv_open(name, "UTF-8");
		writer->back = iconv_open("UTF-8", name);
		if (!is_open(writer->there) || !is_open(writer->back)) {
			csv_writer_free(writer);
			return err_set(err, ERR_UNAVAILABLE,
			    "this system does not know the encoding %s", name);
		}
	}
	if (out != NULL && writer->form.encoding == CSV_UTF_8_BOM)
		fputs("\xef\xbb\xbf", out);
	if (out != NULL && writer->form.encoding == CSV_UTF_16)
		fputs("\xff\xfe", out);
	if (out != NULL && writer->form.encoding == CSV_UTF_16_BE)
		fputs("\xfe\xff", out);
	*ret_writer = writer;
	return true;
}

void
csv_writer_free(struct csv_writer *writer)
{
	if (writer == NULL)
		return;
	if (is_open(writer->there))
		iconv_close(writer->there);
	if (is_open(writer->back))
		iconv_close(writer->back);
	buf_clear(&writer->row);
	buf_clear(&writer->encoded);
	buf_clear(&writer->decoded);
	free(writer);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Whether a reader would take more or less of a field than there is. At the
   front of a file U+FEFF is a mark. */
static bool
must_quote(const char *field, char delimiter)
{
	static const char mark[] = "\ufeff";
	size_t bytes = strlen(field);

	if (bytes == 0)
		return false;
	return strchr(field, delimiter) != NULL ||
	       strpbrk(field, "\"\r\n") != NULL || is_blank(field[0]) ||
	       is_blank(field[bytes - 1]) || text_starts(field, mark);
}

static void
add_field(struct csv_writer *writer, const char *field)
{
	if (!must_quote(field, writer->form.delimiter)) {
		buf_add_str(&writer->row, field);
		return;
	}
	buf_add_char(&writer->row, '"');
	for (; *field != '\0'; field++) {
		if (*field == '"')
			buf_add_char(&writer->row, '"');
		buf_add_char(&writer->row, *field);
	}
	buf_add_char(&writer->row, '"');
}

/* Converts all of `text`; false when that cannot be done. */
static bool
convert(iconv_t converter, const char *text, size_t bytes, struct buf *out)
{
	char *from = (char *)(uintptr_t)text;
	size_t room = MOST_ENCODED * bytes;
	char *to = buf_reserve(out, room);
	size_t left = room;

	if (to == NULL)
		return false;
	if (iconv(converter, &from, &bytes, &to, &left) == (size_t)-1) {
		iconv(converter, NULL, NULL, NULL, NULL);
		return false;
	}
	out->used += room - left;
	return true;
}

/* Puts the text into `encoded`; false when it would not come back. */
static bool
encode(struct csv_writer *writer, const char *text, size_t bytes)
{
	buf_reset(&writer->encoded);
	buf_reset(&writer->decoded);
	return convert(writer->there, text, bytes, &writer->encoded) &&
	       convert(writer->back, buf_str(&writer->encoded),
		   writer->encoded.used, &writer->decoded) &&
	       writer->decoded.used == bytes &&
	       memcmp(buf_str(&writer->decoded), text, bytes) == 0;
}

static uint32_t
decode_character(const char *text, size_t bytes)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t c = bytes == 1 ? p[0] : p[0] & (0x7fu >> bytes);

	for (size_t i = 1; i < bytes; i++)
		c = c << 6 | (p[i] & 0x3fu);
	return c;
}

/* Names the first character that cannot be written. */
static bool
refuse(struct csv_writer *writer, const char *const *fields, size_t count,
    size_t *ret_field, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		size_t left = strlen(fields[i]);
		const char *p = fields[i];

		*ret_field = i;
		while (left > 0) {
			size_t bytes = text_character(p, left);

			if (bytes == 0)
				return err_set(
				    err, ERR_DATA, "malformed UTF-8");
			if (!encode(writer, p, bytes))
				return err_set(err, ERR_DATA,
				    "'%.*s' (U+%04X) cannot be written in %s",
				    (int)bytes, p,
				    (unsigned)decode_character(p, bytes),
				    csv_encoding(writer->form.encoding));
			p += bytes;
			left -= bytes;
		}
	}
	return err_set(err, ERR_DATA, "the row cannot be written in %s",
	    csv_encoding(writer->form.encoding));
}

bool
csv_write(struct csv_writer *writer, const char *const *fields, size_t count,
    size_t *ret_field, struct err *err)
{
	const struct buf *whole = &writer->row;

	buf_reset(&writer->row);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add_char(&writer->row, writer->form.delimiter);
		add_field(writer, fields[i]);
	}
	buf_add_str(&writer->row, "\r\n");
	if (is_open(writer->there)) {
		if (!encode(writer, buf_str(&writer->row), writer->row.used))
			return refuse(writer, fields, count, ret_field, err);
		whole = &writer->encoded;
	}
	if (writer->out != NULL)
		fwrite(whole->bytes, 1, whole->used, writer->out);
	return true;
}
