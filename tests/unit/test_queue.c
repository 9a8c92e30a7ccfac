#include "queue_fixture.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/now.h"
#include "store/db_sqlite.h"

/* Promise 1. */
static void
test_planned_once(void **state)
{
	struct fixture *f = *state;
	int64_t mailing;
	int64_t count;

	/* A second mailing of the issue has nobody left, a new reader alone,
	   and nobody who was taken out and revived. */
	fixture_mailing(f, "2026-04", 5);
	fixture_must(fixture_plan(f->store, "2026-04", &mailing, &count));
	assert_int_equal(count, 0);
	fixture_unsubscribe(f, 1);
	fixture_must(store_begin_as(f->store, &author_of_tests, &err));
	fixture_must(
	    store_subscriber_set_state(f->store, 1, SUBSCRIBER_ACTIVE, &err));
	fixture_must(store_commit(f->store, &err));
	fixture_readers(f, 6);
	fixture_must(fixture_plan(f->store, "2026-04", &mailing, &count));
	assert_int_equal(count, 1);
	fixture_must(fixture_plan(f->store, "2026-05", &mailing, &count));
	assert_int_equal(count, 6);
}

/* The database itself refuses what planning would overlook. */
static void
test_planned_once_by_schema(void **state)
{
	struct fixture *f = *state;
	struct store_delivery_plan row = {
		.issue = "2026-04",
		.subscriber = 1,
		.reason = "",
		.address = "r000@town.example",
		.name = "",
		.organisation = "",
		.department = "",
	};
	int64_t id;

	fixture_mailing(f, "2026-04", 1);
	fixture_must(store_begin(f->store, &err));
	fixture_must(store_mailing_add(
	    f->store, "2026-04", "", 1, 1, &row.mailing, &err));
	assert_false(store_delivery_add(f->store, &row, &id, &err));
	store_rollback(f->store);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM mailing"), 1);
}

static void
test_planned_once_by_two_processes(void **state)
{
	enum { READERS = 200, CHILDREN = 4 };
	struct fixture *f = *state;
	pid_t children[CHILDREN];

	fixture_readers(f, READERS);
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct store *store = fixture_open(f);
			int64_t mailing;
			int64_t count;

			GM_CHILD_MUST(store != NULL);
			GM_CHILD_MUST(
			    fixture_plan(store, "2026-04", &mailing, &count));
			GM_CHILD_MUST(count == 0 || count == READERS);
			_exit(0);
		}
	}
	for (int i = 0; i < CHILDREN; i++)
		fixture_wait(children[i]);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM delivery"), READERS);
	assert_int_equal(fixture_number(f,
			     "SELECT count(DISTINCT mailing_id) FROM delivery"),
	    1);
}

/* Notices first, then deliveries in the order of ids, each once. */
static void
test_lease_order(void **state)
{
	struct fixture *f = *state;
	struct store_notice_plan notice = {
		.kind = "test",
		.issue = "",
		.address = "a@b.example",
		.mail_from = "",
		.message_id = "n@news.example",
		.now = 1,
	};
	struct queue_item **items;
	int64_t id;

	fixture_mailing(f, "2026-04", 5);
	fixture_must(store_begin(f->store, &err));
	fixture_must(store_mailing_blob(f->store, notice.sha256, "x", 1, &err));
	fixture_must(store_delivery_add_notice(f->store, &notice, &id, &err));
	fixture_must(store_commit(f->store, &err));
	fixture_queue(f, &fixture_rules);
	assert_int_equal(fixture_lease(f, f->queue, 4, &items), 4);
	assert_true(items[0]->row.is_notice);
	for (int64_t i = 1; i < 4; i++)
		assert_int_equal(items[i]->row.id, i);
	assert_string_equal(fixture_mailing_state(f), "sending");
	assert_int_equal(fixture_lease(f, f->queue, 9, &items), 2);
	assert_int_equal(fixture_lease(f, f->queue, 9, &items), 0);

	/* Released ones come again, with a new generation. */
	fixture_lease(f, f->queue, 9, &items);
	queue_close(f->queue);
	fixture_queue(f, &fixture_rules);
	assert_int_equal(fixture_lease(f, f->queue, 9, &items), 6);
	assert_int_equal(items[5]->row.generation, 2);
	fixture_must(queue_release(f->queue, items, 6, &err));
	fixture_assert_state(f, 5, DELIVERY_QUEUED);
}

