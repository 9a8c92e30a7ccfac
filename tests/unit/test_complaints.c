#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/complaints.h"

/* By file, line, column; errors before warnings; what is said twice once. */
static void
test_order(void **state)
{
	static const char *const wanted[] = { "first", "error", "warning",
		"later column", "later line", "other file" };
	struct complaints list = { 0 };

	(void)state;
	complaints_add_at(&list, "b", 1, 1, "other file");
	complaints_add_at(&list, "a", 3, 1, "later line");
	complaints_add_at(&list, "a", 2, 9, "later column");
	complaints_warn_at(&list, "a", 2, 4, "warning");
	complaints_add_at(&list, "a", 2, 4, "error");
	complaints_add_at(&list, "a", 2, 4, "error");
	complaints_warn(&list, "a", 1, "first");
	assert_int_equal(list.errors, 5);
	complaints_sort(&list);
	assert_int_equal(list.count, 6);
	assert_int_equal(list.errors, 4);
	for (size_t i = 0; i < list.count; i++)
		assert_string_equal(list.items[i].text, wanted[i]);
	assert_int_equal(list.items[0].column, 0);
	assert_int_equal(list.items[1].column, 4);
	complaints_clear(&list);
	complaints_sort(&list);
	assert_int_equal(list.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
