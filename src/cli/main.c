/*
 * glocal-mail: finds the command, opens what it needs, runs it, prints the
 * one error there may be.
 */

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/site_store.h"

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

int
main(int argc, char **argv)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct command_run run = { .arena = arena };
	struct err err = { 0 };
	bool done = false;

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
	if (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "help") == 0) {
		command_print_help(stdout);
		return 0;
	}
	if (!command_parse(&run, argc, argv, &done, &err))
		return report(&run, &err);
	if (done)
		return 0;
	if (!run_command(&run, &err))
		return report(&run, &err);
	if (fflush(stdout) != 0) {
		err_errno(&err, ERR_IO, "standard output");
		return report(&run, &err);
	}
	return run.status;
}
