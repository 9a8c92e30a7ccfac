/*
 * glocal-mail: finds the command, opens what it needs, runs it, prints the
 * one error there may be.
 */

#include <errno.h>
#include <locale.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/site_store.h"

/* A message is made in one thread and freed in another: few heaps that keep
   what was freed need less memory and fewer calls into the kernel. */
static void
tune_memory(void)
{
	enum { HEAPS = 2, PAD_BYTES = 256 << 10, KEPT_BYTES = 4 << 20 };

	mallopt(M_ARENA_MAX, HEAPS);
	mallopt(M_TOP_PAD, PAD_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

/* Takes "--site DIR" or "--site=DIR" off the front. */
static bool
take_site(int *argc, char ***argv, const char **ret_folder, struct err *err)
{
	while (*argc > 0 && strncmp(**argv, "--site", 6) == 0) {
		const char *rest = **argv + 6;

		if (*rest == '=') {
			*ret_folder = rest + 1;
		} else if (*rest == '\0' && *argc > 1) {
			*ret_folder = (*argv)[1];
			(*argc)--;
			(*argv)++;
		} else {
			return err_set(err, ERR_USAGE, "--site needs a folder");
		}
		(*argc)--;
		(*argv)++;
	}
	return true;
}

static bool
open_site(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	bool (*open)(struct arena *, const char *, struct complaints *,
	    struct site **, struct err *) =
	    (run->command->needs & COMMAND_NEEDS_SENDER) != 0
		? site_open
		: site_open_partly;
	bool ok = open(run->arena, run->folder, &complaints, &run->site, err);

	complaints_print(&complaints, stderr);

	/* They were just printed: do not repeat the first one. */
	if (!ok && complaints.errors > 0)
		err_set(err, ERR_CONFIG,
		    "the configuration has %zu %s, see above",
		    complaints.errors,
		    complaints.errors == 1 ? "fault" : "faults");
	complaints_clear(&complaints);
	if (!ok)
		return false;
	setenv("TZ", run->site->sender.timezone, 1);
	tzset();
	return true;
}

static bool
run_command(struct command_run *run, struct err *err)
{
	bool ok;

	if (run->command->needs != 0 && !open_site(run, err))
		return false;
	if ((run->command->needs & COMMAND_NEEDS_STORE) != 0 &&
	    !site_store_open(run->site, &run->store, err))
		return false;
	ok = run->command->run(run, err);
	store_close(run->store);
	return ok;
}

static int
report(const struct command_run *run, const struct err *err)
{
	const char *name = run->command != NULL ? run->command->name : NULL;

	fflush(stdout);
	if (name != NULL && strncmp(err->text, name, strlen(name)) != 0)
		fprintf(stderr, "glocal-mail: %s: %s\n", name, err->text);
	else
		fprintf(stderr, "glocal-mail: %s\n", err->text);
	return err_status(err);
}

/* Whether who read our output went away: that is no fault of ours. */
static bool
has_no_reader(void)
{
	struct pollfd end = { .fd = STDOUT_FILENO };

	return poll(&end, 1, 0) > 0 && (end.revents & POLLERR) != 0;
}

/* What was printed must have been written: a full disk cuts listings off. */
static int
finish(const struct command_run *run, int status)
{
	struct err err = { 0 };

	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || has_no_reader())
		return status;
	if (errno != 0)
		err_errno(&err, ERR_IO, "standard output");
	else
		err_set(&err, ERR_IO, "standard output: not all was written");
	return report(run, &err);
}

/* "help COMMAND" is "COMMAND --help". */
static char **
turn_help(struct arena *arena, int argc, char **argv)
{
	static char option[] = "--help";
	char **words = arena_take(arena, (size_t)argc + 1, sizeof(*words));

	for (int i = 1; i < argc; i++)
		words[i - 1] = argv[i];
	words[argc - 1] = option;
	return words;
}

int
main(int argc, char **argv)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct command_run run = { .arena = arena };
	struct err err = { 0 };
	bool done = false;

	tune_memory();
	setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	argc--;
	argv++;
	if (!take_site(&argc, &argv, &run.folder, &err))
		return report(&run, &err);
	if (argc == 0) {
		command_print_help(stderr);
		return 64;
	}
	if (strcmp(argv[0], "--version") == 0) {
		printf("glocal-mail %s\n", GM_VERSION);
		return finish(&run, 0);
	}
	if (strcmp(argv[0], "--help") == 0 ||
	    (strcmp(argv[0], "help") == 0 && argc == 1)) {
		command_print_help(stdout);
		return finish(&run, 0);
	}
	if (strcmp(argv[0], "help") == 0)
		argv = turn_help(arena, argc, argv);
	if (!command_parse(&run, argc, argv, &done, &err))
		return report(&run, &err);
	if (done)
		return finish(&run, 0);
	if (!run_command(&run, &err))
		return report(&run, &err);
	return finish(&run, run.status);
}
