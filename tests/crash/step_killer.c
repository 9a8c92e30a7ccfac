/*
 * Stands in for base/step.c in the program that tests/crash kills.
 *
 *	STEP_TRACE=FILE  appends the name of each step, one a line
 *	STEP_KILL=N      ends the process at its N-th step, as kill -9 would
 *
 * Steps of all threads are counted together, in the order in which they come.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/step.h"

enum { LINE_BYTES = 200 };

static atomic_long steps;
static long last; /* 0: none */
static int trace = -1;

/* Before main, when there is one thread. */
__attribute__((constructor)) static void
read_orders(void)
{
	const char *kill_at = getenv("STEP_KILL");
	const char *path = getenv("STEP_TRACE");

	if (kill_at != NULL)
		last = strtol(kill_at, NULL, 10);
	if (path != NULL)
		trace =
		    open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (path != NULL && trace < 0)
		abort();
}

void
step_reached(const char *name)
{
	long number = atomic_fetch_add(&steps, 1) + 1;
	char line[LINE_BYTES];
	int bytes = snprintf(line, sizeof(line), "%s\n", name);

	if (trace >= 0 && write(trace, line, (size_t)bytes) != bytes)
		abort();
	if (number != last)
		return;
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}
