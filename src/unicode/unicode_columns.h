#ifndef UNICODE_UNICODE_COLUMNS_H
#define UNICODE_UNICODE_COLUMNS_H

/* Widths of all beginnings of a line; inside this room only. */

#include <stddef.h>

/* For each byte offset from 0 to `count` the columns that s[0..offset) takes;
   within a character as a reader sees it those of the whole. free() it. */
size_t *unicode_columns(const char *s, size_t count);

#endif
