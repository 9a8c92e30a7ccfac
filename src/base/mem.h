#ifndef BASE_MEM_H
#define BASE_MEM_H

/*
 * Heap memory that is there or the process ends: every function here returns
 * memory or aborts, which is a legal end since each step of the program is
 * safe against one. Freed with free().
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/err.h"

/* Says that there is no memory and ends the process: for what another's library
   could not get. */
void mem_exhausted(void) __attribute__((noreturn));

/* Zeroed; `count * size` is checked for overflow; count 0 is allowed. */
void *mem_new(size_t count, size_t size);

/* New parts are not zeroed. */
void *mem_resize(void *old, size_t count, size_t size);

char *mem_strdup(const char *s);
char *mem_strndup(const char *s, size_t bytes);
char *mem_format(const char *fmt, ...) GM_PRINTF(1, 2);
char *mem_vformat(const char *fmt, va_list ap) GM_PRINTF(1, 0);

/* Frees a `char *` or `void *` variable at the end of its scope. */
void mem_free_at(void *variable);
#define GM_FREE_AT_EXIT __attribute__((cleanup(mem_free_at)))

#endif
