#ifndef BASE_BUF_H
#define BASE_BUF_H

/*
 * A growing string of bytes with a ceiling. What would pass the ceiling is
 * not added and the buffer remembers it (`overflowed`), so a writer checks
 * once at the end instead of after every piece. Always NUL-terminated behind
 * `used`; owns its bytes.
 */

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

struct buf {
	char *bytes; /* never NULL after the first addition */
	size_t used;
	size_t room;
	size_t ceiling; /* largest `used` */
	bool overflowed;
};

void buf_init(struct buf *buf, size_t ceiling);
void buf_clear(struct buf *buf); /* frees the bytes; keeps the ceiling */
void buf_reset(struct buf *buf); /* empties it; keeps the memory */

void buf_add(struct buf *buf, const void *bytes, size_t count);
void buf_add_str(struct buf *buf, const char *s);
void buf_add_char(struct buf *buf, char c);
void buf_add_format(struct buf *buf, const char *fmt, ...) GM_PRINTF(2, 3);

/* Removes `count` bytes at the front. */
void buf_consume(struct buf *buf, size_t count);

/* The text so far; "" when empty. Valid until the next change. */
const char *buf_str(const struct buf *buf);

/* Makes room for `count` more bytes and returns where they go; the caller
   writes there and adds to `used`. NULL when the ceiling forbids it. */
char *buf_reserve(struct buf *buf, size_t count);

/* Gives the bytes to the caller (free()) and leaves the buffer empty. */
char *buf_give(struct buf *buf);

#define GM_BUF_AT_EXIT __attribute__((cleanup(buf_clear)))

#endif
