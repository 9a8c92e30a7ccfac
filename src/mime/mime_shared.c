#include "mime/mime_shared.h"

#include <string.h>

#include "base/text.h"
#include "mime/mime_encode.h"

enum {
	LARGEST = 64 << 20,
	PHASES = 3,
};

/* What a piece becomes behind 0, 2 or 1 carried bytes: its first 0, 1 or 2 go
   to those, whole threes are encoded on lines of their own, the rest is
   carried on. */
struct phase {
	const char *bytes; /* NULL: nobody comes by this one */
	size_t count;
	unsigned char rest[PHASES - 1];
	size_t rest_count;
};

struct piece {
	struct phase phases[PHASES]; /* quoted-printable: the first alone */

	bool is_pointed;

	/* Base64 alone: the piece as it is, or of one that is pointed to its
	   first two bytes. */
	const char *plain;
	size_t plain_count;
};

struct mime_shared {
	bool is_base64;
	bool ends_line; /* the last piece ends in CRLF */
	struct piece *pieces;
	size_t count;
};

/* Every line end becomes CRLF. */
static char *
make_canonical(
    struct arena *arena, const struct mime_piece *piece, size_t *ret_count)
{
	char *canonical = arena_take(arena, 2 * piece->count + 1, 1);
	const char *end = piece->bytes + piece->count;
	char *to = canonical;

	for (const char *p = piece->bytes; p < end; p++) {
		if (*p != '\r' && *p != '\n') {
			*to++ = *p;
			continue;
		}
		to = mempcpy(to, "\r\n", 2);
		if (*p == '\r' && p + 1 < end && p[1] == '\n')
			p++;
	}
	*ret_count = (size_t)(to - canonical);
	return canonical;
}

/* A piece in quoted-printable: what follows begins a line of its own, by a soft
   line break where need be, or by a true one at the end of the body. */
static void
quote_piece(struct arena *arena, const struct mime_piece *from, bool is_last,
    struct piece *ret_piece)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	char *bytes =
	    arena_take(scratch, mime_quoted_printable_room(from->count) + 3, 1);
	char *end = mime_quoted_printable(from->bytes, from->count, bytes);

	if (end > bytes && end[-1] != '\n')
		end = stpcpy(end, is_last ? "\r\n" : "=\r\n");
	ret_piece->phases[0].count = (size_t)(end - bytes);
	ret_piece->phases[0].bytes =
	    arena_copy(arena, bytes, (size_t)(end - bytes));
}

static void
encode_phase(struct arena *arena, const char *bytes, size_t count, size_t skip,
    struct phase *ret_phase)
{
	struct mime_base64 body = { 0 };
	size_t whole = (count - skip) / 3 * 3;
	char *to = arena_take(arena, mime_base64_lines(whole), 1);
	char *end = mime_base64_add(&body, bytes + skip, whole, to);

	end = mime_base64_break(&body, end);
	*ret_phase = (struct phase){
		.bytes = to,
		.count = (size_t)(end - to),
		.rest_count = count - skip - whole,
	};
	memcpy(ret_phase->rest, bytes + skip + whole, ret_phase->rest_count);
}

/* A piece for base64. Only behind values bytes may be carried to it. */
static void
phase_piece(struct arena *arena, const struct mime_piece *from, bool is_first,
    struct piece *ret_piece)
{
	struct arena *scratch GM_ARENA_AT_EXIT = arena_new();
	size_t count;
	char *bytes = make_canonical(scratch, from, &count);

	ret_piece->plain_count = count;
	if (ret_piece->is_pointed) {
		for (size_t skip = 0; skip < (is_first ? 1 : PHASES); skip++)
			encode_phase(arena, bytes, count, skip,
			    &ret_piece->phases[skip]);
		ret_piece->plain_count = PHASES - 1;
	}
	ret_piece->plain = arena_copy(arena, bytes, ret_piece->plain_count);
}

/* True when the text is smaller in base64 than quoted-printable can be. */
static bool
is_base64_smaller(const struct mime_text *text)
{
	size_t bytes = 0;
	size_t chars = 0;

	for (size_t i = 0; i < text->count; i++) {
		const struct mime_piece *piece = &text->pieces[i];

		bytes += piece->count;
		chars +=
		    mime_quoted_printable_chars(piece->bytes, piece->count);
	}
	return mime_base64_lines(bytes) < chars;
}