/* What the hot path asks must not grow with what is queued. */
static void
test_lease_by_index(void **state)
{
	struct fixture *f = *state;
	struct queue_item **items;
	struct store_waiting waiting;
	struct queue_begin begin;
	int64_t before;

	fixture_mailing(f, "2026-04", 900);
	fixture_queue(f, &fixture_rules);
	before = db_scanned(store_db(f->store));
	for (int i = 0; i < 20; i++) {
		struct queue_settle settle;

		assert_int_equal(fixture_lease(f, f->queue, 1, &items), 1);
		begin = fixture_begin_of(items[0]);
		fixture_must(queue_commit(f->queue, NULL, 0, &begin, 1, &err));
		settle = fixture_settle_of(
		    items[0], OUTCOME_SENT, BLAME_NONE, now_ms());
		fixture_must(queue_commit(f->queue, &settle, 1, NULL, 0, &err));
		fixture_must(
		    queue_waiting(f->queue, 0, now_ms(), &waiting, &err));
		assert_true(waiting.due);
		fixture_must(queue_waiting(
		    f->queue, f->mailing, now_ms(), &waiting, &err));
		assert_true(waiting.due);
	}
	assert_in_range(db_scanned(store_db(f->store)) - before, 0, 800);
}

enum obstacle {
	UNSUBSCRIBED,
	SUPPRESSED,
	PAUSED,
	CANCELLED,
	LIMITED,
	STOLEN,
	OBSTACLES,
};

static void
put_in_the_way(
    struct fixture *f, enum obstacle obstacle, const struct queue_item *item)
{
	int64_t skipped;

	switch (obstacle) {
	case UNSUBSCRIBED:
		fixture_unsubscribe(f, item->row.subscriber);
		break;
	case SUPPRESSED:
		fixture_suppress(f, item->row.address);
		break;
	case PAUSED:
		fixture_must(queue_control_pause(f->store, "2026-04", &err));
		break;
	case CANCELLED:
		fixture_must(
		    queue_control_cancel(f->store, "2026-04", &skipped, &err));
		break;
	case LIMITED:
		fixture_must(
		    queue_control_release(f->store, "2026-04", 1, &err));
		break;
	case STOLEN: {
		struct queue_item *copy =
		    arena_copy(f->arena, item, sizeof(*item));
		struct queue_item **items;

		fixture_must(queue_release(f->queue, &copy, 1, &err));
		assert_int_equal(fixture_lease(f, f->queue, 1, &items), 1);
		assert_int_equal(items[0]->row.id, item->row.id);
		break;
	}
	case OBSTACLES:
		break;
	}
}

/* Promise 4: what comes between lease and begin. */
static void
test_refusals(void **state)
{
	static const struct {
		enum delivery_state then;
		const char *reason;
	} expected[] = {
		[UNSUBSCRIBED] = { DELIVERY_SKIPPED, "unsubscribed" },
		[SUPPRESSED] = { DELIVERY_SKIPPED, "suppressed" },
		[PAUSED] = { DELIVERY_QUEUED, "" },
		[CANCELLED] = { DELIVERY_SKIPPED, "cancelled" },
		[LIMITED] = { DELIVERY_QUEUED, "" },
		[STOLEN] = { DELIVERY_LEASED, "" },
	};

	for (enum obstacle o = 0; o < OBSTACLES; o++) {
		struct fixture *f;
		struct queue_item **items;

		fixture_set_up(state);
		f = *state;
		fixture_mailing(f, "2026-04", 2);
		fixture_queue(f, &fixture_rules);
		assert_int_equal(fixture_lease(f, f->queue, 2, &items), 2);

		/* The second one is leased and must not go. */
		if (o == LIMITED)
			fixture_must(queue_release(f->queue, items, 1, &err));
		put_in_the_way(f, o, items[1]);
		assert_int_equal(
		    fixture_begin(f->queue, items[1]), QUEUE_REFUSED);
		fixture_assert_state(f, items[1]->row.id, expected[o].then);
		assert_string_equal(
		    fixture_text(f, "SELECT reason FROM delivery WHERE id = 2"),
		    expected[o].reason);
		assert_int_equal(
		    fixture_number(f, "SELECT count(*) FROM attempt"), 0);

		/* What is not ours any more, we cannot give back either. */
		fixture_must(queue_release(f->queue, &items[1], 1, &err));
		fixture_assert_state(f, items[1]->row.id, expected[o].then);
		fixture_tear_down(state);
	}
	*state = NULL;
}

