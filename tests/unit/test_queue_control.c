#include "queue_fixture.h"

/* Leases, begins and settles one delivery; its id. */
static int64_t
do_one(struct fixture *f, enum outcome outcome, enum blame blame)
{
	struct queue_item **items;

	assert_int_equal(fixture_lease(f, f->queue, 1, &items), 1);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_BEGUN);
	fixture_settle(f->queue, items[0], outcome, blame, now_ms());
	return items[0]->row.id;
}

static size_t
lease_and_release(struct fixture *f)
{
	struct queue_item **items;
	size_t count = fixture_lease(f, f->queue, 100, &items);

	fixture_must(queue_release(f->queue, items, count, &err));
	return count;
}

static void
test_unknown_issue(void **state)
{
	struct fixture *f = *state;
	struct queue_retry all = { .failed = true };
	struct queue_retried retried;
	int64_t count;

	for (int i = 0; i < 5; i++) {
		struct err why = { 0 };

		assert_false(
		    i == 0   ? queue_control_pause(f->store, "2026-09", &why)
		    : i == 1 ? queue_control_resume(f->store, "2026-09", &why)
		    : i == 2 ? queue_control_cancel(
				   f->store, "2026-09", &count, &why)
		    : i == 3
			? queue_control_retry(
			      f->store, "2026-09", &all, &retried, &why)
			: queue_control_release(f->store, "2026-09", 0, &why));
		assert_int_equal(why.code, ERR_NO_INPUT);
	}
}

static void
test_pause_and_resume(void **state)
{
	struct fixture *f = *state;
	struct err why = { 0 };

	fixture_mailing(f, "2026-04", 3);
	fixture_queue(f, &fixture_rules);
	assert_false(queue_control_resume(f->store, "2026-04", &why));
	assert_int_equal(why.code, ERR_DATA);
	fixture_must(queue_control_pause(f->store, "2026-04", &err));
	assert_false(queue_control_pause(f->store, "2026-04", &why));
	assert_int_equal(why.code, ERR_DATA);
	assert_int_equal(lease_and_release(f), 0);
	fixture_must(queue_control_resume(f->store, "2026-04", &err));
	assert_int_equal(lease_and_release(f), 3);
}

/* The last result comes in while paused. */
static void
test_pause_to_the_end(void **state)
{
	struct fixture *f = *state;
	struct queue_item **items;
	struct err why = { 0 };

	fixture_mailing(f, "2026-04", 1);
	fixture_queue(f, &fixture_rules);
	fixture_lease(f, f->queue, 1, &items);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_BEGUN);
	fixture_must(queue_control_pause(f->store, "2026-04", &err));
	fixture_settle(f->queue, items[0], OUTCOME_SENT, BLAME_NONE, now_ms());
	assert_string_equal(fixture_mailing_state(f), "finished");
	assert_false(queue_control_pause(f->store, "2026-04", &why));
	assert_int_equal(why.code, ERR_DATA);
}

static void
test_cancel(void **state)
{
	struct fixture *f = *state;
	struct queue_retry all = {
		.failed = true, .expired = true, .held = true
	};
	struct err why = { 0 };
	struct queue_item **items;
	struct queue_retried retried;
	int64_t count;

	fixture_mailing(f, "2026-04", 5);
	fixture_queue(f, &fixture_rules);
	do_one(f, OUTCOME_FAILED, BLAME_CONTENT);
	fixture_lease(f, f->queue, 2, &items);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_BEGUN);
	fixture_must(queue_control_cancel(f->store, "2026-04", &count, &err));
	assert_int_equal(count, 3);
	assert_string_equal(fixture_mailing_state(f), "cancelled");
	fixture_settle(f->queue, items[0], OUTCOME_SENT, BLAME_NONE, now_ms());
	fixture_assert_state(f, 2, DELIVERY_SENT);
	assert_int_equal(lease_and_release(f), 0);

	/* That was for good. */
	assert_false(queue_control_resume(f->store, "2026-04", &why));
	assert_false(
	    queue_control_retry(f->store, "2026-04", &all, &retried, &why));
	assert_int_equal(why.code, ERR_DATA);
	assert_false(queue_control_cancel(f->store, "2026-04", &count, &why));
	assert_int_equal(why.code, ERR_DATA);
	fixture_assert_state(f, 1, DELIVERY_FAILED);
}

static int64_t
retry(struct fixture *f, struct queue_retry what)
{
	struct queue_retried retried;

	fixture_must(
	    queue_control_retry(f->store, "2026-04", &what, &retried, &err));
	return retried.moved;
}

