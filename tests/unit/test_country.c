#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/country.h"

/* Every code is found, so the table is sorted as the search expects. */
static void
test_all(void **state)
{
	size_t known = 0;

	(void)state;
	for (char a = 'A'; a <= 'Z'; a++)
		for (char b = 'A'; b <= 'Z'; b++) {
			const char code[] = { a, b, '\0' };

			if (!country_known(code)) {
				assert_null(country_name(code, LANGUAGE_EN));
				continue;
			}
			known++;
			for (size_t i = 0; i < LANGUAGES; i++)
				assert_int_not_equal(
				    *country_name(code, (enum language)i), 0);
			assert_string_equal(country_meant(code), code);
		}
	assert_int_equal(known, 249);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(country_name("GR", LANGUAGE_EN), "Greece");
	assert_string_equal(country_name("GR", LANGUAGE_JA), "ギリシャ");
	assert_string_equal(country_name("ID", LANGUAGE_JA), "インドネシア");
	assert_string_equal(country_name("US", LANGUAGE_JA), "米国");
	assert_string_equal(country_meant("gr"), "GR");
	assert_string_equal(country_meant("greece"), "GR");
	assert_string_equal(country_meant("ギリシャ"), "GR");
	assert_null(country_meant("Atlantis"));
	assert_false(country_known("UK"));
	assert_false(country_known("EU"));
	assert_false(country_known("GRC"));
	assert_false(country_known("G"));
	assert_false(country_known(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