/* What must not be mailed is not even leased. */
static void
test_refusals_when_leasing(void **state)
{
	struct fixture *f = *state;
	struct queue_item **items;

	fixture_mailing(f, "2026-04", 3);
	fixture_queue(f, &fixture_rules);
	fixture_unsubscribe(f, 1);
	fixture_suppress(f, "r001@town.example");
	assert_int_equal(fixture_lease(f, f->queue, 9, &items), 1);
	assert_int_equal(items[0]->row.id, 3);
	fixture_assert_state(f, 1, DELIVERY_SKIPPED);
	fixture_assert_state(f, 2, DELIVERY_SKIPPED);
	fixture_must(queue_release(f->queue, items, 1, &err));
	fixture_must(queue_control_pause(f->store, "2026-04", &err));
	assert_int_equal(fixture_lease(f, f->queue, 9, &items), 0);
}

/* The mailing ends with its last open row, however that leaves. */
static void
test_refusal_ends_the_mailing(void **state)
{
	struct fixture *f = *state;
	struct queue_item **items;

	fixture_mailing(f, "2026-04", 1);
	fixture_queue(f, &fixture_rules);
	fixture_lease(f, f->queue, 1, &items);
	fixture_unsubscribe(f, 1);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_REFUSED);
	assert_string_equal(fixture_mailing_state(f), "finished");
}

/* Promise 6, over two runners. */
static void
test_max_unknown(void **state)
{
	struct fixture *f = *state;
	struct queue_rules rules = fixture_rules;
	struct store *other_store;
	struct queue *other;
	struct queue_item **a;
	struct queue_item **b;

	rules.max_unknown = 3;
	fixture_mailing(f, "2026-04", 6);
	fixture_queue(f, &rules);
	other_store = fixture_open(f);
	fixture_must(
	    queue_open(other_store, f->folder, "send", &rules, &other, &err));
	assert_int_equal(fixture_lease(f, f->queue, 3, &a), 3);
	assert_int_equal(fixture_lease(f, other, 3, &b), 3);
	assert_int_equal(fixture_begin(f->queue, a[0]), QUEUE_BEGUN);
	assert_int_equal(fixture_begin(f->queue, a[1]), QUEUE_BEGUN);
	assert_int_equal(fixture_begin(other, b[0]), QUEUE_BEGUN);
	assert_int_equal(fixture_begin(other, b[1]), QUEUE_WAIT);
	assert_int_equal(fixture_begin(f->queue, a[2]), QUEUE_WAIT);
	fixture_assert_state(f, b[1]->row.id, DELIVERY_LEASED);

	/* What is settled makes room in the same commit. */
	struct queue_settle settle =
	    fixture_settle_of(b[0], OUTCOME_SENT, BLAME_NONE, now_ms());
	struct queue_begin begins[] = { fixture_begin_of(b[1]),
		fixture_begin_of(b[2]) };

	fixture_must(queue_commit(other, &settle, 1, begins, 2, &err));
	assert_int_equal(begins[0].begun, QUEUE_BEGUN);
	assert_int_equal(begins[1].begun, QUEUE_WAIT);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'sending'"),
	    3);
	queue_close(other);
	store_close(other_store);
}

static int
refuse_commit(void *context)
{
	(void)context;
	return 1;
}

/* The same over two runners that share one handle, and after a commit that
   failed: what was counted is not trusted too long. */
