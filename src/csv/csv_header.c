#include "csv/csv_header.h"

#include <assert.h>

static const struct csv_column *
find_column(const struct csv_column *columns, const char *name)
{
	for (; columns->name != NULL; columns++)
		if (text_equal_nocase(columns->name, name))
			return columns;
	return NULL;
}

static const char *
find_nearest(const struct csv_column *columns, const char *name)
{
	const char *names[4 * CSV_MOST_COLUMNS + 1];
	size_t count = 0;

	for (; columns->name != NULL; columns++) {
		assert(count < 4 * CSV_MOST_COLUMNS);
		names[count++] = columns->name;
	}
	names[count] = NULL;
	return text_nearest(name, names);
}

static void
complain_unknown(const struct csv_row *row, const char *file,
    const struct csv_column *columns, const char *name,
    struct complaints *complaints)
{
	const char *nearest = find_nearest(columns, name);

	if (nearest != NULL)
		complaints_add(complaints, file, row->line,
		    "unknown column '%.40s' (did you mean '%s'?)", name,
		    nearest);
	else
		complaints_add(complaints, file, row->line,
		    "unknown column '%.40s'", name);
}

static void
check_needed(const struct csv_row *row, const char *file,
    const struct csv_column *columns, const struct csv_header *header,
    struct complaints *complaints)
{
	for (; columns->name != NULL; columns++)
		if (columns->needed && header->places[columns->number] < 0)
			complaints_add(complaints, file, row->line,
			    "the column '%s' is missing from the header",
			    columns->name);
}

bool
csv_header_read(const struct csv_row *row, const char *file,
    const struct csv_column *columns, bool lenient,
    struct csv_header *ret_header, struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct csv_header header = { .width = row->count };
	size_t errors = complaints->errors;

	for (size_t i = 0; i < CSV_MOST_COLUMNS; i++)
		header.places[i] = -1;
	for (size_t i = 0; i < row->count; i++) {
		const char *name =
		    text_printable(arena, text_trim(arena, row->fields[i]));
		const struct csv_column *column = find_column(columns, name);

		if (column == NULL) {
			if (!lenient)
				complain_unknown(
				    row, file, columns, name, complaints);
			continue;
		}
		assert(column->number < CSV_MOST_COLUMNS);
		if (header.places[column->number] >= 0)
			complaints_add(complaints, file, row->line,
			    "the column '%.40s' is there twice", name);
		else
			header.places[column->number] = (int)i;
	}
	check_needed(row, file, columns, &header, complaints);
	*ret_header = header;
	return complaints->errors == errors;
}

const char *
csv_header_field(
    const struct csv_header *header, const struct csv_row *row, size_t number)
{
	int place = header->places[number];

	return place >= 0 && (size_t)place < row->count ? row->fields[place]
							: "";
}
