#include "base/num.h"
#include "cli/cmd.h"
#include "report/report.h"

enum { ROWS_DEFAULT = 50 };

const struct command_option cmd_queue_options[] = {
	{ "limit", "N", "show at most N deliveries (50; with --json all)" },
	{ "json", NULL,
	    "one object a line: issue, address, state, attempts, next, code, "
	    "enhanced, text; of a test or alarm also kind" },
	{ 0 },
};

bool
cmd_queue(struct command_run *run, struct err *err)
{
	const char *issue = run->argument_count > 0 ? run->arguments[0] : NULL;
	const char *limit = command_value(run, "limit");
	bool json = command_has(run, "json");
	int64_t rows = json ? INT64_MAX : ROWS_DEFAULT;

	if (limit != NULL && !num_parse(limit, 1, INT64_MAX, &rows))
		return err_set(err, ERR_USAGE,
		    "--limit '%s': expected a number from 1", limit);
	return report_queue(run->store, issue, rows, json, stdout, err);
}
