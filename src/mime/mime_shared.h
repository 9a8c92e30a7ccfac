#ifndef MIME_MIME_SHARED_H
#define MIME_MIME_SHARED_H

/* Bodies that many messages share, within the room: what stands between the
   values of a reader is encoded once, as it will stand in each message. */

#include "mime/mime.h"
#include "mime/mime_pen.h"

struct mime_shared;

/* A body cut into stretches: their lengths, one piece after the other, and how
   many of them will be pointed to. */
struct mime_cuts {
	const size_t *lengths;
	size_t count;
	size_t pointed;
};

/* Cuts the pieces of a body into stretches of about `spread` bytes; without a
   pool (NULL) each is one. Those of `least` bytes and more will be pointed to,
   others copied. */
struct mime_cuts mime_shared_cut(struct arena *arena,
    const struct mime_text *text, const struct mime_pool *pool, size_t spread,
    size_t least);

/* Encodes a body that was cut, in the way that makes the fewest bytes of it;
   stretches come from the pool where there is one. NULL: it is malformed, or
   there is nothing. */
struct mime_shared *mime_shared_new(struct arena *arena,
    const struct mime_text *text, const struct mime_cuts *cuts,
    struct mime_pool *pool, size_t least);

bool mime_shared_is_base64(const struct mime_shared *shared);

/* The most that mime_shared_put writes. */
size_t mime_shared_room(
    const struct mime_shared *shared, const struct mime_piece *values);

/* Writes the body with the values between its pieces; it ends in CRLF. */
void mime_shared_put(const struct mime_shared *shared,
    const struct mime_piece *values, struct mime_pen *pen);

#endif
