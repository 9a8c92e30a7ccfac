#ifndef SMTP_SMTP_DOTS_H
#define SMTP_SMTP_DOTS_H

/*
 * A body as DATA wants it (RFC 5321 section 4.5.2): a dot at the start of a
 * line is doubled, CR LF . CR LF ends it. The bytes stay where they are: a
 * doubled dot is two segments that share one dot.
 */

#include <stddef.h>
#include <sys/uio.h>

#include "base/err.h"

struct smtp_dots {
	const struct iovec *parts; /* the caller's */
	size_t count;
	size_t part;     /* where the next segment starts */
	size_t at;       /* offset in that part */
	bool doubled;    /* that byte is a dot's second appearance */
	bool line_start; /* the byte before `part` ended a line */
	bool ended;      /* all was given out, the final dot too */
};

void smtp_dots_init(
    struct smtp_dots *dots, const struct iovec *parts, size_t count);

/* Puts the next segments, at most `room` (> 0), to `segments`; returns how
   many. `ended` is true once the final dot is among those given. */
size_t smtp_dots_next(
    struct smtp_dots *dots, struct iovec *segments, size_t room);

/* The same without doubling and without a final dot, for BDAT, which counts
   its bytes (RFC 3030): `ended` is true once the last part was given. */
size_t smtp_dots_plain(
    struct smtp_dots *dots, struct iovec *segments, size_t room);

#endif
