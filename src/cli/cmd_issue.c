#include "cli/cmd_issue.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/findings.h"
#include "content/content.h"
#include "content/content_draft.h"
#include "publish/publish_check.h"
#include "report/table.h"
#include "store/store_mailing.h"
#include "json/json.h"

const struct command_option cmd_issue_list_options[] = {
	{ "json", NULL, "one JSON object a line" },
	{ NULL, NULL, NULL },
};

const struct command_option cmd_issue_check_options[] = {
	{ "links", NULL, "ask whether the pages behind links are there" },
	{ "watch", NULL, "do it again whenever a file is saved" },
	{ "json", NULL, "one JSON object a line" },
	{ NULL, NULL, NULL },
};

/* ---- list */

/* An issue as the list shows it. */
struct listed {
	const char *id;
	struct issue *issue;
	size_t errors;
	const char *state;
};

/* The issues' folders, oldest first; none where there is no folder of them. */
static bool
list_ids(struct command_run *run, struct text_list *ret_ids, struct err *err)
{
	const char *folder = site_path(run->arena, run->site, "issues");
	struct text_list names = { 0 };

	ret_ids->count = 0;
	if (file_is_folder(folder) &&
	    !file_list(run->arena, folder, &names, err))
		return false;
	ret_ids->items =
	    arena_take(run->arena, names.count, sizeof(*ret_ids->items));
	for (size_t i = 0; i < names.count; i++)
		if (content_id_holds(names.items[i]) &&
		    file_is_folder(
			file_join(run->arena, folder, names.items[i])))
			ret_ids->items[ret_ids->count++] = names.items[i];
	return true;
}

static bool
read_issue(struct command_run *run, const char *id, struct issue **ret_issue,
    size_t *ret_errors, struct err *err)
{
	struct complaints complaints = { 0 };
	struct content_files files;

	if (!content_read(run->arena,
		site_path(run->arena, run->site,
		    arena_format(run->arena, "issues/%s", id)),
		NULL, &files, err))
		return false;
	*ret_issue =
	    content_understand(run->arena, id, &files, NULL, &complaints);
	*ret_errors = complaints.errors;
	complaints_clear(&complaints);
	return true;
}

static bool
look_up(struct command_run *run, struct listed *listed, struct err *err)
{
	struct store_mailing_list mailings;

	if (!read_issue(
		run, listed->id, &listed->issue, &listed->errors, err) ||
	    !store_mailing_of_issue(
		run->arena, run->store, listed->id, &mailings, err))
		return false;
	listed->state = "draft";
	if (mailings.count > 0)
		listed->state = delivery_mailing_state(
		    mailings.items[mailings.count - 1].state);
	return true;
}

/* The title in the first language that has one. */
static const char *
pick_title(const struct issue *issue)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (issue->text[i].title != NULL &&
		    *issue->text[i].title != '\0')
			return issue->text[i].title;
	return "";
}

static struct text_list
list_languages(struct arena *arena, const struct issue *issue)
{
	struct text_list list = {
		.items = arena_take(arena, LANGUAGES, sizeof(*list.items)),
	};

	for (size_t i = 0; i < LANGUAGES; i++)
		if (issue->has_language[i])
			list.items[list.count++] =
			    subscriber_language((enum language)i);
	return list;
}

static void
print_json(struct command_run *run, const struct listed *listed)
{
	struct json *object GM_JSON_AT_EXIT = json_new();
	struct text_list languages = list_languages(run->arena, listed->issue);
	const char *date = listed->issue->date;

	json_set_text(object, "issue", listed->id);
	json_set_text(object, "title", pick_title(listed->issue));
	json_set_text(object, "date", date != NULL ? date : "");
	json_set_texts(object, "languages", &languages);
	json_set_number(object, "stories", (int64_t)listed->issue->count);
	json_set_text(object, "state", listed->state);
	json_set_number(object, "errors", (int64_t)listed->errors);
	json_print(object, stdout);
}

