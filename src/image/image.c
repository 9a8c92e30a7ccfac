#include "image/image.h"

#include <stdint.h>
#include <string.h>

#include "image/image_vips.h"

static const char png_head[] = "\x89PNG\r\n\x1a\n";

static const struct {
	const char *ending, *subtype;
} kinds[] = {
	[IMAGE_OTHER] = { "", "" },
	[IMAGE_JPEG] = { "jpg", "jpeg" },
	[IMAGE_PNG] = { "png", "png" },
	[IMAGE_WEBP] = { "webp", "webp" },
};

enum image_kind
image_kind(const char *bytes, size_t count)
{
	if (count >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
		return IMAGE_JPEG;
	if (count >= 8 && memcmp(bytes, png_head, 8) == 0)
		return IMAGE_PNG;
	if (count >= 16 && memcmp(bytes, "RIFF", 4) == 0 &&
	    memcmp(bytes + 8, "WEBPVP8", 7) == 0)
		return IMAGE_WEBP;
	return IMAGE_OTHER;
}

const char *
image_ending(enum image_kind kind)
{
	return kinds[kind].ending;
}

const char *
image_subtype(enum image_kind kind)
{
	return kinds[kind].subtype;
}

/* ---- pictures that need nothing */

static unsigned
read_number(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (unsigned)u[0] << 24 | (unsigned)u[1] << 16 |
	       (unsigned)u[2] << 8 | u[3];
}

/* True for a PNG, whole to its end, with nothing but pixels and how to show
   them: nobody's name, place or thumbnail. */
static bool
is_bare_png(const char *bytes, size_t count)
{
	static const char known[] = "IHDR PLTE tRNS IDAT IEND sRGB gAMA cHRM "
				    "pHYs sBIT bKGD";
	size_t at = 8;

	while (at + 12 <= count) {
		size_t length = read_number(bytes + at);
		char name[5] = { 0 };

		memcpy(name, bytes + at + 4, 4);
		if (strlen(name) != 4 || strchr(name, ' ') != NULL ||
		    strstr(known, name) == NULL || length > count - at - 12)
			return false;
		at += length + 12;
		if (strcmp(name, "IEND") == 0)
			return at == count;
	}
	return false;
}

/* An illustration that was made for the purpose keeps its bytes: whoever drew
   it may have packed it better than we would. */
static bool
take_as_it_is(struct arena *arena, const char *bytes, size_t count,
    const struct image_wish *wish, struct image *ret_image)
{
	unsigned width, height;

	if (image_kind(bytes, count) != IMAGE_PNG || count < 33 ||
	    count > wish->most_bytes || !is_bare_png(bytes, count))
		return false;
	width = read_number(bytes + 16);
	height = read_number(bytes + 20);
	if (width == 0 || height == 0 || width > (unsigned)wish->widest ||
	    height > (unsigned)wish->tallest ||
	    ((const unsigned char *)bytes)[24] > 8)
		return false;
	*ret_image = (struct image){
		.bytes = arena_copy(arena, bytes, count),
		.count = count,
		.kind = IMAGE_PNG,
		.width = (int)width,
		.height = (int)height,
	};
	return true;
}

/* ---- the others */

struct attempt {
	const struct image_vips *vips;
	struct arena *arena;
	const struct image_wish *wish;
	VipsImage *image; /* at full size, 8 bits, sRGB */
	bool has_alpha;
	bool wants_png;
	struct image best; /* the smallest so far */
};

static bool
fail(const struct image_vips *vips, struct err *err)
{
	const char *why = vips->vips_error_buffer();

	err_set(err, ERR_DATA, "cannot be read as a picture: %.*s",
	    (int)strcspn(why, "\n"), why);
	vips->vips_error_clear();
	return false;
}

/* Keeps what was encoded when it is the smallest; true when it fits. */
static bool
keep(struct attempt *attempt, VipsImage *image, enum image_kind kind,
    void *bytes, size_t count)
{
	if (attempt->best.count == 0 || count < attempt->best.count)
		attempt->best = (struct image){
			.bytes = arena_copy(attempt->arena, bytes, count),
			.count = count,
			.kind = kind,
			.width = attempt->vips->vips_image_get_width(image),
			.height = attempt->vips->vips_image_get_height(image),
		};
	attempt->vips->g_free(bytes);
	return attempt->best.count <= attempt->wish->most_bytes;
}

static bool
try_png(struct attempt *attempt, VipsImage *image, bool palette)
{
	void *bytes = NULL;
	size_t count = 0;

	return attempt->vips->vips_pngsave_buffer(image, &bytes, &count,
		   "compression", 9, "strip", TRUE, "palette", palette,
		   NULL) == 0 &&
	       keep(attempt, image, IMAGE_PNG, bytes, count);
}

/* What is transparent becomes white. */
static VipsImage *
put_on_white(const struct image_vips *vips, VipsImage *image)
{
	static const double white[] = { 255, 255, 255 };
	VipsArrayDouble *behind = vips->vips_array_double_new(white, 3);
	VipsImage *flat = NULL;

	(void)vips->vips_flatten(image, &flat, "background", behind, NULL);
	vips->vips_area_unref(VIPS_AREA(behind));
	return flat;
}

static bool
try_jpeg(struct attempt *attempt, VipsImage *image, int quality)
{
	const struct image_vips *vips = attempt->vips;
	VipsImage *flat = attempt->has_alpha ? put_on_white(vips, image) : NULL;
	VipsImage *shown = flat != NULL ? flat : image;
	void *bytes = NULL;
	size_t count = 0;
	bool fits;

	fits = vips->vips_jpegsave_buffer(shown, &bytes, &count, "Q", quality,
		   "strip", TRUE, "optimize_coding", TRUE, NULL) == 0 &&
	       keep(attempt, shown, IMAGE_JPEG, bytes, count);
	if (flat != NULL)
		vips->g_object_unref(flat);
	return fits;
}

/* The forms at one size, the finest first; true when one fits. */
static bool
try_forms(struct attempt *attempt, VipsImage *image, bool is_last)
{
	static const int qualities[] = { 85, 75, 65 };

	if (attempt->wants_png && try_png(attempt, image, false))
		return true;
	if (attempt->has_alpha && try_png(attempt, image, true))
		return true;
	if (attempt->has_alpha && !is_last)
		return false;
	for (size_t i = 0; i < sizeof(qualities) / sizeof(*qualities); i++)
		if (try_jpeg(attempt, image, qualities[i]))
			return true;
	return is_last &&
	       (try_jpeg(attempt, image, 50) || try_jpeg(attempt, image, 35));
}

/* Tries smaller and smaller. */
static void
try_sizes(struct attempt *attempt)
{
	static const double scales[] = { 1, 0.8, 0.65, 0.5 };
	const struct image_vips *vips = attempt->vips;
	int width = vips->vips_image_get_width(attempt->image);
	double least = width > attempt->wish->least_wide
			   ? (double)attempt->wish->least_wide / width
			   : 1;

	for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
		double scale = scales[i] > least ? scales[i] : least;
		bool is_last = scale <= least || i == 3;
		VipsImage *small = NULL;
		bool fits;

		if (vips->vips_resize(attempt->image, &small, scale, NULL) != 0)
			return;
		fits = try_forms(attempt, small, is_last);
		vips->g_object_unref(small);
		if (fits || is_last)
			return;
	}
}

