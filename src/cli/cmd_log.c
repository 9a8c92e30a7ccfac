#include <string.h>

#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "report/report.h"
#include "unicode/unicode.h"

const struct command_option cmd_log_options[] = {
	{ "follow", NULL, "go on showing attempts as they end, until Ctrl-C" },
	{ "issue", "ISSUE", "of one issue" },
	{ "state", "STATE",
	    "attempts that ended sent, deferred, failed or unknown; or the "
	    "last one of each delivery that is now queued, leased, sending, "
	    "held, expired or skipped, and why it is" },
	{ "domain", "DOMAIN", "to addresses of one domain" },
	{ "address", "ADDRESS", "to one address" },
	{ "since", "TIME",
	    "ended since then: 2026-04-01, 2026-04-01T09:00:00+09:00, or so "
	    "long ago: 90s, 15m, 2h, 1d" },
	{ "limit", "N", "the last N alone" },
	{ "json", NULL,
	    "one object a line: time, issue, address, attempt, outcome, code, "
	    "enhanced, text, relay, tls, message_id, duration_ms, and with "
	    "--state of a delivery state, reason" },
	{ 0 },
};

static bool
parse_since(const char *text, int64_t *ret_ms, struct err *err)
{
	int64_t ago;

	if (num_parse_duration(text, &ago)) {
		*ret_ms = now_ms() - ago;
		return true;
	}
	return now_parse(text, ret_ms) ||
	       err_set(err, ERR_USAGE,
		   "--since '%s': neither a time (2026-04-01, "
		   "2026-04-01T09:00:00+09:00) nor a duration (15m, 2h, 1d)",
		   text);
}

/* A domain as it stands in stored addresses: in ASCII, without "@". */
static bool
parse_domain(
    struct arena *arena, const char *text, const char **ret, struct err *err)
{
	char *ascii;

	if (*text == '@')
		text++;
	if (!unicode_domain_to_ascii(arena, text, &ascii, err)) {
		err->code = ERR_USAGE;
		return err_wrap(err, "--domain '%s'", text);
	}
	*ret = ascii;
	return true;
}

static bool
parse_address(
    struct arena *arena, const char *text, const char **ret, struct err *err)
{
	const char *at = strrchr(text, '@');
	const char *domain = "";

	if (at == NULL)
		return err_set(err, ERR_USAGE,
		    "--address '%s': no @; see --domain for a whole domain",
		    text);
	if (!parse_domain(arena, at + 1, &domain, err))
		return false;
	*ret = arena_format(arena, "%s@%s",
	    text_lower(arena, arena_strndup(arena, text, (size_t)(at - text))),
	    domain);
	return true;
}

/* Refuses an issue of which nothing is known, not even a test of it. */
static bool
refuse_unknown(struct command_run *run, const char *issue, struct err *err)
{
	const struct store_log_filter filter = { .issue = issue };
	struct report_books books;
	struct err ignored = { 0 };
	int64_t after;
	int64_t count = 0;

	return (store_log_tail(
		    run->store, &filter, 1, &after, &count, &ignored) &&
		   count > 0) ||
	       report_books_read(run->arena, run->store, issue, &books, err);
}

bool
cmd_log(struct command_run *run, struct err *err)
{
	const char *state = command_value(run, "state");
	const char *domain = command_value(run, "domain");
	const char *address = command_value(run, "address");
	const char *since = command_value(run, "since");
	const char *limit = command_value(run, "limit");
	struct report_log what = {
		.filter.issue = command_value(run, "issue"),
		.follow = command_has(run, "follow"),
		.json = command_has(run, "json"),
	};

	if (state != NULL && !report_log_parse_state(state, &what.filter, err))
		return false;
	if (domain != NULL &&
	    !parse_domain(run->arena, domain, &what.filter.domain, err))
		return false;
	if (address != NULL &&
	    !parse_address(run->arena, address, &what.filter.address, err))
		return false;
	if (since != NULL && !parse_since(since, &what.filter.since_ms, err))
		return false;
	if (limit != NULL && !num_parse(limit, 1, INT64_MAX, &what.limit))
		return err_set(err, ERR_USAGE,
		    "--limit '%s': expected a number from 1", limit);
	if (what.filter.issue != NULL &&
	    !refuse_unknown(run, what.filter.issue, err))
		return false;
	return report_log(run->store, &what, stdout, err);
}