static void
add_row(
    struct command_run *run, struct table *table, const struct listed *listed)
{
	struct text_list languages = list_languages(run->arena, listed->issue);
	const char *joined = languages.count > 0 ? languages.items[0] : "";
	const char *date = listed->issue->date;

	for (size_t i = 1; i < languages.count; i++)
		joined = arena_format(
		    run->arena, "%s %s", joined, languages.items[i]);
	table_add(table,
	    (const char *const[]){ listed->id, date != NULL ? date : "", joined,
		arena_format(run->arena, "%zu", listed->issue->count),
		listed->state,
		listed->errors > 0
		    ? arena_format(run->arena, "%zu errors", listed->errors)
		    : "",
		pick_title(listed->issue) });
}

bool
cmd_issue_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "issue", "date", "languages",
		">stories", "state", "faults", "title", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct text_list ids;

	if (!list_ids(run, &ids, err))
		return false;
	for (size_t i = 0; i < ids.count; i++) {
		struct listed listed = { .id = ids.items[i] };

		if (!look_up(run, &listed, err))
			return false;
		if (command_has(run, "json"))
			print_json(run, &listed);
		else
			add_row(run, table, &listed);
	}
	if (!command_has(run, "json"))
		table_print(table,
		    "no issues yet; `glocal-mail issue new 2026-05` makes one",
		    stdout);
	return true;
}

/* ---- new */

bool
cmd_issue_new(struct command_run *run, struct err *err)
{
	const char *id = run->arguments[0];
	const char *before = NULL;
	struct issue *last = NULL;
	struct text_list paths;
	struct text_list ids;
	size_t errors;

	if (!content_draft_is_month(id))
		return err_set(err, ERR_USAGE,
		    "'%s' is no month, expected one such as 2026-05", id);
	if (!list_ids(run, &ids, err))
		return false;
	for (size_t i = 0; i < ids.count; i++)
		if (content_draft_is_month(ids.items[i]) &&
		    strcmp(ids.items[i], id) < 0)
			before = ids.items[i];
	if (before != NULL && !read_issue(run, before, &last, &errors, err))
		return false;
	if (!content_draft(run->arena,
		site_path(run->arena, run->site, "issues"), id, last, &paths,
		err))
		return false;
	for (size_t i = 0; i < paths.count; i++)
		printf("%s\n", paths.items[i]);
	printf("\nFill them in; `glocal-mail issue check %s` tells what is "
	       "missing.\n",
	    id);
	return true;
}

/* ---- check */

static void
print_summary(
    struct command_run *run, const struct publish_findings *findings, FILE *out)
{
	struct arena *arena = run->arena;

	fprintf(out, "issue %s: %s", run->arguments[0],
	    findings_count(arena, &findings->complaints));
	if (command_has(run, "links"))
		fprintf(out, "; %s asked for",
		    num_format_count(arena, findings->links, "link", "links"));
	if (findings->readers > 0)
		fprintf(out, "; %s, %s",
		    num_format_count(
			arena, findings->readers, "reader", "readers"),
		    num_format_count(arena, findings->editions,
			"different digest", "different digests"));
	fprintf(out, "\n");
}

bool
cmd_issue_report(
    struct command_run *run, FILE *out, size_t *ret_errors, struct err *err)
{
	bool as_json = command_has(run, "json");
	struct publish_findings findings;

	if (!publish_check(run->site, run->store, run->arguments[0],
		command_has(run, "links"), &findings, err))
		return false;
	findings_sort(&findings.complaints);
	findings_print(&findings.complaints, as_json, out);
	if (!as_json)
		print_summary(run, &findings, out);
	*ret_errors = findings.complaints.errors;
	publish_findings_clear(&findings);
	return true;
}

bool
cmd_issue_check(struct command_run *run, struct err *err)
{
	struct err faults = { .code = ERR_DATA };
	size_t errors;

	if (command_has(run, "watch"))
		return cmd_issue_watch(run, err);
	if (!cmd_issue_report(run, stdout, &errors, err))
		return false;
	if (errors > 0)
		run->status = err_status(&faults);
	return true;
}
