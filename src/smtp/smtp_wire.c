#include "smtp/smtp_wire.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/step.h"

void
smtp_wire_clear(struct smtp_wire *wire)
{
	free(wire->record);
	wire->record = NULL;
}

struct iovec *
smtp_wire_space(struct smtp_wire *wire, size_t *ret_room)
{
	if (wire->out_at == wire->out_count)
		wire->out_at = wire->out_count = 0;
	*ret_room = SMTP_WIRE_SEGMENTS - wire->out_count;
	return wire->out + wire->out_count;
}

void
smtp_wire_added(struct smtp_wire *wire, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wire->queued += wire->out[wire->out_count++].iov_len;
	assert(wire->out_count <= SMTP_WIRE_SEGMENTS);
}

void
smtp_wire_queue(struct smtp_wire *wire, const void *bytes, size_t count)
{
	size_t room;
	struct iovec *segment = smtp_wire_space(wire, &room);

	assert(room > 0);
	segment->iov_base = (void *)(uintptr_t)bytes;
	segment->iov_len = count;
	smtp_wire_added(wire, 1);
}

/* Takes `count` bytes off the front of the queue. */
static void
advance(struct smtp_wire *wire, size_t count)
{
	while (count > 0) {
		struct iovec *first = &wire->out[wire->out_at];

		if (count < first->iov_len) {
			first->iov_base = (char *)first->iov_base + count;
			first->iov_len -= count;
			return;
		}
		count -= first->iov_len;
		wire->out_at++;
	}
}

static enum smtp_wire_state
flush_plain(struct smtp_wire *wire, bool *ret_progress)
{
	for (;;) {
		bool more = wire->more(wire->context);
		size_t count = wire->out_count - wire->out_at;
		struct msghdr message = {
			.msg_iov = wire->out + wire->out_at,
			.msg_iovlen = count,
		};
		ssize_t sent;

		if (count == 0)
			return SMTP_WIRE_OK;
		do
			sent = sendmsg(wire->fd, &message,
			    MSG_NOSIGNAL | MSG_DONTWAIT |
				(more ? MSG_MORE : 0));
		while (sent < 0 && errno == EINTR);
		if (sent < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK
				   ? SMTP_WIRE_AGAIN
				   : SMTP_WIRE_LOST;

		/* What the kernel did not take, nobody can have got. */
		*ret_progress = true;
		wire->offered += (uint64_t)sent;
		advance(wire, (size_t)sent);
		step_reached("smtp: bytes offered");
		if (wire->out_at < wire->out_count)
			return SMTP_WIRE_AGAIN;
	}
}

/* Copies from the queue until a record is full or nothing is left. */
static void
fill_record(struct smtp_wire *wire)
{
	wire->record_at = wire->record_used = 0;
	for (;;) {
		const struct iovec *first;
		size_t room = SMTP_WIRE_RECORD - wire->record_used;
		size_t count;

		if (wire->out_at == wire->out_count)
			wire->more(wire->context);
		if (wire->out_at == wire->out_count || room == 0)
			return;
		first = &wire->out[wire->out_at];
		count = first->iov_len < room ? first->iov_len : room;
		memcpy(
		    wire->record + wire->record_used, first->iov_base, count);
		wire->record_used += count;
		advance(wire, count);
	}
}

static enum smtp_wire_state
flush_encrypted(struct smtp_wire *wire, bool *ret_progress)
{
	if (wire->record == NULL)
		wire->record = mem_new(1, SMTP_WIRE_RECORD);
	for (;;) {
		size_t sent = 0;
		CURLcode code;

		if (wire->record_at == wire->record_used) {
			fill_record(wire);
			if (wire->record_used == 0)
				return SMTP_WIRE_OK;

			/* The library may keep a record that it could not
			   write: all of it counts as offered. */
			wire->offered += wire->record_used;
		}
		code =
		    curl_easy_send(wire->easy, wire->record + wire->record_at,
			wire->record_used - wire->record_at, &sent);
		if (code == CURLE_AGAIN)
			return SMTP_WIRE_AGAIN;
		if (code != CURLE_OK)
			return SMTP_WIRE_LOST;
		*ret_progress = true;
		wire->record_at += sent;
		step_reached("smtp: record offered");
	}
}

enum smtp_wire_state
smtp_wire_flush(struct smtp_wire *wire, bool *ret_progress)
{
	return wire->encrypted ? flush_encrypted(wire, ret_progress)
			       : flush_plain(wire, ret_progress);
}

static enum smtp_wire_state
fill_plain(struct smtp_wire *wire, char *to, size_t room, bool *ret_more)
{
	ssize_t got;

	do
		got = recv(wire->fd, to, room, MSG_DONTWAIT);
	while (got < 0 && errno == EINTR);
	if (got == 0)
		return SMTP_WIRE_ENDED;
	if (got < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? SMTP_WIRE_AGAIN
							       : SMTP_WIRE_LOST;
	wire->in_used += (size_t)got;
	*ret_more = *ret_more || (size_t)got == room;
	return SMTP_WIRE_OK;
}

enum smtp_wire_state
smtp_wire_fill(struct smtp_wire *wire, bool *ret_more)
{
	size_t rest = wire->in_used - wire->in_at;
	size_t got = 0;
	CURLcode code;

	if (wire->in_at > 0) {
		memmove(wire->in, wire->in + wire->in_at, rest);
		wire->in_at = 0;
		wire->in_used = rest;
	}
	assert(rest < sizeof(wire->in));
	if (!wire->encrypted)
		return fill_plain(
		    wire, wire->in + rest, sizeof(wire->in) - rest, ret_more);

	/* TLS may hold more than the socket shows: read until it says so. */
	code = curl_easy_recv(
	    wire->easy, wire->in + rest, sizeof(wire->in) - rest, &got);
	if (code == CURLE_AGAIN)
		return SMTP_WIRE_AGAIN;
	if (code != CURLE_OK)
		return SMTP_WIRE_LOST;
	if (got == 0)
		return SMTP_WIRE_ENDED;
	wire->in_used += got;
	*ret_more = true;
	return SMTP_WIRE_OK;
}

/* Drops what is there of a line that was cut. */
static void
skip_line(struct smtp_wire *wire)
{
	const char *from = wire->in + wire->in_at;
	size_t rest = wire->in_used - wire->in_at;
	const char *end = rest > 0 ? memchr(from, '\n', rest) : NULL;

	wire->in_at += end == NULL ? rest : (size_t)(end - from) + 1;
	wire->cutting = end == NULL;
}

bool
smtp_wire_line(struct smtp_wire *wire, const char **ret_line, size_t *ret_bytes)
{
	const char *line;
	const char *end;
	size_t rest;

	if (wire->cutting)
		skip_line(wire);
	line = wire->in + wire->in_at;
	rest = wire->in_used - wire->in_at;
	end = rest > 0 ? memchr(line, '\n', rest) : NULL;
	if (end == NULL && rest < sizeof(wire->in))
		return false;

	/* What fills the buffer is enough of a line. */
	wire->cutting = end == NULL;
	*ret_line = line;
	*ret_bytes = end == NULL ? rest : (size_t)(end - line) + 1;
	wire->in_at += *ret_bytes;
	return true;
}

bool
smtp_wire_has_rest(const struct smtp_wire *wire)
{
	return wire->in_at < wire->in_used;
}
