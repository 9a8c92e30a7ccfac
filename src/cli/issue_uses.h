#ifndef CLI_ISSUE_USES_H
#define CLI_ISSUE_USES_H

/*
 * What the issues in the site's folder name: after a tag or a municipality has
 * got another name, their authors must write that. Planned mailings are
 * frozen; these are the folders alone.
 */

#include "cli/command.h"

enum issue_use { ISSUE_USE_TAG, ISSUE_USE_PLACE };

/* Prints a line for each issue with stories that name `word`: which they are,
   and that they should name `instead` (NULL: nothing). One that cannot be read
   is told, too. Prints nothing when no issue names it. */
bool issue_uses_print(struct command_run *run, enum issue_use use,
    const char *word, const char *instead, struct err *err) GM_MUST_CHECK;

#endif
