#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "image/image.h"

/* 1200 x 750, drawn for the purpose. */
#define DRAWN "config/sample/issues/2026-04/images/sumida-group.png"

static const struct {
	const char *bytes;
	size_t count;
	enum image_kind kind;
} kinds[] = {
	{ "\xff\xd8\xff\xe0", 4, IMAGE_JPEG },
	{ "\x89PNG\r\n\x1a\n", 8, IMAGE_PNG },
	{ "RIFF\1\0\0\0WEBPVP8 ", 16, IMAGE_WEBP },
	{ "RIFF\1\0\0\0WAVEfmt ", 16, IMAGE_OTHER },
	{ "RIFF\1\0\0\0WEBPVP8", 15, IMAGE_OTHER },
	{ "GIF89a", 6, IMAGE_OTHER },
	{ "\xff\xd8", 2, IMAGE_OTHER },
	{ "", 0, IMAGE_OTHER },
};

static void
test_kinds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_int_equal(
		    image_kind(kinds[i].bytes, kinds[i].count), kinds[i].kind);
	assert_string_equal(image_ending(IMAGE_JPEG), "jpg");
	assert_string_equal(image_subtype(IMAGE_JPEG), "jpeg");
	assert_string_equal(image_subtype(IMAGE_PNG), "png");
}

static void
test_prepare(void **state)
{
	struct image_wish wish = { 1200, 2400, 600, 200000 };
	struct arena *arena = arena_new();
	struct err err = { 0 };
	struct image image;
	char *bytes;
	size_t count;

	(void)state;
	assert_true(file_read(arena, DRAWN, 1000000, &bytes, &count, &err));

	/* What fits stays, byte by byte. */
	assert_true(image_prepare(arena, bytes, count, &wish, &image, &err));
	assert_int_equal(image.count, count);
	assert_memory_equal(image.bytes, bytes, count);
	assert_int_equal(image.width, 1200);
	assert_int_equal(image.height, 750);

	/* What is too wide shrinks, in proportion. */
	wish.widest = 800;
	assert_true(image_prepare(arena, bytes, count, &wish, &image, &err));
	assert_int_equal(image.width, 800);
	assert_int_equal(image.height, 500);

	/* What has too many bytes, too; but not below what was wished. */
	wish.widest = 1200;
	wish.most_bytes = 20000;
	assert_true(image_prepare(arena, bytes, count, &wish, &image, &err));
	assert_in_range(image.count, 1, 20000);
	assert_in_range(image.width, 600, 1200);
	wish.most_bytes = 10;
	assert_true(image_prepare(arena, bytes, count, &wish, &image, &err));
	assert_int_equal(image.width, 600);

	/* Half a picture is none. */
	assert_false(
	    image_prepare(arena, bytes, count / 2, &wish, &image, &err));
	assert_int_equal(err.code, ERR_DATA);
	assert_false(image_prepare(arena, "<svg/>", 6, &wish, &image, &err));
	assert_string_equal(err.text, "is neither JPEG, PNG nor WebP");
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_prepare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
