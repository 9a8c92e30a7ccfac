#include "csv/csv.h"

#include <stdlib.h>
#include <string.h>

#include <csv.h>

#include "base/buf.h"
#include "base/mem.h"
#include "csv/csv_detect.h"
#include "csv/csv_source.h"

enum { CHUNK_BYTES = 64 * 1024 };

struct csv {
	struct csv_source *source;
	char delimiter; /* 0: not known yet */

	/* Read but not parsed yet: chunk[start] to chunk[end]. */
	char *chunk;
	size_t start, end;
	bool at_end;

	/* The parser is fed one physical line at a time, so that rows can be
	   told where they begin. */
	struct csv_parser parser;
	size_t line;     /* the present line, from 1 */
	bool line_ended; /* the last byte fed was its end */
	bool after_cr;   /* … a CR, whose LF belongs to the same line */
	size_t row_line; /* where the row under way begins */
	bool row_begun;
	bool row_ended;
	bool too_big;

	/* The row: its texts behind each other, and where they begin. */
	struct buf bytes;
	size_t offsets[CSV_MOST_FIELDS];
	const char *fields[CSV_MOST_FIELDS];
	struct csv_row row;
};

bool
csv_open(const char *path, const struct csv_form *form, csv_watch_fn *watch,
    void *context, struct csv **ret_csv, struct err *err)
{
	static const struct csv_form unknown = { 0 };
	struct csv_source *source;
	struct csv *csv;

	if (form == NULL)
		form = &unknown;
	if (!csv_source_open(
		path, form->encoding, watch, context, &source, err))
		return false;
	csv = mem_new(1, sizeof(*csv));
	csv->source = source;
	csv->delimiter = form->delimiter;
	csv->chunk = mem_new(CHUNK_BYTES, 1);
	csv->line_ended = true;
	buf_init(&csv->bytes, CSV_MOST_ROW_BYTES);
	if (csv_init(&csv->parser,
		CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
		mem_exhausted();
	*ret_csv = csv;
	return true;
}

void
csv_close(struct csv *csv)
{
	if (csv == NULL)
		return;
	csv_free(&csv->parser);
	buf_clear(&csv->bytes);
	csv_source_close(csv->source);
	free(csv->chunk);
	free(csv);
}

struct csv_form
csv_form(const struct csv *csv)
{
	return (struct csv_form){ csv_source_encoding(csv->source),
		csv->delimiter };
}

size_t
csv_line(const struct csv *csv)
{
	return csv->line;
}

void
csv_progress(const struct csv *csv, size_t *ret_done, size_t *ret_all)
{
	csv_source_progress(csv->source, ret_done, ret_all);
}

static void
note_field(void *bytes, size_t count, void *context)
{
	struct csv *csv = context;

	if (csv->row.count == CSV_MOST_FIELDS) {
		csv->too_big = true;
		return;
	}
	csv->offsets[csv->row.count++] = csv->bytes.used;
	buf_add(&csv->bytes, bytes, count);
	buf_add_char(&csv->bytes, '\0');
}

static void
note_row(int end, void *context)
{
	struct csv *csv = context;

	(void)end;
	csv->row_ended = true;
}

static bool
read_chunk(struct csv *csv, struct err *err)
{
	bool first = csv->line == 0;

	csv->start = csv->end = 0;
	if (!csv_source_read(
		csv->source, csv->chunk, CHUNK_BYTES, &csv->end, err)) {
		/* What cannot be read stands behind what was. */
		csv->line += csv->line_ended;
		return false;
	}
	csv->at_end = csv->end == 0;
	if (first && csv->delimiter == 0)
		csv->delimiter = csv_detect_delimiter(csv->chunk, csv->end);
	if (first)
		csv_set_delim(&csv->parser, (unsigned char)csv->delimiter);
	return true;
}

/* Bytes at the front of the chunk up to the end of a line or of the chunk. */
static size_t
measure_line(const struct csv *csv)
{
	const char *from = csv->chunk + csv->start;
	size_t left = csv->end - csv->start;
	const char *feed = memchr(from, '\n', left);
	size_t count = feed != NULL ? (size_t)(feed - from) + 1 : left;
	const char *cr = memchr(from, '\r', count);

	return cr != NULL ? (size_t)(cr - from) + 1 : count;
}

static bool
is_blank(const struct csv *csv, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strchr(" \t\r\n", bytes[i]) == NULL || bytes[i] == '\0' ||
		    bytes[i] == csv->delimiter)
			return false;
	return true;
}

static bool
explain_fault(struct csv *csv, struct err *err)
{
	if (csv_error(&csv->parser) == CSV_ENOMEM)
		mem_exhausted();
	if (csv->row_line != csv->line)
		return err_set(err, ERR_DATA,
		    "a quote in the wrong place; the row begins in line %zu, "
		    "and a quote within a quoted field is written twice",
		    csv->row_line);
	return err_set(err, ERR_DATA,
	    "a quote in the wrong place; a field with quotes is quoted, and "
	    "quotes within it are written twice");
}

/* Feeds the parser one line, or what the chunk has of it. */
static bool
feed_line(struct csv *csv, struct err *err)
{
	const char *bytes = csv->chunk + csv->start;
	size_t count = measure_line(csv);

	/* The LF of CR LF does not begin a line. */
	if (csv->line_ended && !(csv->after_cr && bytes[0] == '\n'))
		csv->line++;
	csv->after_cr = bytes[count - 1] == '\r';
	csv->line_ended = csv->after_cr || bytes[count - 1] == '\n';

	if (memchr(bytes, '\0', count) != NULL)
		return err_set(
		    err, ERR_DATA, "a NUL byte; save the file as CSV in UTF-8");
	if (!csv->row_begun && !is_blank(csv, bytes, count)) {
		csv->row_begun = true;
		csv->row_line = csv->line;
	}
	csv->start += count;
	if (csv_parse(&csv->parser, bytes, count, note_field, note_row, csv) !=
	    count)
		return explain_fault(csv, err);
	return true;
}

/* Refuses a row, finished or not, that is larger than anyone means. */
static bool
check_size(const struct csv *csv, struct err *err)
{
	if (csv->too_big)
		return err_set(
		    err, ERR_DATA, "more than %d columns", CSV_MOST_FIELDS);
	if (csv->bytes.overflowed || csv->parser.entry_pos > CSV_MOST_ROW_BYTES)
		return err_set(err, ERR_DATA,
		    "a row of more than %d KB, begun in line %zu; is a quote "
		    "missing?",
		    CSV_MOST_ROW_BYTES / 1024, csv->row_line);
	return true;
}

/* Whether bytes that are no UTF-8 read as Shift_JIS. Lead bytes below 0xa0,
   which all kana have, tell it from EUC-JP. */
static bool
is_shift_jis(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	bool typical = false;

	while (*p != '\0') {
		bool leads =
		    (*p >= 0x81 && *p <= 0x9f) || (*p >= 0xe0 && *p <= 0xfc);

		if (leads && (p[1] < 0x40 || p[1] == 0x7f || p[1] > 0xfc))
			return false;
		if (!leads && (*p == 0x80 || *p == 0xa0 || *p > 0xdf))
			return false;
		typical |= leads && *p <= 0x9f;
		p += leads ? 2 : 1;
	}
	return typical;
}

static bool
refuse_bytes(const char *field, size_t column, struct err *err)
{
	if (is_shift_jis(field))
		return err_set(err, ERR_DATA,
		    "column %zu looks like CP932 (Shift_JIS), the rest of the "
		    "file does not; save it anew as 'CSV UTF-8', or name its "
		    "encoding with --encoding",
		    column);
	return err_set(err, ERR_DATA,
	    "column %zu is no UTF-8; save the file as 'CSV UTF-8', or name its "
	    "encoding with --encoding",
	    column);
}

static bool
finish_row(struct csv *csv, struct err *err)
{
	for (size_t i = 0; i < csv->row.count; i++) {
		const char *field = csv->bytes.bytes + csv->offsets[i];

		if (!text_is_utf8(field, strlen(field)))
			return refuse_bytes(field, i + 1, err);
		csv->fields[i] = field;
	}
	csv->row.line = csv->row_line;
	csv->row.fields = csv->fields;
	return true;
}

bool
csv_next(struct csv *csv, const struct csv_row **ret_row, struct err *err)
{
	csv->row.count = 0;
	csv->row_begun = csv->row_ended = false;
	buf_reset(&csv->bytes);
	while (!csv->row_ended) {
		if (csv->start == csv->end && !csv->at_end &&
		    !read_chunk(csv, err))
			return false;
		if (csv->start < csv->end) {
			if (!feed_line(csv, err) || !check_size(csv, err))
				return false;
			continue;
		}
		if (csv_fini(&csv->parser, note_field, note_row, csv) != 0)
			return err_set(err, ERR_DATA,
			    "the quote that begins in the row of line %zu "
			    "is never closed",
			    csv->row_line);
		if (!csv->row_ended)
			break;
	}
	if (!csv->row_ended) {
		*ret_row = NULL;
		return true;
	}
	if (!check_size(csv, err) || !finish_row(csv, err))
		return false;
	*ret_row = &csv->row;
	return true;
}
