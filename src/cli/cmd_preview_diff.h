#ifndef CLI_CMD_PREVIEW_DIFF_H
#define CLI_CMD_PREVIEW_DIFF_H

/* `preview --diff`: what two readers get differently, for a terminal. */

#include "cli/command.h"

bool cmd_preview_diff(struct command_run *run, const char *const addresses[2],
    struct err *err) GM_MUST_CHECK;

#endif
