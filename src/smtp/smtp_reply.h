#ifndef SMTP_SMTP_REPLY_H
#define SMTP_SMTP_REPLY_H

/*
 * A reply of a server (RFC 5321 section 4.2), put together line by line, with
 * its enhanced status code (RFC 3463) taken out of the text. Bounded: text
 * that does not fit is dropped, too many lines are no reply any more. The
 * text is as the server sent it; whoever shows it makes it printable.
 */

#include <stddef.h>

#include "base/err.h"

enum {
	SMTP_REPLY_LINE_BYTES = 8192, /* longest line, its end included */
	SMTP_REPLY_LINES = 100,
};

struct smtp_reply {
	int code;          /* 200 to 599; 0: no line yet */
	char enhanced[16]; /* of the first line that has one; "" if none */
	char text[480];    /* lines without codes, joined by a blank */
	size_t text_bytes;
	size_t lines;
};

enum smtp_reply_state {
	SMTP_REPLY_PART,  /* more lines follow */
	SMTP_REPLY_WHOLE, /* that was the last one */
	SMTP_REPLY_BROKEN,
	SMTP_REPLY_ENDLESS, /* too many lines, though good ones */
};

/* Empties it for the next reply; `= { 0 }` does the same. */
void smtp_reply_reset(struct smtp_reply *reply);

/* Adds one line of `bytes` bytes, with or without its CR LF. Broken are lines
   without a code, with a NUL, with another code than the line before. */
enum smtp_reply_state smtp_reply_add(
    struct smtp_reply *reply, const char *line, size_t bytes);

#endif
