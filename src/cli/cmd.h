#ifndef CLI_CMD_H
#define CLI_CMD_H

/* The functions behind the command table (commands.c), one file for those
   that belong together, and the options of each. */

#include "cli/command.h"

#endif
