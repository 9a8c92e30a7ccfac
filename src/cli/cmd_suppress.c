#include "base/now.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "report/table.h"
#include "store/store_suppression.h"
#include "json/json.h"

const struct command_option cmd_suppress_list_options[] = {
	{ "json", NULL,
	    "one object a line: address, reason, time, "
	    "evidence" },
	{ 0 },
};

static void
print_json(struct arena *arena, const struct store_suppression *row)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "address", row->address_key);
	json_set_text(object, "reason", row->reason);
	json_set_text(object, "time", now_format_rfc3339(arena, row->at_ms));
	json_set_text(object, "evidence", row->evidence);
	json_print(object, stdout);
}

bool
cmd_suppress_list(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "ADDRESS", "REASON", "SINCE",
		"EVIDENCE", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct store_suppressions list;

	if (!store_suppression_list(run->arena, run->store, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		const struct store_suppression *row = &list.items[i];

		if (command_has(run, "json"))
			print_json(run->arena, row);
		else
			table_add(
			    table, (const char *const[]){ row->address_key,
				       row->reason,
				       now_format_local(run->arena, row->at_ms),
				       row->evidence });
	}
	if (!command_has(run, "json"))
		table_print(table, "no address is suppressed", stdout);
	return true;
}

const struct command_option cmd_suppress_add_options[] = {
	{ "evidence", "TEXT", "why: a returned letter, a complaint of …" },
	{ 0 },
};

bool
cmd_suppress_add(struct command_run *run, struct err *err)
{
	const char *evidence = command_value(run, "evidence");
	const struct people_author author = cmd_people_author(run);
	int64_t skipped;
	bool new;

	if (!people_suppress(run->store, run->arguments[0], "operator",
		evidence != NULL ? evidence : "", &author, &new, &skipped, err))
		return false;
	printf("%s: %s", run->arguments[0],
	    new ? "suppressed" : "was suppressed already");
	if (skipped > 0)
		printf("; %lld waiting %s skipped", (long long)skipped,
		    skipped == 1 ? "mail" : "mails");
	putchar('\n');
	return true;
}

bool
cmd_suppress_remove(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);

	if (!people_unsuppress(run->store, run->arguments[0], &author, err))
		return false;
	printf("%s: may be mailed again\n", run->arguments[0]);
	return true;
}
