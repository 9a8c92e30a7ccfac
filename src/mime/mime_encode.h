#ifndef MIME_MIME_ENCODE_H
#define MIME_MIME_ENCODE_H

/* The two transfer encodings of RFC 2045 (sections 6.7 and 6.8), within the
   room. Both write where the caller has made room, and return what is behind.
   A LF, CR or CRLF in a text is one line end, and comes out as CRLF. */

#include <stdbool.h>
#include <stddef.h>

enum { MIME_BASE64_LINE = 76 };

/* Characters of base64 for so many bytes, without line ends. */
size_t mime_base64_chars(size_t count);

/* Base64 on one line: for encoded words. */
char *mime_base64(const char *bytes, size_t count, char *to);

/* A body on its way to base64. Valid after `= { 0 }`. */
struct mime_base64 {
	unsigned char carry[3]; /* bytes that wait for a third */
	size_t carried;         /* 0 to 2 */
	size_t column;
};

/* Characters that the next so many bytes become at most, and those that a
   whole body becomes, each with the line ends. */
size_t mime_base64_room(size_t count);
size_t mime_base64_lines(size_t count);

/* Adds bytes, in lines of 76 characters, each with its CRLF: as they are, or
   those of a text. */
char *mime_base64_add(
    struct mime_base64 *body, const char *bytes, size_t count, char *to);
char *mime_base64_add_text(
    struct mime_base64 *body, const char *bytes, size_t count, char *to);

/* Ends the line where one is begun; bytes are still carried. */
char *mime_base64_break(struct mime_base64 *body, char *to);

/* Writes what is carried, padded, and ends the line. */
char *mime_base64_end(struct mime_base64 *body, char *to);

/* Characters that so many bytes become at most. */
size_t mime_quoted_printable_room(size_t count);

/* Quoted-printable in lines of at most 76 characters, the first one begun here.
   A soft line break never splits a character of UTF-8; no line starts with a
   dot or "From ", holds two blanks in a row, a tab, or a blank at its end. */
char *mime_quoted_printable(const char *bytes, size_t count, char *to);

/* The characters that it would write, but for soft line breaks; a CR without LF
   counts as one. */
size_t mime_quoted_printable_chars(const char *bytes, size_t count);

#endif
