#ifndef BASE_MEMO_H
#define BASE_MEMO_H

/*
 * Remembers what was made of a text, so that it is made once: a table from
 * (kind, bytes) to a string. Any number of threads may use one memo. It forgets
 * nothing; when it is full it takes nothing more, and what is not in it has to
 * be made again.
 */

#include <stddef.h>

struct memo;

/* Takes no more once it holds `most` bytes. */
struct memo *memo_new(size_t most);
void memo_free(struct memo *memo); /* NULL is allowed */

/* What memo_keep was given for these bytes; NULL: nothing. Lives as long as
   the memo does. */
const char *memo_find(
    struct memo *memo, int kind, const char *bytes, size_t count);

/* Remembers `made` (a copy). Given twice, the first stays. */
void memo_keep(struct memo *memo, int kind, const char *bytes, size_t count,
    const char *made);

#endif
