#ifndef MIME_MIME_SKELETON_H
#define MIME_MIME_SKELETON_H

/* Within the room: the fields of MIME and the frame around the bodies, as
   libetpan writes them. */

#include "base/arena.h"

/* Stands where a body goes, with a CRLF behind it. No field or boundary can
   hold it. */
#define MIME_SKELETON_BODY '\001'

/* A text alone, or with html multipart/alternative of both, from Content-Type
   to the end. Bodies are quoted-printable or base64. */
char *mime_skeleton(struct arena *arena, bool text_is_base64, bool has_html,
    bool html_is_base64, const char *boundary);

#endif
