#ifndef CLI_CMD_ISSUE_H
#define CLI_CMD_ISSUE_H

/* What `issue check` does once, and with --watch again at every change. */

#include <stdio.h>

#include "cli/command.h"

/* Looks at the issue and writes what was found; *ret_errors says how many
   errors. */
bool cmd_issue_report(struct command_run *run, FILE *out, size_t *ret_errors,
    struct err *err) GM_MUST_CHECK;

/* Reports now and whenever a file of the issue or a template is saved, until it
   is told to stop (SIGINT, SIGTERM). */
bool cmd_issue_watch(struct command_run *run, struct err *err) GM_MUST_CHECK;

#endif
