#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/cmd_preview_diff.h"
#include "cli/keyring.h"
#include "cli/stranger.h"
#include "publish/publish_gallery.h"
#include "publish/publish_preview.h"

const struct command_option cmd_preview_options[] = {
	{ "as", "ADDRESS", "the reader whose digest it is" },
	{ "diff", "ADDRESS",
	    "what two readers get differently, as text: --diff A B" },
	{ "all-editions", NULL,
	    "every edition there is, as pages to look through: index.html "
	    "tells how many readers get each, and why" },
	{ "out", "DIR", "where to write (default: state/preview/\u2026)" },
	{ NULL, NULL, NULL },
};

static const char *
choose_folder(struct command_run *run, const char *name)
{
	const char *folder = command_value(run, "out");

	if (folder != NULL)
		return folder;
	return site_path(run->arena, run->site,
	    arena_format(run->arena, "state/preview/%s/%s", run->arguments[0],
		text_lower(run->arena, name)));
}

static bool
preview_one(struct command_run *run, const char *address, struct err *err)
{
	struct complaints complaints = { 0 };
	struct keyring keyring;
	struct text_list paths;
	bool ok;

	if (!keyring_open(run, &keyring, err))
		return false;
	ok = publish_preview(run->arena, run->site, run->store, keyring.site,
	    keyring.dkim, run->arguments[0], address,
	    choose_folder(run, address), &complaints, &paths, err);
	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	keyring_close(&keyring);
	for (size_t i = 0; ok && i < paths.count; i++)
		printf("%s\n", paths.items[i]);
	return ok && stranger_tell(run, address, err);
}

static bool
preview_all(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	struct publish_gallery gallery;
	struct keyring keyring;
	bool ok;

	if (!keyring_open(run, &keyring, err))
		return false;
	ok = publish_gallery(run->arena, run->site, run->store, keyring.site,
	    run->arguments[0], choose_folder(run, "all-editions"), &complaints,
	    &gallery, err);
	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	keyring_close(&keyring);
	if (!ok)
		return false;
	printf("%s\n%s for %s\n", gallery.index,
	    num_format_count(
		run->arena, (int64_t)gallery.editions, "edition", "editions"),
	    num_format_count(run->arena, gallery.readers, "reader", "readers"));
	return true;
}

bool
cmd_preview(struct command_run *run, struct err *err)
{
	const char *as = command_value(run, "as");
	const char *diff = command_value(run, "diff");
	bool all = command_has(run, "all-editions");
	const char *const two[2] = { diff, run->arguments[1] };

	if ((as != NULL) + (diff != NULL) + all != 1)
		return err_set(err, ERR_USAGE,
		    "one of --as ADDRESS (any subscriber's), --diff A B and "
		    "--all-editions says what to show");
	if ((diff != NULL) != (run->argument_count == 2))
		return err_set(err, ERR_USAGE,
		    diff != NULL ? "--diff needs two readers: --diff A B"
				 : "one issue at a time");
	if (diff != NULL && command_has(run, "out"))
		return err_set(
		    err, ERR_USAGE, "--diff prints, and takes no --out");
	if (diff != NULL)
		return cmd_preview_diff(run, two, err);
	return all ? preview_all(run, err) : preview_one(run, as, err);
}
