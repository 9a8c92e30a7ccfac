#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/keyring.h"
#include "deliver/deliver.h"
#include "model/delivery.h"
#include "publish/publish.h"
#include "queue/queue_control.h"
#include "report/progress.h"
#include "service/service.h"
#include "store/store_mailing.h"

enum {
	FOLLOW_MS = 300,
	STATUS_FAILURES = 65, /* finished, some failed, expired or held */
	STATUS_UNFINISHED = 75,
	LIMIT_MOST = 100 * 1000 * 1000,
};

const struct command_option cmd_send_options[] = {
	{ "wait", NULL, "stay until the last retry is done" },
	{ "dry-run", NULL, "plan, render and count; keep nothing" },
	{ "test", "ADDRESS",
	    "send this reader's digest now, outside the books" },
	{ "limit", "N", "let N deliveries go, then pause" },
	{ NULL, NULL, NULL },
};

/* One run of `send` on an issue. */
struct sending {
	struct command_run *run;
	const char *issue;
	struct keyring keyring;
	struct store_books before; /* of all mailings, when delivering began */
	struct progress *progress;
};

/* Adds up the books of all mailings of the issue; *ret_open says whether one
   of them goes on. */
static bool
read_books(struct sending *sending, struct store_books *ret_books,
    bool *ret_unfinished, bool *ret_cancelled, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct store_books sum = { 0 };
	struct store_mailing_list list;
	bool unfinished = false;
	bool cancelled = true;

	if (!store_mailing_of_issue(
		arena, sending->run->store, sending->issue, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct store_books one;

		if (!store_delivery_books(
			sending->run->store, list.items[i].id, &one, err))
			return false;
		sum.planned += one.planned;
		sum.deferred += one.deferred;
		for (size_t s = 0; s < DELIVERY_STATES; s++)
			sum.by_state[s] += one.by_state[s];
		if (one.next_ms != 0 &&
		    (sum.next_ms == 0 || one.next_ms < sum.next_ms))
			sum.next_ms = one.next_ms;
		if (list.items[i].state != MAILING_CANCELLED)
			cancelled = false;
		if (list.items[i].state != MAILING_FINISHED &&
		    list.items[i].state != MAILING_CANCELLED)
			unfinished = true;
	}
	*ret_books = sum;
	*ret_unfinished = unfinished;
	*ret_cancelled = cancelled && list.count > 0;
	return true;
}

static struct progress_count
count_books(const struct store_books *books)
{
	int64_t open = books->by_state[DELIVERY_QUEUED] +
		       books->by_state[DELIVERY_LEASED] +
		       books->by_state[DELIVERY_SENDING];

	return (struct progress_count){
		.total = books->planned,
		.done = books->planned - open,
		.failed = books->by_state[DELIVERY_FAILED] +
			  books->by_state[DELIVERY_EXPIRED],
		.deferred = books->deferred,
	};
}

/* What the pipeline did, on top of the books it began with: counting the
   store's rows twice a second would cost more than sending. */
static void
show_tally(const struct deliver_tally *tally, void *context)
{
	struct sending *sending = context;
	struct progress_count count = count_books(&sending->before);

	count.done +=
	    tally->by_outcome[OUTCOME_SENT] + tally->by_outcome[OUTCOME_FAILED];
	count.failed += tally->by_outcome[OUTCOME_FAILED];
	count.deferred += tally->by_outcome[OUTCOME_DEFERRED] +
			  tally->by_outcome[OUTCOME_UNKNOWN];
	if (count.deferred > count.total - count.done)
		count.deferred = count.total - count.done;
	progress_show(sending->progress, &count, now_mono_ms());
}

/* Another runner is at work: look on until it is through with the first pass
   (or with everything), or until it is gone. */
static bool
follow(
    struct sending *sending, bool to_the_end, bool *ret_alone, struct err *err)
{
	struct command_run *run = sending->run;
	const char *state = site_path(run->arena, run->site, "state");

	for (;;) {
		const struct timespec pause = { .tv_nsec =
						    FOLLOW_MS * 1000000L };
		struct progress_count count;
		struct store_waiting waiting;
		struct store_books books;
		bool unfinished, cancelled, lives;

		if (!read_books(
			sending, &books, &unfinished, &cancelled, err) ||
		    !store_delivery_waiting(
			run->store, 0, now_ms(), &waiting, err) ||
		    !queue_other_lives(run->store, state, NULL, &lives, err))
			return false;
		count = count_books(&books);
		progress_show(sending->progress, &count, now_mono_ms());
		*ret_alone = !lives;
		if (!unfinished || !lives)
			return true;
		if (!to_the_end && !waiting.due && waiting.in_hand == 0)
			return true;
		nanosleep(&pause, NULL);
	}
}

static bool
deliver_all(struct sending *sending, bool to_the_end, bool *ret_interrupted,
    struct err *err)
{
	struct command_run *run = sending->run;
	struct deliver_options options = {
		.site = run->site,
		.store = run->store,
		.keys = sending->keyring.site,
		.sign = sending->keyring.dkim,
		.kind = "send",
		.until = to_the_end ? DELIVER_DRAIN : DELIVER_PASS,
		.progress = show_tally,
		.context = sending,
	};
	struct store_mailing_list list;

	if (!store_mailing_of_issue(
		run->arena, run->store, sending->issue, &list, err))
		return false;
	*ret_interrupted = false;
	for (size_t i = 0; i < list.count && !*ret_interrupted; i++) {
		struct deliver_result result = { 0 };

		if (list.items[i].state == MAILING_FINISHED ||
		    list.items[i].state == MAILING_CANCELLED)
			continue;
		options.mailing = list.items[i].id;
		if (!deliver_run(&options, &result, err))
			return false;
		*ret_interrupted = result.interrupted;
		if (result.stopped[0] != '\0')
			return err_set(err, ERR_TEMP,
			    "%s; nothing is lost, run it again when this is "
			    "mended",
			    result.stopped);
	}
	return true;
}

static void
print_summary(
    struct sending *sending, const struct store_books *books, bool unfinished)
{
	struct arena *arena = sending->run->arena;
	int64_t open = books->by_state[DELIVERY_QUEUED] +
		       books->by_state[DELIVERY_LEASED] +
		       books->by_state[DELIVERY_SENDING];

	printf("issue %s: %s of %s sent, %" PRId64 " failed, %" PRId64
	       " expired, %" PRId64 " held, %" PRId64 " skipped\n",
	    sending->issue,
	    num_format_grouped(arena, books->by_state[DELIVERY_SENT]),
	    num_format_grouped(arena, books->planned),
	    books->by_state[DELIVERY_FAILED], books->by_state[DELIVERY_EXPIRED],
	    books->by_state[DELIVERY_HELD], books->by_state[DELIVERY_SKIPPED]);
	if (!unfinished)
		return;
	printf("%s still to go", num_format_grouped(arena, open));
	if (books->deferred > 0)
		printf(", %s of them deferred",
		    num_format_grouped(arena, books->deferred));
	if (books->next_ms > now_ms())
		printf(
		    ", next due %s", now_format_local(arena, books->next_ms));
	printf("; `glocal-mail send %s` or the service `deliver` goes on\n",
	    sending->issue);
}

/* Prints how it stands and sets the exit status (design section 11). */
static bool
conclude(struct sending *sending, struct err *err)
{
	struct store_books books;
	bool unfinished, cancelled;

	if (!read_books(sending, &books, &unfinished, &cancelled, err))
		return false;
	print_summary(sending, &books, unfinished);
	if (unfinished)
		sending->run->status = STATUS_UNFINISHED;
	else if (books.by_state[DELIVERY_FAILED] +
		     books.by_state[DELIVERY_EXPIRED] +
		     books.by_state[DELIVERY_HELD] >
		 0)
		sending->run->status = STATUS_FAILURES;
	return true;
}

/* Delivers here, unless another runner is at it; takes over when that ends
   before its time. */
static bool
deliver_or_follow(struct sending *sending, bool to_the_end, struct err *err)
{
	struct command_run *run = sending->run;
	const char *state = site_path(run->arena, run->site, "state");
	struct progress_count count;
	bool unfinished, cancelled, lives;
	bool alone = true;
	bool interrupted = false;
	bool ok;

	if (!read_books(
		sending, &sending->before, &unfinished, &cancelled, err))
		return false;
	if (!unfinished)
		return true;
	if (!queue_other_lives(run->store, state, NULL, &lives, err))
		return false;
	sending->progress =
	    progress_new(stderr, sending->issue, "mails", now_mono_ms());
	ok = true;
	if (lives) {
		log_info("a runner is at work already; showing its progress");
		ok = follow(sending, to_the_end, &alone, err) &&
		     read_books(sending, &sending->before, &unfinished,
			 &cancelled, err);
	}
	if (ok && alone && unfinished)
		ok = deliver_all(sending, to_the_end, &interrupted, err);
	count = count_books(&sending->before);
	if (ok) {
		struct store_books books;

		ok = read_books(sending, &books, &unfinished, &cancelled, err);
		count = count_books(&books);
	}
	progress_end(sending->progress, &count, now_mono_ms());
	return ok;
}

/* Plans, or finds it planned. With dry_run says what would be. */
static bool
plan(struct sending *sending, bool dry_run, bool *ret_planned, struct err *err)
{
	struct command_run *run = sending->run;
	struct complaints complaints = { 0 };
	struct publish_counts counts = { 0 };
	bool ok = publish_plan(run->site, run->store, sending->keyring.site,
	    sending->issue, dry_run, &complaints, ret_planned, &counts, err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok)
		return false;
	if (*ret_planned) {
		printf("issue %s: %s %s readers, %s different digests",
		    sending->issue, dry_run ? "would plan" : "planned",
		    num_format_grouped(run->arena, counts.readers),
		    num_format_grouped(run->arena, counts.editions));
		if (counts.skipped > 0)
			printf(", %s of them skipped (nothing relevant)",
			    num_format_grouped(run->arena, counts.skipped));
		printf("\n");
		fflush(stdout);
	}
	return true;
}

static bool
refuse_cancelled(struct sending *sending, struct err *err)
{
	struct store_books books;
	bool unfinished, cancelled;

	if (!read_books(sending, &books, &unfinished, &cancelled, err))
		return false;
	return !cancelled ||
	       err_set(err, ERR_DATA, "issue %s is cancelled; nothing is sent",
		   sending->issue);
}

static bool
send_issue(struct sending *sending, struct err *err)
{
	struct command_run *run = sending->run;
	const char *limit_text = command_value(run, "limit");
	int64_t limit = 0;
	bool planned;

	if (limit_text != NULL && !num_parse(limit_text, 1, LIMIT_MOST, &limit))
		return err_set(err, ERR_USAGE,
		    "--limit %s: expected a number from 1", limit_text);
	if (!plan(sending, command_has(run, "dry-run"), &planned, err))
		return false;
	if (command_has(run, "dry-run")) {
		if (!planned)
			printf("issue %s is planned already; see "
			       "`glocal-mail status %s`\n",
			    sending->issue, sending->issue);
		return true;
	}
	return refuse_cancelled(sending, err) &&
	       queue_control_release(run->store, sending->issue, limit, err) &&
	       deliver_or_follow(sending, command_has(run, "wait"), err) &&
	       conclude(sending, err);
}

/* A digest for one pair of eyes. */
static bool
send_test(struct sending *sending, const char *address, struct err *err)
{
	struct command_run *run = sending->run;
	struct complaints complaints = { 0 };
	struct deliver_options options = {
		.site = run->site,
		.store = run->store,
		.keys = sending->keyring.site,
		.sign = sending->keyring.dkim,
		.kind = "send",
		.until = DELIVER_PASS,
		.notices_only = true,
	};
	struct deliver_result result = { 0 };
	struct store_delivery row;
	int64_t notice;
	bool found;
	bool ok = publish_test(run->site, run->store, sending->keyring.site,
	    sending->keyring.dkim, sending->issue, address, &complaints,
	    &notice, err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	if (!ok || !deliver_run(&options, &result, err) ||
	    !store_delivery_read(
		run->arena, run->store, true, notice, &row, &found, err))
		return false;
	if (result.stopped[0] != '\0')
		return err_set(err, ERR_TEMP,
		    "%s; the test waits in the "
		    "queue",
		    result.stopped);
	printf("test of issue %s to %s: %s\n", sending->issue, row.address,
	    delivery_state(row.state));
	if (row.state == DELIVERY_FAILED || row.state == DELIVERY_EXPIRED)
		run->status = STATUS_FAILURES;
	else if (row.state != DELIVERY_SENT)
		run->status = STATUS_UNFINISHED;
	return true;
}

bool
cmd_send(struct command_run *run, struct err *err)
{
	struct sending sending = { .run = run, .issue = run->arguments[0] };
	const char *test = command_value(run, "test");
	bool ok;

	if (!keyring_open(run, &sending.keyring, err))
		return false;
	ok = test != NULL ? send_test(&sending, test, err)
			  : send_issue(&sending, err);
	keyring_close(&sending.keyring);
	return ok;
}

static void
show_service(const struct deliver_tally *tally, void *context)
{
	(void)context;
	service_status("%" PRId64 " sent, %" PRId64 " deferred, %" PRId64
		       " failed, %d connections",
	    tally->by_outcome[OUTCOME_SENT],
	    tally->by_outcome[OUTCOME_DEFERRED],
	    tally->by_outcome[OUTCOME_FAILED], tally->connections);
}

bool
cmd_deliver(struct command_run *run, struct err *err)
{
	struct keyring keyring;
	struct deliver_options options = {
		.site = run->site,
		.store = run->store,
		.kind = "deliver",
		.until = DELIVER_FOREVER,
		.progress = show_service,
	};
	struct deliver_result result = { 0 };
	bool ok;

	if (!keyring_open(run, &keyring, err))
		return false;
	options.keys = keyring.site;
	options.sign = keyring.dkim;
	service_ready();
	log_info("delivering for %s", run->site->folder);
	ok = deliver_run(&options, &result, err);
	service_stopping();
	keyring_close(&keyring);
	if (ok)
		log_info("stopped: %" PRId64 " sent, %" PRId64
			 " deferred, %" PRId64 " failed",
		    result.tally.by_outcome[OUTCOME_SENT],
		    result.tally.by_outcome[OUTCOME_DEFERRED],
		    result.tally.by_outcome[OUTCOME_FAILED]);
	return ok;
}
