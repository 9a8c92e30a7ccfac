#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/now.h"
#include "base/num.h"
#include "base/text.h"
#include "queue/queue_runner.h"
#include "report/report.h"
#include "report/table.h"
#include "store/store_mailing.h"
#include "store/store_runner.h"

enum {
	EXAMPLE_COLUMNS = 60,
	REASONS_MOST = 12,
	DISK_LEAST_BYTES = 1024 * 1024, /* a commit and its log want room */
};

/* Alarms and runners (dead ones while rows are in their hands), read before
 * anything is printed. */
struct surroundings {
	struct store_alarm *alarms;
	size_t alarm_count;
	struct store_runner *runners;
	bool *dead; /* of each runner */
	size_t runner_count;
	size_t alive;
	const char *full_disk; /* the folder; NULL: there is room */
};

static bool
read_surroundings(struct arena *arena, struct store *store,
    const char *state_folder, struct surroundings *ret, struct err *err)
{
	const char *folder = arena_format(arena, "%s/runners", state_folder);
	struct surroundings s = { 0 };
	size_t shown = 0;
	int64_t free_bytes;

	if (!store_runner_alarms(
		arena, store, &s.alarms, &s.alarm_count, err) ||
	    !store_runner_open(arena, store, &s.runners, &s.runner_count, err))
		return false;
	s.dead = arena_take(arena, s.runner_count, sizeof(*s.dead));
	for (size_t i = 0; i < s.runner_count; i++) {
		bool dead = false;
		bool holds = true;

		if (!queue_runner_is_dead(
			folder, s.runners[i].name, &dead, err) ||
		    (dead && !store_runner_holds(
				 store, s.runners[i].id, &holds, err)))
			return false;
		if (!holds)
			continue;
		s.runners[shown] = s.runners[i];
		s.dead[shown++] = dead;
		s.alive += !dead;
	}
	s.runner_count = shown;

	/* A runner that finds the disk full cannot write an alarm there. */
	free_bytes = file_free_bytes(state_folder);
	if (free_bytes >= 0 && free_bytes < DISK_LEAST_BYTES)
		s.full_disk = state_folder;
	*ret = s;
	return true;
}

static void
print_surroundings(struct arena *arena, const struct surroundings *s, FILE *out)
{
	if (s->full_disk != NULL)
		fprintf(out,
		    "alarm: the disk of %s is full: what cannot be recorded is "
		    "not sent\n",
		    s->full_disk);
	for (size_t i = 0; i < s->alarm_count; i++) {
		const struct store_alarm *a = &s->alarms[i];

		bool named = strstr(a->text, a->subject) != NULL;

		fprintf(out, "alarm: %s%s%s%s%s (since %s)\n",
		    named ? "" : a->kind, named ? "" : " ",
		    named ? "" : text_printable(arena, a->subject),
		    named ? "" : ": ", text_printable(arena, a->text),
		    now_format_local(arena, a->raised_ms));
	}
	for (size_t i = 0; i < s->runner_count; i++) {
		const struct store_runner *r = &s->runners[i];

		fprintf(out, "runner: %s, process %" PRId64 ", %s %s\n",
		    r->kind, r->pid,
		    s->dead[i] ? "died; the next runner takes over what it "
				 "held; started"
			       : "at work since",
		    now_format_local(arena, r->started_ms));
	}
	if (s->runner_count == 0)
		fputs("runner: none at work\n", out);
}

/* When the next deferred delivery is due, "" when none is. */
static const char *
next_retry(struct arena *arena, const struct report_books *books)
{
	if (books->due_first_ms == 0)
		return "";
	return arena_format(arena, "%s (%s)",
	    now_format_local(arena, books->due_first_ms),
	    report_wait(arena, books->due_first_ms - now_ms()));
}

static void
add_issue(
    struct arena *arena, struct table *table, const struct report_books *books)
{
	const int64_t *n = books->sum.by_state;
	const int64_t numbers[] = { books->sum.planned, n[DELIVERY_SENT],
		n[DELIVERY_FAILED], n[DELIVERY_EXPIRED], n[DELIVERY_SKIPPED],
		n[DELIVERY_HELD], report_books_open(books),
		books->sum.unknown_attempts };
	enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };
	const char *cells[2 + NUMBERS + 1];

	cells[0] = books->issue;
	cells[1] = delivery_mailing_state(books->state);
	if (books->start_ms != 0 && books->state == MAILING_PLANNED)
		cells[1] = arena_format(arena, "planned, starts at %s",
		    now_format_local(arena, books->start_ms));
	if (*books->pause_reason != '\0')
		cells[1] = arena_format(
		    arena, "%s (%s)", cells[1], books->pause_reason);
	for (size_t i = 0; i < NUMBERS; i++)
		cells[2 + i] = num_format_grouped(arena, numbers[i]);
	cells[2 + NUMBERS] = next_retry(arena, books);
	table_add(table, cells);
}

