#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/cmd.h"
#include "content/content.h"
#include "sign/sign.h"
#include "store/store_tag.h"

/* What the checks look at, opened by those before. */
struct inspection {
	struct command_run *run;
	struct store *store; /* NULL when it could not be opened */
	struct complaints *complaints;
};

/* Can we sign? Whether the public keys are published is not looked at. */
static bool
check_signing(struct inspection *inspection, struct err *err)
{
	const struct site *site = inspection->run->site;
	struct sign *sign = NULL;
	bool ok = sign_open(site->dkim_keys, site->dkim_count,
	    inspection->complaints, &sign, err);

	sign_free(sign);
	return ok;
}

static bool
check_database(struct inspection *inspection, struct err *err)
{
	if (!store_open(
		".", inspection->run->site->store_url, &inspection->store, err))
		return false;
	return store_verify(inspection->store, err);
}

/* The slugs of all tags, NULL-terminated. */
static bool
list_tags(
    struct inspection *inspection, const char ***ret_slugs, struct err *err)
{
	struct arena *arena = inspection->run->arena;
	struct store_tags tags;
	const char **slugs;

	if (!store_tag_list(arena, inspection->store, false, &tags, err))
		return false;
	slugs = arena_take(arena, tags.count + 1, sizeof(*slugs));
	for (size_t i = 0; i < tags.count; i++)
		slugs[i] = tags.items[i].slug;
	*ret_slugs = slugs;
	return true;
}

/* Puts "issues/2026-04/" before the files of complaints from `first` on. */
static void
name_issue(struct complaints *complaints, size_t first, const char *id)
{
	for (size_t i = first; i < complaints->count; i++) {
		char *file = complaints->items[i].file;

		complaints->items[i].file =
		    mem_format("issues/%s/%s", id, file);
		free(file);
	}
}

static bool
check_issue(struct inspection *inspection, const char *id,
    const struct content_vocabulary *known, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct complaints *complaints = inspection->complaints;
	const char *folder = file_join(
	    arena, site_path(arena, inspection->run->site, "issues"), id);
	size_t first = complaints->count;
	struct content_files files;
	struct issue *issue;
	bool ok;

	if (!content_id_holds(id)) {
		complaints_add(complaints, folder, 0,
		    "an issue's name is of letters, digits, '.', '_', '-'");
		return false;
	}
	if (!content_read(arena, folder, &files, err)) {
		complaints_add(complaints, folder, 0, "%s", err->text);
		return false;
	}
	ok = content_parse(arena, id, &files, known, complaints, &issue, err);
	name_issue(complaints, first, id);
	return ok;
}

static bool
check_issues(struct inspection *inspection, struct err *err)
{
	struct arena *arena = inspection->run->arena;
	const char *folder = site_path(arena, inspection->run->site, "issues");
	struct content_vocabulary known;
	const char **slugs;
	struct text_list ids;
	bool ok = true;

	if (inspection->store == NULL)
		return err_set(err, ERR_UNAVAILABLE,
		    "not looked at: they need the database's tags");
	if (!list_tags(inspection, &slugs, err) ||
	    !file_list(arena, folder, &ids, err))
		return false;
	known.tags = slugs;
	for (size_t i = 0; i < ids.count; i++)
		if (file_is_folder(file_join(arena, folder, ids.items[i])) &&
		    !check_issue(inspection, ids.items[i], &known, err))
			ok = false;
	return ok || complaints_none(inspection->complaints, ERR_DATA, err);
}

static const struct {
	const char *name;
	bool (*run)(struct inspection *inspection, struct err *err);
} checks[] = {
	{ "signing", check_signing },
	{ "database", check_database },
	{ "issues", check_issues },
};

/* Prints how one check went; the first failure decides the exit status. */
static void
tell(struct inspection *inspection, const char *name, bool ok,
    const struct err *err, enum err_code *first)
{
	complaints_print(inspection->complaints, stderr);
	if (!ok && inspection->complaints->errors == 0)
		fprintf(stderr, "%s: %s\n", name, err->text);
	fflush(stderr);
	complaints_clear(inspection->complaints);
	printf("%-15s%s\n", name, ok ? "ok" : "wrong");
	fflush(stdout);
	if (!ok && *first == ERR_NONE)
		*first = err->code;
}

bool
cmd_check(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	struct inspection inspection = {
		.run = run,
		.complaints = &complaints,
	};
	enum err_code first = ERR_NONE;
	struct err one = { 0 };
	bool ok;

	ok = site_open(run->arena, run->folder, &complaints, &run->site, &one);
	tell(&inspection, "configuration", ok, &one, &first);
	if (ok) {
		setenv("TZ", run->site->sender.timezone, 1);
		tzset();
	}
	for (size_t i = 0; ok && i < sizeof(checks) / sizeof(checks[0]); i++) {
		one = (struct err){ 0 };
		tell(&inspection, checks[i].name,
		    checks[i].run(&inspection, &one), &one, &first);
	}
	store_close(inspection.store);
	if (first == ERR_NONE)
		return true;
	return err_set(err, first, "something is wrong, as said above");
}
