#ifndef CLI_STRANGER_H
#define CLI_STRANGER_H

/* Readers who are named by an address. */

#include "cli/command.h"

/* Says on standard error when nobody subscribes with that address: what is
   shown then is what a reader without interests would get, perhaps because the
   address was mistyped. ERR_DATA for what is no address. */
bool stranger_tell(struct command_run *run, const char *address,
    struct err *err) GM_MUST_CHECK;

#endif
