#ifndef MIME_MIME_SKELETON_H
#define MIME_MIME_SKELETON_H

/* Within the room: the fields of MIME and the frame around the bodies, as
   libetpan writes them. */

#include "base/arena.h"
#include "mime/mime.h"

/* Stands where a body goes, with a CRLF behind it. No field or boundary can
   hold it. */
#define MIME_SKELETON_BODY '\001'

/* Stands before the boundary to make that of multipart/related, in whose lines
   the other is not found at the start. */
#define MIME_SKELETON_RELATED "=r"

/* A text alone, or with html multipart/alternative of both, the html with
   pictures in multipart/related, from Content-Type to the end. Bodies are
   quoted-printable or base64. */
char *mime_skeleton(struct arena *arena, bool text_is_base64, bool has_html,
    bool html_is_base64, const struct mime_pictures *pictures,
    const char *boundary);

#endif
