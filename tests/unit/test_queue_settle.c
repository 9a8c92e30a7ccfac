#include "queue_fixture.h"

enum { HOUR_MS = 3600 * 1000 };

/* A queue with one delivery that is SENDING, begun at `at`. */
static struct queue_item *
sending_item(struct fixture *f, const struct queue_rules *rules)
{
	struct queue_item **items;

	fixture_mailing(f, "2026-04", 1);
	fixture_queue(f, rules);
	assert_int_equal(fixture_lease(f, f->queue, 1, &items), 1);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_BEGUN);
	return items[0];
}

/* Leases and begins the same delivery once more, whenever it is due. */
static struct queue_item *
sending_again(struct fixture *f)
{
	struct queue_item **items;
	int64_t count;

	fixture_must(store_begin_as(f->store, &author_of_tests, &err));
	fixture_must(store_delivery_hurry(
	    f->store, f->mailing, NULL, now_ms(), &count, &err));
	fixture_must(store_commit(f->store, &err));
	assert_int_equal(fixture_lease(f, f->queue, 1, &items), 1);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_BEGUN);
	return items[0];
}

struct outcome_row {
	enum outcome outcome;
	enum blame blame;
	bool hold;
	enum delivery_state then;
	const char *reason;
	int failures;
	bool suppressed;
	bool finished;
};

/* Every outcome with every blame that it may have. */
static const struct outcome_row outcomes[] = {
	{ OUTCOME_SENT, BLAME_NONE, false, DELIVERY_SENT, "", 0, false, true },
	{ OUTCOME_FAILED, BLAME_ADDRESS, false, DELIVERY_FAILED, "address", 0,
	    true, true },
	{ OUTCOME_FAILED, BLAME_MAILBOX, false, DELIVERY_FAILED, "mailbox", 0,
	    false, true },
	{ OUTCOME_FAILED, BLAME_CONTENT, false, DELIVERY_FAILED, "content", 0,
	    false, true },
	{ OUTCOME_FAILED, BLAME_POLICY, false, DELIVERY_FAILED, "policy", 0,
	    false, true },
	{ OUTCOME_DEFERRED, BLAME_ADDRESS, false, DELIVERY_QUEUED, "", 1, false,
	    false },
	{ OUTCOME_DEFERRED, BLAME_MAILBOX, false, DELIVERY_QUEUED, "", 1, false,
	    false },
	{ OUTCOME_DEFERRED, BLAME_CONTENT, false, DELIVERY_QUEUED, "", 1, false,
	    false },
	{ OUTCOME_DEFERRED, BLAME_POLICY, false, DELIVERY_QUEUED, "", 1, false,
	    false },
	{ OUTCOME_DEFERRED, BLAME_US, false, DELIVERY_QUEUED, "", 1, false,
	    false },
	{ OUTCOME_DEFERRED, BLAME_PROTOCOL, false, DELIVERY_QUEUED, "", 1,
	    false, false },
	{ OUTCOME_DEFERRED, BLAME_LINK, false, DELIVERY_QUEUED, "", 0, false,
	    false },
	{ OUTCOME_UNKNOWN, BLAME_LINK, false, DELIVERY_QUEUED, "", 1, false,
	    false },
	{ OUTCOME_UNKNOWN, BLAME_LINK, true, DELIVERY_HELD, "outcome unknown",
	    0, false, true },
};

static void
check_outcome(struct fixture *f, const struct outcome_row *expected)
{
	struct queue_rules rules = fixture_rules;
	struct queue_item *item;
	struct store_delivery row;
	struct store_books books;
	int64_t now = now_ms();

	rules.hold_unknown = expected->hold;
	item = sending_item(f, &rules);
	fixture_settle(f->queue, item, expected->outcome, expected->blame, now);
	row = fixture_row(f, 1);
	assert_string_equal(
	    delivery_state(row.state), delivery_state(expected->then));
	assert_string_equal(
	    fixture_text(f, "SELECT reason FROM delivery"), expected->reason);
	assert_int_equal(row.failures, expected->failures);
	assert_int_equal(row.attempts, 1);
	assert_int_equal(row.first_ms, now);
	assert_int_equal(row.runner, 0);
	assert_int_equal(row.suppressed, expected->suppressed);
	assert_string_equal(fixture_mailing_state(f),
	    expected->finished ? "finished" : "sending");

	/* The wait is the first delay, give or take a fifth; a connection that
	   was lost for the first time costs none, not even the place in the
	   queue. */
	if (expected->then == DELIVERY_QUEUED && expected->failures == 0)
		assert_int_equal(row.next_ms, 0);
	else if (expected->then == DELIVERY_QUEUED)
		assert_in_range(row.next_ms - now, 48 * 1000, 72 * 1000);
	fixture_must(store_delivery_books(f->store, f->mailing, &books, &err));
	assert_int_equal(books.planned, 1);
	assert_int_equal(books.by_state[expected->then], 1);
	assert_int_equal(
	    books.unknown_attempts, expected->outcome == OUTCOME_UNKNOWN);
	assert_string_equal(
	    fixture_text(f, "SELECT outcome || ' ' || blame || ' ' ||"
			    " number || ' ' || message_id FROM attempt"),
	    arena_format(f->arena, "%s %s 1 id@news.example",
		outcome_name(expected->outcome),
		outcome_blame(expected->blame)));
}

