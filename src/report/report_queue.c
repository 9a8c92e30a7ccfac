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
	    row->state == DELIVERY_QUEUED && row->next_ms > 0
		? now_format_rfc3339(arena, row->next_ms)
		: NULL);
	json_set_number(object, "code", row->code);
	json_set_text(object, "enhanced", row->enhanced);
	json_set_text(object, "text", text_printable(arena, row->text));
	if (*row->kind != '\0')
		json_set_text(object, "kind", row->kind);
	json_print(object, out);
}

static void
add_row(struct arena *arena, struct table *table,
    const struct store_log_waiting *row, int64_t now)
{
	const char *issue = row->issue;
	const char *due = "";

	if (*row->kind != '\0')
		issue = arena_format(arena, "%s%s(%s)", row->issue,
		    *row->issue != '\0' ? " " : "", row->kind);
	if (row->state == DELIVERY_QUEUED && row->next_ms <= 0)
		due = "now";
	else if (row->state == DELIVERY_QUEUED)
		due = arena_format(arena, "%s (%s)",
		    now_format_local(arena, row->next_ms),
		    report_wait(arena, row->next_ms - now));
	table_add(table,
	    (const char *const[]){ issue, row->address,
		delivery_state(row->state),
		arena_format(arena, "%" PRId64, row->attempts), due,
		report_reply(arena, row->code, row->enhanced, row->text) });
}

static void
print_rows(struct arena *arena, const struct waiting *w, FILE *out)
{
	static const char *const titles[] = { "issue", "address", "state",
		">attempts", "next due", "last reply", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	int64_t left = w->total - (int64_t)w->row_count;

	table_limit(table, 5, REPLY_COLUMNS);
	for (size_t i = 0; i < w->row_count; i++)
		add_row(arena, table, &w->rows[i], now_ms());
	table_print(table, NULL, out);
	if (left > 0)
		fprintf(
		    out, "… and %s more\n", num_format_grouped(arena, left));
	if (w->row_count > 0)
		fputc('\n', out);
}

static void
print_domains(struct arena *arena, const struct waiting *w, FILE *out)
{
	static const char *const titles[] = { "domain", ">not tried",
		">deferred", ">in hand", ">held", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);

	for (size_t i = 0; i < w->domain_count && i < DOMAINS_MOST; i++) {
		const struct store_log_domain *d = &w->domains[i];

		table_add(table, (const char *const[]){ d->domain,
				     num_format_grouped(arena, d->fresh),
				     num_format_grouped(arena, d->deferred),
				     num_format_grouped(arena, d->in_hand),
				     num_format_grouped(arena, d->held) });
	}
	table_print(table, "Nothing waits.", out);
	if (w->domain_count > DOMAINS_MOST)
		fprintf(out, "… and %zu more domains\n",
		    w->domain_count - DOMAINS_MOST);
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
