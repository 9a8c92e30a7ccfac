#include "report/table.h"

#include <unistd.h>

#include "base/text.h"
#include "unicode/unicode.h"

struct row {
	const char **cells;
	struct row *next;
};

struct table {
	struct arena *arena;
	const struct table_column *columns;
	size_t column_count;
	struct row *first, **end;
};

struct table *
table_new(struct arena *arena, const struct table_column *columns, size_t count)
{
	struct table *table = arena_take(arena, 1, sizeof(*table));

	table->arena = arena;
	table->columns = columns;
	table->column_count = count;
	table->end = &table->first;
	return table;
}

const char **
table_row(struct table *table)
{
	struct row *row = arena_take(table->arena, 1, sizeof(*row));

	row->cells =
	    arena_take(table->arena, table->column_count, sizeof(*row->cells));
	for (size_t i = 0; i < table->column_count; i++)
		row->cells[i] = "";
	*table->end = row;
	table->end = &row->next;
	return row->cells;
}

/* The cell as it is shown. */
static const char *
show_cell(
    const struct table *table, size_t column, const char *cell, bool terminal)
{
	const char *shown = text_printable(table->arena, cell);
	size_t longest = table->columns[column].longest;

	if (!terminal || longest == 0 || unicode_width(shown) <= longest)
		return shown;
	return arena_format(
	    table->arena, "%.*s…", (int)unicode_fit(shown, longest - 1), shown);
}

static void
print_blanks(size_t count, FILE *out)
{
	while (count-- > 0)
		fputc(' ', out);
}

static void
print_cells(const struct table *table, const char *const *cells,
    const size_t *widths, size_t indent, FILE *out)
{
	size_t last = 0;
	size_t owed = indent;

	/* Blanks are owed until something follows them. */
	for (size_t i = 0; i < table->column_count; i++)
		if (*cells[i] != '\0')
			last = i + 1;
	for (size_t i = 0; i < last; i++) {
		size_t pad = widths[i] - unicode_width(cells[i]);
		bool right = table->columns[i].right;

		print_blanks(owed + (right ? pad : 0), out);
		fputs(cells[i], out);
		owed = 2 + (right ? 0 : pad);
	}
}

void
table_print(const struct table *table, size_t indent, FILE *out)
{
	int fd = fileno(out);
	bool terminal = fd >= 0 && isatty(fd);
	size_t count = table->column_count;
	size_t *widths = arena_take(table->arena, count, sizeof(*widths));
	const char **titles = arena_take(table->arena, count, sizeof(*titles));

	if (table->first == NULL)
		return;
	for (size_t i = 0; i < count; i++) {
		titles[i] = table->columns[i].title;
		widths[i] = unicode_width(titles[i]);
	}
	for (struct row *row = table->first; row != NULL; row = row->next) {
		for (size_t i = 0; i < count; i++) {
			size_t width;

			row->cells[i] =
			    show_cell(table, i, row->cells[i], terminal);
			width = unicode_width(row->cells[i]);
			if (width > widths[i])
				widths[i] = width;
		}
	}
	fputs(terminal ? "\033[1m" : "", out);
	print_cells(table, titles, widths, indent, out);
	fputs(terminal ? "\033[0m\n" : "\n", out);
	for (struct row *row = table->first; row != NULL; row = row->next) {
		print_cells(table, row->cells, widths, indent, out);
		fputc('\n', out);
	}
}

char *
table_pad(struct arena *arena, const char *cell, size_t columns)
{
	size_t width = unicode_width(cell);
	size_t pad = width < columns ? columns - width : 0;

	return arena_format(arena, "%s%*s", cell, (int)pad, "");
}
