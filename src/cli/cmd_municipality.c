#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "model/municipality.h"
#include "report/table.h"
#include "store/store_municipality.h"
#include "json/json.h"

const struct command_option cmd_municipality_list_options[] = {
	{ "prefecture", "NAME", "those of one prefecture: 島根県" },
	{ "json", NULL, "one object a line: code, prefecture, name, kana" },
	{ 0 },
};

static void
print_json(const struct store_municipality *row)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "code", row->code);
	json_set_text(object, "prefecture", row->prefecture);
	json_set_text(object, "name", row->name);
	json_set_text(object, "kana", row->kana);
	json_print(object, stdout);
}

/* Names of prefectures are few: an unknown one is told with the nearest. */
static bool
check_prefecture(
    struct command_run *run, const char *prefecture, struct err *err)
{
	struct store_municipalities all;
	const char *names[64] = { NULL };
	const char *nearest;
	size_t count = 0;

	if (!store_municipality_list(run->arena, run->store, NULL, &all, err))
		return false;
	for (size_t i = 0; i < all.count; i++)
		if (municipality_is_prefecture(all.items[i].code) &&
		    count < sizeof(names) / sizeof(names[0]) - 1)
			names[count++] = all.items[i].name;
	nearest = text_nearest(prefecture, names);
	if (nearest != NULL)
		return err_set(err, ERR_USAGE,
		    "unknown prefecture '%s' (did you mean '%s'?)", prefecture,
		    nearest);
	return err_set(err, ERR_USAGE, "unknown prefecture '%s'", prefecture);
}

bool
cmd_municipality_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "CODE", "PREFECTURE", "NAME",
		"KANA", NULL };
	const char *prefecture = command_value(run, "prefecture");
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct store_municipalities list;

	if (!store_municipality_list(
		run->arena, run->store, prefecture, &list, err))
		return false;
	if (prefecture != NULL && list.count == 0)
		return check_prefecture(run, prefecture, err);
	for (size_t i = 0; i < list.count; i++) {
		const struct store_municipality *row = &list.items[i];

		if (command_has(run, "json"))
			print_json(row);
		else
			table_add(
			    table, (const char *const[]){ row->code,
				       row->prefecture, row->name, row->kana });
	}
	if (!command_has(run, "json"))
		table_print(table, "the register is empty", stdout);
	return true;
}

const struct command_option cmd_municipality_import_options[] = {
	{ "dry-run", NULL, "say what would be done, change nothing" },
	{ 0 },
};

bool
cmd_municipality_import(struct command_run *run, struct err *err)
{
	struct complaints complaints = { 0 };
	const struct people_author author = cmd_people_author(run);
	struct people_tally tally;
	bool dry_run = command_has(run, "dry-run");
	bool ok = people_import_register(run->store, run->arguments[0], dry_run,
	    &author, &complaints, &tally, err);

	return cmd_people_conclude(
	    &complaints, ok, &tally, dry_run, "municipalities", err);
}
