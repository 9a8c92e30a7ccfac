#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
buf_init(struct buf *buf, size_t ceiling)
{
	*buf = (struct buf){ .ceiling = ceiling };
}

void
buf_clear(struct buf *buf)
{
	free(buf->bytes);
	buf_init(buf, buf->ceiling);
}

void
buf_reset(struct buf *buf)
{
	buf->used = 0;
	buf->overflowed = false;
	if (buf->bytes != NULL)
		buf->bytes[0] = '\0';
}

char *
buf_reserve(struct buf *buf, size_t count)
{
	size_t room = buf->room ? buf->room : 256;

	if (buf->overflowed || count > buf->ceiling - buf->used) {
		buf->overflowed = true;
		return NULL;
	}
	while (room < buf->used + count + 1)
		room *= 2;
	if (room != buf->room) {
		buf->bytes = mem_resize(buf->bytes, room, 1);
		buf->room = room;
	}
	return buf->bytes + buf->used;
}

void
buf_add(struct buf *buf, const void *bytes, size_t count)
{
	char *to = buf_reserve(buf, count);

	if (to == NULL)
		return;
	if (count != 0)
		memcpy(to, bytes, count);
	buf->used += count;
	buf->bytes[buf->used] = '\0';
}

void
buf_add_str(struct buf *buf, const char *s)
{
	buf_add(buf, s, strlen(s));
}

void
buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void
buf_add_format(struct buf *buf, const char *fmt, ...)
{
	char small[512];
	va_list ap;
	int length;

	va_start(ap, fmt);
	length = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (length < 0)
		abort();
	if ((size_t)length < sizeof(small)) {
		buf_add(buf, small, (size_t)length);
	} else {
		char *text;

		va_start(ap, fmt);
		text = mem_vformat(fmt, ap);
		va_end(ap);
		buf_add_str(buf, text);
		free(text);
	}
}

void
buf_consume(struct buf *buf, size_t count)
{
	if (count == 0)
		return;
	memmove(buf->bytes, buf->bytes + count, buf->used - count + 1);
	buf->used -= count;
}

const char *
buf_str(const struct buf *buf)
{
	return buf->used ? buf->bytes : "";
}

char *
buf_give(struct buf *buf)
{
	char *bytes = buf->bytes ? buf->bytes : mem_strdup("");
	size_t ceiling = buf->ceiling;

	buf_init(buf, ceiling);
	return bytes;
}
