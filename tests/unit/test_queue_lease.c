#include "queue_fixture.h"

enum { READERS = 900, LEASE = 10 };

/* Those of the last hundred alone. */
static bool
wants_last(void *context, const char *address)
{
	(void)context;
	return strcmp(address, "r800@town.example") >= 0;
}

static bool
wants_odd(void *context, const char *address)
{
	(void)context;
	return (strchr(address, '@')[-1] - '0') % 2 == 1;
}

/* Leases as `want` says, and tells what that cost. */
static int64_t
lease_some(struct fixture *f, const struct queue_want *want,
    struct queue_item ***ret_items, size_t *ret_count)
{
	struct db *db = store_db(f->store);
	int64_t before = db_worked(db);

	fixture_must(
	    queue_lease(f->queue, f->arena, want, ret_items, ret_count, &err));
	return db_worked(db) - before;
}

/* One way through the queue gives each row that is wanted once, in the order
   of ids, over several moments at which rows are due; the others stay. */
static void
test_sweep_gives_each_once(void **state)
{
	struct fixture *f = *state;
	struct queue_sweep sweep = { 0 };
	struct queue_want want = {
		.limit = LEASE,
		.wants = wants_odd,
		.sweep = &sweep,
	};
	struct queue_item **items;
	size_t count;
	size_t sum = 0;
	int64_t last_ms = -1;
	int64_t last_id = 0;

	fixture_mailing(f, "2026-04", READERS);
	fixture_must(store_begin(f->store, &err));
	fixture_must(db_run(store_db(f->store), &err,
	    "UPDATE delivery SET next_ms = id % 3", ""));
	fixture_must(store_commit(f->store, &err));
	fixture_queue(f, &fixture_rules);
	want.due_ms = now_ms();
	do {
		lease_some(f, &want, &items, &count);
		for (size_t i = 0; i < count; i++) {
			const struct store_delivery *row = &items[i]->row;

			assert_true(wants_odd(NULL, row->address));
			assert_true(
			    row->next_ms > last_ms ||
			    (row->next_ms == last_ms && row->id > last_id));
			last_ms = row->next_ms;
			last_id = row->id;
		}
		sum += count;
	} while (!sweep.ended);
	assert_int_equal(sum, READERS / 2);
	assert_int_equal(sweep.left, READERS / 2);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'queued'"),
	    READERS / 2);
}

/* What was passed over once costs nothing when the sweep goes on behind it. */
static void
test_sweep_does_not_grow_dearer(void **state)
{
	struct fixture *f = *state;
	struct queue_sweep sweep = { 0 };
	struct queue_want want = {
		.limit = LEASE,
		.wants = wants_last,
		.sweep = &sweep,
	};
	struct queue_item **items;
	size_t count;
	int64_t plain;
	int64_t deep;

	fixture_mailing(f, "2026-04", READERS);
	fixture_queue(f, &fixture_rules);
	want.due_ms = now_ms();
	lease_some(f, &want, &items, &count);
	assert_int_equal(count, LEASE);
	assert_int_equal(sweep.passed, 800);
	deep = lease_some(f, &want, &items, &count);
	assert_int_equal(count, LEASE);
	want.wants = NULL;
	plain = lease_some(f, &want, &items, &count);
	assert_int_equal(count, LEASE);
	assert_in_range(deep, 1, 2 * plain);
}

/* A second lease of the same rows gives others, whatever it is that stands
   between: rows beside one another and rows with gaps are taken alike. */
static void
test_gaps(void **state)
{
	struct fixture *f = *state;
	struct queue_item **items;

	fixture_mailing(f, "2026-04", 40);
	fixture_queue(f, &fixture_rules);
	fixture_unsubscribe(f, 3);
	fixture_suppress(f, "r005@town.example");
	fixture_unsubscribe(f, 40);
	assert_int_equal(fixture_lease(f, f->queue, 30, &items), 28);
	for (size_t i = 0; i < 28; i++) {
		assert_int_not_equal(items[i]->row.id, 3);
		assert_int_not_equal(items[i]->row.id, 6);
		fixture_assert_state(f, items[i]->row.id, DELIVERY_LEASED);
	}
	assert_int_equal(fixture_lease(f, f->queue, 30, &items), 9);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'leased'"
					   " AND generation = 1"
					   " AND runner > 0"),
	    37);
	assert_int_equal(fixture_number(f, "SELECT count(*) FROM delivery"
					   " WHERE state = 'skipped'"
					   " AND runner = 0"),
	    3);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sweep_gives_each_once),
		TEST(test_sweep_does_not_grow_dearer),
		TEST(test_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
