#ifndef MIME_MIME_H
#define MIME_MIME_H

/*
 * Mail as bytes (RFC 5322, RFC 2045 to 2047): header fields and one or two
 * text bodies become a message that any relay may carry. Promises that every
 * byte is 7-bit and printable but for blanks, tabs and CRLF; that no line
 * passes 998 bytes and none with an encoded word 76; that encoded words and
 * encoded bodies give back exactly what was handed in; that the same input
 * gives the same bytes; that no line starts with a dot. Refuses what could
 * start a field or a line of its own. Knows nothing of newsletters: which
 * fields, whose name, what boundary is the caller's. The only room with
 * libetpan.
 */

#include <sys/uio.h>

#include "base/arena.h"
#include "base/buf.h"

enum mime_field_kind {
	MIME_TEXT,  /* words for people: folded, encoded where need be */
	MIME_NAMED, /* `name <value>`; the value alone where the name is "" */
	MIME_PLAIN, /* ASCII for programs: on one line, as it is */
};

/* One field of the header. */
struct mime_field {
	const char *field; /* "Subject" */
	enum mime_field_kind kind;
	const char *name;  /* of MIME_NAMED, else NULL */
	const char *value; /* of MIME_NAMED ASCII: an address or list id */
};

/* Appends one field with its CRLF. Errors: ERR_DATA for control characters or
   malformed UTF-8 (the field is named), for what cannot be folded. `character`
   gives the bytes of what a reader sees as the first character of a text, so
   that encoded words never split one. */
bool mime_add_field(const struct mime_field *field,
    size_t (*character)(const char *text), struct buf *out,
    struct err *err) GM_MUST_CHECK;

/* UTF-8; lines end in LF or CRLF. */
struct mime_piece {
	const char *bytes;
	size_t count;
};

/* A body: pieces that many messages share, with a value of each message's own
   between one and the next. */
struct mime_text {
	const struct mime_piece *pieces;
	size_t count; /* 0: there is no such body */
};

/* A picture that a message carries, for all messages that do: encoded once. */
struct mime_picture {
	const char *id;      /* Content-ID without angle brackets; ASCII */
	const char *name;    /* of the file; ASCII */
	const char *subtype; /* "png" */
	const char *encoded; /* base64 in lines */
	size_t count;
};

/* Sets `encoded` and `count`. */
void mime_picture_encode(struct arena *arena, const char *bytes, size_t count,
    struct mime_picture *picture);

/* What several forms have in common, each stretch of it encoded once: editions
   of one issue differ in the choice and order of stories more than in their
   text. Threads may share it. It keeps about `most_bytes` and no more; what
   comes then is encoded for each form alone. */
struct mime_pool;
struct mime_pool *mime_pool_new(size_t most_bytes);
void mime_pool_free(struct mime_pool *pool); /* NULL is allowed */

/* What stands behind the other fields of many messages: the fields of MIME, and
   one or two bodies, encoded but for the values. Read-only: threads may share
   it. Lives in `arena` and in the pool, and keeps nothing of what it is made
   of. */
struct mime_form;

/* What a message shows besides its texts; `items` and what they point to must
   stay as long as the form. */
struct mime_pictures {
	const struct mime_picture *const *items;
	size_t count;
};

/* With html: multipart/alternative, text first (RFC 2046 section 5.1.4). With
   pictures the html stands with them in multipart/related (RFC 2387). Each
   body is sent as quoted-printable or as base64, whichever is smaller for what
   is shared; a missing line end at its end is added. `boundary` is any of those
   that the form will be filled with: all are of the same length, start with
   "=_", which no body holds once it is encoded, and go on with letters and
   digits. Is something wrong with a body (it is empty, malformed UTF-8, holds
   NUL), mime_form_fill says so. `pool` NULL: nothing is shared
   with other forms. */
struct mime_form *mime_form_new(struct arena *arena, struct mime_pool *pool,
    const struct mime_text *text, const struct mime_text *html,
    const struct mime_pictures *pictures, const char *boundary);

/* What one message puts into a form. */
struct mime_filling {
	const char
	    *fields; /* all but those of MIME, as mime_add_field writes */
	size_t fields_count;
	const char *boundary;
	const struct mime_piece *text; /* as many as the pieces but one */
	const struct mime_piece *html; /* the same; not looked at without */
};

enum { MIME_PARTS = 160, MIME_PICTURES_MOST = 32 };

struct mime_message {
	const struct iovec *parts; /* at most MIME_PARTS */
	size_t part_count;
	size_t count;        /* bytes of all parts */
	size_t header_count; /* of the first part: the fields */
};

/* Makes the message. Its own bytes live in `arena`, those that it shares in the
   form. No line starts with a dot; the body is in the relaxed canonical form of
   DKIM (RFC 6376 section 3.4.4) but for empty lines at its end. Errors
   (ERR_DATA): a body or value is malformed, a body is empty. */
bool mime_form_fill(struct arena *arena, const struct mime_form *form,
    const struct mime_filling *filling, struct mime_message *ret_message,
    struct err *err) GM_MUST_CHECK;

#endif
