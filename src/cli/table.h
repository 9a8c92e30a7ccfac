#ifndef CLI_TABLE_H
#define CLI_TABLE_H

/* Listings for people: columns aligned by what characters take on a terminal,
   Japanese ones two. */

#include <stdio.h>

#include "base/arena.h"

struct table;

/* `titles` ends with NULL; a title that begins with '>' (not shown) aligns its
   column to the right. */
struct table *table_new(const char *const *titles);
void table_free(struct table *table); /* NULL is allowed */

/* Adds a row with a text per column; they are copied, made printable. */
void table_add(struct table *table, const char *const *texts);

/* Prints titles and rows; `nothing` is the line when there are no rows. */
void table_print(const struct table *table, const char *nothing, FILE *out);

void table_free_at(struct table **variable);
#define GM_TABLE_AT_EXIT __attribute__((cleanup(table_free_at)))

#endif
