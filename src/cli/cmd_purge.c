#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/cmd_people.h"
#include "people/people_purge.h"
#include "report/table.h"

const struct command_option cmd_purge_options[] = {
	{ "dry-run", NULL, "say what would be taken out, change nothing" },
	{ 0 },
};

static void
print_purged(
    struct command_run *run, const struct people_purged *purged, bool dry_run)
{
	static const char *const titles[] = { "CLASS", "WHAT", ">NUMBER",
		NULL };
	static const char *const names[][2] = {
#define X(name, rule, what) [name] = { rule, what },
		GM_PURGES(X)
#undef X
	};
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);

	if (dry_run)
		printf("dry run, nothing was changed\n");
	for (size_t i = 0; i < PURGES; i++)
		if (purged->counts[i] > 0)
			table_add(table,
			    (const char *const[]){ names[i][0], names[i][1],
				num_format_grouped(
				    run->arena, purged->counts[i]) });
	table_print(table, "nothing is older than it may be", stdout);
}

/* Copies of what was taken out lie about in the pages. */
static bool
clear_store(struct command_run *run, struct err *err)
{
	bool cleared;

	if (!store_rewrite(run->store, err) ||
	    !store_clear_log(run->store, &cleared, err))
		return false;
	return cleared ||
	       err_set(err, ERR_TEMP,
		   "what was purged still stands in the database's log, for "
		   "another program goes on reading; it goes with the next "
		   "purge");
}

bool
cmd_purge(struct command_run *run, struct err *err)
{
	const struct people_author author = cmd_people_author(run);
	bool dry_run = command_has(run, "dry-run");
	struct people_purged purged;

	if (!people_purge(run->store, &run->site->retention, now_ms(), dry_run,
		&author, &purged, err))
		return false;
	print_purged(run, &purged, dry_run);
	return dry_run || purged.total == 0 || clear_store(run, err);
}
