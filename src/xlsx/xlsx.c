#include "xlsx/xlsx.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "xlsx/xlsx_book.h"
#include "xlsx/xlsx_strings.h"

enum {
	SHEET_MOST_BYTES = 1 << 30,
	ROWS_MOST = 1 << 20,
	READ_BYTES = 64 * 1024,
};

/* How a cell says what it holds: attribute t, section 18.18.11. */
enum kind { KIND_NUMBER, KIND_SHARED, KIND_BOOLEAN, KIND_TEXT };

struct xlsx {
	zip_t *zip;
	struct xlsx_strings strings;
	struct xlsx_part *part;

	/* The cell under way. */
	size_t column; /* from 0 */
	enum kind kind;
	struct xlsx_text text; /* inline, or the value */

	/* The row: its texts behind each other, and where they begin. */
	struct buf bytes;
	size_t offsets[XLSX_MOST_FIELDS];
	const char *fields[XLSX_MOST_FIELDS];
	size_t line;
	struct xlsx_row row;
};

/* The column of "AB12", from 0; `next` where there is no such reference. */
static size_t
read_column(const char *reference, size_t next)
{
	size_t column = 0;

	if (reference == NULL || *reference < 'A' || *reference > 'Z')
		return next;
	for (; *reference >= 'A' && *reference <= 'Z'; reference++)
		if (column < XLSX_MOST_FIELDS * 26)
			column = column * 26 + (size_t)(*reference - 'A') + 1;
	return column - 1;
}

static enum kind
read_kind(const char *type)
{
	if (type == NULL || strcmp(type, "n") == 0)
		return KIND_NUMBER;
	if (strcmp(type, "s") == 0)
		return KIND_SHARED;
	return strcmp(type, "b") == 0 ? KIND_BOOLEAN : KIND_TEXT;
}

static void
start_row(struct xlsx *xlsx, struct xlsx_part *part, const char *number)
{
	unsigned long line = number != NULL ? strtoul(number, NULL, 10) : 0;

	xlsx->line = line > xlsx->line ? line : xlsx->line + 1;
	if (xlsx->line > ROWS_MOST)
		xlsx_part_refuse(part, "more rows than a sheet has");
	xlsx->column = SIZE_MAX;
	xlsx->row.count = 0;
	buf_reset(&xlsx->bytes);
}

static void
on_start(struct xlsx_part *part, void *context, const char *name,
    const char **attributes)
{
	struct xlsx *xlsx = context;

	if (strcmp(name, "row") == 0) {
		start_row(xlsx, part, xlsx_part_attribute(attributes, "r"));
	} else if (strcmp(name, "c") == 0) {
		xlsx->column = read_column(
		    xlsx_part_attribute(attributes, "r"), xlsx->column + 1);
		xlsx->kind = read_kind(xlsx_part_attribute(attributes, "t"));
		buf_reset(&xlsx->text.bytes);
	} else if (strcmp(name, "v") == 0) {
		xlsx->text.in_t = true;
	} else {
		xlsx_text_start(&xlsx->text, name);
	}
}

static void
on_text(struct xlsx_part *part, void *context, const char *bytes, size_t count)
{
	struct xlsx *xlsx = context;

	(void)part;
	xlsx_text_add(&xlsx->text, bytes, count);
}

/* A number as it is meant: 1.1002E4 is 11002, and 0.1 is not
   0.10000000000000001. */
static void
show_number(struct buf *text)
{
	char *end;
	double number = strtod(buf_str(text), &end);

	if (text->used == 0 || *end != '\0' || !isfinite(number))
		return;
	buf_reset(text);
	if (fabs(number) < 1e15 && number == floor(number))
		buf_add_format(text, "%.0f", number);
	else
		buf_add_format(text, "%.15g", number);
}

/* The text of the cell; NULL when it names one that is not there. */
static const char *
show_cell(struct xlsx *xlsx)
{
	struct buf *text = &xlsx->text.bytes;

	switch (xlsx->kind) {
	case KIND_SHARED:
		return text->used > 0
			   ? xlsx_strings_get(&xlsx->strings, buf_str(text))
			   : "";
	case KIND_NUMBER:
		show_number(text);
		break;
	case KIND_BOOLEAN:
		return strcmp(buf_str(text), "1") == 0 ? "TRUE" : "FALSE";
	case KIND_TEXT:
		break;
	}
	return buf_str(text);
}

static void
end_cell(struct xlsx *xlsx, struct xlsx_part *part)
{
	const char *text = show_cell(xlsx);

	if (text == NULL) {
		xlsx_part_refuse(part, "damaged: a text that is not there");
		return;
	}
	if (*text == '\0')
		return;
	if (xlsx->column >= XLSX_MOST_FIELDS) {
		xlsx_part_refuse(part, "more than 256 columns");
		return;
	}
	for (; xlsx->row.count <= xlsx->column; xlsx->row.count++)
		xlsx->offsets[xlsx->row.count] = SIZE_MAX;
	xlsx->offsets[xlsx->column] = xlsx->bytes.used;
	buf_add(&xlsx->bytes, text, strlen(text) + 1);
	if (xlsx->bytes.overflowed || xlsx->text.bytes.overflowed)
		xlsx_part_refuse(part, "a row of more than 256 KB");
}

