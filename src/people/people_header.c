#include "people/people_header.h"

#include <assert.h>
#include <string.h>

#include "unicode/unicode.h"

/* The work on one header. */
struct matching {
	struct arena *arena;
	const struct csv_row *row;
	const char *file;
	const struct people_headings *headings;
	struct complaints *complaints;
	struct people_header header;
};

/* A heading without what does not count in it. */
static char *
fold_name(struct arena *arena, const char *name)
{
	char *folded = text_lower(arena, unicode_nfkc(arena, name));
	char *to = folded;

	for (const char *from = folded; *from != '\0'; from++)
		if (strchr(" \t\r\n-_", *from) == NULL)
			*to++ = *from;
	*to = '\0';
	return folded;
}

static const struct people_heading *
find_heading(struct matching *matching, const char *name)
{
	const struct people_heading *heading = matching->headings->table;
	const char *folded = fold_name(matching->arena, name);

	for (; heading->name != NULL; heading++)
		if (text_equal(
			fold_name(matching->arena, heading->name), folded))
			return heading;
	return NULL;
}

static const char *
find_nearest(const struct people_heading *heading, const char *name)
{
	const char *names[PEOPLE_MOST_HEADINGS + 1];
	size_t count = 0;

	for (; heading->name != NULL; heading++) {
		assert(count < PEOPLE_MOST_HEADINGS);
		names[count++] = heading->name;
	}
	names[count] = NULL;
	return text_nearest(name, names);
}

static void
complain_unknown(struct matching *matching, const char *name)
{
	const char *nearest = find_nearest(matching->headings->table, name);

	if (nearest != NULL)
		complaints_add(matching->complaints, matching->file,
		    matching->row->line,
		    "unknown column '%.60s' (did you mean '%s'?)", name,
		    nearest);
	else if (matching->headings->fixed)
		complaints_add(matching->complaints, matching->file,
		    matching->row->line, "unknown column '%.60s'; leave it out",
		    name);
	else
		complaints_add(matching->complaints, matching->file,
		    matching->row->line,
		    "unknown column '%.60s'; --map '%.60s=FIELD' says what it "
		    "is, --map '%.60s=-' passes over it",
		    name, name, name);
}

/* What the operator says of a column: the name of its field, NULL when
   nothing. Columns may hold a '=', fields do not. */
static const char *
find_map(struct matching *matching, const char *name)
{
	const struct text_list *maps = &matching->headings->maps;
	const char *folded = fold_name(matching->arena, name);

	for (size_t i = 0; i < maps->count; i++) {
		const char *sign = strrchr(maps->items[i], '=');
		const char *column;

		if (sign == NULL)
			continue;
		column = arena_strndup(matching->arena, maps->items[i],
		    (size_t)(sign - maps->items[i]));
		if (text_equal(fold_name(matching->arena, column), folded))
			return sign + 1;
	}
	return NULL;
}

static void
complain_twice(struct matching *matching, size_t place, const char *name)
{
	struct arena *arena = matching->arena;
	const char *first = text_printable(
	    arena, text_trim(arena, matching->row->fields[place]));

	if (text_equal(fold_name(arena, first), fold_name(arena, name)))
		complaints_add(matching->complaints, matching->file,
		    matching->row->line, "the column '%.60s' is there twice",
		    name);
	else
		complaints_add(matching->complaints, matching->file,
		    matching->row->line,
		    "the columns '%.60s' and '%.60s' are the same field; --map "
		    "'%.60s=-' passes over one",
		    first, name, name);
}

static void
match_column(struct matching *matching, size_t place)
{
	struct arena *arena = matching->arena;
	const char *name = text_printable(
	    arena, text_trim(arena, matching->row->fields[place]));
	const char *field = find_map(matching, name);
	const struct people_heading *heading;

	if (field != NULL && text_equal(field, "-"))
		return;
	heading = find_heading(matching, field != NULL ? field : name);
	if (heading == NULL) {
		/* A map to nothing is told with the maps. */
		if (field == NULL && !matching->headings->lenient)
			complain_unknown(matching, name);
		return;
	}
	assert(heading->number < PEOPLE_MOST_COLUMNS);
	if (matching->header.places[heading->number] >= 0)
		complain_twice(matching,
		    (size_t)matching->header.places[heading->number], name);
	else
		matching->header.places[heading->number] = (int)place;
}

static bool
is_in_row(struct matching *matching, const char *column)
{
	const char *folded = fold_name(matching->arena, column);

	for (size_t i = 0; i < matching->row->count; i++)
		if (text_equal(
			fold_name(matching->arena, matching->row->fields[i]),
			folded))
			return true;
	return false;
}

static void
check_maps(struct matching *matching)
{
	const struct text_list *maps = &matching->headings->maps;

	for (size_t i = 0; i < maps->count; i++) {
		const char *sign = strrchr(maps->items[i], '=');
		const char *column;

		if (sign == NULL || sign == maps->items[i] || sign[1] == '\0') {
			complaints_add(matching->complaints, matching->file,
			    matching->row->line,
			    "--map '%.60s': expected COLUMN=FIELD",
			    maps->items[i]);
			continue;
		}
		column = arena_strndup(matching->arena, maps->items[i],
		    (size_t)(sign - maps->items[i]));
		if (!is_in_row(matching, column))
			complaints_add(matching->complaints, matching->file,
			    matching->row->line,
			    "--map '%.60s': the file has no column '%.60s'",
			    maps->items[i], column);
		if (!text_equal(sign + 1, "-") &&
		    find_heading(matching, sign + 1) == NULL)
			complaints_add(matching->complaints, matching->file,
			    matching->row->line,
			    "--map '%.60s': there is no field '%.40s'",
			    maps->items[i], sign + 1);
	}
}

/* The first name of a number speaks for all of them. */
static void
check_needed(struct matching *matching)
{
	const struct people_heading *heading = matching->headings->table;

	for (; heading->name != NULL; heading++)
		if (heading->needed &&
		    matching->header.places[heading->number] < 0)
			complaints_add(matching->complaints, matching->file,
			    matching->row->line,
			    "the column '%s' is missing from the header",
			    heading->name);
}

bool
people_header_read(const struct csv_row *row, const char *file,
    const struct people_headings *headings, struct people_header *ret_header,
    struct complaints *complaints)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct matching matching = {
		.arena = arena,
		.row = row,
		.file = file,
		.headings = headings,
		.complaints = complaints,
		.header = { .width = row->count },
	};
	size_t errors = complaints->errors;

	for (size_t i = 0; i < PEOPLE_MOST_COLUMNS; i++)
		matching.header.places[i] = -1;
	for (size_t i = 0; i < row->count; i++)
		match_column(&matching, i);
	check_maps(&matching);
	check_needed(&matching);
	*ret_header = matching.header;
	return complaints->errors == errors;
}

const char *
people_header_field(const struct people_header *header,
    const struct csv_row *row, size_t number)
{
	int place = header->places[number];

	return place >= 0 && (size_t)place < row->count ? row->fields[place]
							: "";
}
