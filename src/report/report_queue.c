#include <inttypes.h>

#include "base/now.h"
#include "base/num.h"
#include "base/text.h"
#include "report/report.h"
#include "report/table.h"
#include "store/store_mailing.h"
#include "json/json.h"

enum { DOMAINS_MOST = 15, REPLY_COLUMNS = 50 };

struct waiting {
	struct store_log_waiting *rows;
	size_t row_count;
	int64_t total;
	struct store_log_domain *domains;
	size_t domain_count;
};

static bool
read_waiting(struct arena *arena, struct store *store, const char *issue,
    int64_t limit, struct waiting *ret, struct err *err)
{
	struct store *guard GM_STORE_ROLLBACK_AT_EXIT = store;
	struct store_mailing_list mailings;

	if (!store_begin_reading(guard, err) ||
	    !store_mailing_of_issue(arena, store, issue, &mailings, err))
		return false;
	if (issue != NULL && mailings.count == 0)
		return err_set(err, ERR_NO_INPUT,
		    "issue %s: not planned yet; `glocal-mail send %s` plans it",
		    issue, issue);
	issue = issue != NULL ? issue : "";
	return store_log_waiting(arena, store, issue, (size_t)limit, &ret->rows,
		   &ret->row_count, &ret->total, err) &&
	       store_log_domains(
		   arena, store, issue, &ret->domains, &ret->domain_count, err);
}

static void
print_json(struct arena *arena, const struct store_log_waiting *row, FILE *out)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	json_set_text(object, "issue", row->issue);
	json_set_text(object, "address", row->address);
	json_set_text(object, "state", delivery_state(row->state));
	json_set_number(object, "attempts", row->attempts);
	json_set_text(object, "next",
	    row->state == DELIVERY_QUEUED
		? now_format_rfc3339(arena, row->next_ms)
		: NULL);
	json_set_number(object, "code", row->code);
	json_set_text(object, "enhanced", row->enhanced);
	json_set_text(object, "text", text_printable(arena, row->text));
	json_print(object, out);
}

static void
print_rows(struct arena *arena, const struct waiting *w, FILE *out)
{
	static const struct table_column columns[] = {
		{ .title = "issue" },
		{ .title = "address" },
		{ .title = "state" },
		{ .title = "attempts", .right = true },
		{ .title = "next due" },
		{ .title = "last reply", .longest = REPLY_COLUMNS },
	};
	struct table *table =
	    table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
	int64_t now = now_ms();

	for (size_t i = 0; i < w->row_count; i++) {
		const struct store_log_waiting *row = &w->rows[i];
		const char **cells = table_row(table);

		cells[0] = row->issue;
		cells[1] = row->address;
		cells[2] = delivery_state(row->state);
		cells[3] = arena_format(arena, "%" PRId64, row->attempts);
		if (row->state == DELIVERY_QUEUED)
			cells[4] = arena_format(arena, "%s (%s)",
			    now_format_local(arena, row->next_ms),
			    report_wait(arena, row->next_ms - now));
		cells[5] =
		    report_reply(arena, row->code, row->enhanced, row->text);
	}
	table_print(table, 0, out);
	if (w->total > (int64_t)w->row_count)
		fprintf(out, "… and %s more\n",
		    num_format_grouped(
			arena, w->total - (int64_t)w->row_count));
	if (w->row_count > 0)
		fputc('\n', out);
}

static void
print_domains(struct arena *arena, const struct waiting *w, FILE *out)
{
	static const struct table_column columns[] = {
		{ .title = "domain" },
		{ .title = "not tried", .right = true },
		{ .title = "deferred", .right = true },
		{ .title = "in hand", .right = true },
		{ .title = "held", .right = true },
	};
	struct table *table =
	    table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < w->domain_count && i < DOMAINS_MOST; i++) {
		const struct store_log_domain *d = &w->domains[i];
		const char **cells = table_row(table);

		cells[0] = d->domain;
		cells[1] = num_format_grouped(arena, d->fresh);
		cells[2] = num_format_grouped(arena, d->deferred);
		cells[3] = num_format_grouped(arena, d->in_hand);
		cells[4] = num_format_grouped(arena, d->held);
	}
	table_print(table, 0, out);
	if (w->domain_count > DOMAINS_MOST)
		fprintf(out, "… and %zu more domains\n",
		    w->domain_count - DOMAINS_MOST);
	if (w->domain_count == 0)
		fputs("Nothing waits.\n", out);
}

bool
report_queue(struct store *store, const char *issue, int64_t limit, bool json,
    FILE *out, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct waiting w;

	if (!read_waiting(arena, store, issue, limit, &w, err))
		return false;
	if (json) {
		for (size_t i = 0; i < w.row_count; i++)
			print_json(arena, &w.rows[i], out);
		return true;
	}
	print_rows(arena, &w, out);
	print_domains(arena, &w, out);
	return true;
}
