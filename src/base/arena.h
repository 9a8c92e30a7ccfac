#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * Memory for a unit of work (an issue, a message, a request, a report): taken
 * piece by piece, given back all at once. A function that takes an arena as
 * its first argument returns memory of that arena. Never fails (mem.h).
 */

#include <stdarg.h>
#include <stddef.h>

#include "base/err.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Bytes of memory it holds. */
size_t arena_bytes(const struct arena *arena);

/* Forgets all pieces but keeps the first block for the next unit of work. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type. */
void *arena_take(struct arena *arena, size_t count, size_t size);

char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const char *s, size_t bytes);

/* A copy of `bytes` bytes with a NUL behind them. */
void *arena_copy(struct arena *arena, const void *from, size_t bytes);
char *arena_format(struct arena *arena, const char *fmt, ...) GM_PRINTF(2, 3);

/* Frees a `struct arena *` variable at the end of its scope. */
void arena_free_at(struct arena **variable);
#define GM_ARENA_AT_EXIT __attribute__((cleanup(arena_free_at)))

#endif
