#include "archive/archive.h"

#include <stdlib.h>
#include <string.h>

#include "archive/archive_run.h"
#include "base/file.h"
#include "base/vec.h"
#include "content/content.h"
#include "store/store_mailing.h"

/* An archive is known by it, so that no other folder is replaced. */
static const char mark[] = ".glocal-mail-archive";

struct ids {
	const char **items;
	size_t count;
	size_t room;
};

static void
add_id(struct ids *ids, const char *id)
{
	for (size_t i = 0; i < ids->count; i++)
		if (text_equal(ids->items[i], id))
			return;
	vec_push(ids, id);
}

/* The issues that readers have, or will have. */
static bool
add_planned(struct archive_run *run, struct ids *ids, struct err *err)
{
	struct store_mailing_list list;

	if (!store_mailing_of_issue(run->arena, run->store, NULL, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].state != MAILING_CANCELLED)
			add_id(ids, list.items[i].issue);
	if (ids->count == 0)
		return err_set(err, ERR_NO_INPUT,
		    "no issue is planned yet; `archive ISSUE` writes one that "
		    "is not");
	return true;
}

/* The issues that are in the archive already. */
static bool
add_present(struct archive_run *run, struct ids *ids, struct err *err)
{
	const char *folder =
	    file_join(run->arena, folder_draft_place(run->draft), "issues");
	struct text_list names;

	if (!file_is_folder(folder))
		return true;
	if (!file_list(run->arena, folder, &names, err))
		return false;
	for (size_t i = 0; i < names.count; i++)
		add_id(ids, names.items[i]);
	return true;
}

/* Newest first. */
static int
compare_issues(const void *a, const void *b)
{
	const struct archive_issue *left = a;
	const struct archive_issue *right = b;
	int order = strcmp(right->date, left->date);

	return order != 0 ? order : strcmp(right->id, left->id);
}

static bool
write_issues(struct archive_run *run, const struct ids *ids, struct err *err)
{
	run->issues = arena_take(run->arena, ids->count, sizeof(*run->issues));
	for (size_t i = 0; i < ids->count; i++)
		if (!archive_issue_write(run, ids->items[i],
			&run->issues[run->issue_count++], err))
			return false;
	qsort(run->issues, run->issue_count, sizeof(*run->issues),
	    compare_issues);
	return true;
}

static bool
write_all(struct archive_run *run, const char *issue, struct err *err)
{
	struct ids ids = { 0 };
	bool ok;

	if (issue != NULL)
		add_id(&ids, issue);
	ok = (issue != NULL || add_planned(run, &ids, err)) &&
	     add_present(run, &ids, err) && write_issues(run, &ids, err) &&
	     archive_lists_write(run, err) && archive_feed_write(run, err) &&
	     archive_pages_extras(run->pages, run->draft, err);
	vec_clear(&ids);
	return ok;
}

static struct archive_done
count_done(const struct archive_run *run)
{
	struct archive_done done = {
		.place =
		    arena_strdup(run->arena, folder_draft_place(run->draft)),
		.issues = run->issue_count,
		.editions = run->editions,
	};

	for (size_t i = 0; i < run->issue_count; i++)
		done.stories += run->issues[i].count;
	return done;
}

bool
archive_write(struct arena *arena, const struct site *site, struct store *store,
    const struct secret_keys *keys, const char *issue, const char *folder,
    struct complaints *complaints, struct archive_done *ret_done,
    struct err *err)
{
	struct arena *page GM_ARENA_AT_EXIT = arena_new();
	struct archive_run run = {
		.arena = arena,
		.page = page,
		.site = site,
		.store = store,
		.keys = keys,
		.complaints = complaints,
	};
	struct archive_done done;
	bool ok;

	if (issue != NULL && !content_id_holds(issue))
		return err_set(err, ERR_USAGE,
		    "'%s' is no issue, expected a name such as 2026-04", issue);
	if (!archive_pages_open(site, &run.pages, err))
		return false;
	ok = folder_draft_new(folder, mark, &run.draft, err) &&
	     write_all(&run, issue, err);
	if (ok) {
		done = count_done(&run);
		ok = folder_draft_publish(run.draft, &done.changed, err);
	} else {
		folder_draft_drop(run.draft);
	}
	archive_pages_close(run.pages);
	free(run.tags);
	if (ok)
		*ret_done = done;
	return ok;
}
