#ifndef MIME_MIME_POOL_H
#define MIME_MIME_POOL_H

/* Encoded stretches that several forms hold, within the room; mime.h says what
   a pool is for. */

#include "mime/mime.h"
#include "mime/mime_stretch.h"

/* The stretch of these bytes, encoded now unless it was before; as one that is
   pointed to and not the last. It lives with the pool. NULL: the pool is
   full. */
const struct mime_stretch *mime_pool_find(
    struct mime_pool *pool, const char *bytes, size_t count, bool is_base64);

#endif
