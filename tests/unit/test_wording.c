/* digest/wording: files of words, and the fields in them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "digest/wording.h"

static void
test_line(void **state)
{
	static const char file[] =
	    "# why: no\nwhy: 1\nwhy_not: 2\nlast : 3\nx: why\n";

	(void)state;
	assert_int_equal(wording_line(file, "why"), 2);
	assert_int_equal(wording_line(file, "why_not"), 3);
	assert_int_equal(wording_line(file, "last"), 4);
	assert_int_equal(wording_line(file, "wh"), 0);
	assert_int_equal(wording_line("", "x"), 0);
}

static void
test_read(void **state)
{
	static const char *const keys[] = { "a", "b", "later" };
	static const char *const later[] = { "later", NULL };
	static const char good[] = "b: two\na: \"\"\n";
	static const char bad[] = "c: x\na: [1]\n";
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();
	struct complaints found = { 0 };
	const char **values;

	(void)state;
	assert_true(wording_read(arena, "f.yaml", good, strlen(good), keys, 3,
	    later, &found, &values));
	assert_string_equal(values[0], "");
	assert_string_equal(values[1], "two");
	assert_string_equal(values[2], "");
	assert_false(wording_read(arena, "f.yaml", bad, strlen(bad), keys, 3,
	    later, &found, &values));
	assert_int_equal(found.errors, 3);
	complaints_clear(&found);
}

static void
test_lint(void **state)
{
	static const struct wording_rule rules[] = {
		{ "month", "year month" },
		{ "greeting_", "name office" },
		{ "reason", "list" },
	};
	static const struct {
		const char *line;
		size_t column;
		const char *text; /* NULL: nothing to complain about */
	} cases[] = {
		{ "month: \"{month} {year}\"", 0, NULL },
		{ "month: \"{moth} {year}\"", 8,
		    "month: '{moth}' stands for nothing here (did you mean "
		    "'{month}'?)" },
		{ "greeting_x: \"{office} {name}\"", 0, NULL },
		{ "greeting_x: \"{ofice}\"", 13, "(did you mean '{office}'?)" },
		/* the only one there is */
		{ "reason: \"{everything}\"", 9, "(did you mean '{list}'?)" },
		{ "reason_more: \"{list}\"", 14,
		    "reason_more: '{list}' stands for nothing here" },
		/* no fields */
		{ "why: \"{} { x } {A} {\"", 0, NULL },
		{ "months: \"1 2 3 4 5 6 7 8 9 10 11 12\"", 0, NULL },
		{ "months: \"1 2 3\"", 9, "months: must be twelve words" },
	};
	struct arena *arena GM_ARENA_AT_EXIT = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct complaints found = { 0 };
		char *file = arena_format(arena, "# x\n%s\n", cases[i].line);

		wording_lint(
		    arena, "f.yaml", file, strlen(file), rules, 3, &found);
		assert_int_equal(found.errors, cases[i].text ? 1 : 0);
		if (cases[i].text) {
			assert_int_equal(found.items[0].line, 2);
			assert_int_equal(
			    found.items[0].column, cases[i].column);
			if (!strstr(found.items[0].text, cases[i].text))
				fail_msg("'%s' is not in '%s'", cases[i].text,
				    found.items[0].text);
		}
		complaints_clear(&found);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_lint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