static void
test_outcomes(void **state)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		fixture_set_up(state);
		check_outcome(*state, &outcomes[i]);
		fixture_tear_down(state);
	}
	*state = NULL;
}

/* Delays double, stay within their jitter, and end at the deadline with one
   last try; the row expires after it. */
static void
test_backoff_to_the_end(void **state)
{
	struct fixture *f = *state;
	struct queue_item *item = sending_item(f, &fixture_rules);
	int64_t start = now_ms();
	int64_t deadline = start + fixture_rules.retry.give_up_after_ms;
	int64_t now = start;
	int64_t plain = fixture_rules.retry.first_ms;
	int tries = 0;

	for (;;) {
		struct store_delivery row;

		assert_in_range(++tries, 1, 100);
		fixture_settle(
		    f->queue, item, OUTCOME_DEFERRED, BLAME_MAILBOX, now);
		row = fixture_row(f, 1);
		if (row.state != DELIVERY_QUEUED)
			break;
		assert_int_equal(row.failures, tries);
		if (row.next_ms < deadline)
			assert_in_range(row.next_ms - now, plain * 8 / 10,
			    plain * 12 / 10 + 1);
		assert_true(row.next_ms <= deadline);
		now = row.next_ms;
		plain = plain * 2 < HOUR_MS ? plain * 2 : HOUR_MS;
		item = sending_again(f);
	}
	assert_int_equal(now, deadline);
	assert_in_range(tries, 20, 60);
	fixture_assert_state(f, 1, DELIVERY_EXPIRED);
	assert_string_equal(
	    fixture_text(f, "SELECT reason FROM delivery"), "gave up");
	assert_string_equal(fixture_mailing_state(f), "finished");
}

/* The second lost connection in a row is the message's. */
static void
test_lost_connections(void **state)
{
	struct fixture *f = *state;
	struct queue_item *item = sending_item(f, &fixture_rules);
	int64_t now = now_ms();

	fixture_settle(f->queue, item, OUTCOME_DEFERRED, BLAME_LINK, now);
	assert_int_equal(fixture_row(f, 1).next_ms, 0);
	item = sending_again(f);
	fixture_settle(f->queue, item, OUTCOME_DEFERRED, BLAME_LINK, now);
	assert_int_equal(fixture_row(f, 1).failures, 1);
	assert_in_range(fixture_row(f, 1).next_ms - now, 48 * 1000, 72 * 1000);
}

/* Nothing was said or done: no attempt, and the old place in the queue. */
static void
test_uncounted(void **state)
{
	struct fixture *f = *state;
	struct queue_item *item = sending_item(f, &fixture_rules);
	int64_t now = now_ms();
	struct queue_settle settle =
	    fixture_settle_of(item, OUTCOME_DEFERRED, BLAME_LINK, now);
	struct store_delivery row;

	settle.uncounted = true;
	fixture_must(queue_commit(f->queue, &settle, 1, NULL, 0, &err));
	row = fixture_row(f, 1);
	assert_int_equal(row.state, DELIVERY_QUEUED);
	assert_int_equal(row.attempts, 0);
	assert_int_equal(row.next_ms, 0);
	assert_int_equal(row.first_ms, 0);

	/* Date and bytes were fixed by the begin, and stay. */
	assert_int_equal(row.dated_ms, 1000);
	assert_true(row.has_sha256);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM attempt"), 0);
}

