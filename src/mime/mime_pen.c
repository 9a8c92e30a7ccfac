#include "mime/mime_pen.h"

#include <stdint.h>
#include <string.h>

void
mime_pen_put(struct mime_pen *pen, const char *bytes, size_t count)
{
	pen->at = mempcpy(pen->at, bytes, count);
}

static void
add_part(struct mime_pen *pen, const char *bytes, size_t count)
{
	pen->parts[pen->part_count++] = (struct iovec){
		.iov_base = (void *)(uintptr_t)bytes,
		.iov_len = count,
	};
	pen->count += count;
}

void
mime_pen_cut(struct mime_pen *pen)
{
	if (pen->at > pen->start)
		add_part(pen, pen->start, (size_t)(pen->at - pen->start));
	pen->start = pen->at;
}

void
mime_pen_point(struct mime_pen *pen, const char *bytes, size_t count)
{
	mime_pen_cut(pen);
	add_part(pen, bytes, count);
}
