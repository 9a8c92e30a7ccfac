#include <inttypes.h>
#include <string.h>

#include "base/now.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "report/table.h"
#include "store/store_pace.h"
#include "store/store_runner.h"
#include "json/json.h"

const struct command_option cmd_pace_options[] = {
	{ "json", NULL,
	    "one object a line: group, connections, per_second, "
	    "per_connection, changed, held; group \"\" is all mail" },
	{ 0 },
};

/* All that there is to show. */
struct pace_view {
	struct pace pace;
	struct pace_change *changes;
	size_t change_count;
	struct store_pace_hold *holds;
	size_t hold_count;
};

static bool
read_view(struct command_run *run, struct pace_view *view, struct err *err)
{
	if (!store_pace_changes(run->arena, run->store, &view->changes,
		&view->change_count, err) ||
	    !store_pace_holds(
		run->arena, run->store, &view->holds, &view->hold_count, err))
		return false;
	pace_resolve(run->arena, &run->site->pace, view->changes,
	    view->change_count, &view->pace);
	return true;
}

static bool
is_changed(const struct pace_view *view, const char *group)
{
	for (size_t i = 0; i < view->change_count; i++)
		if (text_equal_nocase(view->changes[i].group, group))
			return true;
	return false;
}

static const char *
describe_hold(struct command_run *run, const struct store_pace_hold *hold)
{
	if (hold->until_ms == INT64_MAX)
		return arena_format(run->arena,
		    "paused; `glocal-mail pace go %s`", hold->group);
	if (hold->until_ms <= now_ms())
		return "one at a time";
	return arena_format(run->arena, "held until %s",
	    now_format_local(run->arena, hold->until_ms));
}

static const char *
find_hold(
    struct command_run *run, const struct pace_view *view, const char *group)
{
	for (size_t i = 0; i < view->hold_count; i++)
		if (text_equal_nocase(view->holds[i].group, group))
			return describe_hold(run, &view->holds[i]);
	return "";
}

static const char *
format_limit(struct arena *arena, double limit)
{
	return limit > 0 ? arena_format(arena, "%g", limit) : "-";
}

static void
add_row(struct command_run *run, const struct pace_view *view,
    struct table *table, const struct pace_group *group)
{
	bool all = *group->name == '\0';
	const char *cells[6];

	if (command_has(run, "json")) {
		struct json *object GM_JSON_AT_EXIT = json_new();

		json_set_text(object, "group", group->name);
		json_set_number(object, "connections", group->connections);
		json_set_real(object, "per_second", group->per_second);
		json_set_number(
		    object, "per_connection", group->per_connection);
		json_set_flag(object, "changed", is_changed(view, group->name));
		json_set_text(
		    object, "held", find_hold(run, view, group->name));
		json_print(object, stdout);
		return;
	}
	cells[0] = all ? "all mail" : group->name;
	cells[1] = format_limit(run->arena, group->connections);
	cells[2] = format_limit(run->arena, group->per_second);
	cells[3] = format_limit(run->arena, group->per_connection);
	cells[4] = is_changed(view, group->name) ? "changed" : "";
	cells[5] = find_hold(run, view, group->name);
	table_add(table, cells);
}

static bool
show(struct command_run *run, struct err *err)
{
	static const char *const titles[] = { "group", ">connections",
		">per second", ">per connection", "", "now", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	struct pace_view view;

	if (!read_view(run, &view, err))
		return false;
	add_row(run, &view, table,
	    &(struct pace_group){
		.name = "", .per_second = view.pace.per_second });
	for (size_t i = 0; i < view.pace.group_count; i++)
		add_row(run, &view, table, &view.pace.groups[i]);

	/* Domains that are held stand in no table. */
	for (size_t i = 0; i < view.hold_count; i++)
		if (pace_by_domain(&view.pace, view.holds[i].group) == NULL)
			add_row(run, &view, table,
			    &(struct pace_group){
				.name = view.holds[i].group });
	if (!command_has(run, "json"))
		table_print(table, NULL, stdout);
	return true;
}

/* "KEY NUMBER …" for a group. */
static bool
change(
    struct command_run *run, const char *group, size_t first, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = run->store;

	if (*group != '\0' &&
	    group[strspn(group, "abcdefghijklmnopqrstuvwxyz"
				"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")] !=
		'\0')
		return err_set(err, ERR_USAGE,
		    "pace: '%s' is no name of a group or a domain; letters, "
		    "digits, '-', '.' and '_' are",
		    group);
	if (first >= run->argument_count || (run->argument_count - first) % 2)
		return err_set(err, ERR_USAGE,
		    "pace: expected a limit and a number, such as per_second "
		    "10");
	if (!store_begin(run->store, err))
		return false;
	for (size_t i = first; i < run->argument_count; i += 2) {
		struct pace_change to = { .group = group,
			.key = run->arguments[i] };

		if (!pace_has_key(group, to.key))
			return err_set(err, ERR_USAGE,
			    "pace: '%s' is no limit; write per_second%s",
			    to.key,
			    *group != '\0' ? ", connections or per_connection"
					   : "");
		if (!num_parse_real(run->arguments[i + 1], &to.value) ||
		    !(to.value >= 0 && to.value <= 100000))
			return err_set(err, ERR_USAGE,
			    "pace: '%s' is no number from 0 to 100000",
			    run->arguments[i + 1]);
		if (!store_pace_change(run->store, &to, now_ms(), err))
			return false;
	}
	if (!store_commit(guard, err))
		return false;
	puts("runners keep to it within two seconds; `glocal-mail pace reset` "
	     "takes it back");
	return true;
}

static bool
reset(struct command_run *run, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = run->store;
	int64_t count;

	if (!store_begin(run->store, err) ||
	    !store_pace_reset(run->store, &count, err) ||
	    !store_commit(guard, err))
		return false;
	printf("%s taken back; what is configured holds\n",
	    num_format_count(run->arena, count, "change", "changes"));
	return true;
}

static bool
go(struct command_run *run, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = run->store;
	const char *group = run->arguments[1];
	int64_t count;

	if (!store_begin(run->store, err) ||
	    !store_pace_free(run->store, group, &count, err) ||
	    !store_runner_clear(run->store, "pace", group, now_ms(), err) ||
	    !store_commit(guard, err))
		return false;
	if (count == 0)
		return err_set(
		    err, ERR_DATA, "pace: no group '%s' is held", group);
	printf(
	    "%s goes on within two seconds, one at a time at first\n", group);
	return true;
}

bool
cmd_pace(struct command_run *run, struct err *err)
{
	const char *word = run->argument_count > 0 ? run->arguments[0] : "show";

	if (text_equal(word, "show") && run->argument_count <= 1)
		return show(run, err);
	if (text_equal(word, "group") && run->argument_count >= 2)
		return change(run, run->arguments[1], 2, err);
	if (text_equal(word, "go") && run->argument_count == 2)
		return go(run, err);
	if (text_equal(word, "reset") && run->argument_count == 1)
		return reset(run, err);
	if (text_equal(word, "per_second"))
		return change(run, "", 0, err);
	return err_set(err, ERR_USAGE,
	    "pace: expected show, per_second N, group NAME LIMIT N, go GROUP "
	    "or reset");
}
