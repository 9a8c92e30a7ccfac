#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/now.h"
#include "base/text.h"

enum { PRIORITY_ALARM = 1, PRIORITY_WARNING = 4, PRIORITY_INFO = 6 };

static bool is_quiet;

GM_PRINTF(3, 0)
static void
print(int priority, const char *word, const char *fmt, va_list ap)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	char *text GM_FREE_AT_EXIT = mem_vformat(fmt, ap);
	const char *line = text_printable(arena, text);

	if (getenv("JOURNAL_STREAM") != NULL)
		fprintf(stderr, "<%d>%s%s\n", priority, word, line);
	else
		fprintf(stderr, "%s %s%s\n", now_format_local(arena, now_ms()),
		    word, line);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	if (is_quiet)
		return;
	va_start(ap, fmt);
	print(PRIORITY_INFO, "", fmt, ap);
	va_end(ap);
}

void
log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(PRIORITY_WARNING, "warning: ", fmt, ap);
	va_end(ap);
}

void
log_alarm(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(PRIORITY_ALARM, "alarm: ", fmt, ap);
	va_end(ap);
}

void
log_set_quiet(bool quiet)
{
	is_quiet = quiet;
}
