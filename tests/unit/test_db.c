#include "queue_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/migrations.h"

static struct db *
open_db(struct fixture *f)
{
	struct db *db = NULL;

	return db_open(fixture_path(f, "a.db"), fixture_path(f, "a.db.lock"),
		   true, &db, &err)
		   ? db
		   : NULL;
}

/* A writer of counters, each transaction of a size that fills the log. */
static void
count_up(struct fixture *f, int transactions)
{
	struct db *db = open_db(f);
	char filler[1500];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = '\0';
	GM_CHILD_MUST(db != NULL);
	for (int i = 0; i < transactions; i++) {
		GM_CHILD_MUST(db_begin(db, &err));
		GM_CHILD_MUST(db_run(db, &err,
		    "UPDATE counter SET n = n + 1, filler = ?", "s", filler));
		GM_CHILD_MUST(db_run(db, &err,
		    "INSERT INTO entry (by, filler) VALUES (?, ?)", "is",
		    (int64_t)getpid(), filler));
		GM_CHILD_MUST(db_commit(db, &err));
	}
	db_close(db);
	_exit(0);
}

/* Readers see whole transactions alone: the counter and the entries agree. */
static void
read_on(struct fixture *f, int64_t until)
{
	struct db *db = open_db(f);
	int64_t counter = 0;

	GM_CHILD_MUST(db != NULL);
	while (counter < until) {
		struct db_query *query;
		int64_t entries = 0;
		int64_t before = counter;

		GM_CHILD_MUST(db_begin_reading(db, &err));
		query = db_query(db, "SELECT n FROM counter", "");
		GM_CHILD_MUST(db_next(query));
		counter = db_int(query, 0);
		GM_CHILD_MUST(db_end(query, &err));
		query = db_query(db, "SELECT count(*) FROM entry", "");
		GM_CHILD_MUST(db_next(query));
		entries = db_int(query, 0);
		GM_CHILD_MUST(db_end(query, &err));
		db_rollback(db);
		GM_CHILD_MUST(counter == entries);
		GM_CHILD_MUST(counter >= before);
	}
	db_close(db);
	_exit(0);
}

static void
make_tables(struct db *db)
{
	fixture_must(db_begin(db, &err));
	fixture_must(db_script(db,
	    "CREATE TABLE counter (n INTEGER NOT NULL, filler TEXT) STRICT;"
	    "CREATE TABLE entry (id INTEGER PRIMARY KEY, by INTEGER,"
	    " filler TEXT) STRICT;"
	    "INSERT INTO counter (n) VALUES (0);",
	    &err));
	fixture_must(db_commit(db, &err));
}

/* Many writers, checkpoints and readers at once. */
static void
test_many_writers(void **state)
{
	enum { WRITERS = 4, READERS = 2, EACH = 2000 };
	struct fixture *f = *state;
	struct db *db = open_db(f);
	pid_t children[WRITERS + READERS];
	struct stat status;
	struct db_query *query;

	assert_non_null(db);
	make_tables(db);
	for (int i = 0; i < WRITERS + READERS; i++) {
		children[i] = fork();
		if (children[i] == 0 && i < WRITERS)
			count_up(f, EACH);
		if (children[i] == 0)
			read_on(f, WRITERS * EACH);
	}
	for (int i = 0; i < WRITERS + READERS; i++)
		fixture_wait(children[i]);
	query = db_query(db, "SELECT n FROM counter", "");
	assert_true(db_next(query));
	assert_int_equal(db_int(query, 0), WRITERS * EACH);
	fixture_must(db_end(query, &err));
	fixture_must(db_verify(db, &err));
	db_close(db);

	/* The log was folded in and began anew at 64 MB: twice as much went
	   through it. */
	assert_int_equal(stat(fixture_path(f, "a.db-wal"), &status), 0);
	assert_in_range(status.st_size, 0, 72 * 1024 * 1024);
}

/* Killed writers leave whole transactions and a free lock. */
static void
test_killed_writers(void **state)
{
	enum { ROUNDS = 8 };
	struct fixture *f = *state;
	struct db *db = open_db(f);
	int64_t before = 0;

	assert_non_null(db);
	make_tables(db);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t counter = 0;
		int64_t entries = 0;
		struct db_query *query;
		int status;
		pid_t child = fork();

		if (child == 0)
			count_up(f, 1000000);
		do {
			query = db_query(db, "SELECT n FROM counter", "");
			assert_true(db_next(query));
			counter = db_int(query, 0);
			fixture_must(db_end(query, &err));
		} while (counter < before + 20 + round * 7);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		fixture_must(db_begin(db, &err));
		query = db_query(db,
		    "SELECT n, (SELECT count(*) FROM entry) FROM counter", "");
		assert_true(db_next(query));
		before = db_int(query, 0);
		entries = db_int(query, 1);
		fixture_must(db_end(query, &err));
		fixture_must(db_commit(db, &err));
		assert_int_equal(before, entries);
	}
	fixture_must(db_verify(db, &err));
	db_close(db);
}

/* A reader that does not end keeps the log from beginning anew, but keeps no
   writer waiting. */
