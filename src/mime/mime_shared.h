#ifndef MIME_MIME_SHARED_H
#define MIME_MIME_SHARED_H

/* Bodies that many messages share, within the room: what stands between the
   values of a reader is encoded once, as it will stand in each message. Of a
   body in base64 that depends on how many bytes come before, so there are three
   encodings of each piece. */

#include "mime/mime.h"
#include "mime/mime_pen.h"

struct mime_shared;

/* Encodes the pieces of a body in the way that makes the fewest bytes of them.
   Those of `least` bytes and more will be pointed to, others copied. NULL: they
   are malformed, or there is nothing. */
struct mime_shared *mime_shared_new(
    struct arena *arena, const struct mime_text *text, size_t least);

bool mime_shared_is_base64(const struct mime_shared *shared);

/* The most that mime_shared_put writes. */
size_t mime_shared_room(
    const struct mime_shared *shared, const struct mime_piece *values);

/* Writes the body with the values between its pieces; it ends in CRLF. */
void mime_shared_put(const struct mime_shared *shared,
    const struct mime_piece *values, struct mime_pen *pen);

#endif
