#include "people/people_file.h"

#include <stdio.h>
#include <string.h>

#include "xlsx/xlsx.h"

enum { MOST_FAULTS = 1000, START_BYTES = 4 };

static bool
is_empty(const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->fields[i][0] != '\0')
			return false;
	return true;
}

/* What is wrong within the file goes to the complaints; the rest fails. */
static bool
complain_of(const struct people_file *file, size_t line,
    struct complaints *complaints, const struct err *fault, struct err *err)
{
	if (fault->code != ERR_DATA) {
		err_set(err, fault->code, "%s", fault->text);
		return err_wrap(err, "%s", file->path);
	}
	complaints_add(complaints, file->path, line, "%s", fault->text);
	return true;
}

/* What a file is by its first bytes. What cannot be read is told when it is
   opened as a table. */
enum kind { KIND_TEXT, KIND_WORKBOOK, KIND_OTHER };

static enum kind
find_kind(const struct people_file *file, struct complaints *complaints)
{
	static const char workbook[] = "PK\x03\x04";
	static const char old[] = "\xd0\xcf\x11\xe0";
	char start[START_BYTES + 1] = { 0 };
	FILE *stream = fopen(file->path, "rbe");

	if (stream == NULL)
		return KIND_TEXT;
	if (fread(start, 1, START_BYTES, stream) < START_BYTES)
		start[0] = '\0';
	fclose(stream);
	if (memcmp(start, workbook, START_BYTES) == 0)
		return KIND_WORKBOOK;
	if (memcmp(start, old, START_BYTES) == 0)
		complaints_add(complaints, file->path, 0,
		    "this is an old Excel workbook (.xls), or one with a "
		    "password; open it and save it as .xlsx without password");
	else if (text_starts(start, "{\"") || text_starts(start, "[{"))
		complaints_add(complaints, file->path, 0,
		    "this is JSON; expected a table, CSV or .xlsx");
	else
		return KIND_TEXT;
	return KIND_OTHER;
}

/* Where rows come from: one of the two. */
struct source {
	struct csv *csv;
	struct xlsx *xlsx;

	/* Of a sheet, whose rows end at their last text. */
	size_t width; /* of the header, once that is known */
	const char *fields[XLSX_MOST_FIELDS];
	struct csv_row row;
};

static bool
open_source(const struct people_file *file, enum kind kind,
    struct source *ret_source, struct err *err)
{
	*ret_source = (struct source){ 0 };
	if (kind == KIND_TEXT && file->sheet != NULL)
		return err_set(err, ERR_USAGE,
		    "--sheet is for workbooks (.xlsx); %s is none", file->path);
	if (kind == KIND_TEXT)
		return csv_open(file->path, &file->form, file->watch,
		    file->context, &ret_source->csv, err);
	if (file->form.encoding != CSV_DETECT || file->form.delimiter != '\0')
		return err_set(err, ERR_USAGE,
		    "--encoding and --delimiter are for text, not for a "
		    "workbook");
	return xlsx_open(file->path, file->sheet, file->watch, file->context,
	    &ret_source->xlsx, err);
}

static void
close_source(struct source *source)
{
	csv_close(source->csv);
	xlsx_close(source->xlsx);
}

static size_t
line_of(const struct source *source)
{
	return source->csv != NULL ? csv_line(source->csv)
				   : xlsx_line(source->xlsx);
}

static bool
next_row(struct source *source, const struct csv_row **ret_row, struct err *err)
{
	const struct xlsx_row *row;
	size_t count;

	if (source->csv != NULL)
		return csv_next(source->csv, ret_row, err);
	if (!xlsx_next(source->xlsx, &row, err))
		return false;
	*ret_row = NULL;
	if (row == NULL)
		return true;
	count = row->count > source->width ? row->count : source->width;
	for (size_t i = 0; i < count; i++)
		source->fields[i] = i < row->count ? row->fields[i] : "";
	source->row = (struct csv_row){ row->line, source->fields, count };
	*ret_row = &source->row;
	return true;
}

/* *ret_there is false when there is nothing to go on with. */
static bool
read_header(const struct people_file *file, struct source *source,
    struct people_header *ret_header, bool *ret_there,
    struct complaints *complaints, struct err *err)
{
	const struct csv_row *row;
	struct err fault = { 0 };

	*ret_there = false;
	if (!next_row(source, &row, &fault))
		return complain_of(
		    file, line_of(source), complaints, &fault, err);
	if (row == NULL) {
		complaints_add(complaints, file->path, 0,
		    "the file is empty; expected a header");
		return true;
	}
	source->width = row->count;
	*ret_there = people_header_read(
	    row, file->path, &file->headings, ret_header, complaints);
	return true;
}

static bool
walk_rows(const struct people_file *file, struct source *source,
    const struct people_header *header, struct complaints *complaints,
    struct err *err)
{
	const struct csv_row *row;
	struct err fault = { 0 };

	for (;;) {
		if (!next_row(source, &row, &fault))
			return complain_of(
			    file, line_of(source), complaints, &fault, err);
		if (row == NULL)
			return true;
		if (is_empty(row))
			continue;
		if (row->count != header->width)
			complaints_add(complaints, file->path, row->line,
			    "%zu %s, the header has %zu", row->count,
			    row->count == 1 ? "column" : "columns",
			    header->width);
		else if (!file->each(header, row, file->context, err))
			return false;
		if (complaints->errors >= MOST_FAULTS) {
			complaints_add(complaints, file->path, row->line,
			    "too many faults; the rest was not read");
			return true;
		}
	}
}

bool
people_file_walk(
    struct people_file *file, struct complaints *complaints, struct err *err)
{
	enum kind kind = find_kind(file, complaints);
	struct people_header header;
	struct source source;
	struct err fault = { 0 };
	bool there;
	bool ok;

	if (kind == KIND_OTHER)
		return true;
	if (!open_source(file, kind, &source, &fault))
		return kind == KIND_WORKBOOK
			   ? complain_of(file, 0, complaints, &fault, err)
			   : err_set(err, fault.code, "%s", fault.text);
	ok = read_header(file, &source, &header, &there, complaints, err);
	if (ok && there)
		ok = walk_rows(file, &source, &header, complaints, err);
	if (source.csv != NULL)
		file->form = csv_form(source.csv);
	close_source(&source);
	return ok;
}
