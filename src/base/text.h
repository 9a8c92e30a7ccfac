#ifndef BASE_TEXT_H
#define BASE_TEXT_H

/*
 * Plain strings: ASCII case, trimming, splitting, UTF-8 validity, the nearest
 * of several words. Width, normalisation and line breaking of Japanese text
 * are in unicode/.
 */

#include <stdint.h>

#include "base/arena.h"

struct text_list {
	const char **items;
	size_t count;
};

bool text_equal(const char *a, const char *b); /* NULL equals NULL */
bool text_starts(const char *s, const char *with);
bool text_ends(const char *s, const char *with);
bool text_equal_nocase(const char *a, const char *b); /* ASCII case */

/* A lower-case copy (ASCII letters alone change). */
char *text_lower(struct arena *arena, const char *s);

/* A copy without leading and trailing spaces, tabs, CR, LF and U+3000. */
char *text_trim(struct arena *arena, const char *s);

/* Splits at each `separator`; parts are trimmed; empty ones are left out. */
struct text_list text_split(struct arena *arena, const char *s, char separator);

/* True when the bytes are well-formed UTF-8 (RFC 3629) without NUL. */
bool text_is_utf8(const char *s, size_t bytes);

/* Puts a question mark for what is no UTF-8, such as a character that was cut
   short, in place. */
void text_mend(char *text);

/* Bytes of the UTF-8 character that starts with `lead`: 1 to 4; 0 when
   `lead` starts none. */
size_t text_utf8_bytes(unsigned char lead);

/* Bytes of the well-formed UTF-8 character that `s`, of `left` bytes, begins
   with; 0 when it begins with none. */
size_t text_character(const char *s, size_t left);

/* A control character (C0, DEL; C1 as UTF-8), a separator of lines (U+2028,
   U+2029), one that turns the direction of writing (and so can make text read
   as another), or a noncharacter is in it. */
bool text_has_control(const char *s);

/* `s` made fit for one line of a terminal or log: control characters as \xNN,
   malformed UTF-8 as \xNN too. */
char *text_printable(struct arena *arena, const char *s);

/* A number to find bytes by, the same on every machine; how mails are cut into
   lines hangs on it (mime/mime_stretch.h), so it stays as it is. Whoever
   chooses the bytes can make many of the same number. */
uint64_t text_hash(const char *bytes, size_t count);

/* The word of `words` (NULL-terminated) nearest to `s` by edit distance, NULL
   when none is near enough to be meant. */
const char *text_nearest(const char *s, const char *const *words);

#endif