/* Decodes, turns the right way up, scales down, brings to 8 bits of sRGB. */
static bool
decode(
    struct attempt *attempt, const char *bytes, size_t count, struct err *err)
{
	const struct image_vips *vips = attempt->vips;
	VipsImage *head;
	VipsImage *small = NULL;
	VipsImage *coloured = NULL;
	int64_t pixels;

	head = vips->vips_image_new_from_buffer(bytes, count, "", NULL);
	if (head == NULL)
		return fail(vips, err);
	pixels = (int64_t)vips->vips_image_get_width(head) *
		 vips->vips_image_get_height(head);
	vips->g_object_unref(head);
	if (pixels > IMAGE_MOST_PIXELS)
		return err_set(err, ERR_DATA,
		    "has %lld million pixels, more than %d",
		    (long long)pixels / 1000000, IMAGE_MOST_PIXELS / 1000000);

	/* It can be read once from its file, and is needed more than once. */
	if (vips->vips_thumbnail_buffer((void *)(uintptr_t)bytes, count, &small,
		attempt->wish->widest, "height", attempt->wish->tallest, "size",
		VIPS_SIZE_DOWN, "export-profile", "srgb", "option-string",
		"[fail_on=truncated]", NULL) == 0 &&
	    vips->vips_colourspace(
		small, &coloured, VIPS_INTERPRETATION_sRGB, NULL) == 0)
		attempt->image = vips->vips_image_copy_memory(coloured);
	if (small != NULL)
		vips->g_object_unref(small);
	if (coloured != NULL)
		vips->g_object_unref(coloured);
	return attempt->image != NULL || fail(vips, err);
}

bool
image_prepare(struct arena *arena, const char *bytes, size_t count,
    const struct image_wish *wish, struct image *ret_image, struct err *err)
{
	enum image_kind kind = image_kind(bytes, count);
	struct attempt attempt = { .arena = arena, .wish = wish };

	if (kind == IMAGE_OTHER)
		return err_set(err, ERR_DATA, "is neither JPEG, PNG nor WebP");
	if (take_as_it_is(arena, bytes, count, wish, ret_image))
		return true;
	if (!image_vips(&attempt.vips, err) ||
	    !decode(&attempt, bytes, count, err))
		return false;
	attempt.has_alpha =
	    attempt.vips->vips_image_hasalpha(attempt.image) != 0;
	attempt.wants_png = kind == IMAGE_PNG || attempt.has_alpha;
	try_sizes(&attempt);
	attempt.vips->g_object_unref(attempt.image);
	if (attempt.best.count == 0)
		return fail(attempt.vips, err);
	*ret_image = attempt.best;
	return true;
}
