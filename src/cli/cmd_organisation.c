#include <inttypes.h>

#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "people/people_organisation.h"
#include "people/people_place.h"
#include "report/table.h"
#include "json/json.h"

const struct command_option cmd_organisation_list_options[] = {
	{ "municipality", "CODE|NAME", "those of this municipality" },
	{ "json", NULL,
	    "one object a line: id, name, municipality, contacts, active" },
	{ 0 },
};

static void
print_json(const struct store_organisation *row)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_number(object, "id", row->id);
	json_set_text(object, "name", row->name);
	json_set_text(object, "municipality", row->municipality);
	json_set_number(object, "contacts", row->contacts);
	json_set_number(object, "active", row->active);
	json_print(object, stdout);
}

/* The code of an option that names a place; NULL when it is not given. */
static bool
read_place(struct command_run *run, const char *option, const char **ret_code,
    struct err *err)
{
	const char *text = command_value(run, option);
	char *code;

	*ret_code = NULL;
	if (text == NULL)
		return true;
	code = arena_take(run->arena, MUNICIPALITY_CODE_BYTES, 1);
	*ret_code = code;
	return people_place_municipality(
		   run->arena, run->store, text, code, err) ||
	       err_wrap(err, "--%s", option);
}

bool
cmd_organisation_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { ">ID", "NAME", "CODE",
		">CONTACTS", ">ACTIVE", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct store_organisations list;
	const char *code;

	if (!read_place(run, "municipality", &code, err) ||
	    !store_organisation_list(
		run->arena, run->store, NULL, code, false, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_organisation *row = &list.items[i];

		if (command_has(run, "json"))
			print_json(row);
		else
			table_add(table,
			    (const char *const[]){
				arena_format(run->arena, "%" PRId64, row->id),
				row->name, row->municipality,
				num_format_grouped(run->arena, row->contacts),
				num_format_grouped(run->arena, row->active) });
	}
	if (!command_has(run, "json"))
		table_print(table, "no organisations", stdout);
	return true;
}

const struct command_option cmd_organisation_options[] = {
	{ "municipality", "CODE|NAME",
	    "the one there, where several have the name" },
	{ 0 },
};

/* What followed. */
static void
print_move(struct command_run *run, const struct people_move *move)
{
	printf("%s\n", num_format_count(
			   run->arena, move->contacts, "contact", "contacts"));
	for (size_t i = 0; i < move->segments.count; i++)
		printf("segment:%s: changed\n", move->segments.items[i]);
}

bool
cmd_organisation_rename(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	struct store_organisation *row;
	struct people_move move;
	const char *code;

	if (!read_place(run, "municipality", &code, err) ||
	    !people_find_organisation(
		run->arena, run->store, run->arguments[0], code, &row, err) ||
	    !people_rename_organisation(run->arena, run->store, row,
		run->arguments[1], &author, &move, err))
		return false;
	printf("%s: now %s, ", row->name, run->arguments[1]);
	print_move(run, &move);
	return true;
}

const struct command_option cmd_organisation_merge_options[] = {
	{ "municipality", "CODE|NAME",
	    "NAME there, where several have the name" },
	{ "into", "CODE|NAME",
	    "INTO at this municipality, where several have the name" },
	{ 0 },
};

bool
cmd_organisation_merge(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	struct store_organisation *from, *into;
	const char *from_code, *into_code;
	struct people_move move;

	if (!read_place(run, "municipality", &from_code, err) ||
	    !read_place(run, "into", &into_code, err) ||
	    !people_find_organisation(run->arena, run->store, run->arguments[0],
		from_code, &from, err) ||
	    !people_find_organisation(run->arena, run->store, run->arguments[1],
		into_code, &into, err) ||
	    !people_merge_organisations(
		run->arena, run->store, from, into, &author, &move, err))
		return false;
	printf("%s: merged into %s, ", from->name, into->name);
	print_move(run, &move);
	return true;
}
