#include "queue_fixture.h"

#include "base/mem.h"

/* Two tables; children refer to parents. */
static const struct db_rows parents = {
	.into = "INSERT INTO parent (id, name)",
	.types = "is",
	.first = true,
};
static const struct db_rows children = {
	.into = "INSERT INTO child (parent, text, bytes, number)",
	.types = "isbz",
};

static struct db *
open_tables(struct fixture *f)
{
	struct db *db = NULL;

	fixture_must(db_open(fixture_path(f, "a.db"),
	    fixture_path(f, "a.db.lock"), true, &db, &err));
	fixture_must(db_script(db,
	    "CREATE TABLE parent (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	    " name TEXT UNIQUE) STRICT;"
	    "CREATE TABLE child (id INTEGER PRIMARY KEY,"
	    " parent INTEGER REFERENCES parent (id), text TEXT, bytes BLOB,"
	    " number INTEGER) STRICT;",
	    &err));
	return db;
}

static int64_t
ask(struct db *db, const char *sql)
{
	struct db_query *query = db_query(db, sql, "");
	int64_t answer = -1;

	if (db_next(query))
		answer = db_int(query, 0);
	fixture_must(db_end(query, &err));
	return answer;
}

/* A parent under the next id, and two children. */
static void
add_family(struct db *db, int number)
{
	char name[32];
	int64_t id;

	snprintf(name, sizeof(name), "町 %d", number);
	fixture_must(db_take_id(db, "parent", &id, &err));
	fixture_must(db_insert(
	    db, &err, &children, id, name, name, strlen(name), (int64_t)0));
	fixture_must(db_insert(db, &err, &parents, id, name));
	fixture_must(db_insert(db, &err, &children, id, NULL, NULL, (size_t)3,
	    (int64_t)number + 1));

	/* What was given is copied. */
	memset(name, 'x', sizeof(name));
}

/* Any number of rows is written, whole and in order. */
static void
test_numbers(void **state)
{
	static const int numbers[] = { 1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129,
		255, 256, 257, 1000 };
	struct fixture *f = *state;
	struct db *db = open_tables(f);
	int64_t sum = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		fixture_must(db_begin(db, &err));
		for (int k = 0; k < numbers[i]; k++)
			add_family(db, (int)sum++);
		fixture_must(db_commit(db, &err));
		assert_int_equal(ask(db, "SELECT count(*) FROM parent"), sum);
		assert_int_equal(
		    ask(db, "SELECT count(*) FROM child"), 2 * sum);
	}
	assert_int_equal(ask(db, "SELECT count(*) FROM parent WHERE name <>"
				 " '町 ' || (id - 1)"),
	    0);
	assert_int_equal(
	    ask(db,
		"SELECT count(*) FROM child c JOIN parent p ON p.id = c.parent"
		" WHERE c.id % 2 = 1 AND c.id = 2 * p.id - 1"
		" AND c.text = p.name AND CAST(c.bytes AS TEXT) = p.name"
		" AND c.number IS NULL"),
	    sum);
	assert_int_equal(ask(db, "SELECT count(*) FROM child WHERE id % 2 = 0"
				 " AND text IS NULL AND bytes IS NULL"
				 " AND number = parent AND id = 2 * parent"),
	    sum);
	fixture_must(db_verify(db, &err));
	db_close(db);
}

/* Whoever asks finds what was given so far, however they ask. */
static void
test_seen(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_tables(f);
	struct db_query *query;

	fixture_must(db_begin(db, &err));
	add_family(db, 0);
	assert_int_equal(ask(db, "SELECT count(*) FROM child"), 2);
	add_family(db, 1);
	query = db_prepare_once(db, "SELECT count(*) FROM child");
	assert_true(db_next(query));
	assert_int_equal(db_int(query, 0), 4);
	fixture_must(db_end(query, &err));
	add_family(db, 2);
	fixture_must(db_script(db, "UPDATE child SET number = 9", &err));
	fixture_must(db_commit(db, &err));
	assert_int_equal(
	    ask(db, "SELECT count(*) FROM child WHERE number = 9"), 6);
	db_close(db);
}

/* Rows of a query and rows that are inserted, by turns and many. */
static void
test_while_reading(void **state)
{
	enum { ROWS = 3000 };
	struct fixture *f = *state;
	struct db *db = open_tables(f);
	struct db_query *query;
	int64_t sum = 0;

	fixture_must(db_begin(db, &err));
	for (int i = 0; i < ROWS; i++)
		add_family(db, i);
	query = db_query(db, "SELECT id FROM parent ORDER BY id", "");
	while (db_next(query)) {
		sum += db_int(query, 0);
		fixture_must(db_insert(db, &err, &children, db_int(query, 0),
		    "again", NULL, (size_t)0, INT64_C(-1)));
	}
	fixture_must(db_end(query, &err));
	for (int i = 0; i < ROWS; i++)
		add_family(db, ROWS + i);
	fixture_must(db_commit(db, &err));
	assert_true(sum == (int64_t)ROWS * (ROWS + 1) / 2);
	assert_int_equal(
	    ask(db, "SELECT count(*) FROM child WHERE text = 'again'"), ROWS);
	assert_int_equal(ask(db, "SELECT count(*) FROM child"), 5 * ROWS);
	db_close(db);
}