/* What could not be composed never was SENDING. */
static void
test_leased_failure(void **state)
{
	struct fixture *f = *state;
	struct queue_item **items;

	fixture_mailing(f, "2026-04", 1);
	fixture_queue(f, &fixture_rules);
	fixture_lease(f, f->queue, 1, &items);
	fixture_settle(
	    f->queue, items[0], OUTCOME_FAILED, BLAME_CONTENT, now_ms());
	fixture_assert_state(f, 1, DELIVERY_FAILED);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM attempt"), 1);
	assert_string_equal(fixture_mailing_state(f), "finished");
}

/* Our own fault expires nobody, and does not loop hot after the deadline. */
static void
test_our_fault(void **state)
{
	struct fixture *f = *state;
	struct queue_item *item = sending_item(f, &fixture_rules);
	int64_t now = now_ms();
	int64_t late = now + 2 * fixture_rules.retry.give_up_after_ms;

	fixture_settle(f->queue, item, OUTCOME_DEFERRED, BLAME_US, now);
	item = sending_again(f);
	fixture_settle(f->queue, item, OUTCOME_DEFERRED, BLAME_US, late);
	fixture_assert_state(f, 1, DELIVERY_QUEUED);
	assert_true(fixture_row(f, 1).next_ms - late >= 96 * 1000);
}

/* Resending what is in doubt ends too, and not by calling it undelivered. */
static void
test_doubt_ends(void **state)
{
	struct fixture *f = *state;
	struct queue_item *item = sending_item(f, &fixture_rules);
	int64_t now = now_ms();
	int64_t late = now + fixture_rules.retry.give_up_after_ms;

	fixture_settle(f->queue, item, OUTCOME_UNKNOWN, BLAME_LINK, now);
	fixture_assert_state(f, 1, DELIVERY_QUEUED);
	item = sending_again(f);
	fixture_settle(f->queue, item, OUTCOME_UNKNOWN, BLAME_LINK, late);
	fixture_assert_state(f, 1, DELIVERY_HELD);
	assert_string_equal(fixture_mailing_state(f), "finished");
}

/* A reader who left while the message was on the wire gets no second try. */
static void
test_left_meanwhile(void **state)
{
	static const enum outcome tried[] = { OUTCOME_DEFERRED,
		OUTCOME_UNKNOWN };

	for (size_t i = 0; i < 2; i++) {
		struct queue_item *item;

		fixture_set_up(state);
		struct fixture *f = *state;

		item = sending_item(f, &fixture_rules);
		fixture_unsubscribe(f, 1);
		fixture_settle(f->queue, item, tried[i], BLAME_LINK, now_ms());
		fixture_assert_state(f, 1, DELIVERY_SKIPPED);
		assert_string_equal(
		    fixture_text(f, "SELECT reason FROM delivery"),
		    "unsubscribed");
		assert_string_equal(fixture_mailing_state(f), "finished");
		fixture_tear_down(state);
	}
	*state = NULL;
}

/* What a cancelled mailing has on the wire is still sent or skipped. */
static void
test_cancelled_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct queue_item *item = sending_item(f, &fixture_rules);
	int64_t skipped;

	fixture_must(queue_control_cancel(f->store, "2026-04", &skipped, &err));
	assert_int_equal(skipped, 0);
	fixture_assert_state(f, 1, DELIVERY_SENDING);
	fixture_settle(
	    f->queue, item, OUTCOME_DEFERRED, BLAME_MAILBOX, now_ms());
	fixture_assert_state(f, 1, DELIVERY_SKIPPED);
	assert_string_equal(fixture_mailing_state(f), "cancelled");
}

struct late_row {
	bool hold;
	enum outcome outcome;
	enum delivery_state then;
};

static const struct late_row late_rows[] = {
	{ true, OUTCOME_SENT, DELIVERY_SENT },
	{ true, OUTCOME_FAILED, DELIVERY_FAILED },
	{ true, OUTCOME_DEFERRED, DELIVERY_HELD },
	{ true, OUTCOME_UNKNOWN, DELIVERY_HELD },
	{ false, OUTCOME_SENT, DELIVERY_SENT },
	{ false, OUTCOME_FAILED, DELIVERY_FAILED },
	{ false, OUTCOME_DEFERRED, DELIVERY_QUEUED },
};

