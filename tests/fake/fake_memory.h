/*
 * Memory for the scripted server: it is there, or the process aborts.
 */
#ifndef FAKE_MEMORY_H
#define FAKE_MEMORY_H

#include <stdlib.h>
#include <string.h>

static inline void *
fake_memory_resize(void *old, size_t bytes)
{
	void *p = realloc(old, bytes ? bytes : 1);

	if (!p)
		abort();
	return p;
}

static inline void *
fake_memory_zeroed(size_t bytes)
{
	return memset(fake_memory_resize(NULL, bytes), 0, bytes);
}

static inline char *
fake_memory_copy(const char *text, size_t n)
{
	char *p = fake_memory_resize(NULL, n + 1);

	memcpy(p, text, n);
	p[n] = '\0';
	return p;
}

#endif
