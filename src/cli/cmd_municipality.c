#include <string.h>

#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "cli/issue_uses.h"
#include "people/people_organisation.h"
#include "people/people_place.h"
#include "report/table.h"
#include "store/store_merger.h"
#include "store/store_municipality.h"
#include "json/json.h"

const struct command_option cmd_municipality_list_options[] = {
	{ "prefecture", "NAME", "those of one prefecture: 島根" },
	{ "json", NULL,
	    "one object a line: code, prefecture, name, kana, romaji" },
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
	json_set_text(object, "romaji", row->romaji);
	json_print(object, stdout);
}

bool
cmd_municipality_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "CODE", "PREFECTURE", "NAME",
		"KANA", "ROMAJI", NULL };
	const char *prefecture = command_value(run, "prefecture");
	char digits[PEOPLE_PLACE_PREFECTURE_BYTES] = "";
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct store_municipalities list;
	struct store_mergers mergers;

	if ((prefecture != NULL && !people_place_prefecture(run->arena,
				       run->store, prefecture, digits, err)) ||
	    !store_merger_list(run->arena, run->store, &mergers, err) ||
	    !store_municipality_list(run->arena, run->store, NULL, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_municipality *row = &list.items[i];

		if (strncmp(row->code, digits, strlen(digits)) != 0 ||
		    store_merger_find(&mergers, row->code) != NULL)
			continue;
		if (command_has(run, "json"))
			print_json(row);
		else
			table_add(table,
			    (const char *const[]){ row->code, row->prefecture,
				row->name, row->kana, row->romaji });
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

const struct command_option cmd_municipality_show_options[] = {
	{ "json", NULL,
	    "one object: code, prefecture, name, kana, romaji, merged (codes "
	    "that are part of it now), contacts (address, name, organisation, "
	    "department, state, basis)" },
	{ 0 },
};

/* A municipality as it is shown. */
struct shown {
	const char *code;
	struct store_municipality *place; /* NULL: not in the register */
	struct text_list merged;
	struct json *list; /* of contacts; NULL: a table is printed */
	struct table *table;
	size_t contacts;
};

static bool
show_contact(const struct store_subscriber *row, void *context, struct err *err)
{
	struct shown *shown = context;
	const char *const cells[] = { row->address, row->name,
		row->organisation, row->department,
		subscriber_state(row->state), subscriber_basis(row->basis) };
	static const char *const keys[] = { "address", "name", "organisation",
		"department", "state", "basis" };
	struct json *one;

	(void)err;
	shown->contacts++;
	if (shown->list == NULL) {
		table_add(shown->table, cells);
		return true;
	}
	one = json_push_object(shown->list);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_set_text(one, keys[i], cells[i]);
	return true;
}

static bool
read_shown(struct command_run *run, const char *code, struct shown *shown,
    struct err *err)
{
	struct store_mergers mergers;

	shown->code = code;
	if (!store_municipality_find(
		run->arena, run->store, code, &shown->place, err) ||
	    !store_merger_list(run->arena, run->store, &mergers, err))
		return false;
	shown->merged.items =
	    arena_take(run->arena, mergers.count + 1, sizeof(char *));
	for (size_t i = 0; i < mergers.count; i++)
		if (text_equal(mergers.items[i].into, code))
			shown->merged.items[shown->merged.count++] =
			    mergers.items[i].code;
	return true;
}

static void
print_shown(const struct shown *shown)
{
	const struct store_municipality *place = shown->place;

	printf("%-14s%s\n", "code", shown->code);
	if (place != NULL) {
		printf("%-14s%s\n%-14s%s\n", "prefecture", place->prefecture,
		    "name", place->name);
		printf("%-14s%s%s%s\n", "reads", place->kana,
		    *place->romaji != '\0' ? ", " : "", place->romaji);
	} else {
		printf("%-14snot in the register\n", "name");
	}
	for (size_t i = 0; i < shown->merged.count; i++)
		printf("%-14s%s\n", i == 0 ? "merged" : "",
		    shown->merged.items[i]);
	putchar('\n');
	table_print(shown->table, "no contacts", stdout);
}

static void
set_shown(struct json *object, const struct shown *shown)
{
	static const struct store_municipality unknown = {
		.prefecture = "", .name = "", .kana = "", .romaji = ""
	};
	const struct store_municipality *place =
	    shown->place != NULL ? shown->place : &unknown;

	json_set_text(object, "code", shown->code);
	json_set_text(object, "prefecture", place->prefecture);
	json_set_text(object, "name", place->name);
	json_set_text(object, "kana", place->kana);
	json_set_text(object, "romaji", place->romaji);
	json_set_texts(object, "merged", &shown->merged);
}

bool
cmd_municipality_show(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "ADDRESS", "NAME", "ORGANISATION",
		"DEPARTMENT", "STATE", "BASIS", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct json *object GM_JSON_AT_EXIT = json_new();
	struct audience here = { .kind = AUDIENCE_TEST,
		.field = AUDIENCE_MUNICIPALITY };
	const struct store_subscriber_filter filter = { .audience = &here };
	char code[MUNICIPALITY_CODE_BYTES];
	struct shown shown = { .table = table };

	if (!people_place_municipality(
		run->arena, run->store, run->arguments[0], code, err) ||
	    !read_shown(run, code, &shown, err))
		return false;
	here.value = code;
	if (command_has(run, "json")) {
		set_shown(object, &shown);
		shown.list = json_set_list(object, "contacts");
	}
	if (!store_subscriber_each(
		run->store, &filter, show_contact, &shown, err))
		return false;
	if (command_has(run, "json"))
		json_print(object, stdout);
	else
		print_shown(&shown);
	return true;
}

const struct command_option cmd_municipality_merge_options[] = {
	{ NULL, NULL,
	    "OLD and NEW are codes. The contacts of OLD are moved, and it is "
	    "remembered: a later import that says OLD means NEW, with a "
	    "warning." },
};

bool
cmd_municipality_merge(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	struct people_merger merger;

	if (!people_merge_municipalities(run->store, run->arguments[0],
		run->arguments[1], &author, &merger, err))
		return false;
	printf("%s: merged into %s, %s\n", merger.code, merger.into,
	    num_format_count(
		run->arena, merger.contacts, "contact", "contacts"));
	if (!merger.registered)
		printf("%s is not in the register yet; `municipality import` "
		       "reads a newer one\n",
		    merger.into);
	return issue_uses_print(
	    run, ISSUE_USE_PLACE, merger.code, merger.into, err);
}