static void
test_max_unknown_of_one_store(void **state)
{
	struct fixture *f = *state;
	struct queue_rules rules = fixture_rules;
	struct queue *other;
	struct queue_item **a;
	struct queue_item **b;
	struct queue_begin begins[2];

	rules.max_unknown = 3;
	fixture_mailing(f, "2026-04", 6);
	fixture_queue(f, &rules);
	fixture_must(
	    queue_open(f->store, f->folder, "send", &rules, &other, &err));
	assert_int_equal(fixture_lease(f, f->queue, 3, &a), 3);
	assert_int_equal(fixture_lease(f, other, 3, &b), 3);
	assert_int_equal(fixture_begin(f->queue, a[0]), QUEUE_BEGUN);

	/* The first of the two was SENDING until the second failed. */
	begins[0] = fixture_begin_of(a[1]);
	begins[1] = fixture_begin_of(a[2]);
	begins[1].message_id = arena_format(f->arena, "%09000d", 1);
	fixture_must(
	    db_script(store_db(f->store), "PRAGMA max_page_count = 1", &err));
	assert_false(queue_commit(f->queue, NULL, 0, begins, 2, &err));
	fixture_must(db_script(
	    store_db(f->store), "PRAGMA max_page_count = 1000000", &err));
	fixture_assert_state(f, a[1]->row.id, DELIVERY_LEASED);

	/* Nor is what fails at the very end, as on a full disk. */
	sqlite3_commit_hook(store_db(f->store)->sqlite, refuse_commit, NULL);
	for (int i = 0; i < 3; i++) {
		begins[0] = fixture_begin_of(a[1]);
		assert_false(queue_commit(f->queue, NULL, 0, begins, 1, &err));
	}
	sqlite3_commit_hook(store_db(f->store)->sqlite, NULL, NULL);
	assert_int_equal(fixture_begin(other, b[0]), QUEUE_BEGUN);
	assert_int_equal(fixture_begin(other, b[1]), QUEUE_BEGUN);
	assert_int_equal(fixture_begin(f->queue, a[1]), QUEUE_WAIT);
	assert_int_equal(fixture_begin(other, b[2]), QUEUE_WAIT);

	/* What a runner that ends leaves in doubt makes room. */
	queue_close(other);
	assert_int_equal(fixture_begin(f->queue, a[1]), QUEUE_BEGUN);
	assert_int_equal(fixture_begin(f->queue, a[2]), QUEUE_BEGUN);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'sending'"),
	    3);
}

/* Who waits for a place is refused all the same when he may not go. */
static void
test_refused_while_full(void **state)
{
	struct fixture *f = *state;
	struct queue_rules rules = fixture_rules;
	struct queue_item **items;

	rules.max_unknown = 1;
	fixture_mailing(f, "2026-04", 3);
	fixture_queue(f, &rules);
	assert_int_equal(fixture_lease(f, f->queue, 3, &items), 3);
	assert_int_equal(fixture_begin(f->queue, items[0]), QUEUE_BEGUN);
	assert_int_equal(fixture_begin(f->queue, items[1]), QUEUE_WAIT);
	fixture_suppress(f, items[1]->row.address);
	assert_int_equal(fixture_begin(f->queue, items[1]), QUEUE_REFUSED);
	fixture_assert_state(f, items[1]->row.id, DELIVERY_SKIPPED);
	fixture_must(queue_control_pause(f->store, "2026-04", &err));
	assert_int_equal(fixture_begin(f->queue, items[2]), QUEUE_REFUSED);
	fixture_assert_state(f, items[2]->row.id, DELIVERY_QUEUED);
}

