#include "cli/sending.h"

#include <time.h>

#include "base/log.h"
#include "base/now.h"
#include "base/text.h"
#include "report/progress.h"
#include "store/store_mailing.h"

enum { FOLLOW_MS = 300, STILL_MS = 30 * 1000 };

/* The progress of one command, on top of the books that it began with. */
struct watch {
	struct progress *progress;
	int64_t start_ms; /* what is due later is not of this pass */
	struct progress_count before;
	int64_t attempts; /* as last seen, and since when */
	int64_t moved_mono_ms;
};

bool
sending_plan(const struct sending *sending, const struct publish_wish *wish,
    bool *ret_planned, struct publish_counts *ret_counts, struct err *err)
{
	struct command_run *run = sending->run;
	struct complaints complaints = { 0 };
	bool ok = publish_plan(run->site, run->store, sending->keyring.site,
	    sending->issue, wish, &complaints, ret_planned, ret_counts, err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	return ok;
}

bool
sending_replan(const struct sending *sending, const struct publish_wish *wish,
    struct publish_replanned *ret_counts, struct err *err)
{
	struct command_run *run = sending->run;
	struct complaints complaints = { 0 };
	bool ok = publish_replan(run->site, run->store, sending->issue, wish,
	    &complaints, ret_counts, err);

	complaints_print(&complaints, stderr);
	complaints_clear(&complaints);
	return ok;
}

bool
sending_books(struct arena *arena, const struct sending *sending,
    struct report_books *ret_books, struct err *err)
{
	return report_books_read(
	    arena, sending->run->store, sending->issue, ret_books, err);
}

bool
sending_is_over(const struct report_books *books)
{
	return books->state == MAILING_FINISHED ||
	       books->state == MAILING_CANCELLED;
}

struct deliver_options
sending_options(const struct sending *sending)
{
	return (struct deliver_options){
		.site = sending->run->site,
		.store = sending->run->store,
		.keys = sending->keyring.site,
		.sign = sending->keyring.dkim,
		.kind = "send",
		.until = sending->to_the_end ? DELIVER_DRAIN : DELIVER_PASS,
	};
}

static struct progress_count
count_books(const struct report_books *books)
{
	const int64_t *by_state = books->sum.by_state;

	return (struct progress_count){
		.total = books->sum.planned,
		.done = books->sum.planned - report_books_open(books),
		.failed =
		    by_state[DELIVERY_FAILED] + by_state[DELIVERY_EXPIRED],
		.deferred = books->sum.deferred,
	};
}

/* Counting the store's rows twice a second would cost more than sending: what
   the pipeline did is added to what was. */
static void
show_tally(const struct deliver_tally *tally, void *context)
{
	struct watch *watch = context;
	struct progress_count count = watch->before;

	count.done +=
	    tally->by_outcome[OUTCOME_SENT] + tally->by_outcome[OUTCOME_FAILED];
	count.failed += tally->by_outcome[OUTCOME_FAILED];
	count.deferred += tally->by_outcome[OUTCOME_DEFERRED] +
			  tally->by_outcome[OUTCOME_UNKNOWN];
	if (count.deferred > count.total - count.done)
		count.deferred = count.total - count.done;
	progress_show(watch->progress, &count, now_mono_ms());
}

/* True when the service has tried nothing for a good while, as when its relay
   is down. */
static bool
stands_still(struct watch *watch, const struct report_books *books)
{
	int64_t now = now_mono_ms();

	if (books->sum.attempts != watch->attempts || watch->moved_mono_ms == 0)
		watch->moved_mono_ms = now;
	watch->attempts = books->sum.attempts;
	return now - watch->moved_mono_ms > STILL_MS;
}

/* A look at how far the service is. */
static bool
look(const struct sending *sending, struct watch *watch, bool *ret_go_on,
    bool *ret_lives, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct command_run *run = sending->run;
	struct store_waiting waiting;
	struct report_books books;
	bool limited;

	if (!sending_books(arena, sending, &books, err) ||
	    !store_delivery_waiting(
		run->store, 0, watch->start_ms, &waiting, err) ||
	    !queue_other_lives(run->store, site_path(arena, run->site, "state"),
		"deliver", ret_lives, err))
		return false;
	watch->before = count_books(&books);
	progress_show(watch->progress, &watch->before, now_mono_ms());
	limited = books.state == MAILING_PAUSED &&
		  text_equal(books.pause_reason, "limit");
	*ret_go_on = *ret_lives && !sending_is_over(&books) &&
		     (books.state != MAILING_PAUSED || limited);
	if ((!sending->to_the_end || limited) && !waiting.due &&
	    waiting.in_hand == 0)
		*ret_go_on = false;

	/* What is left of the issue waits for its time. */
	if (books.start_ms != 0 && books.sum.deferred == 0 && !waiting.due &&
	    waiting.in_hand == 0)
		*ret_go_on = false;
	if (!sending->to_the_end && stands_still(watch, &books))
		*ret_go_on = false;
	return true;
}

/* Looks on until the other runner is through, or gone. */
static bool
follow(const struct sending *sending, struct watch *watch, bool *ret_lives,
    struct err *err)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_MS * 1000000L };
	bool go_on = true;

	for (;;) {
		if (!look(sending, watch, &go_on, ret_lives, err))
			return false;
		if (!go_on)
			return true;
		nanosleep(&pause, NULL);
	}
}

/* Delivers the issue's mailings here, one after the other. */
static bool
deliver_here(
    const struct sending *sending, struct watch *watch, struct err *err)
{
	struct command_run *run = sending->run;
	struct deliver_options options = sending_options(sending);
	struct store_mailing_list list;

	options.progress = show_tally;
	options.context = watch;
	if (!store_mailing_of_issue(
		run->arena, run->store, sending->issue, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct deliver_result result = { 0 };

		if (list.items[i].state == MAILING_FINISHED ||
		    list.items[i].state == MAILING_CANCELLED ||
		    list.items[i].start_ms > now_ms())
			continue;
		options.mailing = list.items[i].id;
		if (!deliver_run(&options, &result, err))
			return false;
		if (result.stopped[0] != '\0')
			return err_set(err, ERR_TEMP,
			    "%s; nothing is lost, run it again when this is "
			    "mended",
			    result.stopped);
		if (result.interrupted)
			break;
	}
	return true;
}

/* Shows how it stands at the end. */
static bool
end_watch(const struct sending *sending, struct watch *watch, struct err *err)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct report_books books;
	bool ok = sending_books(arena, sending, &books, err);

	if (ok)
		watch->before = count_books(&books);
	progress_end(watch->progress, &watch->before, now_mono_ms());
	return ok;
}

bool
sending_carry_on(const struct sending *sending, struct err *err)
{
	struct command_run *run = sending->run;
	struct watch watch = { 0 };
	struct err ignored = { 0 };
	struct report_books books;
	bool lives;
	bool ok = true;

	if (!sending_books(run->arena, sending, &books, err) ||
	    !queue_other_lives(run->store,
		site_path(run->arena, run->site, "state"), "deliver", &lives,
		err))
		return false;
	if (sending_is_over(&books))
		return true;
	watch.before = count_books(&books);
	watch.start_ms = now_ms();
	watch.progress =
	    progress_new(stderr, sending->issue, "mails", now_mono_ms());
	if (lives) {
		log_info("the service is at work; showing its progress");
		ok = follow(sending, &watch, &lives, err);
	}
	if (ok && !lives)
		ok = deliver_here(sending, &watch, err);
	return end_watch(sending, &watch, ok ? err : &ignored) && ok;
}