static void
print_issues(struct arena *arena, const struct report_books *books,
    size_t count, FILE *out)
{
	static const char *const titles[] = { "issue", "state", ">planned",
		">sent", ">failed", ">expired", ">skipped", ">held", ">waiting",
		">unknown", "next retry", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);

	for (size_t i = 0; i < count; i++)
		add_issue(arena, table, &books[i]);
	table_print(table,
	    "No issue is planned yet; `glocal-mail send ISSUE` plans and "
	    "sends one.",
	    out);
	fputc('\n', out);
}

/* What stands beside the count of a state. */
static const char *
note_of(struct arena *arena, const struct report_books *books,
    enum delivery_state state)
{
	const char *last = "";

	if (state != DELIVERY_QUEUED || books->sum.deferred == 0)
		return "";
	if (books->due_last_ms > books->due_first_ms)
		last = arena_format(arena, ", last due %s",
		    now_format_local(arena, books->due_last_ms));
	return arena_format(arena, "%s deferred: next due %s%s",
	    num_format_grouped(arena, books->sum.deferred),
	    next_retry(arena, books), last);
}

static void
add_count(struct arena *arena, struct table *table, const char *name,
    int64_t count, int64_t planned, const char *note)
{
	const char *share = "";

	if (count > 0)
		share = arena_format(
		    arena, "%.1f %%", 100.0 * (double)count / (double)planned);
	table_add(table, (const char *const[]){ name,
			     num_format_grouped(arena, count), share, note });
}

static void
print_counts(struct arena *arena, const struct report_books *books, FILE *out)
{
	static const char *const titles[] = { "deliveries", ">number", ">share",
		"", NULL };
	static const enum delivery_state states[] = { DELIVERY_SENT,
		DELIVERY_FAILED, DELIVERY_EXPIRED, DELIVERY_SKIPPED,
		DELIVERY_HELD, DELIVERY_QUEUED, DELIVERY_LEASED,
		DELIVERY_SENDING };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	int64_t planned = books->sum.planned;

	add_count(arena, table, "planned", planned, planned, "");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		int64_t count = books->sum.by_state[states[i]];

		if (states[i] == DELIVERY_SENDING)
			count += books->sum.by_state[DELIVERY_UNKNOWN];
		add_count(arena, table, delivery_state(states[i]), count,
		    planned, note_of(arena, books, states[i]));
	}
	table_indent(table, 2);
	table_print(table, NULL, out);
}

static void
add_reason(
    struct arena *arena, struct table *table, const struct store_log_reason *r)
{
	const char *why =
	    r->state == DELIVERY_QUEUED ? "deferred" : delivery_state(r->state);
	const char *code = "";

	if (r->code != 0)
		code = arena_format(arena, "%d", r->code);
	table_add(table,
	    (const char *const[]){ why, num_format_grouped(arena, r->count),
		r->reason, code, r->enhanced, r->address, r->text });
}

/* Why what is not sent is not sent. */
static void
print_reasons(struct arena *arena, const struct store_log_reason *reasons,
    size_t count, FILE *out)
{
	static const char *const titles[] = { "why", ">number", "reason",
		">code", "enhanced", "for example", "reply", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);

	for (size_t i = 0; i < count && i < REASONS_MOST; i++)
		add_reason(arena, table, &reasons[i]);
	if (count > 0)
		fputc('\n', out);
	table_indent(table, 2);
	table_limit(table, 6, EXAMPLE_COLUMNS);
	table_print(table, NULL, out);
	if (count > REASONS_MOST)
		fprintf(out, "  … and %zu more\n", count - REASONS_MOST);
}

/* Why a paused issue stands still, and how it goes on. */
static void
print_pause(const struct report_books *books, FILE *out)
{
	static const struct {
		const char *reason, *why, *command, *then;
	} pauses[] = {
		{ "limit", "by `send --limit`", "send", "lets the rest go" },
		{ "operator", "by the operator", "resume", "goes on" },
		{ "restored",
		    "because it was restored from a backup: what was not sent "
		    "then may have been sent since",
		    "resume", "sends the rest, to some perhaps again" },
		{ "policy", "because we are refused (see the alarms)", "resume",
		    "goes on once that is mended" },
		{ "failures", "because too many fail (see the alarms)",
		    "resume", "goes on once that is mended" },
	};

	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++)
		if (text_equal(pauses[i].reason, books->pause_reason))
			fprintf(out, "paused %s: `glocal-mail %s %s` %s\n",
			    pauses[i].why, pauses[i].command, books->issue,
			    pauses[i].then);
}

