#ifndef IMAGE_IMAGE_VIPS_H
#define IMAGE_IMAGE_VIPS_H

/* Within the room: the functions of libvips that we call, from the library
   loaded at run time, with the types that its headers give them. */

#include <vips/vips.h>

#include "base/err.h"

#define GM_IMAGE_VIPS(X)              \
	X(vips_init)                  \
	X(vips_shutdown)              \
	X(vips_cache_set_max)         \
	X(vips_thumbnail_buffer)      \
	X(vips_image_new_from_buffer) \
	X(vips_colourspace)           \
	X(vips_flatten)               \
	X(vips_array_double_new)      \
	X(vips_area_unref)            \
	X(vips_resize)                \
	X(vips_image_copy_memory)     \
	X(vips_image_hasalpha)        \
	X(vips_image_get_width)       \
	X(vips_image_get_height)      \
	X(vips_jpegsave_buffer)       \
	X(vips_pngsave_buffer)        \
	X(vips_error_buffer)          \
	X(vips_error_clear)           \
	X(g_object_unref)             \
	X(g_log_set_handler)          \
	X(g_free)

struct image_vips {
#define X(name) __typeof__(name) *name;
	GM_IMAGE_VIPS(X)
#undef X
};

/* Loads the library the first time. Errors: ERR_UNAVAILABLE. */
bool image_vips(
    const struct image_vips **ret_vips, struct err *err) GM_MUST_CHECK;

#endif