/* Four processes that begin as fast as they can. */
static void
test_max_unknown_of_processes(void **state)
{
	enum { READERS = 120, CHILDREN = 4 };
	struct fixture *f = *state;
	struct queue_rules rules = fixture_rules;
	pid_t children[CHILDREN];
	int ended = 0;

	rules.max_unknown = 5;
	fixture_mailing(f, "2026-04", READERS);
	for (int c = 0; c < CHILDREN; c++) {
		children[c] = fork();
		if (children[c] == 0) {
			struct arena *arena = arena_new();
			struct store *store = fixture_open(f);
			struct queue *queue;
			struct queue_item **items;
			size_t count;
			size_t open;

			GM_CHILD_MUST(store != NULL);
			GM_CHILD_MUST(queue_open(
			    store, f->folder, "send", &rules, &queue, &err));
			GM_CHILD_MUST(queue_lease(queue, arena,
			    &(struct queue_want){ .due_ms = now_ms(),
				.limit = READERS / CHILDREN },
			    &items, &count, &err));
			for (open = count; open > 0;) {
				struct queue_item *item = items[open - 1];
				struct queue_begin begin =
				    fixture_begin_of(item);
				struct queue_settle settle;

				GM_CHILD_MUST(queue_commit(
				    queue, NULL, 0, &begin, 1, &err));
				if (begin.begun == QUEUE_WAIT)
					continue;
				GM_CHILD_MUST(begin.begun == QUEUE_BEGUN);
				settle = fixture_settle_of(
				    item, OUTCOME_SENT, BLAME_NONE, now_ms());
				GM_CHILD_MUST(queue_commit(
				    queue, &settle, 1, NULL, 0, &err));
				open--;
			}
			queue_close(queue);
			_exit(0);
		}
	}
	while (ended < CHILDREN) {
		int status;

		assert_in_range(
		    fixture_number(f, "SELECT count(*) FROM delivery"
				      " WHERE state = 'sending'"),
		    0, 5);
		while (waitpid(-1, &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			ended++;
		}
	}
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'sent'"),
	    READERS);
	assert_int_equal(
	    fixture_number(f, "SELECT count(*) FROM attempt"), READERS);
	assert_string_equal(fixture_mailing_state(f), "finished");
}

/* Promise 3, and 7 as far as it is the queue's: on a full disk a commit leaves
   nothing, neither in the store nor in the items, and succeeds later. */
static void
test_one_commit(void **state)
{
	struct fixture *f = *state;
	struct queue_item **items;
	struct queue_settle settles[60];
	struct queue_begin begin;
	int64_t pages;

	fixture_mailing(f, "2026-04", 61);
	fixture_queue(f, &fixture_rules);
	assert_int_equal(fixture_lease(f, f->queue, 61, &items), 61);
	for (int i = 0; i < 60; i++) {
		assert_int_equal(
		    fixture_begin(f->queue, items[i]), QUEUE_BEGUN);
		settles[i] = fixture_settle_of(
		    items[i], OUTCOME_SENT, BLAME_NONE, now_ms());
		memset(settles[i].verdict.text, 'x', 500);
	}
	begin = fixture_begin_of(items[60]);
	pages = fixture_number(f, "PRAGMA page_count");
	fixture_must(db_script(store_db(f->store),
	    arena_format(f->arena, "PRAGMA max_page_count = %" PRId64, pages),
	    &err));
	assert_false(queue_commit(f->queue, settles, 60, &begin, 1, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_non_null(strstr(err.text, "full"));
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM attempt"), 0);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'sending'"),
	    60);
	fixture_assert_state(f, 61, DELIVERY_LEASED);
	assert_int_equal(items[60]->row.state, DELIVERY_LEASED);

	/* There is room again: the same call does it all. */
	fixture_must(db_script(
	    store_db(f->store), "PRAGMA max_page_count = 1000000", &err));
	fixture_must(queue_commit(f->queue, settles, 60, &begin, 1, &err));
	assert_int_equal(begin.begun, QUEUE_BEGUN);
	assert_int_equal(items[60]->row.state, DELIVERY_SENDING);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM attempt"), 60);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'sent'"),
	    60);
}

/* What a failed begin leaves leased can be given back. */
static void
test_one_commit_then_release(void **state)
{
	struct fixture *f = *state;
	struct queue_item **items;
	struct queue_begin begin;

	fixture_mailing(f, "2026-04", 1);
	fixture_queue(f, &fixture_rules);
	fixture_lease(f, f->queue, 1, &items);
	begin = fixture_begin_of(items[0]);
	begin.message_id = arena_format(f->arena, "%09000d", 1);
	fixture_must(
	    db_script(store_db(f->store), "PRAGMA max_page_count = 1", &err));
	assert_false(queue_commit(f->queue, NULL, 0, &begin, 1, &err));
	fixture_must(db_script(
	    store_db(f->store), "PRAGMA max_page_count = 1000000", &err));
	fixture_must(queue_release(f->queue, items, 1, &err));
	fixture_assert_state(f, 1, DELIVERY_QUEUED);
}

