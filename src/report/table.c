#include "report/table.h"

#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "unicode/unicode.h"

enum { GAP_COLUMNS = 2 };

struct column {
	const char *title;
	bool right;
	size_t limit; /* 0: none */
};

struct table {
	struct arena *arena;
	size_t count;
	size_t indent;
	struct column *columns;
	GM_VEC(const char *) cells; /* row after row */
};

struct table *
table_new(const char *const *titles)
{
	struct table *table = mem_new(1, sizeof(*table));

	table->arena = arena_new();
	while (titles[table->count] != NULL)
		table->count++;
	table->columns =
	    arena_take(table->arena, table->count, sizeof(*table->columns));
	for (size_t i = 0; i < table->count; i++) {
		table->columns[i].right = titles[i][0] == '>';
		table->columns[i].title = titles[i] + table->columns[i].right;
	}
	return table;
}

void
table_free(struct table *table)
{
	if (table == NULL)
		return;
	vec_clear(&table->cells);
	arena_free(table->arena);
	free(table);
}

void
table_free_at(struct table **variable)
{
	table_free(*variable);
}

void
table_limit(struct table *table, size_t column, size_t columns)
{
	table->columns[column].limit = columns;
}

void
table_indent(struct table *table, size_t indent)
{
	table->indent = indent;
}

void
table_add(struct table *table, const char *const *texts)
{
	for (size_t i = 0; i < table->count; i++)
		vec_push(&table->cells, text_printable(table->arena, texts[i]));
}

/* The cell as it is shown; may be in `arena`. */
static const char *
cut_cell(struct arena *arena, const char *cell, size_t limit)
{
	if (limit == 0 || unicode_width(cell) <= limit)
		return cell;
	return arena_format(
	    arena, "%.*s…", (int)unicode_fit(cell, limit - 1), cell);
}

static void
print_blanks(size_t count, FILE *out)
{
	while (count-- > 0)
		fputc(' ', out);
}

static void
print_row(const struct table *table, const char *const *cells,
    const size_t *widths, FILE *out)
{
	size_t owed = table->indent;

	/* Blanks are owed until something follows them. */
	for (size_t i = 0; i < table->count; i++) {
		size_t pad = widths[i] - unicode_width(cells[i]);
		bool right = table->columns[i].right;

		if (*cells[i] == '\0') {
			owed += widths[i] + GAP_COLUMNS;
			continue;
		}
		print_blanks(owed + (right ? pad : 0), out);
		fputs(cells[i], out);
		owed = GAP_COLUMNS + (right ? 0 : pad);
	}
}

void
table_print(const struct table *table, const char *nothing, FILE *out)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	int fd = fileno(out);
	bool terminal = fd >= 0 && isatty(fd);
	size_t count = table->count;
	const char **titles = arena_take(arena, count, sizeof(*titles));
	size_t *widths = arena_take(arena, count, sizeof(*widths));
	const char **cells =
	    arena_take(arena, table->cells.count, sizeof(*cells));

	if (table->cells.count == 0) {
		if (nothing != NULL)
			fprintf(out, "%s\n", nothing);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		titles[i] = table->columns[i].title;
		widths[i] = unicode_width(titles[i]);
	}
	for (size_t i = 0; i < table->cells.count; i++) {
		size_t limit = terminal ? table->columns[i % count].limit : 0;
		size_t width;

		cells[i] = cut_cell(arena, table->cells.items[i], limit);
		width = unicode_width(cells[i]);
		if (width > widths[i % count])
			widths[i % count] = width;
	}
	fputs(terminal ? "\033[1m" : "", out);
	print_row(table, titles, widths, out);
	fputs(terminal ? "\033[0m\n" : "\n", out);
	for (size_t i = 0; i < table->cells.count; i += count) {
		print_row(table, cells + i, widths, out);
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
