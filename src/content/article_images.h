#ifndef CONTENT_ARTICLE_IMAGES_H
#define CONTENT_ARTICLE_IMAGES_H

/*
 * The pictures of a story, from its front matter. An entry is one picture, or
 * a row of two or three that stand side by side where there is room:
 *
 *	images:
 *	  - {file: images/a.jpg, alt: …, caption: …}
 *	  - row:
 *	      - {file: images/b.jpg, alt: …}
 *	      - {file: images/c.jpg, alt: …}
 *
 * Where no row is written, the first stands alone and the others in twos.
 */

#include "content/article_file.h"
#include "content/front.h"

/* Fills the images of `text`; complains about what is wrong. */
void article_images_read(const struct front *front,
    const struct article_pictures *pictures, struct article_text *text);

/* Whether a file of images/ may have that name: it stands in addresses. */
bool article_images_name_holds(const char *name);

#endif
