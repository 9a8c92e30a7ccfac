#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

/*
 * Tables for people: columns as wide as what stands in them, wide characters
 * counted as two, two blanks between columns, none at the end of a line. On a
 * terminal the titles are bold and cells longer than their column may be are
 * cut with "…"; elsewhere nothing is cut and nothing is coloured. Cells may
 * hold what strangers wrote: control characters are shown, never sent.
 */

#include <stdio.h>

#include "base/arena.h"

struct table;

struct table_column {
	const char *title;
	bool right;     /* numbers */
	size_t longest; /* columns on a terminal; 0: no limit */
};

/* `columns` must outlive the table. */
struct table *table_new(
    struct arena *arena, const struct table_column *columns, size_t count);

/* The cells of a new row, all "" at first; the caller sets them before the
   next row is asked for, to texts that outlive the table. */
const char **table_row(struct table *table);

/* Titles and rows; nothing when there are no rows. `indent` blanks stand
   before each line. */
void table_print(const struct table *table, size_t indent, FILE *out);

/* A table's way of padding, for lines that stand alone: at least `columns`
   wide. */
char *table_pad(struct arena *arena, const char *cell, size_t columns);

#endif