/* What the operator may do now. */
static void
print_advice(
    const struct report_books *books, const struct surroundings *s, FILE *out)
{
	const int64_t *n = books->sum.by_state;
	bool going =
	    books->state == MAILING_SENDING || books->state == MAILING_PLANNED;

	fputc('\n', out);
	if (books->sum.unknown_attempts > 0)
		fprintf(out,
		    "attempts that ended in doubt: %" PRId64
		    " (`glocal-mail log --issue %s --state unknown` names "
		    "them)\n",
		    books->sum.unknown_attempts, books->issue);
	if (n[DELIVERY_FAILED] + n[DELIVERY_EXPIRED] + n[DELIVERY_HELD] > 0 &&
	    books->state != MAILING_CANCELLED)
		fprintf(out,
		    "failed, expired and held deliveries go again by "
		    "`glocal-mail retry %s`\n",
		    books->issue);
	if (books->state == MAILING_PAUSED)
		print_pause(books, out);
	if (going && s->alive == 0 && books->start_ms != 0)
		fputs("nobody is there to start it: the service `glocal-mail "
		      "deliver` does\n",
		    out);
	else if (going && s->alive == 0)
		fprintf(out,
		    "nobody delivers at present: `glocal-mail send %s` or the "
		    "service `glocal-mail deliver` goes on\n",
		    books->issue);
}

static void
print_issue(struct arena *arena, const struct report_books *books, FILE *out)
{
	fprintf(out, "issue %s: %s\n", books->issue,
	    delivery_mailing_state(books->state));
	fprintf(out, "planned %s%s", now_format_local(arena, books->planned_ms),
	    books->mailings > 1
		? arena_format(arena, " (%zu mailings)", books->mailings)
		: "");
	if (books->finished_ms != 0)
		fprintf(out, ", %s %s", delivery_mailing_state(books->state),
		    now_format_local(arena, books->finished_ms));
	if (books->start_ms != 0)
		fprintf(out, ", starts at %s (%s)",
		    now_format_local(arena, books->start_ms),
		    report_wait(arena, books->start_ms - now_ms()));
	fprintf(out, ", %s\n\n",
	    num_format_count(
		arena, books->sum.attempts, "attempt", "attempts"));
	print_counts(arena, books, out);
}

/* Whom each mailing is for, where not one is for all. */
static void
print_audiences(
    struct arena *arena, const struct store_mailing_list *list, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < list->count; i++)
		any = any || *list->items[i].audience != '\0';
	if (!any)
		return;
	fputc('\n', out);
	for (size_t i = 0; i < list->count; i++) {
		const struct store_mailing *m = &list->items[i];

		fprintf(out, "mailing to %s: %s, planned %s\n",
		    *m->audience != '\0' ? text_printable(arena, m->audience)
					 : "everyone",
		    delivery_mailing_state(m->state),
		    now_format_local(arena, m->planned_ms));
	}
}

static bool
report_one(struct arena *arena, struct store *store, const char *state_folder,
    const char *issue, bool json, FILE *out, struct err *err)
{
	struct store_log_reason *reasons;
	struct surroundings s;
	struct store_mailing_list mailings;
	struct report_books books;
	size_t count;

	if (!report_books_read(arena, store, issue, &books, err))
		return false;
	if (json) {
		report_books_json(&books, out);
		return true;
	}
	if (!store_log_reasons(arena, store, issue, &reasons, &count, err) ||
	    !store_mailing_of_issue(arena, store, issue, &mailings, err) ||
	    !read_surroundings(arena, store, state_folder, &s, err))
		return false;
	print_issue(arena, &books, out);
	print_audiences(arena, &mailings, out);
	print_reasons(arena, reasons, count, out);
	print_advice(&books, &s, out);
	print_surroundings(arena, &s, out);
	return true;
}

bool
report_status(struct store *store, const char *state_folder, const char *issue,
    bool json, FILE *out, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct report_books *books;
	struct surroundings s;
	size_t count;

	if (issue != NULL)
		return report_one(
		    arena, store, state_folder, issue, json, out, err);
	if (!report_books_all(arena, store, &books, &count, err))
		return false;
	if (json) {
		for (size_t i = 0; i < count; i++)
			report_books_json(&books[i], out);
		return true;
	}
	if (!read_surroundings(arena, store, state_folder, &s, err))
		return false;
	print_issues(arena, books, count, out);
	print_surroundings(arena, &s, out);
	return true;
}
