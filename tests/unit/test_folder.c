/* base/folder: folders that are made anew as a whole. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/folder.h"

static char top[] = "/tmp/glocal-folder-XXXXXX";
static struct arena *arena;
static struct err err;

static int
set_up(void **state)
{
	(void)state;
	strcpy(strrchr(top, '-'), "-XXXXXX");
	arena = arena_new();
	err = (struct err){ 0 };
	return mkdtemp(top) != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	folder_remove(top);
	arena_free(arena);
	return access(top, F_OK) == 0 ? -1 : 0;
}

static char *
path(const char *name)
{
	return file_join(arena, top, name);
}

static struct folder_draft *
begin(const char *name)
{
	struct folder_draft *draft;

	assert_true(folder_draft_new(path(name), ".ours", &draft, &err));
	return draft;
}

static void
put(struct folder_draft *draft, const char *name, const char *text)
{
	assert_true(folder_draft_write(draft, name, text, strlen(text), &err));
}

static bool
publish(struct folder_draft *draft)
{
	bool changed;

	assert_true(folder_draft_publish(draft, &changed, &err));
	return changed;
}

static void
assert_file(const char *name, const char *text)
{
	char *bytes;
	size_t count;

	assert_true(file_read(arena, path(name), 1000, &bytes, &count, &err));
	assert_string_equal(bytes, text);
}

/* Whatever is beside the folders of the test was left behind. */
static size_t
count_entries(void)
{
	struct text_list names;

	assert_true(file_list(arena, top, &names, &err));
	return names.count;
}

static void
test_anew(void **state)
{
	struct folder_draft *draft = begin("deep/web");

	(void)state;
	put(draft, "a/b/c.txt", "one");
	put(draft, "a/gone.txt", "gone");
	assert_false(file_exists(path("deep/web")));
	assert_true(publish(draft));
	assert_file("deep/web/a/b/c.txt", "one");

	/* The old one stays whole until the new one is there. */
	draft = begin("deep/web");
	put(draft, "a/b/c.txt", "two");
	assert_file("deep/web/a/b/c.txt", "one");
	assert_true(publish(draft));
	assert_file("deep/web/a/b/c.txt", "two");
	assert_false(file_exists(path("deep/web/a/gone.txt")));

	/* The same again changes nothing, down to the inode. */
	draft = begin("deep/web/");
	put(draft, "a/b/c.txt", "two");
	assert_false(publish(draft));
	draft = begin("deep/web");
	put(draft, "a/b/c.txt", "three");
	folder_draft_drop(draft);
	assert_file("deep/web/a/b/c.txt", "two");
	assert_int_equal(count_entries(), 1);
	folder_draft_drop(NULL);
}

static void
test_differences(void **state)
{
	static const char *const names[][2] = {
		{ "x", "y" },         /* another name */
		{ "x", "x/y" },       /* a folder where a file was */
		{ "sub/x", "sub/y" }, /* further down */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		for (size_t j = 0; j < 2; j++) {
			struct folder_draft *draft = begin("web");

			put(draft, names[i][j], "same");
			assert_true(publish(draft));
		}
}

static void
test_only_ours(void **state)
{
	struct folder_draft *draft;

	(void)state;
	assert_true(file_make_folder(path("mine"), &err));
	draft = begin("mine"); /* empty: may be taken */
	put(draft, "z", "z");
	assert_true(publish(draft));
	assert_true(publish(begin("web")));
	assert_true(file_make_folder(path("other"), &err));
	assert_true(file_write(path("other/x"), "x", 1, 0644, &err));
	assert_false(folder_draft_new(path("other"), ".ours", &draft, &err));
	assert_int_equal(err.code, ERR_CANT_CREATE);
	assert_false(folder_draft_new(path("other/x"), ".ours", &draft, &err));
	assert_false(folder_draft_new("", ".ours", &draft, &err));
	assert_string_equal(err.text, "a folder without a name");
	assert_int_equal(err.code, ERR_CANT_CREATE);
	assert_file("other/x", "x");

	/* Somebody put something there meanwhile. */
	draft = begin("late");
	put(draft, "y", "y");
	assert_true(file_make_folder(path("late"), &err));
	assert_true(file_write(path("late/x"), "x", 1, 0644, &err));
	assert_false(folder_draft_publish(draft, &(bool){ false }, &err));
	assert_file("late/x", "x");
	assert_int_equal(count_entries(), 4);
}

/* A link is followed, not replaced. */
static void
test_through_a_link(void **state)
{
	struct folder_draft *draft;
	struct stat status;

	(void)state;
	assert_true(publish(begin("real")));
	assert_int_equal(symlink("real", path("link")), 0);
	draft = begin("link");
	put(draft, "x", "x");
	assert_true(publish(draft));
	assert_file("real/x", "x");
	assert_int_equal(lstat(path("link"), &status), 0);
	assert_true(S_ISLNK(status.st_mode));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_anew),
		TEST(test_differences),
		TEST(test_only_ours),
		TEST(test_through_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
