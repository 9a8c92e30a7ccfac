#include "base/text.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

bool
text_equal(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool
text_starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

bool
text_ends(const char *s, const char *with)
{
	size_t s_bytes = strlen(s);
	size_t with_bytes = strlen(with);

	return s_bytes >= with_bytes &&
	       strcmp(s + s_bytes - with_bytes, with) == 0;
}

bool
text_equal_nocase(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

char *
text_lower(struct arena *arena, const char *s)
{
	char *copy = arena_strdup(arena, s);

	for (char *p = copy; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + ('a' - 'A'));
	return copy;
}

/* Bytes of the blank that `s` starts with: 1, 3 (U+3000), or 0. */
static size_t
blank_bytes(const char *s)
{
	if (*s == ' ' || *s == '\t' || *s == '\r' || *s == '\n')
		return 1;
	return strncmp(s, "\xe3\x80\x80", 3) == 0 ? 3 : 0;
}

char *
text_trim(struct arena *arena, const char *s)
{
	const char *end = s;

	while (blank_bytes(s) != 0)
		s += blank_bytes(s);
	for (const char *p = s; *p != '\0';) {
		size_t blank = blank_bytes(p);

		p += blank ? blank : 1;
		if (blank == 0)
			end = p;
	}
	return arena_strndup(arena, s, end > s ? (size_t)(end - s) : 0);
}

struct text_list
text_split(struct arena *arena, const char *s, char separator)
{
	struct text_list list = { 0 };
	size_t most = 1;

	for (const char *p = s; *p != '\0'; p++)
		most += *p == separator;
	list.items = arena_take(arena, most, sizeof(*list.items));
	for (;;) {
		const char *end = strchrnul(s, separator);
		char *part = text_trim(
		    arena, arena_strndup(arena, s, (size_t)(end - s)));

		if (*part != '\0')
			list.items[list.count++] = part;
		if (*end == '\0')
			return list;
		s = end + 1;
	}
}

size_t
text_utf8_bytes(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t
text_character(const char *text, size_t left)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t bytes = left > 0 ? text_utf8_bytes(s[0]) : 0;

	if (bytes == 0 || bytes > left)
		return 0;
	for (size_t i = 1; i < bytes; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return bytes;
}

/* Bytes of printable ASCII that `s` begins with, whole eights of them. */
static size_t
skip_printable(const char *s, size_t count)
{
	const uint64_t ones = UINT64_MAX / 0xff, high = 0x80 * ones;
	size_t i;

	for (i = 0; i + 8 <= count; i += 8) {
		uint64_t eight;

		memcpy(&eight, s + i, 8);

		/* Of bytes below 0x80: the high bit of one below a blank comes
		   up in the difference, that of DEL in the sum. */
		if (((eight | (eight - 0x20 * ones) | (eight + ones)) & high) !=
		    0)
			break;
	}
	return i;
}

/* Bytes that `s` begins with of characters that are surely well formed and no
   control characters: most of ASCII, kana, kanji. */
static size_t
skip_plain(const char *s, size_t count)
{
	size_t i = skip_printable(s, count);

	while (i + 3 <= count && (unsigned char)s[i] >= 0xe3 &&
	       (unsigned char)s[i] <= 0xec && (s[i + 1] & 0xc0) == 0x80 &&
	       (s[i + 2] & 0xc0) == 0x80)
		i += 3;
	return i;
}

bool
text_is_utf8(const char *s, size_t bytes)
{
	for (size_t i = 0; i < bytes;) {
		size_t one = skip_plain(s + i, bytes - i);

		if (one == 0)
			one = text_character(s + i, bytes - i);
		if (one == 0 || s[i] == '\0')
			return false;
		i += one;
	}
	return true;
}

uint64_t
text_hash(const char *bytes, size_t count)
{
	uint64_t hash = 0x9e3779b97f4a7c15U ^ count;

	for (; count > 0; bytes += 8) {
		uint64_t eight = 0;
		size_t n = count < 8 ? count : 8;

		memcpy(&eight, bytes, n);
		hash = (hash ^ le64toh(eight)) * 0xff51afd7ed558ccdU;
		hash ^= hash >> 32;
		count -= n;
	}
	return hash;
}

void
text_mend(char *text)
{
	const char *from = text;
	size_t left = strlen(text);

	while (left > 0) {
		size_t bytes = text_character(from, left);

		if (bytes > 0) {
			memmove(text, from, bytes);
			text += bytes;
		} else {
			*text++ = '?';
			bytes = 1;
			while (bytes < left && (from[bytes] & 0xc0) == 0x80)
				bytes++;
		}
		from += bytes;
		left -= bytes;
	}
	*text = '\0';
}

/* True for control characters, those that turn the direction of writing
   (U+202A to U+202E, U+2066 to U+2069), and noncharacters, of `bytes` bytes. */
static bool
is_control(const unsigned char *s, size_t bytes)
{
	if (bytes == 1)
		return s[0] < 0x20 || s[0] == 0x7f;
	if (bytes == 2)
		return s[0] == 0xc2 && s[1] < 0xa0;
	if (bytes == 3 && s[0] == 0xe2)
		return (s[1] == 0x80 && s[2] >= 0xa8 && s[2] <= 0xae) ||
		       (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9);
	if (bytes == 3 && s[0] == 0xef)
		return (s[1] == 0xb7 && s[2] >= 0x90 && s[2] <= 0xaf) ||
		       (s[1] == 0xbf && s[2] >= 0xbe);
	return bytes == 4 && (s[1] & 0x0f) == 0x0f && s[2] == 0xbf &&
	       s[3] >= 0xbe;
}

bool
text_has_control(const char *s)
{
	size_t left = strlen(s);

	while (left > 0) {
		size_t bytes = skip_plain(s, left);

		if (bytes == 0) {
			bytes = text_character(s, left);
			if (bytes == 0 ||
			    is_control((const unsigned char *)s, bytes))
				return true;
		}
		s += bytes;
		left -= bytes;
	}
	return false;
}

char *
text_printable(struct arena *arena, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t left = strlen(s);
	struct buf out;
	char *copy;

	buf_init(&out, 4 * left + 1);
	while (left > 0) {
		size_t bytes = text_character((const char *)p, left);

		if (bytes == 0 || is_control(p, bytes)) {
			buf_add_format(&out, "\\x%02x", *p);
			bytes = 1;
		} else {
			buf_add(&out, p, bytes);
		}
		p += bytes;
		left -= bytes;
	}
	copy = arena_strdup(arena, buf_str(&out));
	buf_clear(&out);
	return copy;
}

enum { LONGEST_WORD = 63 };

/* How many letters must be added, taken out, replaced or swapped with their
   neighbour; words over LONGEST_WORD are infinitely far. */
static size_t
distance(const char *a, const char *b)
{
	size_t a_bytes = strlen(a);
	size_t b_bytes = strlen(b);
	size_t rows[3][LONGEST_WORD + 1];

	if (a_bytes > LONGEST_WORD || b_bytes > LONGEST_WORD)
		return LONGEST_WORD;
	for (size_t j = 0; j <= b_bytes; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_bytes; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_bytes; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    rows[(i - 2) % 3][j - 2] + 1 < best)
				best = rows[(i - 2) % 3][j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[a_bytes % 3][b_bytes];
}

const char *
text_nearest(const char *s, const char *const *words)
{
	size_t limit = strlen(s) / 3 + 1;
	const char *nearest = NULL;

	for (; *words != NULL; words++) {
		size_t d = distance(s, *words);

		if (d <= limit && d < strlen(*words)) {
			nearest = *words;
			limit = d;
			if (d == 0)
				break;
			limit--;
		}
	}
	return nearest;
}
