#ifndef MIME_MIME_ENCODE_H
#define MIME_MIME_ENCODE_H

/* The two transfer encodings of RFC 2045 (sections 6.7 and 6.8), within the
   room. Input is canonical: lines end in CRLF. */

#include "base/buf.h"

/* Characters of a line in a body that is sent as it is, at most. */
enum { MIME_LONGEST_PLAIN_LINE = 78 };

/* Characters of base64 for so many bytes, without line ends. */
size_t mime_base64_chars(size_t count);

/* Base64 on one line: for encoded words. */
void mime_base64(const char *bytes, size_t count, struct buf *out);

/* Base64 in lines of 76 characters, each with its CRLF. */
void mime_base64_lines(const char *bytes, size_t count, struct buf *out);

/* Quoted-printable in lines of at most 76 characters; a soft line break never
   splits a character of UTF-8. */
void mime_quoted_printable(const char *bytes, size_t count, struct buf *out);

/* The characters that mime_quoted_printable would write, but for soft line
   breaks: close enough to choose by. */
size_t mime_quoted_printable_chars(const char *bytes, size_t count);

#endif
