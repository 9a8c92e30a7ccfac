#include "store/db.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

enum { ROWS = 4000, ROW_BYTES = 2000 };

/* What is committed moves from the log into the database, now and then. */
static void
test_log_is_folded_in(void **state)
{
	static const char *const names[] = { "a.db", "a.db-wal", "a.db-shm",
		"a.db.lock" };
	struct arena *arena = arena_new();
	char folder[] = "/tmp/glocal-db-XXXXXX";
	char *paths[4];
	struct stat status;
	struct err err = { 0 };
	struct db *db;
	char text[ROW_BYTES + 1];

	(void)state;
	memset(text, 'x', ROW_BYTES);
	text[ROW_BYTES] = '\0';
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < 4; i++)
		paths[i] = file_join(arena, folder, names[i]);
	assert_true(db_open(paths[0], paths[3], true, &db, &err));
	assert_true(db_begin(db, &err));
	assert_true(db_script(db, "CREATE TABLE t (x TEXT) STRICT;", &err));
	for (int i = 0; i < ROWS; i++)
		assert_true(db_run(
		    db, &err, "INSERT INTO t (x) VALUES (?)", "s", text));
	assert_true(db_commit(db, &err));
	assert_int_equal(stat(paths[0], &status), 0);
	assert_true(status.st_size > ROWS * ROW_BYTES);
	db_close(db);
	for (size_t i = 0; i < 4; i++)
		unlink(paths[i]);
	assert_int_equal(rmdir(folder), 0);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_is_folded_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