/* Killed at any moment between begin and settle: each row is sent with its
   attempt, or in doubt, or was never begun. */
static void
test_one_commit_killed(void **state)
{
	enum { ROUNDS = 12, READERS = 200 };
	struct fixture *f = *state;

	fixture_mailing(f, "2026-04", READERS);
	for (int round = 0; round < ROUNDS; round++) {
		struct queue_recovered found;
		int64_t before =
		    fixture_number(f, "SELECT count(*) FROM attempt");
		pid_t child = fork();
		int status;

		if (child == 0) {
			struct arena *arena = arena_new();
			struct store *store = fixture_open(f);
			struct queue *queue;
			struct queue_item **items;
			size_t count;

			GM_CHILD_MUST(store != NULL);
			GM_CHILD_MUST(queue_open(store, f->folder, "send",
			    &fixture_rules, &queue, &err));
			for (;;) {
				struct queue_begin begin;
				struct queue_settle settle;

				GM_CHILD_MUST(queue_lease(queue, arena,
				    &(struct queue_want){
					.due_ms = now_ms(), .limit = 2 },
				    &items, &count, &err));
				if (count == 0)
					pause();
				begin = fixture_begin_of(items[0]);
				GM_CHILD_MUST(queue_commit(
				    queue, NULL, 0, &begin, 1, &err));
				settle = fixture_settle_of(items[0],
				    OUTCOME_SENT, BLAME_NONE, now_ms());
				GM_CHILD_MUST(queue_commit(
				    queue, &settle, 1, NULL, 0, &err));
				GM_CHILD_MUST(
				    queue_release(queue, items, count, &err));
			}
		}

		/* Wait for some work to be seen, then strike. */
		while (fixture_number(f, "SELECT count(*) FROM attempt") <
		       before + 3 + round % 4)
			assert_int_equal(waitpid(child, &status, WNOHANG), 0);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		if (f->queue == NULL)
			fixture_queue(f, &fixture_rules);
		else
			fixture_must(queue_recover(f->queue, &found, &err));
		assert_int_equal(
		    fixture_number(f,
			"SELECT count(*) FROM delivery d WHERE state IN"
			" ('leased', 'sending', 'unknown') OR attempts <>"
			" (SELECT count(*) FROM attempt a"
			"  WHERE a.delivery_id = d.id)"),
		    0);
		assert_int_equal(
		    fixture_number(f,
			"SELECT count(*) FROM delivery d"
			" WHERE (state = 'sent') <> EXISTS (SELECT 1 FROM"
			"  attempt a WHERE a.delivery_id = d.id"
			"  AND outcome = 'sent')"),
		    0);
	}
	assert_in_range(
	    fixture_number(
		f, "SELECT count(*) FROM attempt WHERE outcome = 'unknown'"),
	    0, ROUNDS);
}

/* A child that leases three and begins two of them, then says so. */
static pid_t
start_runner(struct fixture *f)
{
	int pipes[2];
	char c;
	pid_t child;

	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		struct arena *arena = arena_new();
		struct store *store = fixture_open(f);
		struct queue *queue;
		struct queue_item **items;
		size_t count;

		GM_CHILD_MUST(store != NULL);
		GM_CHILD_MUST(queue_open(
		    store, f->folder, "send", &fixture_rules, &queue, &err));
		GM_CHILD_MUST(queue_lease(queue, arena,
		    &(struct queue_want){ .due_ms = now_ms(), .limit = 3 },
		    &items, &count, &err));
		for (size_t i = 0; i < count && i < 2; i++) {
			struct queue_begin begin = fixture_begin_of(items[i]);

			GM_CHILD_MUST(
			    queue_commit(queue, NULL, 0, &begin, 1, &err));
		}
		GM_CHILD_MUST(write(pipes[1], "x", 1) == 1);
		for (;;)
			pause();
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(pipes[0]);
	return child;
}

