#ifndef SMTP_SMTP_WIRE_H
#define SMTP_SMTP_WIRE_H

/*
 * The bytes of one connection, both ways, never waiting. Out: a queue of
 * segments that stay where they are, handed to the socket in one gathered
 * write, or under TLS through libcurl a record at a time. In: one buffer, of
 * which lines are taken. Knows nothing of what the bytes mean.
 */

#include <curl/curl.h>
#include <sys/uio.h>

#include "smtp/smtp_dots.h"
#include "smtp/smtp_reply.h"

enum {
	SMTP_WIRE_SEGMENTS = 64,
	SMTP_WIRE_RECORD = 16 * 1024,
};

struct smtp_wire {
	CURL *easy; /* the session's; not owned */
	int fd;     /* its socket; not owned */
	bool encrypted;

	struct iovec out[SMTP_WIRE_SEGMENTS];
	size_t out_at, out_count;
	struct smtp_dots dots; /* where segments of a body come from */
	bool in_body;          /* the body is not yet queued whole */
	bool body_offered;     /* its last byte was offered to the socket */
	char *record;          /* of TLS; NULL until needed */
	size_t record_at, record_used;

	size_t in_at, in_used;
	char in[SMTP_REPLY_LINE_BYTES];
};

enum smtp_wire_state {
	SMTP_WIRE_OK,    /* all written; something read */
	SMTP_WIRE_AGAIN, /* the socket is full; nothing to read now */
	SMTP_WIRE_ENDED, /* the other side has closed (reading alone) */
	SMTP_WIRE_LOST,  /* an error; errno may tell */
};

/* For a zeroed wire whose first three members are set. */
void smtp_wire_clear(struct smtp_wire *wire);

/* Forgets the last body; the next one has not been offered. */
void smtp_wire_forget_body(struct smtp_wire *wire);

/* Queues bytes that stay until they are written. The queue must have been
   written but for a few of these. */
void smtp_wire_queue(struct smtp_wire *wire, const void *bytes, size_t count);

/* Queues a body and its final dot behind everything else. */
void smtp_wire_body(
    struct smtp_wire *wire, const struct iovec *parts, size_t count);

/* Writes what is queued. *ret_progress is set to true when bytes went. */
enum smtp_wire_state smtp_wire_flush(
    struct smtp_wire *wire, bool *ret_progress);

/* Reads what is there into the free part of the buffer. *ret_more: there may
   be more to read at once. */
enum smtp_wire_state smtp_wire_fill(struct smtp_wire *wire, bool *ret_more);

/* Takes the next line, CR LF included; it stays until the next fill. False
   when none is whole: then *ret_too_long says whether it never will be. */
bool smtp_wire_line(struct smtp_wire *wire, const char **ret_line,
    size_t *ret_bytes, bool *ret_too_long);

/* Bytes came that no line was made of yet. */
bool smtp_wire_has_rest(const struct smtp_wire *wire);

#endif
