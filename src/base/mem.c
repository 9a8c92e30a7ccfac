#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
mem_exhausted(void)
{
	static const char text[] = "glocal-mail: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	abort();
}

static void *
checked(void *p)
{
	if (p == NULL)
		mem_exhausted();
	return p;
}

void *
mem_new(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *
mem_resize(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count ? count : 1, size ? size : 1));
}

char *
mem_strdup(const char *s)
{
	return checked(strdup(s));
}

char *
mem_strndup(const char *s, size_t bytes)
{
	return checked(strndup(s, bytes));
}

char *
mem_vformat(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	return checked(text);
}

char *
mem_format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	return text;
}

void
mem_free_at(void *variable)
{
	void *p;

	memcpy(&p, variable, sizeof(p));
	free(p);
}