static void
test_slow_reader(void **state)
{
	struct fixture *f = *state;
	struct db *reader = open_db(f);
	struct db *writer = open_db(f);
	struct db_query *query;
	int64_t started = now_mono_ms();

	make_tables(writer);
	fixture_must(db_begin_reading(reader, &err));
	query = db_query(reader, "SELECT n FROM counter", "");
	assert_true(db_next(query));
	for (int i = 0; i < 40; i++) {
		static char filler[2 * 1024 * 1024];

		memset(filler, 'x', sizeof(filler) - 1);
		fixture_must(db_begin(writer, &err));
		fixture_must(db_run(writer, &err,
		    "INSERT INTO entry (filler) VALUES (?)", "s", filler));
		fixture_must(db_commit(writer, &err));
	}
	assert_in_range(now_mono_ms() - started, 0, 25000);
	assert_int_equal(db_int(query, 0), 0);
	fixture_must(db_end(query, &err));
	db_rollback(reader);
	db_close(reader);
	db_close(writer);
}

/* The writers' lock: not for programs that we start, and shared with children
   that live on, until they close it. */
static void
test_lock_and_children(void **state)
{
	struct fixture *f = *state;
	char *path = fixture_path(f, "lock");
	int fd = file_lock_open(path, &err);
	int pipes[2];
	int status;
	bool locked;
	pid_t child;

	assert_true(fd >= 0);
	assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	fixture_must(file_lock(fd, &err));

	/* One that executes a program has no part in it. */
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		dup2(pipes[0], 0);
		close(pipes[0]);
		close(pipes[1]);
		execlp("cat", "cat", (char *)NULL);
		_exit(127);
	}
	close(pipes[0]);

	/* It has executed when it has read and written nothing: wait for its
	   close-on-exec to show in /proc. */
	for (int i = 0; i < 5000; i++) {
		char *link =
		    arena_format(f->arena, "/proc/%d/fd/%d", (int)child, fd);

		if (access(link, F_OK) != 0)
			break;
		usleep(1000);
	}
	fixture_must(file_is_locked(path, &locked, &err));
	assert_true(locked);
	close(fd);
	fixture_must(file_is_locked(path, &locked, &err));
	assert_false(locked);
	close(pipes[1]);
	assert_int_equal(waitpid(child, &status, 0), child);

	/* One that lives on holds what its parent held, until it closes it. */
	fd = file_lock_open(path, &err);
	fixture_must(file_lock(fd, &err));
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		char c;

		close(pipes[1]);
		(void)!read(pipes[0], &c, 1);
		_exit(0);
	}
	close(pipes[0]);
	close(fd);
	fixture_must(file_is_locked(path, &locked, &err));
	assert_true(locked);
	close(pipes[1]);
	fixture_wait(child);
	fixture_must(file_is_locked(path, &locked, &err));
	assert_false(locked);
}

static void
assert_writing(struct fixture *f, bool expected)
{
	bool locked = !expected;

	fixture_must(
	    file_is_locked(fixture_path(f, "a.db.lock"), &locked, &err));
	assert_int_equal(locked, expected);
}

/* It is held for a write transaction, however that ends, and for nothing
   else. */
static void
test_lock_in_transactions(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_db(f);

	assert_writing(f, false);
	make_tables(db);
	assert_writing(f, false);
	fixture_must(db_begin_reading(db, &err));
	assert_writing(f, false);
	db_rollback(db);
	for (int commit = 0; commit < 2; commit++) {
		fixture_must(db_begin(db, &err));
		assert_writing(f, true);
		fixture_must(db_run(db, &err, "UPDATE counter SET n = 1", ""));
		assert_writing(f, true);
		if (commit)
			fixture_must(db_commit(db, &err));
		else
			db_rollback(db);
		assert_writing(f, false);
	}
	fixture_must(db_begin(db, &err));
	db_close(db);
	assert_writing(f, false);
}

/* Two that open a fresh site at once find one whole database. */
static void
test_fresh_at_once(void **state)
{
	enum { ROUNDS = 10, CHILDREN = 4 };
	struct fixture *f = *state;

	for (int round = 0; round < ROUNDS; round++) {
		pid_t children[CHILDREN];
		char *url = arena_format(f->arena, "sqlite:%d.db", round);

		for (int i = 0; i < CHILDREN; i++) {
			children[i] = fork();
			if (children[i] == 0) {
				struct store *store;

				GM_CHILD_MUST(
				    store_create(f->folder, url, &store, &err));
				GM_CHILD_MUST(store_verify(store, &err));
				store_close(store);
				_exit(0);
			}
		}
		for (int i = 0; i < CHILDREN; i++)
			fixture_wait(children[i]);
	}
}

/* What is not ours stays as it is. */
static void
test_foreign_database(void **state)
{
	static const char *const scripts[] = {
		"PRAGMA application_id = 0; CREATE TABLE theirs (x TEXT)",
		"PRAGMA application_id = 77",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		struct db *db = open_db(f);

		assert_non_null(db);
		fixture_must(db_script(db, scripts[i], &err));
		db_close(db);
		assert_null(open_db(f));
		assert_int_equal(err.code, ERR_DATA);
		unlink(fixture_path(f, "a.db"));
		unlink(fixture_path(f, "a.db-wal"));
		unlink(fixture_path(f, "a.db-shm"));
	}
	fixture_must(file_write(fixture_path(f, "a.db"),
	    "no database at all, surely", 26, 0644, &err));
	assert_null(open_db(f));
	assert_int_equal(err.code, ERR_DATA);
}

