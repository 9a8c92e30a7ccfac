#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

/*
 * How far long work has come: on a terminal one line with a bar that is drawn
 * over itself, elsewhere a line every few seconds. Tells the rate of the last
 * seconds and the time left at that rate. The caller counts and says the time
 * (monotonic, base/now.h), as often as it likes; this decides what is shown.
 */

#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

struct progress;

struct progress_count {
	int64_t total; /* 0: not known yet */
	int64_t done;  /* of the total: nothing more to do for now */
	int64_t failed;
	int64_t deferred; /* tried, and to be tried again */
};

/* `title` ("2026-04") and `out` must outlive it. */
struct progress *progress_new(
    FILE *out, const char *title, const char *unit, int64_t mono_ms);

/* Shows the counts when it is time to. */
void progress_show(struct progress *progress,
    const struct progress_count *count, int64_t mono_ms);

/* Takes the bar off the line, so that something else may be printed; the next
   progress_show draws it again. Off a terminal it does nothing. */
void progress_hide(struct progress *progress);

/* Shows the last state whatever the time, ends the line, frees. NULL is
   allowed. */
void progress_end(struct progress *progress, const struct progress_count *count,
    int64_t mono_ms);

/* The line as it would be shown, `columns` wide at most; 0: without a bar. */
char *progress_line(struct arena *arena, const struct progress *progress,
    const struct progress_count *count, int64_t mono_ms, size_t columns);

#endif
