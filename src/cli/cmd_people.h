#ifndef CLI_CMD_PEOPLE_H
#define CLI_CMD_PEOPLE_H

/* What the commands about contacts share. */

#include "cli/command.h"
#include "people/people.h"

/* The person at the keyboard and the command, for the record. */
struct people_author cmd_people_author(struct command_run *run);

/* A contact as the options of `add` and `edit` name its columns. */
struct people_contact cmd_people_contact(const struct command_run *run);

/* Ends an import: prints what is wrong on standard error and, for people,
   what was done with how many `things` (NULL: nothing is said). Clears the
   complaints. Returns `ok`. */
bool cmd_people_conclude(struct complaints *complaints, bool ok,
    const struct people_tally *tally, bool dry_run, const char *things,
    struct err *err) GM_MUST_CHECK;

#endif