static void
end_runner(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void
test_recover(void **state)
{
	struct fixture *f = *state;

	for (int hold = 0; hold < 2; hold++) {
		struct queue_rules rules = fixture_rules;
		struct queue_recovered found;
		bool lives;
		pid_t child;

		fixture_set_up(state);
		f = *state;
		rules.hold_unknown = hold == 1;
		fixture_mailing(f, "2026-04", 4);
		fixture_queue(f, &rules);
		child = start_runner(f);

		/* Even one that does nothing lives as long as it is there. */
		kill(child, SIGSTOP);
		fixture_must(queue_recover(f->queue, &found, &err));
		assert_int_equal(found.runners, 0);
		fixture_must(queue_other_lives(
		    f->store, f->folder, "send", &lives, &err));
		assert_true(lives);
		fixture_must(queue_other_lives(
		    f->store, f->folder, "nobody", &lives, &err));
		assert_false(lives);
		fixture_assert_state(f, 1, DELIVERY_SENDING);

		end_runner(child);
		fixture_must(queue_recover(f->queue, &found, &err));
		assert_int_equal(found.runners, 1);
		assert_int_equal(found.leased, 1);
		assert_int_equal(found.unknown, 2);
		for (int64_t id = 1; id <= 2; id++)
			fixture_assert_state(
			    f, id, hold ? DELIVERY_HELD : DELIVERY_QUEUED);
		fixture_assert_state(f, 3, DELIVERY_QUEUED);
		assert_int_equal(
		    fixture_number(f, "SELECT count(*) FROM attempt"
				      " WHERE outcome = 'unknown'"
				      " AND delivery_id IN (1, 2)"
				      " AND message_id = 'id@news.example'"
				      " AND sha256 IS NOT NULL"),
		    2);
		fixture_must(queue_other_lives(
		    f->store, f->folder, "send", &lives, &err));
		assert_false(lives);

		/* Once is enough, and nothing of the dead lies about. */
		fixture_must(queue_recover(f->queue, &found, &err));
		assert_int_equal(found.runners, 0);
		struct text_list names;

		fixture_must(file_list(
		    f->arena, fixture_path(f, "runners"), &names, &err));
		assert_int_equal(names.count, 1);
		fixture_tear_down(state);
	}
	*state = NULL;
}

/* Several that look after the dead at once do it once. */
static void
test_recover_by_many(void **state)
{
	enum { CHILDREN = 4 };
	struct fixture *f = *state;
	pid_t children[CHILDREN];

	fixture_mailing(f, "2026-04", 9);
	for (int i = 0; i < 3; i++)
		end_runner(start_runner(f));
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct store *store = fixture_open(f);
			struct queue *queue;

			GM_CHILD_MUST(store != NULL);
			GM_CHILD_MUST(queue_open(store, f->folder, "send",
			    &fixture_rules, &queue, &err));
			queue_close(queue);
			_exit(0);
		}
	}
	for (int i = 0; i < CHILDREN; i++)
		fixture_wait(children[i]);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM attempt"
					   " WHERE outcome = 'unknown'"),
	    fixture_number(f, "SELECT sum(attempts) FROM delivery"));
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'queued'"),
	    9);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM runner"
					   " WHERE ended_ms IS NULL"),
	    0);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_planned_once),
		TEST(test_planned_once_by_schema),
		TEST(test_planned_once_by_two_processes),
		TEST(test_lease_order),
		TEST(test_lease_by_index),
		cmocka_unit_test(test_refusals),
		TEST(test_refusals_when_leasing),
		TEST(test_refusal_ends_the_mailing),
		TEST(test_max_unknown),
		TEST(test_max_unknown_of_one_store),
		TEST(test_refused_while_full),
		TEST(test_max_unknown_of_processes),
		TEST(test_one_commit),
		TEST(test_one_commit_then_release),
		TEST(test_one_commit_killed),
		cmocka_unit_test(test_recover),
		TEST(test_recover_by_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
