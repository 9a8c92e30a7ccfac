/*
 * The reader of tables, decoding included: the first byte chooses encoding and
 * delimiter, the rest is the file. What was read is written and read again, and
 * must be the same.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "csv/csv.h"
#include "csv/csv_write.h"
#include "fuzz.h"

enum { MOST_ROWS = 2000 };

static void
compare(const struct csv_row *row, struct csv *again)
{
	const struct csv_row *other;
	struct err err = { 0 };

	FUZZ_DEMAND(csv_next(again, &other, &err));
	FUZZ_DEMAND(other != NULL && other->count == row->count);
	for (size_t i = 0; i < row->count; i++)
		FUZZ_DEMAND(strcmp(row->fields[i], other->fields[i]) == 0);
}

/* Whether a row may look like no row: one field with nothing in it. */
static bool
is_nothing(const struct csv_row *row)
{
	return row->count == 1 && row->fields[0][0] == '\0';
}

/* Reads the file at `path`; the rows go to `out`, or are held against
   `again`. */
static void
read_all(
    const char *path, const struct csv_form *form, FILE *out, struct csv *again)
{
	const struct csv_form plain = { CSV_UTF_8, ',' };
	struct csv_writer *writer = NULL;
	const struct csv_row *row;
	struct err err = { 0 };
	struct csv *csv;
	size_t line = 0, field;

	FUZZ_DEMAND(csv_open(path, form, NULL, NULL, &csv, &err));
	if (out != NULL)
		FUZZ_DEMAND(csv_writer_new(out, &plain, &writer, &err));
	for (int i = 0; i < MOST_ROWS; i++) {
		if (!csv_next(csv, &row, &err)) {
			FUZZ_DEMAND(
			    err.code == ERR_DATA && err.text[0] != '\0');
			break;
		}
		if (row == NULL)
			break;
		FUZZ_DEMAND(row->line > line && row->count > 0);
		line = row->line;
		for (size_t j = 0; j < row->count; j++)
			FUZZ_DEMAND(text_is_utf8(
			    row->fields[j], strlen(row->fields[j])));
		if (is_nothing(row))
			continue;
		if (out != NULL)
			FUZZ_DEMAND(csv_write(
			    writer, row->fields, row->count, &field, &err));
		if (again != NULL)
			compare(row, again);
	}
	csv_writer_free(writer);
	csv_close(csv);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const char delimiters[] = "\0,\t;|";
	struct csv_form form = { CSV_DETECT, '\0' };
	const struct csv_form plain = { CSV_UTF_8, ',' };
	struct err err = { 0 };
	struct csv *again;
	char path[64], copy_path[64];
	FILE *copy;
	int fd, copy_fd;

	if (count == 0)
		return 0;
	form.encoding = (enum csv_encoding)(bytes[0] % CSV_ENCODINGS);
	form.delimiter = delimiters[bytes[0] / 16 % 5];
	fd = memfd_create("fuzz", 0);
	copy_fd = memfd_create("copy", 0);
	FUZZ_DEMAND(write(fd, bytes + 1, count - 1) == (ssize_t)count - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	snprintf(copy_path, sizeof(copy_path), "/proc/self/fd/%d", copy_fd);
	copy = fdopen(copy_fd, "w");
	read_all(path, &form, copy, NULL);
	fflush(copy);
	FUZZ_DEMAND(csv_open(copy_path, &plain, NULL, NULL, &again, &err));
	read_all(path, &form, NULL, again);
	csv_close(again);
	fclose(copy);
	close(fd);
	return 0;
}
