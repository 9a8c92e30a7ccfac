#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

/*
 * Listings for people: columns as wide as what stands in them, Japanese
 * characters counted as two, two blanks between columns, none at the end of a
 * line. On a terminal the titles are bold and cells longer than their column
 * may be are cut with "…"; elsewhere nothing is cut and nothing is coloured.
 * Cells may hold what strangers wrote: control characters are shown, never
 * sent.
 */

#include <stdio.h>

#include "base/arena.h"

struct table;

/* `titles` ends with NULL and outlives the table; a title that begins with '>'
   (not shown) aligns its column to the right. */
struct table *table_new(const char *const *titles);
void table_free(struct table *table); /* NULL is allowed */

/* The most that a column, from 0, takes on a terminal. */
void table_limit(struct table *table, size_t column, size_t columns);

/* Adds a row with a text per column; they are copied. */
void table_add(struct table *table, const char *const *texts);

/* Prints titles and rows, each line after `indent` blanks; `nothing` is the
   line when there are no rows (NULL: none). */
void table_print(const struct table *table, const char *nothing, FILE *out);
void table_indent(struct table *table, size_t indent);

/* `cell` with blanks behind it, at least `columns` wide: for lines that stand
   alone. */
char *table_pad(struct arena *arena, const char *cell, size_t columns);

void table_free_at(struct table **variable);
#define GM_TABLE_AT_EXIT __attribute__((cleanup(table_free_at)))

#endif
