#include <stdlib.h>

#include "base/file.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "cli/site_store.h"
#include "config/scaffold.h"
#include "store/store_municipality.h"

const struct command_option cmd_init_options[] = {
	{ "sample", NULL,
	    "fill in sample values, and add the sample contacts, tags and "
	    "issue" },
	{ "new-store", NULL,
	    "make a new database although there was one before" },
	{ NULL, NULL, NULL },
};

/* What is there, and what shall be. */
struct founding {
	struct command_run *run;
	const char *folder;
	bool sample;
	bool has_site;          /* a configuration */
	bool has_store;         /* a database, whatever is in it */
	const char *store_base; /* the folder that store_url is relative to */
	const char *store_url;
};

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
			 tally->counts[VERDICT_UNCHANGED] +
			 tally->counts[VERDICT_CHANGED] +
			 tally->counts[VERDICT_REVIVED]);
}

static bool
import_register(struct command_run *run, struct store *store, struct err *err)
{
	struct complaints complaints = { 0 };
	const struct people_author author = cmd_people_author(run);
	struct people_tally tally;
	char *path;

	if (!site_share(run->arena, "config/municipalities.csv", &path, err))
		return false;
	if (!people_import_register(
		store, path, false, &author, &complaints, &tally, err))
		return give_up(&complaints, "register", err);
	complaints_clear(&complaints);
	printf("register   %s prefectures, municipalities and wards\n",
	    num_format_grouped(run->arena, taken(&tally)));
	return true;
}

static bool
import_sample(struct command_run *run, struct store *store, struct err *err)
{
	struct complaints complaints = { 0 };
	struct people_tally tally;
	struct people_import import = {
		.author = cmd_people_author(run),
	};
	char *tags;
	char *contacts;

	if (!site_share(run->arena, "config/sample/tags.csv", &tags, err) ||
	    !site_share(
		run->arena, "config/sample/contacts.csv", &contacts, err))
		return false;
	import.path = contacts;
	if (!people_import_tags(
		store, tags, &import.author, &complaints, &tally, err))
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
fill_store(const struct founding *founding, struct err *err)
{
	struct command_run *run = founding->run;
	struct store *store;
	bool done;

	if (!store_create(
		founding->store_base, founding->store_url, &store, err))
		return false;
	if (founding->has_site)
		printf("database   new, empty\n");
	done = import_register(run, store, err) &&
	       (!founding->sample || import_sample(run, store, err));
	store_close(store);
	return done;
}

/* A database without register is one whose making was broken off. */
static bool
refuse_whole(const struct founding *founding, struct err *err)
{
	struct store_municipalities list;
	struct store *store;
	bool ok;

	if (!founding->has_site || !founding->has_store)
		return true;
	if (!store_open(founding->store_base, founding->store_url, &store, err))
		return false;
	ok = store_municipality_list(
	    founding->run->arena, store, NULL, &list, err);
	store_close(store);
	return ok && (list.count == 0 || err_set(err, ERR_CANT_CREATE,
					     "%s is a site already (it has %s)",
					     founding->folder, SITE_FILE));
}

/* A key without database: the database was lost, not never made. */
static bool
refuse_lost(const struct founding *founding, struct err *err)
{
	const char *key =
	    file_join(founding->run->arena, founding->folder, "state/site.key");

	if (founding->has_store || !file_exists(key) ||
	    command_has(founding->run, "new-store"))
		return true;
	return err_set(err, ERR_CANT_CREATE,
	    "%s is there but its database is not: put that back from the "
	    "backup, or its unsubscribed readers would be mailed again; "
	    "`init --new-store` makes an empty one all the same",
	    key);
}

/* Finds out what is there. */
static bool
survey(struct founding *founding, struct err *err)
{
	struct command_run *run = founding->run;
	struct complaints complaints = { 0 };
	struct site *site;
	bool ok;

	founding->store_base = founding->folder;
	founding->store_url = SITE_STORE_FIRST;
	founding->has_site =
	    file_exists(file_join(run->arena, founding->folder, SITE_FILE));
	if (founding->has_site) {
		ok = site_open_partly(
		    run->arena, founding->folder, &complaints, &site, err);
		complaints_print(&complaints, stderr);
		complaints_clear(&complaints);
		if (!ok)
			return false;
		if (!site_store_move(site, err))
			return false;
		founding->store_base = ".";
		founding->store_url = site->store_url;
	}
	founding->has_store =
	    store_exists(founding->store_base, founding->store_url);
	return true;
}

static void
say_next(const struct founding *founding)
{
	const char *folder = founding->folder;

	if (founding->has_site)
		printf(
		    "\n%s and the other files are as they were.\n", SITE_FILE);
	else if (founding->sample)
		printf("\nLook at an issue:  glocal-mail --site %s preview "
		       "2026-04 --as ADDRESS\n",
		    folder);
	else
		printf("\nNow fill in %s, then: glocal-mail --site %s check\n",
		    file_join(founding->run->arena, folder, SITE_FILE), folder);
}

bool
cmd_init(struct command_run *run, struct err *err)
{
	struct founding founding = {
		.run = run,
		.folder = run->folder,
		.sample = command_has(run, "sample"),
	};

	if (founding.folder == NULL)
		founding.folder = getenv("GLOCAL_MAIL_SITE");
	if (founding.folder == NULL || *founding.folder == '\0')
		founding.folder = ".";
	if (!survey(&founding, err) || !refuse_whole(&founding, err) ||
	    !refuse_lost(&founding, err))
		return false;
	if (founding.has_site
		? !scaffold_state(founding.folder, err)
		: !scaffold_files(founding.folder, founding.sample, err))
		return false;
	printf("site       %s\n", founding.folder);

	/* The configuration last: with it the site is whole. */
	if (!fill_store(&founding, err) ||
	    (!founding.has_site &&
		!scaffold_configuration(founding.folder, founding.sample, err)))
		return false;
	say_next(&founding);
	return true;
}