static void
test_retry(void **state)
{
	struct fixture *f = *state;
	struct queue_rules rules = fixture_rules;

	/* 1, 2 fail, 3, 4 are held, 5 is deferred, 6 is sent. */
	rules.hold_unknown = true;
	fixture_mailing(f, "2026-04", 6);
	fixture_queue(f, &rules);
	do_one(f, OUTCOME_FAILED, BLAME_CONTENT);
	do_one(f, OUTCOME_FAILED, BLAME_CONTENT);
	do_one(f, OUTCOME_UNKNOWN, BLAME_LINK);
	do_one(f, OUTCOME_UNKNOWN, BLAME_LINK);
	do_one(f, OUTCOME_DEFERRED, BLAME_MAILBOX);
	do_one(f, OUTCOME_SENT, BLAME_NONE);

	assert_int_equal(retry(f, (struct queue_retry){ .expired = true }), 0);
	assert_int_equal(retry(f, (struct queue_retry){ .failed = true,
				      .address_key = "r001@town.example" }),
	    1);
	fixture_assert_state(f, 1, DELIVERY_FAILED);
	fixture_assert_state(f, 2, DELIVERY_QUEUED);
	assert_int_equal(fixture_row(f, 2).first_ms, 0);
	assert_int_equal(fixture_row(f, 2).failures, 0);
	assert_int_equal(fixture_row(f, 2).attempts, 1);
	assert_int_equal(retry(f, (struct queue_retry){ .held = true,
				      .as_sent = true,
				      .address_key = "r002@town.example" }),
	    1);
	fixture_assert_state(f, 3, DELIVERY_SENT);
	fixture_assert_state(f, 4, DELIVERY_HELD);
	assert_int_equal(retry(f, (struct queue_retry){ .held = true }), 1);
	fixture_assert_state(f, 4, DELIVERY_QUEUED);
	assert_int_equal(retry(f, (struct queue_retry){ .deferred = true }), 1);
	assert_true(fixture_row(f, 5).next_ms <= now_ms());
	assert_int_equal(lease_and_release(f), 3);
	fixture_assert_state(f, 6, DELIVERY_SENT);
}

/* A finished mailing goes on when something is retried, and ends again. */
static void
test_retry_reopens(void **state)
{
	struct fixture *f = *state;

	fixture_mailing(f, "2026-04", 1);
	fixture_queue(f, &fixture_rules);
	do_one(f, OUTCOME_FAILED, BLAME_CONTENT);
	assert_string_equal(fixture_mailing_state(f), "finished");
	assert_int_equal(retry(f, (struct queue_retry){ .failed = true }), 1);
	assert_string_equal(fixture_mailing_state(f), "sending");
	assert_int_equal(
	    fixture_number(
		f, "SELECT count(*) FROM mailing WHERE finished_ms IS NULL"),
	    1);
	do_one(f, OUTCOME_SENT, BLAME_NONE);
	assert_string_equal(fixture_mailing_state(f), "finished");
}

static void
test_limit(void **state)
{
	struct fixture *f = *state;
	struct err why = { 0 };

	fixture_mailing(f, "2026-04", 6);
	fixture_queue(f, &fixture_rules);
	fixture_must(queue_control_release(f->store, "2026-04", 2, &err));
	assert_string_equal(fixture_mailing_state(f), "paused");
	assert_int_equal(lease_and_release(f), 2);

	/* Those that have not gone yet are of the number. */
	fixture_must(queue_control_release(f->store, "2026-04", 1, &err));
	assert_int_equal(lease_and_release(f), 2);
	fixture_must(queue_control_release(f->store, "2026-04", 3, &err));
	assert_int_equal(lease_and_release(f), 3);
	do_one(f, OUTCOME_SENT, BLAME_NONE);
	do_one(f, OUTCOME_SENT, BLAME_NONE);
	do_one(f, OUTCOME_SENT, BLAME_NONE);
	assert_int_equal(lease_and_release(f), 0);

	/* An operator's pause is stronger, and gives the limit back. */
	fixture_must(queue_control_release(f->store, "2026-04", 1, &err));
	fixture_must(queue_control_pause(f->store, "2026-04", &err));
	assert_false(queue_control_release(f->store, "2026-04", 0, &why));
	assert_int_equal(why.code, ERR_TEMP);
	assert_int_equal(lease_and_release(f), 0);
	fixture_must(queue_control_resume(f->store, "2026-04", &err));
	assert_int_equal(lease_and_release(f), 1);

	fixture_must(queue_control_release(f->store, "2026-04", 0, &err));
	assert_string_equal(fixture_mailing_state(f), "sending");
	assert_int_equal(lease_and_release(f), 3);

	/* A limit beyond what is left lets all go. */
	fixture_must(queue_control_release(f->store, "2026-04", 99, &err));
	assert_int_equal(lease_and_release(f), 3);
	for (int i = 0; i < 3; i++)
		do_one(f, OUTCOME_SENT, BLAME_NONE);
	assert_string_equal(fixture_mailing_state(f), "finished");
}

/* What is asked about a mailing agrees with what may be leased from it. */
static void
test_waiting(void **state)
{
	struct fixture *f = *state;
	struct store_waiting waiting;
	int64_t other = 0;
	int64_t count;

	fixture_mailing(f, "2026-04", 2);
	fixture_must(fixture_plan(f->store, "2026-05", &other, &count));
	fixture_queue(f, &fixture_rules);
	fixture_must(queue_control_release(f->store, "2026-04", 1, &err));
	fixture_must(queue_control_pause(f->store, "2026-05", &err));
	do_one(f, OUTCOME_DEFERRED, BLAME_MAILBOX);
	fixture_must(queue_waiting(f->queue, 0, now_ms(), &waiting, &err));
	assert_false(waiting.due);
	assert_true(waiting.next_ms > now_ms());
	fixture_must(queue_waiting(f->queue, other, now_ms(), &waiting, &err));
	assert_false(waiting.due);
	assert_int_equal(waiting.next_ms, 0);
	fixture_must(queue_control_resume(f->store, "2026-05", &err));
	fixture_must(queue_waiting(f->queue, 0, now_ms(), &waiting, &err));
	assert_true(waiting.due);
	fixture_must(
	    queue_waiting(f->queue, f->mailing, now_ms(), &waiting, &err));
	assert_false(waiting.due);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unknown_issue),
		TEST(test_pause_and_resume),
		TEST(test_pause_to_the_end),
		TEST(test_cancel),
		TEST(test_retry),
		TEST(test_retry_reopens),
		TEST(test_limit),
		TEST(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
