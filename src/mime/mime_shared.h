#ifndef MIME_MIME_SHARED_H
#define MIME_MIME_SHARED_H

/* Bodies that many messages share, within the room: their pieces are made
   canonical, and encoded where that does not depend on what stands before. */

#include "mime/mime.h"

/* How the bytes of a shared body are to be brought into a message. */
enum mime_shared_way {
	MIME_SHARED_ANY,              /* filled, then like any body */
	MIME_SHARED_BASE64,           /* filled, then encoded */
	MIME_SHARED_QUOTED_PRINTABLE, /* filled with what is encoded */
};
enum mime_shared_way mime_shared_way(const struct mime_shared *shared);

/* Appends the pieces with the values between them: canonical bytes, or for
   MIME_SHARED_QUOTED_PRINTABLE encoded ones, each piece and value on lines of
   its own. False when a piece or value is malformed or nothing is there. */
bool mime_shared_fill(const struct mime_shared *shared,
    const struct mime_piece *values, struct buf *out) GM_MUST_CHECK;

/* Appends the bytes, every line end as CRLF. */
void mime_shared_canonical(const char *bytes, size_t count, struct buf *out);

#endif
