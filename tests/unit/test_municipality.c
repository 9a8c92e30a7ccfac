#include "model/municipality.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
test_check_digit(void **state)
{
	static const char *const codes[] = { "010006", "011002", "131130",
		"324485", "112372", "473821", "131016", NULL };

	(void)state;
	for (size_t i = 0; codes[i] != NULL; i++) {
		assert_int_equal(
		    municipality_check_digit(codes[i]), codes[i][5]);
		assert_true(municipality_code_holds(codes[i]));
	}
}

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		const char *code; /* NULL: refused */
		const char *why;  /* … with this in the message */
	} cases[] = {
		{ "324485", "324485", NULL },
		{ "011002", "011002", NULL },
		{ "11002", "011002", NULL }, /* zero lost */
		{ "10006", "010006", NULL },
		{ "32448", "324485", NULL }, /* check digit missing */
		{ "1100", "011002", NULL },  /* both */
		{ "1000", "010006", NULL },
		{ "324484", NULL, "should be 5" },
		{ "481009", NULL, "no prefecture" },
		{ "000000", NULL, "no prefecture" },
		{ "320505", NULL, "no prefecture or municipality" },
		{ "99999", NULL, "write all six digits" },
		{ "123", NULL, "expected six digits" },
		{ "", NULL, "expected six digits" },
		{ "3244851", NULL, "expected six digits" },
		{ "32448X", NULL, "expected six digits" },
		{ "３２４４８５", NULL, "expected six digits" },
		{ " 32448", NULL, "expected six digits" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char code[MUNICIPALITY_CODE_BYTES] = "before";
		struct err err = { 0 };
		bool ok = municipality_code_parse(cases[i].text, code, &err);

		if (ok != (cases[i].code != NULL))
			fail_msg(
			    "'%s': %s", cases[i].text, ok ? code : err.text);
		if (ok) {
			assert_string_equal(code, cases[i].code);
		} else {
			assert_string_equal(code, "before");
			assert_int_equal(err.code, ERR_DATA);
			assert_non_null(strstr(err.text, cases[i].why));
		}
	}
}

/* Every five-digit text has the readings that its digits allow, and is refused
   exactly when there are two. */
static void
test_all_five_digits(void **state)
{
	size_t both = 0;

	(void)state;
	for (int n = 0; n < 100000; n++) {
		char text[16], zero[16], check[16];
		char code[MUNICIPALITY_CODE_BYTES];
		struct err err = { 0 };
		bool zero_holds, check_holds, ok;

		snprintf(text, sizeof(text), "%05d", n);
		snprintf(zero, sizeof(zero), "0%05d", n);
		snprintf(check, sizeof(check), "%05d%c", n,
		    municipality_check_digit(text));
		zero_holds = municipality_code_holds(zero);
		check_holds = municipality_code_holds(check);
		ok = municipality_code_parse(text, code, &err);
		assert_int_equal(ok, zero_holds != check_holds);
		if (ok)
			assert_string_equal(code, zero_holds ? zero : check);
		if (zero_holds && check_holds) {
			both++;
			assert_non_null(strstr(err.text, zero));
			assert_non_null(strstr(err.text, check));
		}
	}
	assert_true(both > 0);
}

/* No code of the register but its own reading comes out of a lost zero. */
static void
test_register(void **state)
{
	FILE *file = fopen("config/municipalities.csv", "r");
	char line[512];
	size_t rows = 0;

	(void)state;
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	while (fgets(line, sizeof(line), file) != NULL) {
		char given[8];
		char code[MUNICIPALITY_CODE_BYTES];
		struct err err = { 0 };

		rows++;
		memcpy(given, line, 6);
		given[6] = '\0';
		assert_true(municipality_code_holds(given));
		assert_true(municipality_code_parse(given, code, &err));
		assert_string_equal(code, given);
		if (given[0] != '0')
			continue;
		if (municipality_code_parse(given + 1, code, &err))
			assert_string_equal(code, given);
		else
			assert_non_null(strstr(err.text, given));
	}
	fclose(file);
	assert_true(rows > 1900);
}

static void
test_prefecture(void **state)
{
	char code[MUNICIPALITY_CODE_BYTES];

	(void)state;
	municipality_prefecture("324485", code);
	assert_string_equal(code, "320005");
	municipality_prefecture("011002", code);
	assert_string_equal(code, "010006");
	assert_true(municipality_is_prefecture("320005"));
	assert_false(municipality_is_prefecture("324485"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_digit),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_all_five_digits),
		cmocka_unit_test(test_register),
		cmocka_unit_test(test_prefecture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
