#ifndef SMTP_SMTP_WIRE_H
#define SMTP_SMTP_WIRE_H

/*
 * The bytes of one connection, both ways, never waiting. Out: a queue of
 * segments that stay where they are, handed to the socket in one gathered
 * write, or under TLS through libcurl a record at a time; when the queue has
 * room it asks for more. In: one buffer, of which lines are taken. Knows
 * nothing of what the bytes mean, but counts them: a place in what goes out is
 * a number of bytes since the session stood.
 */

#include <curl/curl.h>
#include <stdint.h>
#include <sys/uio.h>

#include "smtp/smtp_reply.h"

enum {
	SMTP_WIRE_SEGMENTS = 128,
	SMTP_WIRE_RECORD = 16 * 1024,
};

struct smtp_wire {
	CURL *easy; /* the session's; not owned */
	int fd;     /* its socket; not owned */
	bool encrypted;

	/* Queues what may be said now, as far as there is room; returns true
	   when for want of room it was not all. */
	bool (*more)(void *context);
	void *context;

	struct iovec out[SMTP_WIRE_SEGMENTS];
	size_t out_at, out_count;
	uint64_t queued;  /* bytes that ever came into the queue */
	uint64_t offered; /* of them offered to the socket */
	char *record;     /* of TLS; NULL until needed */
	size_t record_at, record_used;

	bool cutting; /* the rest of a long line is still to come */
	size_t in_at, in_used;
	char in[SMTP_REPLY_LINE_BYTES];
};

enum smtp_wire_state {
	SMTP_WIRE_OK,    /* all written; something read */
	SMTP_WIRE_AGAIN, /* the socket is full; nothing to read now */
	SMTP_WIRE_ENDED, /* the other side has closed (reading alone) */
	SMTP_WIRE_LOST,  /* an error; errno may tell */
};

/* For a zeroed wire whose first five members are set. */
void smtp_wire_clear(struct smtp_wire *wire);

/* Where the next segments go; `*ret_room` may be 0. What was put there counts
   once it is added. */
struct iovec *smtp_wire_space(struct smtp_wire *wire, size_t *ret_room);
void smtp_wire_added(struct smtp_wire *wire, size_t count);

/* Queues bytes that stay until they are written; there must be room. */
void smtp_wire_queue(struct smtp_wire *wire, const void *bytes, size_t count);

/* Writes what is queued and what `more` adds. *ret_progress is set to true when
   bytes went. */
enum smtp_wire_state smtp_wire_flush(
    struct smtp_wire *wire, bool *ret_progress);

/* Reads what is there into the free part of the buffer. *ret_more is set to
   true when there may be more to read at once. */
enum smtp_wire_state smtp_wire_fill(struct smtp_wire *wire, bool *ret_more);

/* Takes the next line, CR LF included; it stays until the next fill. A line
   that does not fit into the buffer is cut. False when none is whole. */
bool smtp_wire_line(
    struct smtp_wire *wire, const char **ret_line, size_t *ret_bytes);

/* Bytes came that no line was made of yet. */
bool smtp_wire_has_rest(const struct smtp_wire *wire);

#endif
