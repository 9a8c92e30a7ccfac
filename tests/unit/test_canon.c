/* sign/canon: the examples of RFC 6376, and what they leave open. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sign/canon.h"

static void
test_fields_are_canonical(void **state)
{
	static const struct {
		const char *field;
		const char *canonical;
	} cases[] = {
		/* RFC 6376 section 3.4.5 */
		{ "A: X", "a:X" },
		{ "B : Y\t\r\n\tZ  ", "b:Y Z" },
		{ "SubJect :  a \t b  \r\n\t c  ", "subject:a b c" },
		{ "X:", "x:" },
		{ "X: \r\n ", "x:" },
		{ "X:\r\n  folded\r\n \r\n at once", "x:folded at once" },
		{ "X: a:b : C", "x:a:b : C" },
		{ "X: a\rb\nc", "x:a\rb\nc" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		canon_add_field(cases[i].field, strlen(cases[i].field), &out);
		assert_string_equal(buf_str(&out), cases[i].canonical);
	}
	buf_clear(&out);
}

static void
test_bodies_are_canonical(void **state)
{
	static const struct {
		const char *body;
		const char *canonical;
	} cases[] = {
		/* RFC 6376 section 3.4.5 */
		{ " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n" },
		{ "", "" },
		{ "\r\n", "" },
		{ " \t\r\n\r\n ", "" },
		{ "no end", "no end\r\n" },
		{ "\t two\r\n\r\n \r\nthree", " two\r\n\r\n\r\nthree\r\n" },
		{ "a\rb\nc \r \r\n", "a\rb\nc \r\r\n" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		canon_add_body(cases[i].body, strlen(cases[i].body), &out);
		assert_string_equal(buf_str(&out), cases[i].canonical);
	}
	buf_clear(&out);
}

static void
test_fields_are_taken_upwards(void **state)
{
	static const char text[] = "A: 1\r\nB: 2\r\n more\r\na : 3\r\n"
				   "AB: 4\r\n\r\nA: body";
	static const struct {
		const char *names;
		const char *taken;
	} cases[] = {
		{ "a", "a:3\r\n" },
		{ "A:a", "a:3\r\na:1\r\n" },
		{ "a : a\r\n :a:b", "a:3\r\na:1\r\nb:2 more\r\n" },
		{ "b:b:c", "b:2 more\r\n" },
		{ "", "" },
	};
	struct canon_message message;
	struct err err = { 0 };
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(canon_split(text, strlen(text), &message, &err));
	assert_int_equal(message.count, 4);
	assert_int_equal(canon_count(&message, "A"), 2);
	assert_string_equal(message.body, "A: body");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		canon_add_fields(&message, cases[i].names, &out);
		assert_string_equal(buf_str(&out), cases[i].taken);
	}
	canon_clear(&message);
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_are_canonical),
		cmocka_unit_test(test_bodies_are_canonical),
		cmocka_unit_test(test_fields_are_taken_upwards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
