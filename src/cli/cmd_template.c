#include "cli/cmd_template.h"

#include <string.h>

#include "archive/archive.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "cli/findings.h"
#include "digest/confirm_mail.h"
#include "digest/edition_lint.h"
#include "publish/publish_gallery.h"
#include "report/table.h"
#include "json/json.h"

const struct command_option cmd_template_list_options[] = {
	{ "json", NULL, "one JSON object a line" },
	{ NULL, NULL, NULL },
};

const struct command_option cmd_template_check_options[] = {
	{ "json", NULL, "one JSON object a line" },
	{ NULL, NULL, NULL },
};

void
cmd_template_lint(
    const struct template_folder *folder, struct complaints *complaints)
{
	size_t first = complaints->count;

	edition_lint(folder, complaints);
	confirm_mail_lint(folder, complaints);
	archive_lint(folder, complaints);
	publish_gallery_lint(folder, complaints);
	complaints_move(complaints, first, "templates");
}

static const char *
name_family(const char *file)
{
	static const char *const names[] = {
		[TEMPLATE_DIGEST] = "digest",
		[TEMPLATE_CONFIRM] = "confirmation",
		[TEMPLATE_ARCHIVE] = "archive",
		[TEMPLATE_PREVIEW] = "preview",
	};

	return names[template_folder_family(file)];
}

/* Whose file it is that counts. */
static const char *
name_origin(const struct template_file *file)
{
	if (!file->own)
		return "shipped";
	if (file->shipped == NULL)
		return "added";
	return file->count == file->shipped_count &&
		       memcmp(file->bytes, file->shipped, file->count) == 0
		   ? "own, unchanged"
		   : "own";
}

static void
print_json(const struct template_file *file)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "file", file->name);
	json_set_text(object, "of", name_family(file->name));
	json_set_text(object, "origin", name_origin(file));
	json_print(object, stdout);
}

bool
cmd_template_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "file", "of", "origin", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct template_folder folder;

	if (!template_folder_read(run->arena, run->site, &folder, err))
		return false;
	for (size_t i = 0; i < folder.count; i++) {
		const struct template_file *file = &folder.items[i];

		if (command_has(run, "json"))
			print_json(file);
		else
			table_add(table,
			    (const char *const[]){ file->name,
				name_family(file->name), name_origin(file) });
	}
	if (!command_has(run, "json"))
		table_print(table, "no templates", stdout);
	return true;
}

bool
cmd_template_check(struct command_run *run, struct err *err)
{
	bool as_json = command_has(run, "json");
	struct err faults = { .code = ERR_DATA };
	struct complaints found = { 0 };
	struct template_folder folder;
	int64_t own = 0;

	if (!template_folder_read(run->arena, run->site, &folder, err))
		return false;
	for (size_t i = 0; i < folder.count; i++)
		own += folder.items[i].own;
	cmd_template_lint(&folder, &found);
	findings_sort(&found);
	findings_print(&found, as_json, stdout);
	if (!as_json)
		printf("templates: %s; %s, %s of the site's own\n",
		    findings_count(run->arena, &found),
		    num_format_count(
			run->arena, (int64_t)folder.count, "file", "files"),
		    num_format_grouped(run->arena, own));
	if (found.errors > 0)
		run->status = err_status(&faults);
	complaints_clear(&found);
	return true;
}
