#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/now.h"
#include "base/num.h"
#include "cli/cmd.h"
#include "cli/dry_run.h"
#include "cli/sending.h"
#include "cli/stranger.h"
#include "people/people.h"
#include "people/people_audience.h"
#include "publish/publish.h"
#include "queue/queue_control.h"

enum {
	STATUS_FAILURES = 65, /* finished, some failed, expired or held */
	STATUS_UNFINISHED = 75,
	LIMIT_MOST = 100 * 1000 * 1000,
	NOTICE_LOOKS = 300, /* a tenth of a second apart */
};

const struct command_option cmd_send_options[] = {
	{ "wait", NULL, "stay until the last retry is done" },
	{ "dry-run", NULL,
	    "make every digest and keep nothing: sizes, editions, faults, the "
	    "books as they would be" },
	{ "test", "ADDRESS",
	    "send this reader's digest now, outside the books" },
	{ "to", "EXPRESSION",
	    "plan a further mailing, for those of this audience who have no "
	    "delivery of the issue yet: 'tag:tourism and prefecture:島根', "
	    "everyone; `audience count --help` tells more" },
	{ "as", "READER",
	    "with --test: the digest of this reader, to the address of "
	    "--test" },
	{ "limit", "N", "let N deliveries go, then pause" },
	{ "replan", NULL,
	    "take the content as it is now (a typo was mended) for all that "
	    "were never begun, then go on; who has it or was tried keeps the "
	    "old bytes; audience, addresses and names stay as planned" },
	{ "at", "TIME",
	    "plan now, send not before 09:00 (the next one), 2026-04-01 09:00 "
	    "(in the site's time zone) or 2026-04-01T09:00:00+09:00; needs the "
	    "service `deliver`; again with another time moves it, `send` "
	    "without --at starts it now, `cancel` ends it" },
	{ NULL, NULL, NULL },
};

static void
print_summary(struct arena *arena, const struct report_books *books)
{
	const int64_t *by_state = books->sum.by_state;

	printf("issue %s: %s of %s sent, %" PRId64 " failed, %" PRId64
	       " expired, %" PRId64 " held, %" PRId64 " skipped\n",
	    books->issue, num_format_grouped(arena, by_state[DELIVERY_SENT]),
	    num_format_grouped(arena, books->sum.planned),
	    by_state[DELIVERY_FAILED], by_state[DELIVERY_EXPIRED],
	    by_state[DELIVERY_HELD], by_state[DELIVERY_SKIPPED]);
	if (sending_is_over(books))
		return;
	printf("%s still to go",
	    num_format_grouped(arena, report_books_open(books)));
	if (books->sum.deferred > 0)
		printf(", %s of them deferred",
		    num_format_grouped(arena, books->sum.deferred));
	if (books->sum.next_ms > now_ms())
		printf(", next due %s",
		    now_format_local(arena, books->sum.next_ms));
	if (books->state != MAILING_PAUSED)
		printf("; `glocal-mail send %s` or the service `deliver` goes "
		       "on\n",
		    books->issue);
	else if (strcmp(books->pause_reason, "limit") == 0)
		printf("; paused by --limit: `glocal-mail send %s` sends the "
		       "rest\n",
		    books->issue);
	else
		printf("; paused (%s): `glocal-mail resume %s`, then `send`\n",
		    books->pause_reason, books->issue);
}

/* Prints how it stands and sets the exit status (README, "Scripts"). */
static bool
conclude(struct sending *sending, struct err *err)
{
	struct arena *arena = sending->run->arena;
	struct report_books books;

	if (!sending_books(arena, sending, &books, err))
		return false;
	print_summary(arena, &books);
	if (!sending_is_over(&books))
		sending->run->status = STATUS_UNFINISHED;
	else if (books.state == MAILING_CANCELLED)
		return err_set(
		    err, ERR_DATA, "issue %s was cancelled", sending->issue);
	else if (books.sum.by_state[DELIVERY_FAILED] +
		     books.sum.by_state[DELIVERY_EXPIRED] +
		     books.sum.by_state[DELIVERY_HELD] >
		 0)
		sending->run->status = STATUS_FAILURES;
	return true;
}

/* Plans, or finds it planned. */
static bool
plan(struct sending *sending, const struct publish_wish *wish,
    bool *ret_planned, struct err *err)
{
	struct command_run *run = sending->run;
	struct publish_counts counts = { 0 };

	if (!sending_plan(sending, wish, ret_planned, &counts, err))
		return false;
	if (*ret_planned) {
		printf("issue %s: planned %s, %s", sending->issue,
		    num_format_count(
			run->arena, counts.readers, "reader", "readers"),
		    num_format_count(run->arena, counts.editions,
			"different digest", "different digests"));
		if (counts.skipped > 0)
			printf(", %s of them skipped (nothing relevant)",
			    num_format_grouped(run->arena, counts.skipped));
		printf("\n");
		fflush(stdout);
	}
	return true;
}

