#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

/* A page of text on a terminal that is drawn again over itself. */

#include <stdio.h>

#include "base/arena.h"

struct screen_size {
	size_t rows;
	size_t columns;
};

/* That of the terminal; 24 times 80 where it does not say. */
struct screen_size screen_size(int fd);

/* The lines of `text` that fit: the first ones, then how many are left out, and
   always the last one. Long lines take several rows. */
char *screen_fit(
    struct arena *arena, const char *text, const struct screen_size *size);

/* Writes the page, which fits, over the one before, in one go and line by line,
   so that nothing flickers; `first`: on a cleared screen. */
void screen_draw(
    FILE *out, const char *page, const struct screen_size *size, bool first);

#endif