static void
on_end(struct xlsx_part *part, void *context, const char *name)
{
	struct xlsx *xlsx = context;

	if (strcmp(name, "v") == 0)
		xlsx->text.in_t = false;
	else if (strcmp(name, "c") == 0)
		end_cell(xlsx, part);
	else if (strcmp(name, "row") == 0 && xlsx->row.count > 0)
		xlsx_part_pause(part);
	else
		xlsx_text_end(&xlsx->text, name);
}

static bool
watch_file(int fd, xlsx_watch_fn *watch, void *context, struct err *err)
{
	char *bytes GM_FREE_AT_EXIT = mem_new(READ_BYTES, 1);
	ssize_t count;

	while ((count = read(fd, bytes, READ_BYTES)) > 0)
		watch(bytes, (size_t)count, context);
	return count == 0 || err_errno(err, ERR_IO, "reading failed");
}

/* The package, of a file that is the same one to its end. */
static bool
open_zip(const char *path, xlsx_watch_fn *watch, void *context, zip_t **ret_zip,
    struct err *err)
{
	struct stat status;
	zip_error_t fault;
	int code;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(
		    err, errno == EACCES ? ERR_NO_PERM : ERR_NO_INPUT, "open");
	if ((fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		return err_set(err, ERR_NO_INPUT, "expected a regular file");
	}
	if (watch != NULL && (!watch_file(fd, watch, context, err) ||
				 lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return false;
	}
	*ret_zip = zip_fdopen(fd, 0, &code);
	if (*ret_zip != NULL)
		return true;
	close(fd);
	zip_error_init_with_code(&fault, code);
	err_set(err, ERR_DATA, "damaged: %s", zip_error_strerror(&fault));
	zip_error_fini(&fault);
	return false;
}

static bool
open_sheet(struct xlsx *xlsx, const char *sheet, struct err *err)
{
	const struct xlsx_handler handler = { on_start, on_end, on_text, xlsx };
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct xlsx_book book;

	if (!xlsx_book_read(arena, xlsx->zip, sheet, &book, err) ||
	    (book.strings != NULL && !xlsx_strings_read(xlsx->zip, book.strings,
					 &xlsx->strings, err)) ||
	    !xlsx_part_open(xlsx->zip, book.sheet, SHEET_MOST_BYTES, &handler,
		&xlsx->part, err))
		return false;
	return xlsx->part != NULL ||
	       err_set(err, ERR_DATA, "damaged: the sheet is not there");
}

bool
xlsx_open(const char *path, const char *sheet, xlsx_watch_fn *watch,
    void *context, struct xlsx **ret_xlsx, struct err *err)
{
	struct xlsx *xlsx;
	zip_t *zip = NULL;

	if (!open_zip(path, watch, context, &zip, err))
		return false;
	xlsx = mem_new(1, sizeof(*xlsx));
	xlsx->zip = zip;
	buf_init(&xlsx->bytes, XLSX_MOST_ROW_BYTES);
	xlsx_text_init(&xlsx->text, XLSX_MOST_ROW_BYTES);
	if (!open_sheet(xlsx, sheet, err)) {
		xlsx_close(xlsx);
		return false;
	}
	*ret_xlsx = xlsx;
	return true;
}

void
xlsx_close(struct xlsx *xlsx)
{
	if (xlsx == NULL)
		return;
	xlsx_part_close(xlsx->part);
	xlsx_strings_clear(&xlsx->strings);
	buf_clear(&xlsx->bytes);
	buf_clear(&xlsx->text.bytes);
	zip_discard(xlsx->zip);
	free(xlsx);
}

bool
xlsx_next(struct xlsx *xlsx, const struct xlsx_row **ret_row, struct err *err)
{
	bool more;

	xlsx->row.count = 0;
	if (!xlsx_part_read(xlsx->part, &more, err))
		return false;
	*ret_row = NULL;
	if (!more)
		return true;
	for (size_t i = 0; i < xlsx->row.count; i++) {
		xlsx->fields[i] = "";
		if (xlsx->offsets[i] == SIZE_MAX)
			continue;
		xlsx->fields[i] = xlsx->bytes.bytes + xlsx->offsets[i];
		xlsx_text_unescape(xlsx->bytes.bytes + xlsx->offsets[i]);
	}
	xlsx->row.line = xlsx->line;
	xlsx->row.fields = xlsx->fields;
	*ret_row = &xlsx->row;
	return true;
}

size_t
xlsx_line(const struct xlsx *xlsx)
{
	return xlsx->line;
}
