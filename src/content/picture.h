#ifndef CONTENT_PICTURE_H
#define CONTENT_PICTURE_H

/* What a picture file says of itself in its head: enough to give a page the
   right proportions before the picture is loaded. Decodes nothing. */

#include <stdbool.h>
#include <stddef.h>

/* Width and height in pixels of a PNG (first chunk), JPEG (first frame header)
   or WebP; false for everything else, and for heads cut short. */
bool picture_size(
    const char *bytes, size_t count, int *ret_width, int *ret_height);

#endif
