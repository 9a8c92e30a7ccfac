#include "content/picture_ready.h"

#include <string.h>

#include "base/file.h"
#include "content/picture.h"
#include "image/image.h"
#include "secret/secret.h"

enum {
	NAME_DIGITS = 16,
	REFERENCE_BYTES = 100,
	LEAST_BYTES = 8 * 1000,
	LONGEST_STEM = 32, /* so that a field with the name fits a line */
};

static void
write_hex(const unsigned char hash[SECRET_HASH_BYTES], char ret_hex[65])
{
	for (size_t i = 0; i < SECRET_HASH_BYTES; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", hash[i]);
}

/* What the picture was made from and how, as a name in the cache. */
static char *
make_key(
    struct arena *arena, size_t most_bytes, const char *bytes, size_t count)
{
	unsigned char hash[SECRET_HASH_BYTES];
	struct secret_sum *sum = secret_sum_new();
	char *recipe = arena_format(arena, "%s %d %d %d %zu\n", IMAGE_RECIPE,
	    PICTURE_WIDEST, PICTURE_TALLEST, PICTURE_LEAST_WIDE, most_bytes);
	char hex[65];

	secret_sum_add(sum, recipe, strlen(recipe));
	secret_sum_add(sum, bytes, count);
	secret_sum_end(sum, hash);
	write_hex(hash, hex);
	return arena_strndup(arena, hex, 32);
}

/* The name in the cache that `reference` leads to, when the file is there and
   whole. */
static bool
find_made(struct arena *arena, const char *cache, const char *reference,
    struct picture_ready *ready)
{
	struct err ignored = { 0 };
	unsigned char hash[SECRET_HASH_BYTES];
	char *name;
	char *bytes;
	size_t count;

	if (!file_exists(reference) ||
	    !file_read(
		arena, reference, REFERENCE_BYTES, &name, &count, &ignored))
		return false;
	name = text_trim(arena, name);
	if (strchr(name, '/') != NULL ||
	    !file_read(arena, file_join(arena, cache, name), IMAGE_LARGEST,
		&bytes, &count, &ignored) ||
	    !picture_size(bytes, count, &ready->width, &ready->height))
		return false;
	secret_sha256(bytes, count, hash);
	write_hex(hash, ready->sha256);
	ready->bytes = bytes;
	ready->count = count;
	ready->path = name;
	return strlen(name) > NAME_DIGITS &&
	       strncmp(name, ready->sha256, NAME_DIGITS) == 0;
}

static bool
make(struct arena *arena, const char *cache, size_t most_bytes,
    const char *reference, const char *bytes, size_t count,
    struct picture_ready *ready, struct err *err)
{
	const struct image_wish wish = {
		.widest = PICTURE_WIDEST,
		.tallest = PICTURE_TALLEST,
		.least_wide = PICTURE_LEAST_WIDE,
		.most_bytes = most_bytes,
	};
	unsigned char hash[SECRET_HASH_BYTES];
	struct image image;
	char *name;

	if (!image_prepare(arena, bytes, count, &wish, &image, err))
		return false;
	secret_sha256(image.bytes, image.count, hash);
	write_hex(hash, ready->sha256);
	name = arena_format(arena, "%.*s.%s", NAME_DIGITS, ready->sha256,
	    image_ending(image.kind));

	/* The picture first: a reference leads to what is there. */
	if (!file_make_folder(cache, err) ||
	    !file_write(file_join(arena, cache, name), image.bytes, image.count,
		0644, err) ||
	    !file_write(reference, name, strlen(name), 0644, err))
		return false;
	ready->bytes = image.bytes;
	ready->count = image.count;
	ready->width = image.width;
	ready->height = image.height;
	ready->path = name;
	return true;
}

bool
picture_ready(struct arena *arena, const char *cache, size_t most_bytes,
    const char *name, const char *bytes, size_t count,
    struct picture_ready *ret_ready, struct err *err)
{
	const char *dot = strrchr(name, '.');
	size_t stem = dot != NULL ? (size_t)(dot - name) : strlen(name);
	int kept = stem < LONGEST_STEM ? (int)stem : LONGEST_STEM;
	struct picture_ready ready = { 0 };
	char *reference = file_join(arena, cache,
	    arena_format(
		arena, "%s.ref", make_key(arena, most_bytes, bytes, count)));

	if (!find_made(arena, cache, reference, &ready) &&
	    !make(
		arena, cache, most_bytes, reference, bytes, count, &ready, err))
		return false;

	/* "0123456789abcdef.jpg" in the cache, "x-0123456789abcdef.jpg" for
	   readers. */
	ready.path =
	    arena_format(arena, "images/%.*s-%s", kept, name, ready.path);
	*ret_ready = ready;
	return true;
}

size_t
picture_most_bytes(bool inside, size_t count)
{
	size_t each = PICTURE_BYTES;

	if (inside && count > 0 && PICTURE_BYTES_INSIDE / count < each)
		each = PICTURE_BYTES_INSIDE / count;
	return each > LEAST_BYTES ? each : LEAST_BYTES;
}

char *
picture_path(struct arena *arena, const char *cache, const char *issue_folder,
    const char *image)
{
	const char *dash = strrchr(image, '-');
	char *path;

	if (dash != NULL &&
	    strspn(dash + 1, "0123456789abcdef") == NAME_DIGITS) {
		path = file_join(arena, cache, dash + 1);
		if (file_exists(path))
			return path;
	}
	return file_join(arena, issue_folder, image);
}
