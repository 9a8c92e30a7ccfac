#ifndef CLI_LISTING_H
#define CLI_LISTING_H

/* Listings for people: columns aligned by what characters take on a terminal,
   Japanese ones two. */

#include <stdio.h>

#include "base/arena.h"

struct listing;

/* `titles` ends with NULL; a title that begins with '>' (not shown) aligns its
   column to the right. */
struct listing *listing_new(const char *const *titles);
void listing_free(struct listing *table); /* NULL is allowed */

/* Adds a row with a text per column; they are copied, made printable. */
void listing_add(struct listing *table, const char *const *texts);

/* Prints titles and rows; `nothing` is the line when there are no rows. */
void listing_print(const struct listing *table, const char *nothing, FILE *out);

void listing_free_at(struct listing **variable);
#define GM_LISTING_AT_EXIT __attribute__((cleanup(listing_free_at)))

#endif
