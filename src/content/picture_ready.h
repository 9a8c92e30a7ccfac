#ifndef CONTENT_PICTURE_READY_H
#define CONTENT_PICTURE_READY_H

/*
 * Pictures made ready once: kept in the cache under the hash of what was made,
 * and found again by the hash of what it was made from. A picture of the
 * author's that was made ready before is not decoded again.
 */

#include "content/content.h"

enum {
	PICTURE_WIDEST = 1200, /* 600 px on a page, at twice the density */
	PICTURE_TALLEST = 2400,
	PICTURE_LEAST_WIDE = 600,
	PICTURE_BYTES = 200 * 1000,        /* of one that is hosted */
	PICTURE_BYTES_INSIDE = 640 * 1000, /* of all that one mail may carry */
};

struct picture_ready {
	const char *path; /* "images/x-0123456789abcdef.jpg" */
	const char *bytes;
	size_t count;
	int width, height;
	char sha256[65]; /* in hex */
};

/* Makes the picture `name` ("x.png", `bytes` of it) ready within `most_bytes`.
   Errors: ERR_DATA (no picture, damaged), ERR_UNAVAILABLE (no libvips), and
   those of writing into the cache. */
bool picture_ready(struct arena *arena, const char *cache, size_t most_bytes,
    const char *name, const char *bytes, size_t count,
    struct picture_ready *ret_ready, struct err *err) GM_MUST_CHECK;

/* The file of a picture that content_images named: in the cache, or, of one
   that was not made ready, in the issue folder. */
char *picture_path(struct arena *arena, const char *cache,
    const char *issue_folder, const char *image);

/* How many bytes each of `count` pictures may have. */
size_t picture_most_bytes(bool inside, size_t count);

#endif
