#include "mime/mime_shared.h"

#include <string.h>

#include "base/text.h"
#include "mime/mime_encode.h"

enum { LARGEST = 64 << 20 };

struct mime_shared {
	enum mime_shared_way way;
	bool malformed;
	bool ends_line; /* the last piece ends in CRLF */
	struct mime_piece *pieces;
	size_t count;
};

void
mime_shared_canonical(const char *bytes, size_t count, struct buf *out)
{
	const char *p = bytes;
	const char *end = bytes + count;

	while (p < end) {
		const char *stop = p;

		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		buf_add(out, p, (size_t)(stop - p));
		p = stop;
		if (p == end)
			break;
		buf_add(out, "\r\n", 2);
		p += end - p >= 2 && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
	}
}

/* True when the bytes may need no encoding. Values only make lines longer. */
static bool
may_be_plain(const struct buf *bytes)
{
	size_t column = 0;

	for (size_t i = 0; i < bytes->used; i++) {
		unsigned char c = (unsigned char)bytes->bytes[i];

		column = c == '\n' || c == '\r' ? 0 : column + 1;
		if (c >= 0x80 || column > MIME_LONGEST_PLAIN_LINE)
			return false;
	}
	return true;
}

/* The way that makes the fewest bytes of what is shared. */
static enum mime_shared_way
choose_way(const struct buf *all)
{
	size_t base64 = mime_base64_chars(all->used);

	if (may_be_plain(all))
		return MIME_SHARED_ANY;
	base64 += base64 / 38; /* CRLF behind 76 */
	return mime_quoted_printable_chars(buf_str(all), all->used) <= base64
		   ? MIME_SHARED_QUOTED_PRINTABLE
		   : MIME_SHARED_BASE64;
}

static void
prepare_piece(struct arena *arena, struct mime_shared *shared, size_t i,
    const struct mime_piece *piece)
{
	struct buf GM_BUF_AT_EXIT canonical;
	struct buf GM_BUF_AT_EXIT encoded;
	const struct buf *ready = &canonical;

	buf_init(&canonical, LARGEST);
	buf_init(&encoded, LARGEST);
	mime_shared_canonical(piece->bytes, piece->count, &canonical);
	if (shared->way == MIME_SHARED_QUOTED_PRINTABLE) {
		mime_quoted_printable(
		    buf_str(&canonical), canonical.used, &encoded);
		ready = &encoded;
	}
	shared->malformed = shared->malformed || ready->overflowed;
	shared->pieces[i] = (struct mime_piece){
		.bytes = arena_copy(arena, buf_str(ready), ready->used),
		.count = ready->used,
	};
	shared->ends_line =
	    ready->used > 0 && ready->bytes[ready->used - 1] == '\n';
}

struct mime_shared *
mime_shared_new(
    struct arena *arena, const struct mime_piece *pieces, size_t count)
{
	struct mime_shared *shared = arena_take(arena, 1, sizeof(*shared));
	struct buf GM_BUF_AT_EXIT all;

	buf_init(&all, LARGEST);
	shared->pieces = arena_take(arena, count, sizeof(*shared->pieces));
	shared->count = count;
	for (size_t i = 0; i < count; i++) {
		if (!text_is_utf8(pieces[i].bytes, pieces[i].count))
			shared->malformed = true;
		buf_add(&all, pieces[i].bytes, pieces[i].count);
	}
	shared->way = choose_way(&all);
	for (size_t i = 0; i < count; i++)
		prepare_piece(arena, shared, i, &pieces[i]);
	return shared;
}

enum mime_shared_way
mime_shared_way(const struct mime_shared *shared)
{
	return shared->way;
}

/* What follows begins a line of its own: a soft break where none is. */
static void
break_softly(struct buf *out)
{
	if (out->used > 0 && out->bytes[out->used - 1] != '\n')
		buf_add(out, "=\r\n", 3);
}

/* A value in quoted-printable, on lines of its own. */
static void
add_encoded(const struct mime_piece *value, struct buf *out)
{
	struct buf GM_BUF_AT_EXIT canonical;

	buf_init(&canonical, LARGEST);
	mime_shared_canonical(value->bytes, value->count, &canonical);
	break_softly(out);
	mime_quoted_printable(buf_str(&canonical), canonical.used, out);
	break_softly(out);
}

bool
mime_shared_fill(const struct mime_shared *shared,
    const struct mime_piece *values, struct buf *out)
{
	size_t before = out->used;

	for (size_t i = 0; i < shared->count; i++) {
		buf_add(out, shared->pieces[i].bytes, shared->pieces[i].count);
		if (i + 1 == shared->count)
			break;
		if (!text_is_utf8(values[i].bytes, values[i].count))
			return false;
		if (shared->way == MIME_SHARED_QUOTED_PRINTABLE)
			add_encoded(&values[i], out);
		else
			mime_shared_canonical(
			    values[i].bytes, values[i].count, out);
	}
	if (shared->malformed || out->used == before)
		return false;
	if (!shared->ends_line)
		buf_add(out, "\r\n", 2);
	return true;
}
