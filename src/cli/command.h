#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/*
 * The shape of a command: a row of the table in commands.c says its name,
 * what it takes, what must be open before it runs, and its function, which
 * stands in a cmd_*.c. `--help` is printed from the table.
 */

#include <stdio.h>

#include "base/arena.h"
#include "config/site.h"
#include "store/store.h"

/* Of the program, for --version. */
#define GM_VERSION "0.1"

/* What a command finds open when it runs. */
enum {
	COMMAND_NEEDS_SITE = 1,
	COMMAND_NEEDS_STORE = 2,
	COMMAND_NEEDS_SENDER = 4, /* the configuration is complete */
};

enum { COMMAND_OPTIONS_MOST = 16 };

struct command_option {
	const char *name;  /* "dry-run" for --dry-run; NULL ends the list, its
			      help then says more about the command */
	const char *value; /* what it takes: "ADDRESS"; NULL: a switch */
	const char *help;
};

struct command_run {
	struct arena *arena; /* for the whole run */
	const char *folder;  /* --site, NULL when not given */
	struct site *site;   /* with COMMAND_NEEDS_SITE */
	struct store *store; /* with COMMAND_NEEDS_STORE */
	int status;          /* exit status of success; 0 unless set */
	const struct command *command;
	const char **arguments; /* what is no option; NULL behind the last */
	size_t argument_count;
	const char *values[COMMAND_OPTIONS_MOST];     /* by option's row */
	struct text_list lists[COMMAND_OPTIONS_MOST]; /* all of them */
};

struct command {
	const char *group;     /* "contacts" */
	const char *name;      /* one to three words: "subscriber import" */
	const char *arguments; /* "FILE.csv"; "" for none */
	const char *summary;   /* one line */
	size_t least, most;    /* how many arguments */
	unsigned needs;
	const struct command_option *options; /* NULL: none */
	bool (*run)(struct command_run *run, struct err *err);
};

/* The table, ended by a row without a name. */
extern const struct command commands[];

/* Value of an option: NULL when it was not given, "" for a switch that was.
   Asserts that the command has the option. */
const char *command_value(const struct command_run *run, const char *option);

/* All values of an option, in their order, for those that may be repeated. */
struct text_list command_values(
    const struct command_run *run, const char *option);
bool command_has(const struct command_run *run, const char *option);

/* Finds the command that `argv` begins with, reads its options and
   arguments; prints help (and sets *ret_done) where that is asked for. */
bool command_parse(struct command_run *run, int argc, char **argv,
    bool *ret_done, struct err *err) GM_MUST_CHECK;

void command_print_help(FILE *out);

#endif
