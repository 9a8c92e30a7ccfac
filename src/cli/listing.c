#include "cli/listing.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/vec.h"
#include "unicode/unicode.h"

enum { GAP_COLUMNS = 2 };

struct listing {
	struct arena *arena;
	size_t count; /* columns */
	bool *right;
	size_t *widths;
	GM_VEC(const char *) cells; /* titles, then rows */
};

static void
add_cell(struct listing *table, size_t column, const char *text)
{
	const char *cell = text_printable(table->arena, text);
	size_t width = unicode_width(cell);

	if (width > table->widths[column])
		table->widths[column] = width;
	vec_push(&table->cells, cell);
}

struct listing *
listing_new(const char *const *titles)
{
	struct listing *table = mem_new(1, sizeof(*table));

	table->arena = arena_new();
	while (titles[table->count] != NULL)
		table->count++;
	table->right =
	    arena_take(table->arena, table->count, sizeof(*table->right));
	table->widths =
	    arena_take(table->arena, table->count, sizeof(*table->widths));
	for (size_t i = 0; i < table->count; i++) {
		table->right[i] = titles[i][0] == '>';
		add_cell(table, i, titles[i] + table->right[i]);
	}
	return table;
}

void
listing_free(struct listing *table)
{
	if (table == NULL)
		return;
	vec_clear(&table->cells);
	arena_free(table->arena);
	free(table);
}

void
listing_free_at(struct listing **variable)
{
	listing_free(*variable);
}

void
listing_add(struct listing *table, const char *const *texts)
{
	for (size_t i = 0; i < table->count; i++)
		add_cell(table, i, texts[i]);
}

/* Blanks are written only when something follows them. */
static void
print_row(const struct listing *table, const char *const *cells, FILE *out)
{
	size_t owed = 0;

	for (size_t i = 0; i < table->count; i++) {
		size_t room = table->widths[i] - unicode_width(cells[i]);

		if (table->right[i])
			owed += room;
		if (*cells[i] != '\0') {
			fprintf(out, "%*s%s", (int)owed, "", cells[i]);
			owed = 0;
		}
		if (!table->right[i])
			owed += room;
		owed += GAP_COLUMNS;
	}
	fputc('\n', out);
}

void
listing_print(const struct listing *table, const char *nothing, FILE *out)
{
	if (table->cells.count == table->count) {
		fprintf(out, "%s\n", nothing);
		return;
	}
	for (size_t i = 0; i < table->cells.count; i += table->count)
		print_row(table, table->cells.items + i, out);
}