/* The result of a row that was taken for lost is the truth about it. */
static void
test_late_evidence(void **state)
{
	for (size_t i = 0; i < sizeof(late_rows) / sizeof(late_rows[0]); i++) {
		const struct late_row *late = &late_rows[i];
		struct queue_rules rules = fixture_rules;
		struct queue_item *item;

		fixture_set_up(state);
		struct fixture *f = *state;

		rules.hold_unknown = late->hold;
		item = sending_item(f, &rules);
		fixture_settle(
		    f->queue, item, OUTCOME_UNKNOWN, BLAME_LINK, now_ms());
		fixture_settle(f->queue, item, late->outcome, BLAME_ADDRESS,
		    now_ms() + 1000);
		fixture_assert_state(f, 1, late->then);
		assert_int_equal(fixture_row(f, 1).attempts, 2);
		assert_int_equal(
		    fixture_number(f, "SELECT count(*) FROM attempt a"
				      " JOIN attempt b ON a.id < b.id"
				      " AND b.number = a.number + 1"),
		    1);
		assert_int_equal(fixture_row(f, 1).suppressed,
		    late->outcome == OUTCOME_FAILED);
		assert_string_equal(fixture_mailing_state(f),
		    late->then == DELIVERY_QUEUED ? "sending" : "finished");
		fixture_tear_down(state);
	}
	*state = NULL;
}

/* It says nothing about a row that somebody else has begun by now. */
static void
test_late_evidence_for_another(void **state)
{
	struct fixture *f = *state;
	struct queue_item *first = sending_item(f, &fixture_rules);
	struct queue_item *second;

	fixture_settle(f->queue, first, OUTCOME_UNKNOWN, BLAME_LINK, now_ms());
	second = sending_again(f);
	fixture_settle(f->queue, first, OUTCOME_SENT, BLAME_NONE, now_ms());
	fixture_assert_state(f, 1, DELIVERY_SENDING);
	fixture_settle(
	    f->queue, second, OUTCOME_FAILED, BLAME_CONTENT, now_ms());
	fixture_assert_state(f, 1, DELIVERY_FAILED);
	assert_int_equal(
	    fixture_number(f, "SELECT count(DISTINCT number) FROM attempt"), 3);
	assert_int_equal(fixture_row(f, 1).attempts, 3);
}

/* A notice has no mailing, no reader, and suppresses nobody. */
static void
test_notice(void **state)
{
	struct fixture *f = *state;
	struct store_notice_plan notice = {
		.kind = "test",
		.issue = "2026-04",
		.address = "r000@town.example",
		.mail_from = "b@news.example",
		.message_id = "n@news.example",
		.now = 1,
	};
	struct store_waiting waiting;
	struct queue_item **items;
	int64_t id;

	fixture_must(store_begin_as(f->store, &author_of_tests, &err));
	fixture_must(store_mailing_blob(f->store, notice.sha256, "x", 1, &err));
	fixture_must(store_delivery_add_notice(f->store, &notice, &id, &err));
	fixture_must(store_commit(f->store, &err));
	fixture_queue(f, &fixture_rules);
	assert_int_equal(fixture_lease(f, f->queue, 9, &items), 1);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_BEGUN);
	fixture_must(queue_waiting(f->queue, -1, now_ms(), &waiting, &err));
	assert_false(waiting.due);
	assert_int_equal(waiting.in_hand, 1);
	fixture_settle(
	    f->queue, items[0], OUTCOME_DEFERRED, BLAME_MAILBOX, now_ms());
	fixture_must(queue_waiting(f->queue, -1, now_ms(), &waiting, &err));
	assert_true(waiting.next_ms > now_ms());
	assert_int_equal(waiting.in_hand, 0);
	fixture_must(db_script(
	    store_db(f->store), "UPDATE notice SET next_ms = 0", &err));
	assert_int_equal(fixture_lease(f, f->queue, 9, &items), 1);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_BEGUN);
	fixture_settle(
	    f->queue, items[0], OUTCOME_FAILED, BLAME_ADDRESS, now_ms());
	assert_string_equal(
	    fixture_text(f, "SELECT state FROM notice"), "failed");
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM attempt"
			      " WHERE notice_id = 1 AND delivery_id IS NULL"),
	    2);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM suppression"), 0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		TEST(test_backoff_to_the_end),
		TEST(test_lost_connections),
		TEST(test_uncounted),
		TEST(test_leased_failure),
		TEST(test_our_fault),
		TEST(test_doubt_ends),
		cmocka_unit_test(test_left_meanwhile),
		TEST(test_cancelled_meanwhile),
		cmocka_unit_test(test_late_evidence),
		TEST(test_late_evidence_for_another),
		TEST(test_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
