#ifndef MIME_MIME_SHARED_H
#define MIME_MIME_SHARED_H

/* Bodies that many messages share, within the room: what stands between the
   values of a reader is encoded once, as it will stand in each message. */

#include "mime/mime.h"
#include "mime/mime_pen.h"

struct mime_shared;

/* Encodes the pieces of a body in the way that makes the fewest bytes of them.
   With a pool (NULL: none) they are cut into stretches of about `spread` bytes,
   which come from there. Those of `least` bytes and more will be pointed to,
   others copied. NULL: they are malformed, or there is nothing. */
struct mime_shared *mime_shared_new(struct arena *arena,
    const struct mime_text *text, struct mime_pool *pool, size_t spread,
    size_t least);

/* How many stretches that makes; adds to *ret_pointed those that will be
   pointed to. */
size_t mime_shared_count(const struct mime_text *text,
    const struct mime_pool *pool, size_t spread, size_t least,
    size_t *ret_pointed);

bool mime_shared_is_base64(const struct mime_shared *shared);

/* The most that mime_shared_put writes. */
size_t mime_shared_room(
    const struct mime_shared *shared, const struct mime_piece *values);

/* Writes the body with the values between its pieces; it ends in CRLF. */
void mime_shared_put(const struct mime_shared *shared,
    const struct mime_piece *values, struct mime_pen *pen);

#endif
