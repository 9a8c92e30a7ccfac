#ifndef MIME_MIME_H
#define MIME_MIME_H

/*
 * Mail as bytes (RFC 5322, RFC 2045 to 2047): header fields and one or two
 * text bodies become a message that any relay may carry. Promises that every
 * byte is 7-bit and printable but for blanks, tabs and CRLF; that no line
 * passes 998 bytes and none with an encoded word 76; that encoded words and
 * encoded bodies give back exactly what was handed in; that the same input
 * gives the same bytes. Refuses what could start a field or a line of its
 * own. Knows nothing of newsletters: which fields, whose name, what boundary
 * is the caller's. The only room with libetpan.
 */

#include "base/arena.h"
#include "base/buf.h"

enum mime_field_kind {
	MIME_TEXT,  /* words for people: folded, encoded where need be */
	MIME_NAMED, /* `name <value>`; the value alone where the name is "" */
	MIME_PLAIN, /* ASCII for programs: on one line, as it is */
	MIME_READY, /* what mime_add_field wrote before; `field` is not used */
};

/* One field of the header. */
struct mime_field {
	const char *field; /* "Subject" */
	enum mime_field_kind kind;
	const char *name;  /* of MIME_NAMED, else NULL */
	const char *value; /* of MIME_NAMED ASCII: an address or list id */
};

/* UTF-8; lines end in LF or CRLF. */
struct mime_piece {
	const char *bytes;
	size_t count;
};

/* A body that many messages have in common but for the values between its
   pieces; its encoding is chosen, and done as far as possible, once. Lives in
   `arena` and keeps nothing of `pieces`. Read-only: threads may share it. Is
   something wrong with it, mime_compose says so. */
struct mime_shared;
struct mime_shared *mime_shared_new(
    struct arena *arena, const struct mime_piece *pieces, size_t count);

struct mime_text {
	const char *bytes;
	size_t count;

	/* When not NULL it is the body, with values[i] between the pieces i
	   and i + 1. */
	const struct mime_shared *shared;
	const struct mime_piece *values;
};

struct mime_message {
	const struct mime_field *fields; /* all but those of MIME itself */
	size_t field_count;
	struct mime_text text;
	struct mime_text html; /* neither bytes nor shared: one text part */
	/* Delimits the parts: 1 to 70 of A-Z a-z 0-9 and '=_. and such, not
	   found in any message before; not used with one part. */
	const char *boundary;
	/* The bytes of what a reader sees as the first character of a text,
	   so that encoded words never split one. */
	size_t (*character)(const char *text);
};

/* Appends the message. With html: multipart/alternative, text first (RFC 2046
   section 5.1.4). Each body is sent as it is, as quoted-printable or as base64,
   whichever is smallest and lawful (of a shared body: smallest for what is
   shared); a missing line end at its end is added.
   Errors: ERR_DATA for control characters or malformed UTF-8 in a field (the
   field is named), for NUL or malformed UTF-8 in a body, for an empty body,
   for a line that cannot be folded. */
bool mime_compose(const struct mime_message *message, struct buf *out,
    struct err *err) GM_MUST_CHECK;

/* Appends one field with its CRLF. */
bool mime_add_field(const struct mime_field *field,
    size_t (*character)(const char *text), struct buf *out,
    struct err *err) GM_MUST_CHECK;

#endif
