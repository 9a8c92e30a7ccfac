/* What is deleted is gone from the file: not from the pages alone that it was
   deleted in, but also where rows that moved have left copies. */

#include "queue_fixture.h"

#include "base/file.h"

enum { ROWS = 6000, FILE_MOST_BYTES = 64 << 20 };

static void
run(struct fixture *f, const char *sql)
{
	if (!db_script(store_db(f->store), sql, &err))
		fail_msg("%s", err.text);
}

/* The same numbers each time. */
static unsigned
draw(unsigned below)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

/* Rows in no order, of many sizes, that grow now and then: pages split. */
static void
fill(struct fixture *f)
{
	run(f, "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, d TEXT)"
	       " STRICT; CREATE INDEX t_da ON t (a, d)");
	for (int i = 0; i < ROWS; i++) {
		int64_t id = draw(1 << 30);
		bool marked = draw(20) == 0;
		bool front = draw(2) == 0;
		char *a = arena_format(f->arena, "%s%08x%s",
		    marked && front ? "MARKED" : "", draw(1u << 31),
		    marked && !front ? "MARKED" : "");
		char *d = arena_format(f->arena, "%0*d", 1 + (int)draw(200), 1);
		char *more =
		    arena_format(f->arena, "%0*d", 1 + (int)draw(900), 2);

		if (i % 300 == 0)
			fixture_must(store_begin(f->store, &err));
		fixture_must(db_run(store_db(f->store), &err,
		    "INSERT INTO t VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
		    "iss", id, a, d));
		fixture_must(db_run(store_db(f->store), &err,
		    "UPDATE t SET d = ? WHERE id = ?", "si", more,
		    draw(2) == 0 ? id : 0));
		if (i % 300 == 299 || i == ROWS - 1)
			fixture_must(store_commit(f->store, &err));
	}
}

static int
count_marks(struct fixture *f, const char *name)
{
	const char *path = fixture_path(f, name);
	int count = 0;
	size_t bytes;
	char *at;

	if (!file_exists(path))
		return 0;
	fixture_must(
	    file_read(f->arena, path, FILE_MOST_BYTES, &at, &bytes, &err));
	for (char *end = at + bytes;
	     (at = memmem(at, (size_t)(end - at), "MARKED", 6)) != NULL; at++)
		count++;
	return count;
}

static void
test_gone(void **state)
{
	struct fixture *f = *state;
	bool cleared = false;

	fill(f);
	run(f, "UPDATE t SET a = 'x' || id, d = '' WHERE a LIKE '%MARKED%'");
	assert_true(count_marks(f, "test.db-wal") > 0);
	fixture_must(store_clear_log(f->store, &cleared, &err));
	assert_true(cleared);
	assert_int_equal(count_marks(f, "test.db-wal"), 0);

	/* If this fails, SQLite has learnt to leave no copies. */
	assert_true(count_marks(f, "test.db") > 0);
	fixture_must(store_rewrite(f->store, &err));
	fixture_must(store_clear_log(f->store, &cleared, &err));
	assert_true(cleared);
	assert_int_equal(count_marks(f, "test.db"), 0);
	assert_int_equal(count_marks(f, "test.db-wal"), 0);
	fixture_must(store_verify(f->store, &err));
}

/* Who reads on is not waited for without end, and is told. */
static void
test_reader(void **state)
{
	struct fixture *f = *state;
	struct store *reader = fixture_open(f);
	struct db_query *query;
	bool cleared = true;

	assert_non_null(reader);
	fixture_must(store_begin_reading(reader, &err));
	query = db_query(store_db(reader), "SELECT count(*) FROM tag", "");
	assert_true(db_next(query));
	run(f, "CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT");
	fixture_must(store_clear_log(f->store, &cleared, &err));
	assert_false(cleared);
	fixture_must(db_end(query, &err));
	store_rollback(reader);
	fixture_must(store_clear_log(f->store, &cleared, &err));
	assert_true(cleared);
	store_close(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_gone, fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_reader, fixture_set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
