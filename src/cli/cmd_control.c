#include "base/now.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/cmd.h"
#include "people/people.h"
#include "queue/queue_control.h"
#include "report/report.h"

bool
cmd_pause(struct command_run *run, struct err *err)
{
	const char *issue = run->arguments[0];

	if (!queue_control_pause(run->store, issue, err))
		return false;
	printf("issue %s is paused; `glocal-mail resume %s` goes on\n", issue,
	    issue);
	return true;
}

bool
cmd_resume(struct command_run *run, struct err *err)
{
	const char *issue = run->arguments[0];

	struct report_books books;
	struct err ignored;
	bool resumed = queue_control_resume(run->store, issue, err);
	bool known =
	    report_books_read(run->arena, run->store, issue, &books, &ignored);
	bool limited = known && books.state == MAILING_PAUSED &&
		       text_equal(books.pause_reason, "limit");

	if (!resumed && err->code == ERR_DATA && limited)
		return err_set(err, ERR_DATA,
		    "issue %s is paused by its limit: `glocal-mail send %s` "
		    "lets the rest go, `glocal-mail send %s --limit N` so many "
		    "more",
		    issue, issue, issue);
	if (!resumed)
		return false;
	if (limited)
		printf("issue %s: your pause is lifted, the limit stays: "
		       "`glocal-mail send %s` lets the rest go\n",
		    issue, issue);
	else if (known && books.start_ms > now_ms())
		printf("issue %s: your pause is lifted; it starts %s\n", issue,
		    now_format_local(run->arena, books.start_ms));
	else
		printf("issue %s goes on; `glocal-mail send %s` or the service "
		       "delivers it\n",
		    issue, issue);
	return true;
}

bool
cmd_cancel(struct command_run *run, struct err *err)
{
	const char *issue = run->arguments[0];
	int64_t skipped;

	if (!queue_control_cancel(run->store, issue, &skipped, err))
		return false;
	printf("issue %s is cancelled: %s skipped\n", issue,
	    num_format_count(run->arena, skipped, "delivery", "deliveries"));
	return true;
}

const struct command_option cmd_retry_options[] = {
	{ "failed", NULL, "what failed for good" },
	{ "expired", NULL, "what was given up" },
	{ "held", NULL, "what is held because nobody knows whether it came" },
	{ "deferred", NULL, "what waits for its time: try it now" },
	{ "as-sent", NULL, "count what is held as sent instead" },
	{ "address", "ADDRESS", "of one address alone" },
	{ 0 },
};

/* Without a word about which, all that ended without success. */
static bool
read_retry(struct command_run *run, struct queue_retry *ret, struct err *err)
{
	const char *address = command_value(run, "address");
	struct store_subscriber *row;
	bool any;

	*ret = (struct queue_retry){
		.failed = command_has(run, "failed"),
		.expired = command_has(run, "expired"),
		.held = command_has(run, "held"),
		.deferred = command_has(run, "deferred"),
		.as_sent = command_has(run, "as-sent"),
	};
	if (ret->as_sent && (ret->failed || ret->expired || ret->deferred))
		return err_set(err, ERR_USAGE,
		    "--as-sent is for what is held and goes with --held alone");
	any = ret->failed || ret->expired || ret->held || ret->deferred;
	if (!any && !ret->as_sent)
		ret->failed = ret->expired = ret->held = true;
	if (address == NULL)
		return true;
	if (!people_find(run->arena, run->store, address, &row, err))
		return false;
	ret->address_key = row->address_key;
	return true;
}

bool
cmd_retry(struct command_run *run, struct err *err)
{
	const char *issue = run->arguments[0];
	struct queue_retry what;
	struct queue_retried retried;
	const char *counted;
	int64_t count;

	if (!read_retry(run, &what, err) ||
	    !queue_control_retry(run->store, issue, &what, &retried, err))
		return false;
	count = retried.moved;
	counted = num_format_count(run->arena, count, "delivery", "deliveries");
	if (what.as_sent)
		printf("issue %s: %s counted as sent\n", issue, counted);
	else
		printf("issue %s: %s %s due now; `glocal-mail send %s` or the "
		       "service delivers %s\n",
		    issue, counted, count == 1 ? "is" : "are", issue,
		    count == 1 ? "it" : "them");
	if (retried.barred > 0 && !what.as_sent)
		printf("%s as it was: suppressed, unsubscribed or removed "
		       "(`glocal-mail suppress list` tells why)\n",
		    num_format_count(run->arena, retried.barred,
			"delivery stays", "deliveries stay"));
	return true;
}
