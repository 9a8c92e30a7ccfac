#ifndef MIME_MIME_PEN_H
#define MIME_MIME_PEN_H

/* A message being put together, within the room: bytes written one after the
   other between bytes that are only pointed to. Who makes the pen has counted
   how much will be written and how often pointed at most. */

#include <stddef.h>
#include <sys/uio.h>

struct mime_pen {
	struct iovec *parts;
	size_t part_count;
	size_t count; /* bytes of the parts */
	char *start;  /* of what is written and in no part yet */
	char *at;     /* where to write */
};

/* Writes a copy. */
void mime_pen_put(struct mime_pen *pen, const char *bytes, size_t count);

/* Goes on with bytes that stay where they are. */
void mime_pen_point(struct mime_pen *pen, const char *bytes, size_t count);

/* Makes what is written a part. */
void mime_pen_cut(struct mime_pen *pen);

#endif
