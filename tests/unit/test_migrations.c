#include "store/migrations.h"

#include "queue_fixture.h"

static struct db *
open_db(struct fixture *f)
{
	struct db *db = NULL;

	fixture_must(db_open(fixture_path(f, "m.db"),
	    fixture_path(f, "m.db.lock"), true, &db, &err));
	return db;
}

static int64_t
read_number(struct db *db, const char *sql)
{
	struct db_query *query = db_query(db, sql, "");
	int64_t n = -1;

	if (db_next(query))
		n = db_int(query, 0);
	fixture_must(db_end(query, &err));
	return n;
}

static int64_t
count_tables(struct db *db)
{
	return read_number(db, "SELECT count(*) FROM sqlite_schema");
}

static void
test_fresh(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_db(f);
	int64_t tables;

	fixture_must(migrations_run(db, &err));
	tables = count_tables(db);
	assert_true(tables > 20);
	assert_int_equal(read_number(db, "SELECT count(*) FROM migration"),
	    read_number(db, "SELECT max(number) FROM migration"));

	/* Again, there is nothing to do. */
	fixture_must(migrations_run(db, &err));
	assert_int_equal(count_tables(db), tables);
	fixture_must(db_verify(db, &err));
	db_close(db);
}

/* A database of tomorrow is refused and not touched. */
static void
test_newer(void **state)
{
	struct fixture *f = *state;
	struct store *store;

	fixture_must(store_begin(f->store, &err));
	fixture_must(db_run(store_db(f->store), &err,
	    "INSERT INTO migration (number, applied_ms) VALUES (999, 0)", ""));
	fixture_must(store_commit(f->store, &err));
	assert_false(store_create(f->folder, "sqlite:test.db", &store, &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_non_null(strstr(err.text, "999"));
	assert_non_null(strstr(err.text, "newer"));

	/* The refusal gave the lock back. */
	fixture_must(store_begin(f->store, &err));
	store_rollback(f->store);
}

/* Wherever it is interrupted, nothing of it remains; then it succeeds. */
static void
test_interrupted(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_db(f);
	int failures = 0;

	for (int pages = 2; count_tables(db) == 0; pages += 3) {
		assert_in_range(pages, 0, 500);
		fixture_must(db_script(db,
		    arena_format(f->arena, "PRAGMA max_page_count = %d", pages),
		    &err));
		if (migrations_run(db, &err))
			break;
		assert_int_equal(err.code, ERR_IO);
		assert_int_equal(count_tables(db), 0);
		failures++;
	}
	assert_in_range(failures, 3, 100);
	assert_true(count_tables(db) > 20);
	fixture_must(db_verify(db, &err));
	db_close(db);
}

/* Killed in the middle of the transaction that migrates. */
static void
test_killed(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_db(f);
	int status;
	pid_t child = fork();

	if (child == 0) {
		struct db *own;

		GM_CHILD_MUST(db_open(fixture_path(f, "m.db"),
		    fixture_path(f, "m.db.lock"), true, &own, &err));
		GM_CHILD_MUST(db_begin(own, &err));
		GM_CHILD_MUST(db_script(own,
		    "CREATE TABLE migration (number INTEGER PRIMARY KEY,"
		    " applied_ms INTEGER NOT NULL) STRICT;"
		    "CREATE TABLE tag (id INTEGER PRIMARY KEY) STRICT;",
		    &err));
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(count_tables(db), 0);
	fixture_must(migrations_run(db, &err));
	fixture_must(db_verify(db, &err));
	db_close(db);
}

/* What step 2 makes anew, as step 1 had left it. */
static const char first_sql[] =
    "CREATE TABLE blob (sha256 BLOB PRIMARY KEY, bytes BLOB) STRICT;"
    "CREATE TABLE mailing (id INTEGER PRIMARY KEY, issue TEXT) STRICT;"
    "CREATE TABLE mailing_file ("
    " mailing_id INTEGER NOT NULL REFERENCES mailing (id),"
    " path TEXT NOT NULL,"
    " sha256 BLOB NOT NULL REFERENCES blob (sha256),"
    " PRIMARY KEY (mailing_id, path)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE edition (id INTEGER PRIMARY KEY,"
    " mailing_id INTEGER NOT NULL REFERENCES mailing (id),"
    " spec TEXT NOT NULL, UNIQUE (mailing_id, spec)) STRICT;"
    "CREATE TABLE delivery (id INTEGER PRIMARY KEY,"
    " mailing_id INTEGER NOT NULL REFERENCES mailing (id),"
    " edition_id INTEGER REFERENCES edition (id)) STRICT;"
    "CREATE TABLE alarm (id INTEGER PRIMARY KEY, kind TEXT, subject TEXT,"
    " raised_ms INTEGER NOT NULL) STRICT;"
    "INSERT INTO blob VALUES (x'01', x'02');"
    "INSERT INTO mailing VALUES (7, '2026-04');"
    "INSERT INTO mailing_file VALUES (7, 'a', x'01');"
    "INSERT INTO edition VALUES (3, 7, 'spec');"
    "CREATE TABLE municipality (code TEXT PRIMARY KEY,"
    " prefecture TEXT NOT NULL, name TEXT NOT NULL, kana TEXT NOT NULL)"
    " STRICT;"
    "CREATE TABLE consent (id INTEGER PRIMARY KEY) STRICT;"
    "INSERT INTO delivery VALUES (11, 7, 3);"
    "INSERT INTO alarm VALUES (1, 'relay', 'x', 5);"
    "CREATE TABLE migration (number INTEGER PRIMARY KEY,"
    " applied_ms INTEGER NOT NULL) STRICT;"
    "INSERT INTO migration VALUES (1, 0);";

/* A site that was made by the first schema keeps all its rows. */
static void
test_from_first(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_db(f);

	fixture_must(db_script(db, first_sql, &err));
	fixture_must(migrations_run(db, &err));
	assert_int_equal(
	    read_number(db, "SELECT count(*) FROM delivery d"
			    " JOIN edition e ON e.id = d.edition_id"
			    " JOIN mailing m ON m.id = e.mailing_id"
			    " JOIN mailing_file f ON f.mailing_id = m.id"
			    "  AND f.version = e.version"
			    " WHERE d.id = 11 AND e.spec = 'spec'"
			    " AND m.version = 1 AND m.start_ms = 0"),
	    1);
	assert_int_equal(read_number(db, "SELECT told_ms FROM alarm"), 5);

	/* References hold, and are looked at again. */
	fixture_must(db_verify(db, &err));
	assert_false(db_run(
	    db, &err, "UPDATE delivery SET edition_id = 99 WHERE id = 11", ""));
	db_close(db);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fresh),
		TEST(test_newer),
		TEST(test_interrupted),
		TEST(test_killed),
		TEST(test_from_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
