#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/now.h"
#include "cli/cmd_issue.h"
#include "cli/screen.h"

/* An editor saves by several steps; we look when it has been quiet. */
enum { QUIET_MS = 120, MOST_ROUNDS = 20, EVENTS_BYTES = 16384 };

struct watch {
	struct command_run *run;
	int events;  /* of inotify */
	int signals; /* that end us */
	bool is_terminal;
	bool is_first; /* nothing was shown yet */
};

/* What becomes of a folder as a whole, and of what is in it. */
enum {
	SELF = IN_MOVE_SELF | IN_DELETE_SELF,
	INSIDE = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
		 IN_CREATE,
	APPEARANCE = IN_CREATE | IN_MOVED_TO,
};

static void
watch_folder(
    struct watch *watch, struct arena *arena, const char *name, uint32_t events)
{
	(void)inotify_add_watch(watch->events,
	    site_path(arena, watch->run->site, name), events | IN_ONLYDIR);
}

static void
watch_folders(struct watch *watch)
{
	const char *id = watch->run->arguments[0];
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	watch_folder(
	    watch, arena, arena_format(arena, "issues/%s", id), SELF | INSIDE);
	watch_folder(watch, arena, arena_format(arena, "issues/%s/images", id),
	    SELF | INSIDE);
	watch_folder(watch, arena, "templates", SELF | INSIDE);

	/* One that is not there, or that another takes the place of. */
	watch_folder(watch, arena, "issues", APPEARANCE);
	watch_folder(watch, arena, ".", APPEARANCE);
}

/* True when one of the events is about a file that a report depends on: not an
   editor's own, not one that is only begun. */
static bool
matters(const char *bytes, size_t count)
{
	bool found = false;

	for (size_t at = 0; at < count;) {
		struct inotify_event event;
		const char *name = bytes + at + sizeof(event);

		memcpy(&event, bytes + at, sizeof(event));
		at += sizeof(event) + event.len;
		if ((event.mask & (IN_Q_OVERFLOW | SELF)) != 0)
			found = true;
		if (event.len == 0 || *name == '.' || text_ends(name, "~") ||
		    strchr(name, '.') == NULL)
			found = found || (event.mask & IN_ISDIR) != 0;
		else if ((event.mask & IN_CREATE) == 0)
			found = true;
	}
	return found;
}

/* Waits for events, at most so long; false when there are none. */
static bool
wait_for(struct watch *watch, int longest_ms, bool *ret_matters, bool *ret_stop)
{
	_Alignas(struct inotify_event) char bytes[EVENTS_BYTES];
	struct pollfd fds[] = {
		{ .fd = watch->events, .events = POLLIN },
		{ .fd = watch->signals, .events = POLLIN },
	};
	ssize_t count;

	if (poll(fds, 2, longest_ms) <= 0)
		return false;
	if (fds[1].revents != 0) {
		*ret_stop = true;
		return false;
	}
	count = read(watch->events, bytes, sizeof(bytes));
	if (count > 0 && matters(bytes, (size_t)count))
		*ret_matters = true;
	return true;
}

/* Until something changed and it has been quiet since. */
static void
wait_for_change(struct watch *watch, bool *ret_stop)
{
	bool changed = false;

	while (!changed && !*ret_stop)
		(void)wait_for(watch, -1, &changed, ret_stop);
	for (int i = 0; i < MOST_ROUNDS && !*ret_stop; i++)
		if (!wait_for(watch, QUIET_MS, &changed, ret_stop))
			break;
}

/* A terminal shows the newest report and when it was made, as much of it as
   there is room for; a file gets one after the other. */
static void
show(struct watch *watch, struct arena *arena, const char *report)
{
	struct screen_size size, room;
	const char *time = now_format_local(arena, now_ms());
	const char *last =
	    arena_format(arena, "checked at %s, watching until Ctrl-C",
		time + strlen("2026-04-01 "));
	size_t rows;

	if (!watch->is_terminal) {
		fputs(report, stdout);
		fflush(stdout);
		return;
	}
	size = room = screen_size(STDOUT_FILENO);
	rows = (strlen(last) + size.columns - 1) / size.columns;
	room.rows -= rows < size.rows ? rows : 0;
	screen_draw(stdout,
	    arena_format(
		arena, "%s%s\n", screen_fit(arena, report, &room), last),
	    &size, watch->is_first);
	watch->is_first = false;
}

/* What ends us ends a report as well, which may be waiting for a server. */
static void
let_signals_in(int how)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(how, &ends, NULL);
}

/* What cannot be looked at now may be there again after the next change. */
static void
report(struct watch *watch)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct command_run run = *watch->run;
	struct err err = { 0 };
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);
	size_t errors;

	if (out == NULL)
		abort();
	run.arena = arena;
	let_signals_in(SIG_UNBLOCK);
	if (!cmd_issue_report(&run, out, &errors, &err))
		fprintf(out, "issue %s: %s\n", run.arguments[0], err.text);
	fclose(out);
	let_signals_in(SIG_BLOCK);
	show(watch, arena, text);
	free(text);
}

static bool
open_watch(struct watch *watch, struct err *err)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	watch->signals = signalfd(-1, &ends, SFD_CLOEXEC);
	watch->events = inotify_init1(IN_CLOEXEC);
	return (watch->signals >= 0 && watch->events >= 0) ||
	       err_errno(err, ERR_OS, "cannot watch files");
}

bool
cmd_issue_watch(struct command_run *run, struct err *err)
{
	struct watch watch = {
		.run = run,
		.events = -1,
		.signals = -1,
		.is_terminal = isatty(STDOUT_FILENO) != 0,
		.is_first = true,
	};
	bool ok = open_watch(&watch, err);
	bool stop = false;

	while (ok && !stop) {
		/* Watched first: what is saved meanwhile is not missed. */
		watch_folders(&watch);
		report(&watch);
		wait_for_change(&watch, &stop);
	}
	if (watch.events >= 0)
		close(watch.events);
	if (watch.signals >= 0)
		close(watch.signals);
	return ok;
}
