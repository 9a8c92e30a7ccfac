#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

/*
 * A picture as an author has it becomes one that any mail program shows: the
 * right way up, in sRGB, no wider than asked for, without anything that a
 * camera wrote into it, as JPEG or PNG, and as small as was wished. Promises
 * that the same bytes and wishes give the same picture with the same version
 * of libvips. Knows nothing of issues and of where pictures are kept. The only
 * room with libvips, which is loaded when the first picture needs it: it would
 * cost every command 25 ms and 11 MB to link it.
 */

#include "base/arena.h"

/* Changes whenever the same picture would come out in another way. */
#define IMAGE_RECIPE "1"

enum {
	IMAGE_LARGEST = 20 * 1000 * 1000,      /* bytes of what is read */
	IMAGE_MOST_PIXELS = 150 * 1000 * 1000, /* of what is decoded */
};

enum image_kind {
	IMAGE_OTHER, /* nothing that we read */
	IMAGE_JPEG,
	IMAGE_PNG,
	IMAGE_WEBP,
};

struct image {
	const char *bytes;
	size_t count;
	enum image_kind kind; /* IMAGE_JPEG or IMAGE_PNG */
	int width, height;    /* pixels */
};

struct image_wish {
	int widest, tallest; /* pixels; nothing is made larger */
	int least_wide;      /* down to which it may shrink to fit the bytes */
	size_t most_bytes;   /* as far as that can be had */
};

/* By the first bytes. */
enum image_kind image_kind(const char *bytes, size_t count);

/* "jpg", "png"; and what stands behind "image/". */
const char *image_ending(enum image_kind kind);
const char *image_subtype(enum image_kind kind);

/* Makes a picture ready. One that cannot be had within the bytes comes as small
   as it gets. Errors: ERR_DATA (no picture, damaged, too many pixels),
   ERR_UNAVAILABLE (there is no libvips). */
bool image_prepare(struct arena *arena, const char *bytes, size_t count,
    const struct image_wish *wish, struct image *ret_image,
    struct err *err) GM_MUST_CHECK;

#endif
