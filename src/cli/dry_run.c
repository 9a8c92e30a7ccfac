#include "cli/dry_run.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "people/people.h"
#include "publish/publish.h"
#include "publish/publish_approval.h"
#include "report/table.h"

enum { STATUS_FAULTS = 65 };

static const char *
format_bytes(struct arena *arena, int64_t bytes)
{
	return arena_format(
	    arena, "%s KB", num_format_grouped(arena, (bytes + 999) / 1000));
}

static void
add_sizes(struct arena *arena, struct table *table, const char *what,
    const struct publish_sizes *sizes)
{
	const char *const cells[] = { what,
		format_bytes(arena, sizes->smallest),
		format_bytes(arena, sizes->median),
		format_bytes(arena, sizes->largest), sizes->largest_of };

	table_add(table, cells);
}

static void
print_sizes(struct arena *arena, const struct publish_rehearsed *rehearsed)
{
	static const char *const titles[] = { "size", ">smallest", ">median",
		">largest", "of", NULL };
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);

	if (rehearsed->digests == 0)
		return;
	if (rehearsed->html_digests > 0)
		add_sizes(arena, table, "HTML", &rehearsed->html);
	add_sizes(arena, table, "message", &rehearsed->message);
	printf("\n");
	table_print(table, NULL, stdout);
	printf("%s over %d KB of HTML (mail programs cut at 102 KB)\n",
	    num_format_count(
		arena, rehearsed->large, "digest is", "digests are"),
	    PUBLISH_HTML_LARGE / 1000);
}

static void
print_faults(struct arena *arena, const struct publish_rehearsed *rehearsed)
{
	if (rehearsed->faulty == 0) {
		printf("faults     none\n");
		return;
	}
	printf("faults     %s cannot be sent:\n",
	    num_format_count(arena, rehearsed->faulty, "digest", "digests"));
	for (size_t i = 0; i < rehearsed->fault_count; i++)
		printf("  %s: %s, as %s\n", rehearsed->faults[i].text,
		    num_format_count(arena, rehearsed->faults[i].readers,
			"reader", "readers"),
		    rehearsed->faults[i].address);
	if (rehearsed->more_faults)
		printf("  \u2026 and others\n");
}

/* The books, if this were sent now. */
static void
print_books(
    struct arena *arena, const struct publish_counts *counts, int64_t limit)
{
	int64_t queued = counts->readers - counts->skipped;

	printf("books      planned %s = queued %s",
	    num_format_grouped(arena, counts->readers),
	    num_format_grouped(arena, queued));
	if (counts->skipped > 0)
		printf(" + skipped %s",
		    num_format_grouped(arena, counts->skipped));
	if (limit > 0 && limit < queued)
		printf("; --limit lets %s go, then pauses",
		    num_format_grouped(arena, limit));
	printf("\n");
}

static bool
print_approval(struct sending *sending, struct err *err)
{
	struct command_run *run = sending->run;
	struct complaints complaints = { 0 };
	struct store_approvals list;
	struct publish_verdict verdict;
	bool ok =
	    publish_approvals(run->arena, run->site, run->store, sending->issue,
		people_operator(run->arena), &complaints, &list, &verdict, err);

	complaints_clear(&complaints); /* printed with the plan */
	if (!ok)
		return false;
	if (run->site->require_approval || list.count > 0)
		printf("approval   %s\n", publish_approval_text(run->arena,
					      sending->issue, &verdict));
	return true;
}

static bool
rehearse_plan(struct sending *sending, const struct publish_wish *wish,
    bool *ret_planned, struct err *err)
{
	struct command_run *run = sending->run;
	struct publish_counts counts = { 0 };

	if (!sending_plan(sending, wish, ret_planned, &counts, err))
		return false;
	if (!*ret_planned) {
		if (wish->audience != NULL)
			printf("issue %s: everyone in this audience has a "
			       "delivery already, or may not be mailed\n",
			    sending->issue);
		else
			printf("issue %s is planned already; see "
			       "`glocal-mail status %s`\n",
			    sending->issue, sending->issue);
		return true;
	}
	printf("issue %s: would plan %s readers", sending->issue,
	    num_format_grouped(run->arena, counts.readers));
	if (counts.skipped > 0)
		printf(", %s of them skipped (nothing relevant)",
		    num_format_grouped(run->arena, counts.skipped));
	printf("\n");
	print_books(run->arena, &counts, wish->limit);
	return true;
}

static bool
rehearse_replan(
    struct sending *sending, const struct publish_wish *wish, struct err *err)
{
	struct command_run *run = sending->run;
	struct publish_replanned counts = { 0 };

	if (!sending_replan(sending, wish, &counts, err))
		return false;
	printf("issue %s: would plan anew %s readers", sending->issue,
	    num_format_grouped(run->arena, counts.readers));
	if (counts.skipped > 0)
		printf(", %s of them skipped (nothing relevant)",
		    num_format_grouped(run->arena, counts.skipped));
	if (counts.kept > 0)
		printf("; %s that were begun keep their old content",
		    num_format_grouped(run->arena, counts.kept));
	printf("\n");
	return true;
}

bool
dry_run(struct sending *sending, bool replan, const struct publish_wish *given,
    struct err *err)
{
	struct arena *arena = sending->run->arena;
	struct publish_wish wish = *given;
	struct publish_rehearsed rehearsed;
	bool planned = true;
	bool ok;

	wish.rehearsal =
	    publish_rehearsal_new(secret_keys_newest(sending->keyring.site));
	ok = replan ? rehearse_replan(sending, &wish, err)
		    : rehearse_plan(sending, &wish, &planned, err);

	if (ok && planned) {
		publish_rehearsal_end(wish.rehearsal, &rehearsed);
		printf("editions   %s different digests\n",
		    num_format_grouped(arena, rehearsed.editions));
		print_faults(arena, &rehearsed);
		ok = print_approval(sending, err);
		print_sizes(arena, &rehearsed);
		if (rehearsed.faulty > 0)
			sending->run->status = STATUS_FAULTS;
	}
	publish_rehearsal_free(wish.rehearsal);
	return ok;
}
