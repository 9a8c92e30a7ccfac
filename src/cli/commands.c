#include "cli/cmd.h"

/* In the order of the help: groups as they are worked through. */
const struct command commands[] = {
	{ NULL, NULL, NULL, NULL, 0, 0, 0, NULL, NULL },
};
