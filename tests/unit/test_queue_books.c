#include "queue_fixture.h"

/*
 * Random sequences of everything that may happen to a mailing. After each
 * step the books must balance and no row may have made a move that the table
 * of moves does not have. The seed is fixed; GM_SEED tries another.
 */

enum { READERS = 30, LIVES = 7, STEPS = 300, IN_HAND = 12, QUEUES = 2 };

static const char issue[] = "2026-04";

/* What one runner holds. */
struct hands {
	struct store *store;
	struct queue *queue;
	struct queue_item *items[IN_HAND];
	bool sending[IN_HAND];
	size_t count;
};

struct world {
	struct fixture *f;
	struct hands hands[QUEUES];
	enum delivery_state before[READERS + 1];
	int64_t attempts[READERS + 1];
	int64_t unknown;
	uint64_t seed;
	bool hold;
};

/* xorshift64* */
static unsigned
dice(struct world *w, unsigned sides)
{
	w->seed ^= w->seed >> 12;
	w->seed ^= w->seed << 25;
	w->seed ^= w->seed >> 27;
	return (unsigned)((w->seed * UINT64_C(2685821657736338717)) >> 33) %
	       sides;
}

static void
open_hands(struct world *w, struct hands *hands)
{
	struct queue_rules rules = fixture_rules;

	rules.max_unknown = 9;
	rules.hold_unknown = w->hold;
	rules.retry.give_up_after_ms = 200 * 1000;
	if (hands->store == NULL)
		hands->store = fixture_open(w->f);
	fixture_must(queue_open(hands->store, w->f->folder, "deliver", &rules,
	    &hands->queue, &err));
	hands->count = 0;
}

static void
drop(struct hands *hands, size_t i)
{
	hands->count--;
	hands->items[i] = hands->items[hands->count];
	hands->sending[i] = hands->sending[hands->count];
}

static void
do_lease(struct world *w, struct hands *hands)
{
	struct queue_item **items;
	size_t count;
	size_t room = IN_HAND - hands->count;

	count = fixture_lease(
	    w->f, hands->queue, 1 + dice(w, (unsigned)room + 1), &items);
	for (size_t i = 0; i < count; i++) {
		if (hands->count == IN_HAND) {
			fixture_must(
			    queue_release(hands->queue, &items[i], 1, &err));
			continue;
		}
		hands->sending[hands->count] = false;
		hands->items[hands->count++] = items[i];
	}
}

static void
do_begin(struct world *w, struct hands *hands)
{
	for (size_t i = 0; i < hands->count;) {
		enum queue_begun begun = QUEUE_WAIT;

		if (!hands->sending[i] && dice(w, 2) == 0)
			begun = fixture_begin(hands->queue, hands->items[i]);
		if (begun == QUEUE_BEGUN)
			hands->sending[i] = true;
		if (begun == QUEUE_REFUSED)
			drop(hands, i);
		else
			i++;
	}
}

static void
do_settle(struct world *w, struct hands *hands)
{
	for (size_t i = 0; i < hands->count;) {
		enum outcome outcome = dice(w, OUTCOMES);
		enum blame blame = dice(w, BLAMES);
		struct queue_settle settle;

		if (!hands->sending[i] || dice(w, 2) == 0) {
			i++;
			continue;
		}

		/* Few are done with for good, so that the others go on. */
		if (outcome == OUTCOME_SENT && dice(w, 12) != 0)
			outcome = OUTCOME_DEFERRED;
		if (blame == BLAME_ADDRESS && dice(w, 20) != 0)
			blame = BLAME_CONTENT;
		settle = fixture_settle_of(
		    hands->items[i], outcome, blame, now_ms());
		settle.uncounted = dice(w, 6) == 0;
		fixture_must(
		    queue_commit(hands->queue, &settle, 1, NULL, 0, &err));
		if (!settle.uncounted && dice(w, 10) == 0)
			fixture_must(queue_commit(
			    hands->queue, &settle, 1, NULL, 0, &err));
		drop(hands, i);
	}
}

static void
do_release(struct world *w, struct hands *hands)
{
	for (size_t i = 0; i < hands->count;) {
		if (hands->sending[i] || dice(w, 2) == 0) {
			i++;
			continue;
		}
		fixture_must(
		    queue_release(hands->queue, &hands->items[i], 1, &err));
		drop(hands, i);
	}
}

/* Closing leaves SENDING rows to whoever comes next: like a death, but for
   the leased ones. */
static void
do_restart(struct world *w, struct hands *hands)
{
	queue_close(hands->queue);
	open_hands(w, hands);
}

static void
do_control(struct world *w)
{
	struct store *store = w->f->store;
	struct queue_retry what = {
		.failed = dice(w, 2) == 0,
		.expired = dice(w, 2) == 0,
		.held = dice(w, 2) == 0,
		.deferred = dice(w, 2) == 0,
		.as_sent = dice(w, 4) == 0,
	};
	struct err ignored = { 0 };
	struct queue_retried retried;

	switch (dice(w, 8)) {
	case 0:
		(void)!queue_control_pause(store, issue, &ignored);
		break;
	case 1:
		(void)!queue_control_resume(store, issue, &ignored);
		break;
	case 2:
		(void)!queue_control_release(store, issue,
		    dice(w, 2) == 0 ? 0 : 1 + dice(w, 8), &ignored);
		break;
	case 3:
		(void)!queue_control_retry(
		    store, issue, &what, &retried, &ignored);
		break;
	default:
		break;
	}
}

