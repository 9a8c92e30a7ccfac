/* model/subject: subject lines with personal fields. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/subject.h"

static const struct person ito = {
	.name = "伊藤",
	.organisation = "島根県美郷町",
	.department = "",
};

static void
test_fill(void **state)
{
	static const struct {
		const char *subject;
		const char *known; /* what Ito gets */
		const char
		    *unknown; /* what one of whom nothing is known gets */
		bool personal;
	} cases[] = {
		{ "April", "April", "April", false },
		{ "For {name|you}", "For 伊藤", "For you", true },
		{ "{organisation|your town}: {name|you}", "島根県美郷町: 伊藤",
		    "your town: you", true },
		{ "To {department|all}", "To all", "To all", true },
		{ "News {department|} for {name|}", "News for 伊藤", "News for",
		    true },
		{ "{name|} {organisation|} news", "伊藤 島根県美郷町 news",
		    "news", true },
		/* No fields of ours stay as they are, blanks included. */
		{ "{nom|x}  {", "{nom|x}  {", "{nom|x}  {", false },
		{ "a } b {name|c", "a } b {name|c", "a } b {name|c", false },
		{ "{na{name|x}", "{na伊藤", "{nax", true },
		{ "{name}", "伊藤", "", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();

		assert_string_equal(subject_fill(arena, cases[i].subject, &ito),
		    cases[i].known);
		assert_string_equal(subject_fill(arena, cases[i].subject, NULL),
		    cases[i].unknown);
		assert_int_equal(
		    subject_is_personal(cases[i].subject), cases[i].personal);
	}
}

/* A value that looks like a field is a value. */
static void
test_values_are_not_read_again(void **state)
{
	GM_ARENA_AT_EXIT struct arena *arena = arena_new();
	const struct person sly = { .name = "{organisation|x}",
		.organisation = "{name|y}",
		.department = "" };

	(void)state;
	assert_string_equal(
	    subject_fill(arena, "{name|a} {organisation|b}", &sly),
	    "{organisation|x} {name|y}");
}

static void
test_check(void **state)
{
	static const struct {
		const char *subject;
		const char *fault; /* stands in the complaint; NULL: none */
	} cases[] = {
		{ "", NULL },
		{ "April", NULL },
		{ "For {name|you} and {department|all}", NULL },
		{ "x {name|}", NULL },
		{ "{nam|you}", "did you mean '{name}'" },
		{ "{zzzzzz|you}", "there are {name" },
		{ "{name}", "{name|what they get}" },
		{ "{name|you", "without its '}'" },
		{ "a } b", "without its '{'" },
		{ "{name|a{b}}", "without its '}'" },
		{ "{name|} {organisation|}", "nothing is left" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		GM_ARENA_AT_EXIT struct arena *arena = arena_new();
		const char *fault = subject_check(arena, cases[i].subject);

		if (cases[i].fault == NULL) {
			assert_null(fault);
			continue;
		}
		assert_non_null(fault);
		assert_non_null(strstr(fault, cases[i].fault));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_values_are_not_read_again),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