/* Says why an audience was not planned for: all have it. */
static void
say_nobody(struct sending *sending, const struct publish_wish *wish)
{
	if (wish->audience != NULL)
		printf("issue %s: everyone in this audience has a delivery "
		       "already, or may not be mailed; nothing was planned\n",
		    sending->issue);
}

static bool
refuse_cancelled(struct sending *sending, struct err *err)
{
	struct report_books books;

	if (!sending_books(sending->run->arena, sending, &books, err))
		return false;
	return books.state != MAILING_CANCELLED ||
	       err_set(err, ERR_DATA, "issue %s is cancelled; nothing is sent",
		   sending->issue);
}

/* Says when it starts, and who will start it. */
static bool
announce(struct sending *sending, int64_t start_ms, struct err *err)
{
	struct command_run *run = sending->run;
	int offset = now_offset_min(start_ms);
	bool lives;

	if (!queue_other_lives(run->store,
		site_path(run->arena, run->site, "state"), "deliver", &lives,
		err))
		return false;
	printf("issue %s starts at %s (UTC%c%02d:%02d, %s); %s\n",
	    sending->issue, now_format_local(run->arena, start_ms),
	    offset < 0 ? '-' : '+', abs(offset) / 60, abs(offset) % 60,
	    report_wait(run->arena, start_ms - now_ms()),
	    lives ? "the service `deliver` sends it"
		  : "nobody is there to send it:");
	if (!lives)
		printf("start the service `glocal-mail deliver` before then\n");
	run->status = STATUS_UNFINISHED;
	return true;
}

/* Plans for later, or moves what is planned. */
static bool
schedule(
    struct sending *sending, const struct publish_wish *wish, struct err *err)
{
	bool planned;

	if (!plan(sending, wish, &planned, err))
		return false;

	/* The time is that of the further mailing, not of those there are. */
	if (!planned && wish->audience != NULL) {
		say_nobody(sending, wish);
		return true;
	}
	if (!planned && wish->limit > 0)
		return err_set(err, ERR_USAGE,
		    "issue %s is planned already: --at moves it, without "
		    "--limit",
		    sending->issue);
	return (planned || (refuse_cancelled(sending, err) &&
			       queue_control_schedule(sending->run->store,
				   sending->issue, wish->start_ms, err))) &&
	       announce(sending, wish->start_ms, err);
}

/* Takes the content anew. Sets *ret_go_on when the mailing may go on now, and
   says why when not. */
static bool
replan(struct sending *sending, const struct publish_wish *wish,
    bool *ret_go_on, struct err *err)
{
	struct command_run *run = sending->run;
	struct publish_replanned counts = { 0 };
	struct report_books books;

	if (!sending_replan(sending, wish, &counts, err) ||
	    !sending_books(run->arena, sending, &books, err))
		return false;
	printf("issue %s: planned anew %s readers, %s different digests",
	    sending->issue, num_format_grouped(run->arena, counts.readers),
	    num_format_grouped(run->arena, counts.editions));
	if (counts.skipped > 0)
		printf(", %s of them skipped (nothing relevant)",
		    num_format_grouped(run->arena, counts.skipped));
	if (counts.kept > 0)
		printf("; %s that were begun keep their old content",
		    num_format_grouped(run->arena, counts.kept));
	printf("\n");
	fflush(stdout);
	*ret_go_on = books.start_ms == 0 &&
		     (books.state != MAILING_PAUSED ||
			 strcmp(books.pause_reason, "limit") == 0);
	if (*ret_go_on)
		return true;
	run->status = STATUS_UNFINISHED;
	if (books.start_ms != 0)
		return announce(sending, books.start_ms, err);
	printf("it is paused (%s); `glocal-mail resume %s` goes on\n",
	    books.pause_reason, sending->issue);
	return true;
}

static bool
read_wish(const struct command_run *run, struct publish_wish *ret_wish,
    struct err *err)
{
	const char *to = command_value(run, "to");
	const char *limit = command_value(run, "limit");
	const char *at = command_value(run, "at");
	struct publish_wish wish = {
		.operator= people_operator(run->arena),
	};
	int64_t now = now_ms();

	if (limit != NULL && !num_parse(limit, 1, LIMIT_MOST, &wish.limit))
		return err_set(err, ERR_USAGE,
		    "--limit %s: expected a number from 1", limit);
	if (at != NULL && !now_parse_local(at, now, &wish.start_ms))
		return err_set(err, ERR_USAGE,
		    "--at '%s': expected 09:00, 2026-04-01 09:00 or "
		    "2026-04-01T09:00:00+09:00",
		    at);
	if (at != NULL && wish.start_ms <= now)
		return err_set(err, ERR_USAGE,
		    "--at '%s': that time is over; without --at it is sent now",
		    at);
	if (at != NULL &&
	    (command_has(run, "dry-run") || command_has(run, "wait")))
		return err_set(err, ERR_USAGE,
		    "--at leaves the sending to the service; it goes neither "
		    "with --dry-run nor with --wait");
	if (to != NULL && command_has(run, "replan"))
		return err_set(err, ERR_USAGE,
		    "--replan keeps the audience; --to goes without it");
	wish.expression = to;
	if (to != NULL &&
	    !people_audience(run->arena, run->store, to, &wish.audience, err))
		return err_wrap(err, "--to");
	*ret_wish = wish;
	return true;
}

