#include "smtp/smtp_dots.h"

#include <string.h>

static char dot_after_line[] = ".\r\n";
static char dot_after_text[] = "\r\n.\r\n";

void
smtp_dots_init(struct smtp_dots *dots, const struct iovec *parts, size_t count)
{
	dots->parts = parts;
	dots->count = count;
	dots->part = 0;
	dots->at = 0;
	dots->doubled = false;
	dots->line_start = true;
	dots->ended = false;
}

/* The next dot of this part that starts a line; `bytes` when there is none. */
static size_t
find_dot(const struct smtp_dots *dots, const char *base, size_t bytes)
{
	size_t at = dots->at + (dots->doubled ? 1 : 0);

	/* Look for dots, not for lines: base64 has lines alone. */
	while (at < bytes) {
		const char *dot = memchr(base + at, '.', bytes - at);

		if (dot == NULL)
			break;
		at = (size_t)(dot - base);
		if (at == 0 ? dots->line_start : dot[-1] == '\n')
			return at;
		at++;
	}
	return bytes;
}

static void
end_body(struct smtp_dots *dots, struct iovec *segment)
{
	char *end = dots->line_start ? dot_after_line : dot_after_text;

	segment->iov_base = end;
	segment->iov_len = strlen(end);
	dots->ended = true;
}

size_t
smtp_dots_next(struct smtp_dots *dots, struct iovec *segments, size_t room)
{
	size_t used = 0;

	while (used < room && dots->part < dots->count) {
		char *base = dots->parts[dots->part].iov_base;
		size_t bytes = dots->parts[dots->part].iov_len;
		size_t dot;

		if (bytes == 0) {
			dots->part++;
			continue;
		}

		/* End the segment behind the dot and start the next on it. */
		dot = find_dot(dots, base, bytes);
		segments[used].iov_base = base + dots->at;
		if (dot < bytes) {
			segments[used++].iov_len = dot + 1 - dots->at;
			dots->at = dot;
			dots->doubled = true;
			continue;
		}
		segments[used++].iov_len = bytes - dots->at;
		dots->line_start = base[bytes - 1] == '\n';
		dots->part++;
		dots->at = 0;
		dots->doubled = false;
	}
	if (used < room && !dots->ended)
		end_body(dots, &segments[used++]);
	return used;
}

size_t
smtp_dots_plain(struct smtp_dots *dots, struct iovec *segments, size_t room)
{
	size_t used = 0;

	for (; used < room && dots->part < dots->count; dots->part++) {
		if (dots->parts[dots->part].iov_len > 0)
			segments[used++] = dots->parts[dots->part];
	}
	dots->ended = dots->part == dots->count;
	return used;
}
