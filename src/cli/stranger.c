#include "cli/stranger.h"

#include <stdio.h>

#include "publish/publish.h"

bool
stranger_tell(struct command_run *run, const char *address, struct err *err)
{
	struct publish_reader reader;

	if (!publish_find_reader(run->arena, run->store, address, &reader, err))
		return false;
	if (reader.person.subscriber == 0)
		fprintf(stderr,
		    "%s is no subscriber: this is what a reader without "
		    "interests gets\n",
		    reader.person.address);
	return true;
}