static bool
is_well_formed(const struct mime_text *text)
{
	size_t bytes = 0;

	for (size_t i = 0; i < text->count; i++) {
		const struct mime_piece *piece = &text->pieces[i];

		if (!text_is_utf8(piece->bytes, piece->count))
			return false;
		bytes += piece->count;
	}
	return bytes < LARGEST && (bytes > 0 || text->count > 1);
}

struct mime_shared *
mime_shared_new(struct arena *arena, const struct mime_text *text, size_t least)
{
	struct mime_shared *shared = arena_take(arena, 1, sizeof(*shared));
	const struct mime_piece *last;

	if (!is_well_formed(text))
		return NULL;
	shared->is_base64 = is_base64_smaller(text);
	shared->pieces =
	    arena_take(arena, text->count, sizeof(*shared->pieces));
	shared->count = text->count;
	for (size_t i = 0; i < text->count; i++) {
		shared->pieces[i].is_pointed = text->pieces[i].count >= least;
		if (shared->is_base64)
			phase_piece(arena, &text->pieces[i], i == 0,
			    &shared->pieces[i]);
		else
			quote_piece(arena, &text->pieces[i],
			    i + 1 == text->count, &shared->pieces[i]);
	}
	last = &text->pieces[text->count - 1];
	shared->ends_line =
	    last->count > 0 &&
	    (!shared->is_base64 || last->bytes[last->count - 1] == '\n' ||
		last->bytes[last->count - 1] == '\r');
	return shared;
}

bool
mime_shared_is_base64(const struct mime_shared *shared)
{
	return shared->is_base64;
}

size_t
mime_shared_room(
    const struct mime_shared *shared, const struct mime_piece *values)
{
	size_t room = 2;

	for (size_t i = 0; i < shared->count; i++) {
		const struct piece *piece = &shared->pieces[i];
		size_t value = i + 1 < shared->count ? values[i].count : 0;

		if (shared->is_base64)
			room += mime_base64_room(value) +
				mime_base64_room(piece->plain_count);
		else
			room +=
			    mime_quoted_printable_room(value) + 3 +
			    (piece->is_pointed ? 0 : piece->phases[0].count);
	}
	return room;
}

static void
put_quoted(const struct mime_shared *shared, const struct mime_piece *values,
    struct mime_pen *pen)
{
	for (size_t i = 0; i < shared->count; i++) {
		const struct piece *piece = &shared->pieces[i];
		const struct phase *quoted = &piece->phases[0];

		if (piece->is_pointed)
			mime_pen_point(pen, quoted->bytes, quoted->count);
		else
			mime_pen_put(pen, quoted->bytes, quoted->count);
		if (i + 1 == shared->count || values[i].count == 0)
			continue;
		pen->at = mime_quoted_printable(
		    values[i].bytes, values[i].count, pen->at);
		if (pen->at[-1] != '\n')
			mime_pen_put(pen, "=\r\n", 3);
	}
	if (!shared->ends_line)
		mime_pen_put(pen, "\r\n", 2);
}

/* Points to the piece as it is encoded behind what is carried. */
static void
point_to_phase(
    const struct piece *piece, struct mime_base64 *body, struct mime_pen *pen)
{
	size_t skip = (PHASES - body->carried) % PHASES;
	const struct phase *phase = &piece->phases[skip];

	pen->at = mime_base64_add(body, piece->plain, skip, pen->at);
	pen->at = mime_base64_break(body, pen->at);
	mime_pen_point(pen, phase->bytes, phase->count);
	memcpy(body->carry, phase->rest, phase->rest_count);
	body->carried = phase->rest_count;
}

static void
put_base64(const struct mime_shared *shared, const struct mime_piece *values,
    struct mime_pen *pen)
{
	struct mime_base64 body = { 0 };

	for (size_t i = 0; i < shared->count; i++) {
		const struct piece *piece = &shared->pieces[i];

		if (piece->is_pointed)
			point_to_phase(piece, &body, pen);
		else
			pen->at = mime_base64_add(
			    &body, piece->plain, piece->plain_count, pen->at);
		if (i + 1 < shared->count)
			pen->at = mime_base64_add_text(
			    &body, values[i].bytes, values[i].count, pen->at);
	}
	if (!shared->ends_line)
		pen->at = mime_base64_add(&body, "\r\n", 2, pen->at);
	pen->at = mime_base64_end(&body, pen->at);
}

void
mime_shared_put(const struct mime_shared *shared,
    const struct mime_piece *values, struct mime_pen *pen)
{
	if (shared->is_base64)
		put_base64(shared, values, pen);
	else
		put_quoted(shared, values, pen);
}