/* Time passes: what was deferred is due, what was tried is older. */
static void
do_wait(struct world *w)
{
	fixture_must(store_begin(w->f->store, &err));
	fixture_must(db_run(store_db(w->f->store), &err,
	    "UPDATE delivery SET next_ms = next_ms - ?,"
	    " first_ms = first_ms - ?",
	    "ii", INT64_C(50000), INT64_C(50000)));
	fixture_must(store_commit(w->f->store, &err));
}

/* A reader leaves, or comes back. */
static void
do_reader(struct world *w)
{
	int64_t id = 1 + dice(w, READERS);
	int64_t count;

	fixture_must(store_begin_as(w->f->store, &author_of_tests, &err));
	fixture_must(store_subscriber_set_state(w->f->store, id,
	    dice(w, 12) == 0 ? SUBSCRIBER_UNSUBSCRIBED : SUBSCRIBER_ACTIVE,
	    &err));
	if (dice(w, 60) == 0)
		fixture_must(store_subscriber_skip(
		    w->f->store, id, "unsubscribed", &count, &err));
	fixture_must(store_commit(w->f->store, &err));
}

/* May a row have gone from one state to the other, over states that lie
   within one step of the test? */
static bool
may_reach(enum delivery_state from, enum delivery_state to, int moves)
{
	if (from == to)
		return true;
	for (enum delivery_state s = 0; moves > 0 && s < DELIVERY_STATES; s++)
		if (delivery_may_move(from, s) && may_reach(s, to, moves - 1))
			return true;
	return false;
}

static void
check(struct world *w)
{
	struct fixture *f = w->f;
	struct store_books books;
	int64_t sum = 0;
	int64_t open = 0;

	fixture_must(store_delivery_books(f->store, f->mailing, &books, &err));
	for (enum delivery_state s = 0; s < DELIVERY_STATES; s++) {
		sum += books.by_state[s];
		open += delivery_is_open(s) ? books.by_state[s] : 0;
	}
	assert_int_equal(books.planned, READERS);
	assert_int_equal(sum, READERS);
	assert_int_equal(books.by_state[DELIVERY_UNKNOWN], 0);
	assert_in_range(books.by_state[DELIVERY_SENDING], 0, 9);
	assert_true(books.unknown_attempts >= w->unknown);
	w->unknown = books.unknown_attempts;
	assert_int_equal(
	    books.attempts, fixture_number(f, "SELECT count(*) FROM attempt"));
	if (text_equal(fixture_mailing_state(f), "finished"))
		assert_int_equal(open, 0);

	for (int64_t id = 1; id <= READERS; id++) {
		struct store_delivery row = fixture_row(f, id);
		bool in_hand = row.state == DELIVERY_LEASED ||
			       row.state == DELIVERY_SENDING;

		if (!may_reach(w->before[id], row.state, 3))
			fail_msg("row %d: %s after %s", (int)id,
			    delivery_state(row.state),
			    delivery_state(w->before[id]));
		assert_true(row.attempts >= w->attempts[id]);
		assert_int_equal(row.runner != 0, in_hand);
		w->before[id] = row.state;
		w->attempts[id] = row.attempts;
	}
}

static void
take_step(struct world *w)
{
	struct hands *hands = &w->hands[dice(w, QUEUES)];

	switch (dice(w, 16)) {
	case 0:
	case 1:
	case 2:
		do_lease(w, hands);
		break;
	case 3:
	case 4:
	case 5:
		do_begin(w, hands);
		break;
	case 6:
	case 7:
	case 8:
		do_settle(w, hands);
		break;
	case 9:
		do_release(w, hands);
		break;
	case 10:
		if (dice(w, 4) == 0)
			do_restart(w, hands);
		break;
	case 11:
	case 12:
		do_wait(w);
		break;
	case 13:
		do_reader(w);
		break;
	default:
		do_control(w);
		break;
	}
}

/* One mailing from its plan on. */
static void
live(struct world *w, bool *reached)
{
	struct fixture *f = w->f;

	fixture_mailing(f, issue, READERS);
	for (size_t i = 0; i < QUEUES; i++)
		open_hands(w, &w->hands[i]);
	for (int step = 0; step < STEPS; step++) {
		take_step(w);
		check(w);
		for (int64_t id = 1; id <= READERS; id++)
			reached[w->before[id]] = true;
	}
	for (size_t i = 0; i < QUEUES; i++) {
		queue_close(w->hands[i].queue);
		store_close(w->hands[i].store);
	}
	fixture_must(store_verify(f->store, &err));
}

static void
live_all(void **state, bool hold)
{
	const char *given = getenv("GM_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20260403;
	bool reached[DELIVERY_STATES] = { false };
	int64_t unknown = 0;

	for (uint64_t i = 0; i < LIVES; i++) {
		struct world w = { .hold = hold };

		w.seed = (seed + i) * UINT64_C(0x9e3779b97f4a7c15) | 1;
		fixture_set_up(state);
		w.f = *state;
		live(&w, reached);
		unknown += w.unknown;
		fixture_tear_down(state);
	}
	*state = NULL;

	/* Lives that avoid what they should test prove nothing. */
	for (enum delivery_state s = 0; s < DELIVERY_STATES; s++)
		if (!reached[s] && s != DELIVERY_UNKNOWN)
			fail_msg("never %s", delivery_state(s));
	assert_true(unknown > 0);
}

static void
test_books_resend(void **state)
{
	live_all(state, false);
}

static void
test_books_hold(void **state)
{
	live_all(state, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_books_resend),
		cmocka_unit_test(test_books_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
