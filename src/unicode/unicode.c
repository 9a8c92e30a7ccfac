#include "unicode/unicode.h"

#include <string.h>

#include <idn2.h>
#include <unigbrk.h>
#include <unilbrk.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#include "base/mem.h"
#include "base/text.h"
#include "unicode/unicode_columns.h"

enum {
	/* Behind a character that is shown as an emoji, and so as wide as one
	   (UAX #11, section 5). */
	EMOJI_STYLE = 0xfe0f,
	/* Marks of half-width kana: part of a character, with a column of their
	   own. */
	HALF_MARK_FIRST = 0xff9e,
	HALF_MARK_LAST = 0xff9f,
};

/* One character as a reader sees it: its bytes and its columns. */
struct cluster {
	size_t bytes;
	size_t columns;
};

/* A view of clusters: `breaks[i]` says that one begins at byte i. */
struct clusters {
	const uint8_t *bytes;
	size_t count;
	char *breaks;
};

static struct clusters
find_clusters(const char *s, size_t count)
{
	struct clusters found = { (const uint8_t *)s, count,
		mem_new(count + 1, 1) };

	u8_grapheme_breaks(found.bytes, count, found.breaks);
	found.breaks[count] = 1;
	return found;
}

/* Measures the cluster that begins at byte `at`. */
static struct cluster
measure_cluster(const struct clusters *all, size_t at)
{
	struct cluster cluster = { 1, 0 };
	size_t marks = 0;

	while (!all->breaks[at + cluster.bytes])
		cluster.bytes++;
	for (size_t i = 0; i < cluster.bytes;) {
		ucs4_t c;
		int bytes =
		    u8_mbtoucr(&c, all->bytes + at + i, cluster.bytes - i);
		int columns = bytes > 0 ? uc_width(c, "UTF-8") : 1;

		if (bytes > 0 && c >= HALF_MARK_FIRST && c <= HALF_MARK_LAST &&
		    i > 0)
			marks++;
		else if (columns > 0)
			cluster.columns += (size_t)columns;
		if (bytes > 0 && c == EMOJI_STYLE && i > 0)
			cluster.columns = 2;
		i += bytes > 0 ? (size_t)bytes : 1;
	}
	if (cluster.columns > 2)
		cluster.columns = 2;
	cluster.columns += marks;
	return cluster;
}

size_t *
unicode_columns(const char *s, size_t count)
{
	struct clusters all = find_clusters(s, count);
	size_t *columns = mem_new(count + 1, sizeof(*columns));
	size_t sum = 0;

	for (size_t i = 0; i < count;) {
		struct cluster cluster = measure_cluster(&all, i);

		sum += cluster.columns;
		for (size_t end = i + cluster.bytes; i < end; i++)
			columns[i + 1] = sum;
	}
	free(all.breaks);
	return columns;
}

size_t
unicode_width(const char *s)
{
	struct clusters all = find_clusters(s, strlen(s));
	size_t columns = 0;

	for (size_t i = 0; i < all.count;) {
		struct cluster cluster = measure_cluster(&all, i);

		columns += cluster.columns;
		i += cluster.bytes;
	}
	free(all.breaks);
	return columns;
}

size_t
unicode_fit(const char *s, size_t columns)
{
	struct clusters all = find_clusters(s, strlen(s));
	size_t i = 0;

	while (i < all.count) {
		struct cluster cluster = measure_cluster(&all, i);

		if (cluster.columns > columns)
			break;
		columns -= cluster.columns;
		i += cluster.bytes;
	}
	free(all.breaks);
	return i;
}

size_t
unicode_grapheme(const char *s)
{
	/* No character that people write is longer than the window. */
	size_t count = strnlen(s, 256), bytes;
	struct clusters all;

	if (count == 0)
		return 0;
	while (count > 253 && ((unsigned char)s[count] & 0xc0) == 0x80)
		count--;
	all = find_clusters(s, count);
	bytes = measure_cluster(&all, 0).bytes;
	free(all.breaks);
	return bytes;
}

/* Whether all of it is ASCII, kana and the usual kanji, which are their own
   normal form. Not so what else stands beside the kana (U+3000, voiced sound
   marks that combine) or beside the kanji (U+F900 and on). */
static bool
is_plain(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p != '\0') {
		bool kana = p[0] == 0xe3 && p[1] >= 0x81 && p[1] <= 0x83 &&
			    p[2] >= 0x80 && p[2] <= 0xbf &&
			    !(p[1] == 0x82 && p[2] >= 0x97 && p[2] <= 0x9f) &&
			    !(p[1] == 0x83 && p[2] == 0xbf);
		bool kanji = p[0] >= 0xe5 && p[0] <= 0xe9 &&
			     (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80;

		if (*p >= 0x80 && !kana && !kanji)
			return false;
		p += *p < 0x80 ? 1 : 3;
	}
	return true;
}

char *
unicode_nfkc(struct arena *arena, const char *s)
{
	size_t bytes = strlen(s), count;
	uint8_t *norm;
	char *copy;

	if (is_plain(s))
		return arena_strdup(arena, s);

	/* Malformed text has no normal form; it stays as it is. */
	if (u8_check((const uint8_t *)s, bytes))
		return arena_strdup(arena, s);
	norm =
	    u8_normalize(UNINORM_NFKC, (const uint8_t *)s, bytes, NULL, &count);
	if (!norm)
		mem_exhausted();
	copy = arena_strndup(arena, (char *)norm, count);
	free(norm);
	return copy;
}

/* Letters, digits and inner hyphens in labels that are not empty. */
static bool
is_host_name(const char *ascii)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "0123456789-";

	for (const char *p = ascii;; p++) {
		size_t label = strspn(p, letters);

		if (label == 0 || label > 63 || p[0] == '-' ||
		    p[label - 1] == '-')
			return false;
		p += label;
		if (*p != '.')
			return !*p && p - ascii <= 253;
	}
}

bool
unicode_domain_to_ascii(
    struct arena *arena, const char *domain, char **ret_ascii, struct err *err)
{
	char *ascii = NULL, *lower;
	int rc = idn2_to_ascii_8z(domain, &ascii, IDN2_NONTRANSITIONAL);

	if (rc != IDN2_OK)
		return err_set(err, ERR_DATA, "domain '%s': %s", domain,
		    idn2_strerror(rc));
	lower = text_lower(arena, ascii);
	idn2_free(ascii);
	if (!is_host_name(lower))
		return err_set(
		    err, ERR_DATA, "domain '%s': is no host name", domain);
	*ret_ascii = lower;
	return true;
}
