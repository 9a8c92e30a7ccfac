#include <errno.h>
#include <inttypes.h>
#include <poll.h>

#include "base/now.h"
#include "base/text.h"
#include "model/outcome.h"
#include "report/report.h"
#include "report/table.h"
#include "json/json.h"

enum {
	PAGE_LINES = 500,
	FOLLOW_EVERY_MS = 500,
	ADDRESS_COLUMNS = 32,
	OUTCOME_COLUMNS = 8
};

bool
report_log_parse_state(
    const char *word, struct store_log_filter *filter, struct err *err)
{
	enum delivery_state state;
	enum outcome outcome;

	/* A word that is both asks for attempts: it is the delivery log. */
	if (outcome_parse(word, &outcome)) {
		filter->outcome = outcome_name(outcome);
		return true;
	}
	if (delivery_parse_state(word, &state)) {
		filter->state = delivery_state(state);
		return true;
	}
	return err_set(err, ERR_USAGE,
	    "unknown state '%s'; one of: sent deferred failed unknown "
	    "(attempts), queued leased sending held expired skipped "
	    "(deliveries)",
	    word);
}

static void
print_json(struct arena *arena, const struct store_log_line *line, bool states,
    FILE *out)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(
	    object, "time", now_format_rfc3339(arena, line->ended_ms));
	json_set_text(object, "issue", line->issue);
	json_set_text(object, "address", line->address);
	json_set_number(object, "attempt", line->number);
	json_set_text(object, "outcome", line->outcome);
	json_set_number(object, "code", line->code);
	json_set_text(object, "enhanced", line->enhanced);
	json_set_text(object, "text", text_printable(arena, line->text));
	json_set_text(object, "relay", line->relay);
	json_set_text(object, "tls", line->tls);
	json_set_text(object, "message_id", line->message_id);
	json_set_number(object, "duration_ms", line->duration_ms);
	if (states)
		json_set_text(object, "reason", line->reason);
	json_print(object, out);
}

/* "2026-04", "test", "2026-04 test". */
static const char *
name_subject(struct arena *arena, const struct store_log_line *line)
{
	if (*line->kind == '\0')
		return line->issue;
	return arena_format(
	    arena, "%s%s%s", line->issue, *line->issue ? " " : "", line->kind);
}

static void
print_line(struct arena *arena, const struct store_log_line *line, bool states,
    FILE *out)
{
	const char *reply = report_reply(arena, line->code, line->enhanced,
	    text_printable(arena, line->text));

	fprintf(out, "%s  %s  %s  %s", now_format_local(arena, line->ended_ms),
	    name_subject(arena, line),
	    table_pad(
		arena, text_printable(arena, line->address), ADDRESS_COLUMNS),
	    table_pad(arena, line->outcome, OUTCOME_COLUMNS));
	if (*reply != '\0')
		fprintf(out, "  %s", reply);
	if (*line->relay != '\0')
		fprintf(out, "  [%s%s%s]", text_printable(arena, line->relay),
		    *line->tls ? " " : "", text_printable(arena, line->tls));
	if (states && line->number > 0 && *line->reason != '\0')
		fprintf(out, "  (%s: %s)", line->state,
		    text_printable(arena, line->reason));
	fputc('\n', out);
}

/* Prints pages until there is no more now, and moves *after behind them. A
   reader who went away is no error; `out` remembers it. */
static bool
print_pages(struct store *store, const struct report_log *what,
    const struct store_log_filter *filter, int64_t *after, FILE *out,
    struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_log_line *lines;
	size_t count;

	do {
		arena_reset(arena);
		if (!store_log_page(arena, store, filter, *after, PAGE_LINES,
			&lines, &count, err))
			return false;
		for (size_t i = 0; i < count; i++) {
			(what->json ? print_json : print_line)(
			    arena, &lines[i], filter->state != NULL, out);
			*after = lines[i].id;
		}
		if (fflush(out) != 0)
			return errno == EPIPE ||
			       err_errno(err, ERR_IO, "writing the log");
	} while (count == PAGE_LINES);
	return true;
}

/* Waits a moment; false when the other end of `out` is closed. */
static bool
wait_for_more(FILE *out)
{
	struct pollfd end = { .fd = fileno(out), .events = 0 };

	return poll(&end, 1, FOLLOW_EVERY_MS) <= 0 ||
	       (end.revents & (POLLERR | POLLHUP)) == 0;
}

/* The `after` of the pages: of the untried deliveries, of the attempts. */
struct start {
	bool untried;
	int64_t untried_after;
	int64_t after;
};

/* The last lines are taken from the attempts first, as these come last. */
static bool
find_start(struct store *store, const struct report_log *what,
    struct start *ret_start, struct err *err)
{
	struct store_log_filter untried = what->filter;
	struct start start = { 0 };
	int64_t count = 0;

	untried.untried = true;
	start.untried = what->filter.state != NULL;
	if (what->limit > 0 && !store_log_tail(store, &what->filter,
				   what->limit, &start.after, &count, err))
		return false;
	if (what->limit > 0 && start.untried) {
		int64_t left = what->limit - count;

		start.untried = left > 0;
		if (left > 0 && !store_log_tail(store, &untried, left,
				    &start.untried_after, &count, err))
			return false;
	}
	*ret_start = start;
	return true;
}

bool
report_log(struct store *store, const struct report_log *what, FILE *out,
    struct err *err)
{
	struct store_log_filter untried = what->filter;
	struct start start;

	if (what->follow && what->filter.state != NULL)
		return err_set(err, ERR_USAGE,
		    "--follow shows attempts as they end; it goes with sent, "
		    "deferred, failed or unknown, not with '%s'",
		    what->filter.state);
	if (!find_start(store, what, &start, err))
		return false;
	untried.untried = true;
	if (start.untried &&
	    !print_pages(store, what, &untried, &start.untried_after, out, err))
		return false;
	do {
		if (!print_pages(
			store, what, &what->filter, &start.after, out, err))
			return false;
	} while (what->follow && !ferror(out) && wait_for_more(out));
	return true;
}
