/*
 * Workbooks: the input is a package as it is, or, behind an 'x', what its parts
 * hold: workbook, relationships, shared texts and the sheet, with a NUL between
 * them. What is read keeps to the limits, and is the same twice.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zip.h>

#include "base/text.h"
#include "fuzz.h"
#include "xlsx/xlsx.h"

static const char *const names[] = { "xl/workbook.xml",
	"xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml",
	"xl/worksheets/sheet1.xml" };

enum { PARTS = sizeof(names) / sizeof(names[0]), MOST_ROWS = 3000 };

static void
add_part(zip_t *zip, const char *name, const char *bytes, size_t count)
{
	zip_source_t *source = zip_source_buffer(zip, bytes, count, 0);
	zip_int64_t index = zip_file_add(zip, name, source, ZIP_FL_OVERWRITE);

	FUZZ_DEMAND(index >= 0);
	FUZZ_DEMAND(zip_set_file_compression(
			zip, (zip_uint64_t)index, ZIP_CM_STORE, 0) == 0);
}

/* Packs the parts, and writes the package to `fd`. */
static void
pack(int fd, const char *bytes, size_t count)
{
	zip_error_t fault;
	zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &fault);
	zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, &fault);
	zip_int64_t got;
	char piece[4096];

	FUZZ_DEMAND(zip != NULL);
	zip_source_keep(source);
	for (size_t i = 0; i < PARTS && count > 0; i++) {
		const char *end =
		    i + 1 < PARTS ? memchr(bytes, '\0', count) : NULL;
		size_t one = end != NULL ? (size_t)(end - bytes) : count;

		add_part(zip, names[i], bytes, one);
		one += end != NULL;
		bytes += one;
		count -= one;
	}
	FUZZ_DEMAND(zip_close(zip) == 0);
	FUZZ_DEMAND(zip_source_open(source) == 0);
	while ((got = zip_source_read(source, piece, sizeof(piece))) > 0)
		FUZZ_DEMAND(write(fd, piece, (size_t)got) == got);
	zip_source_close(source);
	zip_source_free(source);
}

/* Rows that were read, and a sum over their texts. */
static size_t
read_all(const char *path, size_t *ret_sum)
{
	const struct xlsx_row *row;
	struct err err = { 0 };
	struct xlsx *xlsx;
	size_t line = 0, rows = 0, bytes = 0;
	bool ok;

	*ret_sum = 0;
	if (!xlsx_open(path, NULL, NULL, NULL, &xlsx, &err)) {
		FUZZ_DEMAND(err.code == ERR_DATA && err.text[0] != '\0');
		return 0;
	}
	while ((ok = xlsx_next(xlsx, &row, &err)) && row != NULL &&
	       rows++ < MOST_ROWS) {
		FUZZ_DEMAND(row->line > line && row->count > 0);
		FUZZ_DEMAND(row->count <= XLSX_MOST_FIELDS);
		line = row->line;
		bytes = 0;
		for (size_t i = 0; i < row->count; i++) {
			size_t count = strlen(row->fields[i]);

			FUZZ_DEMAND(text_is_utf8(row->fields[i], count));
			bytes += count;
			*ret_sum = *ret_sum * 31 + count + i;
		}
		FUZZ_DEMAND(bytes <= XLSX_MOST_ROW_BYTES);
	}
	FUZZ_DEMAND(ok || (err.code == ERR_DATA && err.text[0] != '\0'));
	xlsx_close(xlsx);
	return rows;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	const char *text = (const char *)bytes;
	size_t rows, sum, again;
	char path[64];
	int fd;

	if (count < 2)
		return 0;
	fd = memfd_create("fuzz", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (text[0] == 'x')
		pack(fd, text + 1, count - 1);
	else
		FUZZ_DEMAND(write(fd, text, count) == (ssize_t)count);
	rows = read_all(path, &sum);
	FUZZ_DEMAND(read_all(path, &again) == rows && again == sum);
	close(fd);
	return 0;
}
