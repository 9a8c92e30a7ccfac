#include "report/table.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const titles[] = { "name", ">number", "note", NULL };

static void
fill(struct table *table)
{
	table_add(table, (const char *const[]){ "松江市", "1,741", "" });
	table_add(table, (const char *const[]){ "Oga", "7", "a\x1b[31m\nb" });
	table_add(table, (const char *const[]){ "", "", "島根県美郷町の便り" });
}

static void
aligns_by_width(void **state)
{
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	char *bytes = NULL;
	size_t count;
	FILE *out = open_memstream(&bytes, &count);

	(void)state;
	fill(table);
	table_limit(table, 2, 10);
	table_indent(table, 1);
	table_print(table, NULL, out);
	fclose(out);
	assert_string_equal(bytes, " name    number  note\n"
				   " 松江市   1,741\n"
				   " Oga          7  a\\x1b[31m\\x0ab\n"
				   "                 島根県美郷町の便り\n");
	free(bytes);
}

static void
says_that_nothing_is_there(void **state)
{
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	char *bytes = NULL;
	size_t count;
	FILE *out = open_memstream(&bytes, &count);

	(void)state;
	table_print(table, NULL, out);
	table_print(table, "no tags", out);
	fclose(out);
	assert_string_equal(bytes, "no tags\n");
	free(bytes);
}

static void
cut_on_a_terminal(int master, int slave)
{
	struct table *table GM_TABLE_AT_EXIT = table_new(titles);
	char seen[1000] = "";
	size_t used = 0;
	struct termios raw;
	FILE *out;

	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	out = fdopen(slave, "w");
	fill(table);
	table_limit(table, 2, 10);
	table_print(table, NULL, out);
	fflush(out);
	while (strstr(seen, "島根") == NULL || seen[used - 1] != '\n') {
		ssize_t n = read(master, seen + used, sizeof(seen) - 1 - used);

		assert_true(n > 0);
		used += (size_t)n;
		seen[used] = '\0';
	}
	assert_string_equal(seen, "\033[1mname    number  note\033[0m\n"
				  "松江市   1,741\n"
				  "Oga          7  a\\x1b[31m…\n"
				  "                島根県美…\n");
	fclose(out);
	close(master);
}

static void
cuts_on_a_terminal(void **state)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	int slave = -1;

	(void)state;
	if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
		slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0) {
		print_message("no pseudo-terminal in this root\n");
		skip();
	}
	cut_on_a_terminal(master, slave);
}

static void
pads_by_width(void **state)
{
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	(void)state;
	assert_string_equal(table_pad(arena, "松江", 6), "松江  ");
	assert_string_equal(table_pad(arena, "松江", 3), "松江");
	assert_string_equal(table_pad(arena, "", 1), " ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aligns_by_width),
		cmocka_unit_test(says_that_nothing_is_there),
		cmocka_unit_test(cuts_on_a_terminal),
		cmocka_unit_test(pads_by_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
