#include <inttypes.h>
#include <stdio.h>

#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "people/people.h"
#include "publish/publish_approval.h"
#include "report/table.h"
#include "json/json.h"

enum { HASH_SHOWN = 8 }; /* bytes of a hash for people */

const struct command_option cmd_approve_options[] = {
	{ "show", NULL, "who approved what, and whether it is still the same" },
	{ "withdraw", NULL, "take all approvals of the issue back" },
	{ "json", NULL, "with --show: one JSON object a line" },
	{ NULL, NULL, NULL },
};

static const char *
format_hash(struct arena *arena, const unsigned char sha256[32], size_t bytes)
{
	char *text = arena_take(arena, 2 * bytes + 1, 1);

	for (size_t i = 0; i < bytes; i++)
		snprintf(text + 2 * i, 3, "%02x", sha256[i]);
	return text;
}

static void
print_json(struct arena *arena, const struct store_approval *row)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "issue", row->issue);
	json_set_text(object, "operator", row->operator);
	json_set_text(object, "time", now_format_rfc3339(arena, row->at_ms));
	json_set_text(object, "sha256",
	    format_hash(arena, row->sha256, sizeof(row->sha256)));
	json_set_text(object, "withdrawn",
	    row->withdrawn_ms > 0 ? now_format_rfc3339(arena, row->withdrawn_ms)
				  : NULL);
	json_set_text(object, "withdrawn_by",
	    row->withdrawn_ms > 0 ? row->withdrawn_by : NULL);
	json_print(object, stdout);
}

static void
print_table(struct arena *arena, const struct store_approvals *list)
{
	static const char *const titles[] = { "approved", "by", "content",
		"withdrawn", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);

	for (size_t i = 0; i < list->count; i++) {
		const struct store_approval *row = &list->items[i];
		const char *const cells[] = {
			now_format_local(arena, row->at_ms),
			row->operator,
			format_hash(arena, row->sha256, HASH_SHOWN),
			row->withdrawn_ms == 0
			    ? "-"
			    : arena_format(arena, "%s by %s",
				  now_format_local(arena, row->withdrawn_ms),
				  row->withdrawn_by),
		};

		table_add(table, cells);
	}
	table_print(table, "nobody has approved it", stdout);
}

static bool
show(struct command_run *run, const char *issue, struct err *err)
{
	struct complaints complaints = { 0 };
	struct store_approvals list;
	struct publish_verdict verdict;

	/* Whoever asks will hardly be the one who sends: nobody is. */
	bool ok = publish_approvals(run->arena, run->site, run->store, issue,
	    "", &complaints, &list, &verdict, err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok)
		return false;
	if (command_has(run, "json")) {
		for (size_t i = 0; i < list.count; i++)
			print_json(run->arena, &list.items[i]);
		return true;
	}
	printf("issue %s: %s\n", issue,
	    publish_approval_text(run->arena, issue, &verdict));
	print_table(run->arena, &list);
	return true;
}

static bool
withdraw(struct command_run *run, const char *issue, struct err *err)
{
	int64_t count;

	if (!publish_approval_withdraw(
		run->store, issue, people_operator(run->arena), &count, err))
		return false;
	printf("issue %s: %s withdrawn\n", issue,
	    num_format_count(
		run->arena, count, "approval is", "approvals are"));
	return true;
}

bool
cmd_approve(struct command_run *run, struct err *err)
{
	const char *issue = run->arguments[0];
	const char *operator= people_operator(run->arena);
	struct complaints complaints = { 0 };
	bool new;
	bool ok;

	if (command_has(run, "show") && command_has(run, "withdraw"))
		return err_set(err, ERR_USAGE,
		    "--show and --withdraw are two different things");
	if (command_has(run, "json") && !command_has(run, "show"))
		return err_set(err, ERR_USAGE, "--json goes with --show");
	if (command_has(run, "show"))
		return show(run, issue, err);
	if (command_has(run, "withdraw"))
		return withdraw(run, issue, err);
	ok = publish_approve(
	    run->site, run->store, issue, operator, & complaints, &new, err);
	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok)
		return false;
	printf("issue %s is approved by %s as it stands now%s; another person "
	       "sends it\n",
	    issue, operator, new ? "" : " (it was already)");
	return true;
}
