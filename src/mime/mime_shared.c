#include "mime/mime_shared.h"

#include <string.h>

#include "base/text.h"
#include "base/vec.h"
#include "mime/mime_encode.h"
#include "mime/mime_pool.h"
#include "mime/mime_stretch.h"

enum { LARGEST = 64 << 20 };

/* A stretch where it stands. */
struct place {
	const struct mime_stretch *stretch;
	bool has_value; /* behind it */
};

struct mime_shared {
	bool is_base64;
	bool ends_line; /* the last stretch ends in CRLF */
	struct place *places;
	size_t count;
};

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

/* One stretch, from the pool or made for this body alone. */
static const struct mime_stretch *
make_stretch(struct arena *arena, struct mime_pool *pool, bool is_base64,
    const char *bytes, size_t count, bool is_last, size_t least)
{
	const struct mime_stretch *pooled = NULL;
	struct mime_stretch *own;

	if (pool != NULL && count >= least && !is_last)
		pooled = mime_pool_find(pool, bytes, count, is_base64);
	if (pooled != NULL)
		return pooled;
	own = arena_take(arena, 1, sizeof(*own));
	if (is_base64)
		mime_stretch_phase(arena, bytes, count, count >= least, own);
	else
		mime_stretch_quote(
		    arena, bytes, count, is_last, count >= least, own);
	return own;
}

struct mime_cuts
mime_shared_cut(struct arena *arena, const struct mime_text *text,
    const struct mime_pool *pool, size_t spread, size_t least)
{
	GM_VEC(size_t) lengths = { 0 };
	struct mime_cuts cuts = { 0 };

	for (size_t i = 0; i < text->count; i++) {
		const struct mime_piece *piece = &text->pieces[i];
		size_t at = 0;

		do {
			size_t length = piece->count - at;

			/* Without a pool a piece is one stretch. */
			if (pool != NULL)
				length = mime_stretch_cut(
				    piece->bytes + at, length, spread);
			vec_push(&lengths, length);
			cuts.pointed += length >= least;
			at += length;
		} while (at < piece->count);
	}
	cuts.count = lengths.count;
	cuts.lengths = arena_copy(
	    arena, lengths.items, lengths.count * sizeof(*lengths.items));
	vec_clear(&lengths);
	return cuts;
}

static void
place_piece(struct arena *arena, struct mime_pool *pool,
    const struct mime_piece *piece, bool is_last, const struct mime_cuts *cuts,
    size_t least, struct mime_shared *shared)
{
	size_t at = 0;

	do {
		const char *bytes = piece->bytes + at;
		size_t length = cuts->lengths[shared->count];

		at += length;
		shared->places[shared->count++] = (struct place){
			.stretch =
			    make_stretch(arena, pool, shared->is_base64, bytes,
				length, is_last && at == piece->count, least),
			.has_value = !is_last && at == piece->count,
		};
	} while (at < piece->count);
}

struct mime_shared *
mime_shared_new(struct arena *arena, const struct mime_text *text,
    const struct mime_cuts *cuts, struct mime_pool *pool, size_t least)
{
	struct mime_shared *shared = arena_take(arena, 1, sizeof(*shared));
	const struct mime_piece *last;

	if (!is_well_formed(text))
		return NULL;
	shared->is_base64 = is_base64_smaller(text);
	shared->places =
	    arena_take(arena, cuts->count, sizeof(*shared->places));
	for (size_t i = 0; i < text->count; i++)
		place_piece(arena, pool, &text->pieces[i], i + 1 == text->count,
		    cuts, least, shared);
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
		const struct place *place = &shared->places[i];
		size_t value = 0;

		if (place->has_value)
			value = values++->count;
		room +=
		    mime_stretch_room(place->stretch, shared->is_base64) +
		    (shared->is_base64 ? mime_base64_room(value)
				       : mime_quoted_printable_room(value) + 3);
	}
	return room;
}

static void
put_quoted(const struct mime_shared *shared, const struct mime_piece *values,
    struct mime_pen *pen)
{
	for (size_t i = 0; i < shared->count; i++) {
		const struct place *place = &shared->places[i];
		const struct mime_piece *value;

		mime_stretch_put_quoted(place->stretch, pen);
		if (!place->has_value)
			continue;
		value = values++;
		if (value->count == 0)
			continue;
		pen->at =
		    mime_quoted_printable(value->bytes, value->count, pen->at);
		if (pen->at[-1] != '\n')
			mime_pen_put(pen, "=\r\n", 3);
	}
	if (!shared->ends_line)
		mime_pen_put(pen, "\r\n", 2);
}

static void
put_base64(const struct mime_shared *shared, const struct mime_piece *values,
    struct mime_pen *pen)
{
	struct mime_base64 body = { 0 };

	for (size_t i = 0; i < shared->count; i++) {
		const struct place *place = &shared->places[i];

		mime_stretch_put_base64(place->stretch, &body, pen);
		if (!place->has_value)
			continue;
		pen->at = mime_base64_add_text(
		    &body, values->bytes, values->count, pen->at);
		values++;
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