static bool
send_issue(struct sending *sending, struct err *err)
{
	struct command_run *run = sending->run;
	struct publish_wish wish;
	bool planned;

	if (!read_wish(run, &wish, err))
		return false;
	if (command_has(run, "dry-run"))
		return dry_run(sending, command_has(run, "replan"), &wish, err);
	if (command_has(run, "replan")) {
		bool go_on = false;

		if (wish.start_ms > 0)
			return err_set(err, ERR_USAGE,
			    "--replan keeps the time of what is to start "
			    "later; --at goes without it");
		if (!replan(sending, &wish, &go_on, err))
			return false;
		if (!go_on)
			return true;
	}
	if (wish.start_ms > 0)
		return schedule(sending, &wish, err);
	if (!plan(sending, &wish, &planned, err))
		return false;
	if (!planned)
		say_nobody(sending, &wish);

	/* What waits for its time, or is paused by a limit, is another mailing
	   than that for an audience. */
	return refuse_cancelled(sending, err) &&
	       ((planned && wish.limit > 0) || wish.audience != NULL ||
		   queue_control_release(
		       run->store, sending->issue, wish.limit, err)) &&
	       sending_carry_on(sending, err) && conclude(sending, err);
}

/* The service may have taken the notice before us: a moment for it. */
static bool
await_notice(struct command_run *run, int64_t notice,
    struct store_delivery *row, struct err *err)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000000L };
	bool found = true;

	for (int i = 0;
	     i < NOTICE_LOOKS && found &&
	     (row->state == DELIVERY_LEASED || row->state == DELIVERY_SENDING);
	     i++) {
		nanosleep(&pause, NULL);
		if (!store_delivery_read(
			run->arena, run->store, true, notice, row, &found, err))
			return false;
	}
	return true;
}

/* A digest for one pair of eyes. */
static bool
send_test(struct sending *sending, const char *address, struct err *err)
{
	struct command_run *run = sending->run;
	struct complaints complaints = { 0 };
	struct deliver_options options = sending_options(sending);
	struct deliver_result result = { 0 };
	struct store_delivery row;
	int64_t notice;
	bool found;
	const char *as = command_value(run, "as");
	bool ok = publish_test(run->site, run->store, sending->keyring.site,
	    sending->keyring.dkim, sending->issue, address, as, &complaints,
	    &notice, err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	options.until = DELIVER_PASS;
	options.notices_only = true;
	if (!ok || !deliver_run(&options, &result, err) ||
	    !store_delivery_read(
		run->arena, run->store, true, notice, &row, &found, err))
		return false;
	if (!await_notice(run, notice, &row, err))
		return false;
	if (result.stopped[0] != '\0')
		return err_set(err, ERR_TEMP,
		    "%s; the test waits in the "
		    "queue",
		    result.stopped);
	printf("test of issue %s to %s%s%s: %s\n", sending->issue, row.address,
	    as != NULL ? " as " : "", as != NULL ? as : "",
	    delivery_state(row.state));
	if (as != NULL && !stranger_tell(run, as, err))
		return false;
	if (row.state == DELIVERY_FAILED || row.state == DELIVERY_EXPIRED)
		run->status = STATUS_FAILURES;
	else if (row.state != DELIVERY_SENT)
		run->status = STATUS_UNFINISHED;
	return true;
}

bool
cmd_send(struct command_run *run, struct err *err)
{
	struct sending sending = {
		.run = run,
		.issue = run->arguments[0],
		.to_the_end = command_has(run, "wait"),
	};
	const char *test = command_value(run, "test");
	bool ok;

	if (test == NULL && command_has(run, "as"))
		return err_set(
		    err, ERR_USAGE, "--as READER goes with --test ADDRESS");
	if (test != NULL &&
	    (command_has(run, "dry-run") || command_has(run, "limit") ||
		command_has(run, "at") || command_has(run, "replan") ||
		command_has(run, "to")))
		return err_set(err, ERR_USAGE,
		    "--test sends one mail for looking at, now; it goes "
		    "not with --dry-run, --limit, --at, --replan or --to");
	if (!keyring_open(run, &sending.keyring, err))
		return false;
	ok = test != NULL ? send_test(&sending, test, err)
			  : send_issue(&sending, err);
	keyring_close(&sending.keyring);
	return ok;
}
