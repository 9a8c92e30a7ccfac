#include "base/file.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/glocal-file-XXXXXX";
static struct arena *arena;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new();
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	char *command = arena_format(arena, "rm -r '%s'", folder);
	int rc = system(command);

	(void)state;
	arena_free(arena);
	return rc;
}

static char *
path(const char *name)
{
	return file_join(arena, folder, name);
}

static void
test_read_and_write(void **state)
{
	char *bytes;
	size_t count;
	struct stat status;

	(void)state;
	assert_true(file_write(path("a"), "x\0y", 3, 0600, &err));
	assert_int_equal(stat(path("a"), &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_true(file_read(arena, path("a"), 3, &bytes, &count, &err));
	assert_int_equal(count, 3);
	assert_memory_equal(bytes, "x\0y\0", 4);
	assert_false(file_read(arena, path("a"), 2, &bytes, &count, &err));
	assert_int_equal(err.code, ERR_DATA);
	assert_true(file_write(path("a"), "", 0, 0644, &err));
	assert_true(file_read(arena, path("a"), 10, &bytes, NULL, &err));
	assert_string_equal(bytes, "");
	assert_false(file_read(arena, path("none"), 9, &bytes, NULL, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
	assert_false(file_read(arena, folder, 9, &bytes, NULL, &err));
	assert_int_equal(err.code, ERR_DATA);
	assert_true(file_copy(path("a"), path("b"), &err));
	assert_true(file_exists(path("b")));
	assert_false(file_write(path("no/a"), "x", 1, 0644, &err));
	assert_int_equal(err.code, ERR_CANT_CREATE);
}

/* A file whose size is not known before. */
static void
test_read_unsized(void **state)
{
	char *bytes;
	size_t count;

	(void)state;
	assert_true(file_read(
	    arena, "/proc/self/status", 100000, &bytes, &count, &err));
	assert_true(count > 100);
	assert_non_null(strstr(bytes, "Name:"));
}

/* Pipes: one that nobody writes into keeps nobody waiting, one that somebody
   does write into is read to its end. */
static void
test_read_pipes(void **state)
{
	enum { PATIENCE = 20, PIECES = 3 };
	char *bytes;
	pid_t child;

	(void)state;
	assert_int_equal(mkfifo(path("pipe"), 0600), 0);
	alarm(PATIENCE);
	assert_true(file_read(arena, path("pipe"), 9, &bytes, NULL, &err));
	assert_string_equal(bytes, "");

	child = fork();
	if (child == 0) {
		int fd = open(path("pipe"), O_RDWR);

		for (int i = 0; i < PIECES; i++) {
			usleep(50000);
			if (write(fd, "abc", 3) != 3)
				_exit(1);
		}
		close(fd);
		_exit(0);
	}
	do {
		assert_true(
		    file_read(arena, path("pipe"), 99, &bytes, NULL, &err));
	} while (*bytes == '\0'); /* it has not begun */
	assert_string_equal(bytes, "abcabcabc");
	assert_int_equal(waitpid(child, NULL, 0), child);
	alarm(0);
}

/* When there is no room, the old content stays and nothing lies about. */
static void
test_write_fails_whole(void **state)
{
	static char big[20000];
	struct text_list before;
	struct text_list after;
	char *bytes;
	pid_t child;
	int status;

	(void)state;
	assert_true(file_write(path("keep"), "old", 3, 0644, &err));
	assert_true(file_list(arena, folder, &before, &err));
	child = fork();
	if (child == 0) {
		struct rlimit small = { 5000, 5000 };

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &small);
		_exit(file_write(path("keep"), big, sizeof(big), 0644, &err) ||
		      err.code != ERR_CANT_CREATE);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(file_read(arena, path("keep"), 99, &bytes, NULL, &err));
	assert_string_equal(bytes, "old");
	assert_true(file_list(arena, folder, &after, &err));
	assert_int_equal(after.count, before.count);
}

static void
test_folders(void **state)
{
	struct text_list names;

	(void)state;
	assert_true(file_make_folder(path("x/y/z"), &err));
	assert_true(file_make_folder(path("x/y/z/"), &err));
	assert_true(file_make_folder("/", &err));
	assert_false(file_make_folder("", &err));
	assert_true(file_is_folder(path("x/y/z")));
	assert_true(file_write(path("x/f"), "", 0, 0644, &err));
	assert_false(file_make_folder(path("x/f"), &err));
	assert_int_equal(err.code, ERR_CANT_CREATE);
	assert_true(file_write(path("x/B"), "", 0, 0644, &err));
	assert_true(file_write(path("x/.hidden"), "", 0, 0644, &err));
	assert_true(file_list(arena, path("x"), &names, &err));
	assert_int_equal(names.count, 3);
	assert_string_equal(names.items[0], "B");
	assert_string_equal(names.items[2], "y");
	assert_true(file_list(arena, path("x/y/z"), &names, &err));
	assert_int_equal(names.count, 0);
	assert_false(file_list(arena, path("none"), &names, &err));
	assert_int_equal(err.code, ERR_NO_INPUT);
	assert_string_equal(file_join(arena, "a", "b"), "a/b");
	assert_string_equal(file_join(arena, "a/", "b"), "a/b");
	assert_string_equal(file_join(arena, "a", "/b"), "/b");
}

static void
test_locks(void **state)
{
	int a = file_lock_open(path("lock"), &err);
	int b = file_lock_open(path("lock"), &err);
	bool taken = false;
	bool locked = true;

	(void)state;
	assert_true(file_is_locked(path("no-lock"), &locked, &err));
	assert_false(locked);
	assert_false(file_exists(path("no-lock")));
	assert_true(file_lock(a, &err));
	assert_true(file_try_lock(b, &taken, &err));
	assert_false(taken);
	assert_true(file_is_locked(path("lock"), &locked, &err));
	assert_true(locked);
	file_unlock(a);
	assert_true(file_is_locked(path("lock"), &locked, &err));
	assert_false(locked);
	assert_true(file_try_lock(b, &taken, &err));
	assert_true(taken);
	close(b);
	assert_true(file_try_lock(a, &taken, &err));
	assert_true(taken);
	close(a);
	assert_int_equal(file_lock_open(path("no/lock"), &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_and_write),
		cmocka_unit_test(test_read_unsized),
		cmocka_unit_test(test_read_pipes),
		cmocka_unit_test(test_write_fails_whole),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_locks),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
