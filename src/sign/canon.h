#ifndef SIGN_CANON_H
#define SIGN_CANON_H

/*
 * Inside sign/: the "relaxed" canonical form of messages (RFC 6376 section
 * 3.4) and the choice of fields that a signature covers (section 5.4.2).
 * Knows nothing of keys. The bytes of the message are referred to, not copied.
 */

#include "base/buf.h"

/* One header field as it stands: "Name: value" with its folds, without the
   CRLF that ends it. */
struct canon_field {
	const char *bytes;
	size_t count;
	size_t name_count; /* bytes before the colon, blanks left out */
};

/* A message taken apart. Valid after `= { 0 }`. */
struct canon_message {
	struct canon_field *items; /* from the top */
	size_t count;
	size_t room;
	const char *body; /* behind the empty line */
	size_t body_count;
};

/* Takes a message with CRLF line ends apart; one without an empty line is all
   header. ERR_DATA: a line of the header that is no field. */
bool canon_split(const char *bytes, size_t count,
    struct canon_message *ret_message, struct err *err) GM_MUST_CHECK;
void canon_clear(struct canon_message *message);

/* How many fields have that name, in any case. */
size_t canon_count(const struct canon_message *message, const char *name);

/* Adds one field in its canonical form, without CRLF (section 3.4.2). */
void canon_add_field(const char *bytes, size_t count, struct buf *out);

/* Adds the fields that `names` ("from:to:from") name, each with CRLF: a name
   met again takes the next field upwards, one without a field left takes
   nothing (section 5.4.2). Blanks around names are allowed. */
void canon_add_fields(
    const struct canon_message *message, const char *names, struct buf *out);

/* Adds the canonical body (section 3.4.4). */
void canon_add_body(const char *bytes, size_t count, struct buf *out);

#endif
