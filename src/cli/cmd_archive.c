#include <stdio.h>

#include "archive/archive.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/keyring.h"

const struct command_option cmd_archive_options[] = {
	{ "out", "DIR",
	    "the folder of the archive; what it holds already is made anew "
	    "too" },
	{ "all", NULL, "every issue that is planned or was sent" },
	{ NULL, NULL, NULL },
};

bool
cmd_archive(struct command_run *run, struct err *err)
{
	const char *issue = run->arguments[0];
	const char *folder = command_value(run, "out");
	struct complaints complaints = { 0 };
	struct archive_done done;
	struct keyring keyring;
	bool ok;

	if ((issue != NULL) == command_has(run, "all"))
		return err_set(err, ERR_USAGE,
		    "name one issue, or write --all for every issue that is "
		    "planned");
	if (folder == NULL)
		return err_set(err, ERR_USAGE,
		    "--out DIR says where; a web server shows that folder at "
		    "%s",
		    run->site->sender.public_url);
	if (!keyring_open(run, &keyring, err))
		return false;
	ok = archive_write(run->arena, run->site, run->store, keyring.site,
	    issue, folder, &complaints, &done, err);
	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	keyring_close(&keyring);
	if (!ok)
		return false;
	printf("%s: %s, %s, %s%s\n", done.place,
	    num_format_count(
		run->arena, (int64_t)done.issues, "issue", "issues"),
	    num_format_count(
		run->arena, (int64_t)done.stories, "story", "stories"),
	    num_format_count(
		run->arena, (int64_t)done.editions, "edition", "editions"),
	    done.changed ? "" : "; nothing has changed");
	return true;
}