/* A database that was lost does not come back empty, nor leave a trace. */
static void
test_lost_database(void **state)
{
	struct fixture *f = *state;
	struct store *store;
	struct err e = { 0 };

	assert_false(store_open(f->folder, "sqlite:lost.db", &store, &e));
	assert_int_equal(e.code, ERR_NO_INPUT);
	assert_non_null(strstr(e.text, "does not exist"));
	assert_false(file_exists(fixture_path(f, "lost.db")));
	assert_false(file_exists(fixture_path(f, "lost.db.lock")));
	fixture_must(file_write(fixture_path(f, "lost.db"), "", 0, 0644, &err));
	assert_false(store_open(f->folder, "sqlite:lost.db", &store, &e));
	assert_int_equal(e.code, ERR_NO_INPUT);
	assert_false(store_exists(f->folder, "sqlite:lost.db"));

	/* Whoever is told to may make it there. */
	fixture_must(store_create(f->folder, "sqlite:lost.db", &store, &err));
	store_close(store);
	assert_true(store_exists(f->folder, "sqlite:lost.db"));
	fixture_must(store_open(f->folder, "sqlite:lost.db", &store, &err));
	store_close(store);
}

static void
test_cannot_be_opened(void **state)
{
	struct fixture *f = *state;
	struct store *store;

	assert_false(store_create(f->folder, "mysql:x", &store, &err));
	assert_int_equal(err.code, ERR_CONFIG);
	assert_false(
	    store_create(f->folder, "sqlite:no/where.db", &store, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
	assert_false(store_create(f->folder, "sqlite:.", &store, &err));
	assert_true(err.code != ERR_NONE);
}

/* One text may run several times at once, and again. */
static void
test_queries(void **state)
{
	static const char sql[] =
	    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
	    " SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n";
	struct fixture *f = *state;
	struct db *db = open_db(f);
	struct db_query *query;
	int64_t sum = 0;
	size_t count;

	for (int round = 0; round < 3; round++) {
		struct db_query *outer = db_query(db, sql, "i", INT64_C(4));

		while (db_next(outer)) {
			struct db_query *inner =
			    db_query(db, sql, "i", db_int(outer, 0));

			while (db_next(inner))
				sum += db_int(inner, 0);
			fixture_must(db_end(inner, &err));
		}
		fixture_must(db_end(outer, &err));
	}
	assert_int_equal(sum, 3 * (1 + 3 + 6 + 10));

	/* NULL reads as nothing, and can be told from it. */
	query = db_query(db, "SELECT ?, ?, ?, ?", "sbsi", NULL, NULL, (size_t)7,
	    "", INT64_MIN);
	assert_true(db_next(query));
	assert_true(db_is_null(query, 0));
	assert_string_equal(db_text(query, 0), "");
	assert_true(db_is_null(query, 1));
	assert_non_null(db_bytes(query, 1, &count));
	assert_int_equal(count, 0);
	assert_int_equal(db_int(query, 1), 0);
	assert_false(db_is_null(query, 2));
	assert_true(db_int(query, 3) == INT64_MIN);
	assert_false(db_next(query));
	fixture_must(db_end(query, &err));

	/* What is wrong shows at the end, each time. */
	for (int i = 0; i < 2; i++) {
		query = db_query(db, "SELECT nonsense", "");
		assert_false(db_next(query));
		assert_false(db_end(query, &err));
		assert_int_equal(err.code, ERR_SOFTWARE);
	}
	db_close(db);
}

/* Rolled back, guarded, or closed in the middle: nothing remains, and the
   lock is free. */
static void
test_rollback(void **state)
{
	struct fixture *f = *state;
	struct db *db = open_db(f);
	struct db *other = open_db(f);

	make_tables(db);
	fixture_must(db_begin(db, &err));
	fixture_must(db_run(db, &err, "UPDATE counter SET n = 5", ""));
	db_rollback(db);
	db_rollback(db);
	fixture_must(db_begin(other, &err));
	fixture_must(db_run(other, &err, "UPDATE counter SET n = n + 1", ""));
	db_close(other);
	fixture_must(db_begin(db, &err));
	fixture_must(
	    db_run(db, &err, "UPDATE counter SET n = 7 WHERE n = 0", ""));
	assert_int_equal(db_changes(db), 1);
	fixture_must(db_commit(db, &err));
	db_close(db);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many_writers),
		TEST(test_killed_writers),
		TEST(test_slow_reader),
		TEST(test_lock_and_children),
		TEST(test_lock_in_transactions),
		TEST(test_fresh_at_once),
		TEST(test_foreign_database),
		TEST(test_lost_database),
		TEST(test_cannot_be_opened),
		TEST(test_queries),
		TEST(test_rollback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
