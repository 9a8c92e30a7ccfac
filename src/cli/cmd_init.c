#include <stdlib.h>

#include "base/file.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "config/scaffold.h"
#include "people/people.h"

const struct command_option cmd_init_options[] = {
	{ "sample", NULL,
	    "fill in sample values, and add the sample contacts, tags and "
	    "issue" },
	{ NULL, NULL, NULL },
};

/* Where a new site keeps its store unless the configuration moves it. */
static const char first_store[] = "sqlite:state/glocal-mail.db";

/* Prints what stopped an import, and keeps the first of it in `err`. */
static bool
give_up(struct complaints *complaints, const char *what, struct err *err)
{
	complaints_print(complaints, stderr);
	complaints_clear(complaints);
	return err_wrap(err, "%s", what);
}

static int64_t
taken(const struct people_tally *tally)
{
	return (int64_t)(tally->counts[VERDICT_NEW] +
			 tally->counts[VERDICT_CHANGED] +
			 tally->counts[VERDICT_REVIVED]);
}

static bool
import_register(struct command_run *run, struct store *store, struct err *err)
{
	struct complaints complaints = { 0 };
	struct people_tally tally;
	char *path;

	if (!site_share(run->arena, "config/municipalities.csv", &path, err))
		return false;
	if (!people_import_register(
		store, path, false, &complaints, &tally, err))
		return give_up(&complaints, "register", err);
	complaints_clear(&complaints);
	printf("register   %s prefectures, municipalities and wards\n",
	    num_format_grouped(run->arena, taken(&tally)));
	return true;
}

static bool
import_sample(struct command_run *run, const char *folder, struct store *store,
    struct err *err)
{
	struct complaints complaints = { 0 };
	struct people_tally tally;
	struct people_import import = {
		.path = file_join(run->arena, folder, "contacts.csv"),
		.operator= people_operator(run->arena),
	};

	if (!people_import_tags(store,
		file_join(run->arena, folder, "tags.csv"), &complaints, &tally,
		err))
		return give_up(&complaints, "tags", err);
	printf(
	    "tags       %s\n", num_format_grouped(run->arena, taken(&tally)));
	if (!people_import(store, &import, &complaints, &tally, err))
		return give_up(&complaints, "contacts", err);
	complaints_clear(&complaints);
	printf(
	    "contacts   %s\n", num_format_grouped(run->arena, taken(&tally)));
	return true;
}

static bool
fill_store(
    struct command_run *run, const char *folder, bool sample, struct err *err)
{
	struct store *store;
	bool done;

	if (!store_open(folder, first_store, &store, err))
		return false;
	done = import_register(run, store, err) &&
	       (!sample || import_sample(run, folder, store, err));
	store_close(store);
	return done;
}

bool
cmd_init(struct command_run *run, struct err *err)
{
	const char *folder = run->folder;
	bool sample = command_has(run, "sample");

	if (folder == NULL)
		folder = getenv("GLOCAL_MAIL_SITE");
	if (folder == NULL || *folder == '\0')
		folder = ".";
	if (!scaffold_site(folder, sample, err))
		return false;
	printf("site       %s\n", folder);
	if (!fill_store(run, folder, sample, err))
		return false;
	if (sample)
		printf("\nLook at an issue:  glocal-mail --site %s preview "
		       "2026-04 --as ADDRESS\n",
		    folder);
	else
		printf("\nNow fill in %s, then: glocal-mail --site %s check\n",
		    file_join(run->arena, folder, SITE_FILE), folder);
	return true;
}