/* Texts that are more than may wait. */
static void
test_large(void **state)
{
	enum { BYTES = 100 * 1000, ROWS = 30 };
	struct fixture *f = *state;
	struct db *db = open_tables(f);
	char *text = mem_new(BYTES + 1, 1);

	memset(text, 'x', BYTES);
	fixture_must(db_begin(db, &err));
	add_family(db, 0);
	for (int i = 0; i < ROWS; i++) {
		text[0] = (char)('a' + i % 26);
		fixture_must(db_insert(db, &err, &children, INT64_C(1), text,
		    text, (size_t)BYTES, INT64_C(7)));
	}
	fixture_must(db_commit(db, &err));
	assert_int_equal(
	    ask(db, "SELECT count(*) FROM child WHERE number = 7"
		    " AND length(text) = 100000 AND unicode(text) ="
		    " 97 + (id - 3) % 26 AND length(bytes) = 100000"),
	    ROWS);
	free(text);
	db_close(db);
}

/* Ids go on from the largest there ever was. */
static void
test_ids(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_tables(f);
	int64_t id = 0;

	fixture_must(db_begin(db, &err));
	add_family(db, 0);
	add_family(db, 1);
	fixture_must(db_run(db, &err, "DELETE FROM child", ""));
	fixture_must(db_run(db, &err, "DELETE FROM parent WHERE id = 2", ""));
	fixture_must(db_commit(db, &err));

	/* What was rolled back never was. */
	fixture_must(db_begin(db, &err));
	add_family(db, 2);
	db_rollback(db);
	fixture_must(db_begin(db, &err));
	fixture_must(db_take_id(db, "parent", &id, &err));
	assert_int_equal(id, 3);
	fixture_must(db_insert(db, &err, &parents, id, "three"));
	fixture_must(db_commit(db, &err));

	/* By the engine in between, and after a gap. */
	fixture_must(db_begin(db, &err));
	fixture_must(
	    db_run(db, &err, "INSERT INTO parent (name) VALUES ('four')", ""));
	assert_int_equal(db_last_id(db), 4);
	fixture_must(db_skip_ids(db, "parent", 100, &err));
	fixture_must(db_commit(db, &err));
	fixture_must(db_begin(db, &err));
	fixture_must(db_take_id(db, "parent", &id, &err));
	assert_int_equal(id, 105);
	db_rollback(db);
	db_close(db);
}

/* A row that cannot be is told by what comes after it, and nothing of the
   transaction remains. */
static void
test_faults(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_tables(f);
	struct db_query *query;
	bool ok = true;

	fixture_must(db_begin(db, &err));
	fixture_must(db_insert(db, &err, &parents, INT64_C(1), "one"));
	fixture_must(db_insert(db, &err, &parents, INT64_C(2), "one"));
	assert_false(db_commit(db, &err));
	assert_non_null(strstr(err.text, "UNIQUE"));
	assert_int_equal(ask(db, "SELECT count(*) FROM parent"), 0);

	for (int way = 0; way < 2; way++) {
		fixture_must(db_begin(db, &err));
		fixture_must(db_insert(db, &err, &children, INT64_C(1), "",
		    NULL, (size_t)0, INT64_C(1)));
		query = way == 0 ? db_query(db, "SELECT 1", "")
				 : db_prepare_once(db, "SELECT 1");
		assert_false(db_next(query));
		assert_false(db_end(query, &err));
		assert_non_null(strstr(err.text, "FOREIGN KEY"));

		/* Whoever goes on all the same gets no further. */
		assert_false(db_run(
		    db, &err, "INSERT INTO parent (name) VALUES ('x')", ""));
		assert_false(db_script(db, "SELECT 1", &err));
		assert_false(db_commit(db, &err));
		assert_int_equal(ask(db, "SELECT count(*) FROM parent"), 0);
	}

	/* Far behind the row, by another one. */
	fixture_must(db_begin(db, &err));
	for (int i = 0; i < 2000 && ok; i++)
		ok = db_insert(db, &err, &children, INT64_C(5), "", NULL,
		    (size_t)0, INT64_C(1));
	assert_false(ok);
	assert_non_null(strstr(err.text, "FOREIGN KEY"));
	ok = true;
	for (int i = 0; i < 2000 && ok; i++)
		ok = db_insert(db, &err, &parents, (int64_t)i + 1, NULL);
	assert_false(ok);
	assert_false(db_commit(db, &err));
	assert_int_equal(ask(db, "SELECT count(*) FROM parent"), 0);

	/* The fault is gone with the transaction. */
	fixture_must(db_begin(db, &err));
	for (int i = 0; i < 2000; i++)
		add_family(db, i);
	fixture_must(db_commit(db, &err));
	fixture_must(db_begin(db, &err));
	fixture_must(db_run(db, &err, "DELETE FROM child", ""));
	fixture_must(db_run(db, &err, "DELETE FROM parent", ""));
	fixture_must(db_commit(db, &err));

	/* One that a thread met is told at the commit. */
	fixture_must(db_begin(db, &err));
	for (int i = 0; i < 300; i++)
		fixture_must(db_insert(db, &err, &children, INT64_C(5), "",
		    NULL, (size_t)0, INT64_C(1)));
	assert_false(db_commit(db, &err));
	assert_int_equal(ask(db, "SELECT count(*) FROM child"), 0);

	/* What waits when the database is closed is forgotten. */
	fixture_must(db_begin(db, &err));
	add_family(db, 0);
	db_close(db);
	fixture_must(db_open(fixture_path(f, "a.db"),
	    fixture_path(f, "a.db.lock"), false, &db, &err));
	assert_int_equal(ask(db, "SELECT count(*) FROM parent"), 0);
	db_close(db);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numbers),
		TEST(test_seen),
		TEST(test_while_reading),
		TEST(test_large),
		TEST(test_ids),
		TEST(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
