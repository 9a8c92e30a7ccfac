#include "cli/cmd.h"
#include "report/report.h"

const struct command_option cmd_status_options[] = {
	{ "json", NULL,
	    "one object per issue: issue, state, planned, sent, failed, "
	    "expired, skipped, held, queued, leased, sending, unknown; start, "
	    "when it is to start later" },
	{ 0 },
};

bool
cmd_status(struct command_run *run, struct err *err)
{
	const char *issue = run->argument_count > 0 ? run->arguments[0] : NULL;

	return report_status(run->store,
	    site_path(run->arena, run->site, "state"), issue,
	    command_has(run, "json"), stdout, err);
}
