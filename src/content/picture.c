#include "content/picture.h"

#include <string.h>

enum { WIDEST = 32767 };

static unsigned
big_endian(const unsigned char *p, size_t count)
{
	unsigned n = 0;

	for (size_t i = 0; i < count; i++)
		n = n << 8 | p[i];
	return n;
}

static bool
accept(unsigned width, unsigned height, int *ret_width, int *ret_height)
{
	if (width == 0 || width > WIDEST || height == 0 || height > WIDEST)
		return false;
	*ret_width = (int)width;
	*ret_height = (int)height;
	return true;
}

static bool
read_png(const unsigned char *p, size_t count, int *ret_width, int *ret_height)
{
	static const char head[] = "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";
	const size_t head_bytes = sizeof(head) - 1;

	return count >= head_bytes + 8 && memcmp(p, head, head_bytes) == 0 &&
	       accept(big_endian(p + head_bytes, 4),
		   big_endian(p + head_bytes + 4, 4), ret_width, ret_height);
}

/* True for the markers that begin a frame: SOF0 to SOF15 without DHT, JPG
   and DAC (ITU T.81 table B.1). */
static bool
is_frame(unsigned char marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 &&
	       marker != 0xc8 && marker != 0xcc;
}

static bool
read_jpeg(const unsigned char *p, size_t count, int *ret_width, int *ret_height)
{
	size_t at = 2;

	if (count < 4 || p[0] != 0xff || p[1] != 0xd8)
		return false;
	while (at + 4 <= count) {
		size_t bytes;

		if (p[at] != 0xff)
			return false;
		if (p[at + 1] == 0xff) { /* a fill byte */
			at++;
			continue;
		}
		bytes = big_endian(p + at + 2, 2);
		if (is_frame(p[at + 1]))
			return at + 9 <= count &&
			       accept(big_endian(p + at + 7, 2),
				   big_endian(p + at + 5, 2), ret_width,
				   ret_height);
		if (bytes < 2 || p[at + 1] == 0xda)
			return false;
		at += 2 + bytes;
	}
	return false;
}

/* The three kinds of WebP: lossy, lossless, extended (RFC 9649). */
static bool
read_webp(const unsigned char *p, size_t count, int *ret_width, int *ret_height)
{
	if (count < 30 || memcmp(p, "RIFF", 4) != 0 ||
	    memcmp(p + 8, "WEBPVP8", 7) != 0)
		return false;
	if (p[15] == ' ' && memcmp(p + 23, "\x9d\x01\x2a", 3) == 0)
		return accept((unsigned)(p[26] | p[27] << 8) & 0x3fff,
		    (unsigned)(p[28] | p[29] << 8) & 0x3fff, ret_width,
		    ret_height);
	if (p[15] == 'L' && p[20] == 0x2f)
		return accept(1 + ((unsigned)(p[21] | p[22] << 8) & 0x3fff),
		    1 + ((unsigned)(p[22] >> 6 | p[23] << 2 | p[24] << 10) &
			    0x3fff),
		    ret_width, ret_height);
	if (p[15] == 'X')
		return accept(1 + (unsigned)(p[24] | p[25] << 8 | p[26] << 16),
		    1 + (unsigned)(p[27] | p[28] << 8 | p[29] << 16), ret_width,
		    ret_height);
	return false;
}

bool
picture_size(const char *bytes, size_t count, int *ret_width, int *ret_height)
{
	const unsigned char *p = (const unsigned char *)bytes;

	return read_png(p, count, ret_width, ret_height) ||
	       read_jpeg(p, count, ret_width, ret_height) ||
	       read_webp(p, count, ret_width, ret_height);
}
