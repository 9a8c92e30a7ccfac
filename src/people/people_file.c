#include "people/people_file.h"

#include <stdio.h>
#include <string.h>

enum { MOST_FAULTS = 1000 };

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

/* Complains about a workbook, which is no text: true when it is one. What
   cannot be read is told when it is opened as a table. */
static bool
is_workbook(const struct people_file *file, struct complaints *complaints)
{
	static const struct {
		const char *bytes;
		const char *what;
	} kinds[] = {
		{ "PK\x03\x04", "a workbook (.xlsx, .ods)" },
		{ "\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)" },
	};
	char start[4] = { 0 };
	FILE *stream = fopen(file->path, "rbe");

	if (stream == NULL)
		return false;
	if (fread(start, 1, sizeof(start), stream) < sizeof(start))
		start[0] = '\0';
	fclose(stream);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (memcmp(start, kinds[i].bytes, sizeof(start)) == 0) {
			complaints_add(complaints, file->path, 0,
			    "this is %s; open it and save the sheet as 'CSV "
			    "UTF-8 (コンマ区切り)'",
			    kinds[i].what);
			return true;
		}
	return false;
}

/* *ret_there is false when there is nothing to go on with. */
static bool
read_header(const struct people_file *file, struct csv *csv,
    struct people_header *ret_header, bool *ret_there,
    struct complaints *complaints, struct err *err)
{
	const struct csv_row *row;
	struct err fault = { 0 };

	*ret_there = false;
	if (!csv_next(csv, &row, &fault))
		return complain_of(
		    file, csv_line(csv), complaints, &fault, err);
	if (row == NULL) {
		complaints_add(complaints, file->path, 0,
		    "the file is empty; expected a header");
		return true;
	}
	*ret_there = people_header_read(
	    row, file->path, &file->headings, ret_header, complaints);
	return true;
}

static bool
walk_rows(const struct people_file *file, struct csv *csv,
    const struct people_header *header, struct complaints *complaints,
    struct err *err)
{
	const struct csv_row *row;
	struct err fault = { 0 };

	for (;;) {
		if (!csv_next(csv, &row, &fault))
			return complain_of(
			    file, csv_line(csv), complaints, &fault, err);
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
	struct people_header header;
	struct csv *csv;
	bool there;
	bool ok;

	if (is_workbook(file, complaints))
		return true;
	if (!csv_open(
		file->path, &file->form, file->watch, file->context, &csv, err))
		return false;
	ok = read_header(file, csv, &header, &there, complaints, err);
	if (ok && there)
		ok = walk_rows(file, csv, &header, complaints, err);
	file->form = csv_form(csv);
	csv_close(csv);
	return ok;
}
