#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void
assert_prints(const struct json *object, const char *expected)
{
	char *bytes = NULL;
	size_t count;
	FILE *out = open_memstream(&bytes, &count);

	json_print(object, out);
	fclose(out);
	assert_string_equal(bytes, expected);
	free(bytes);
}

static void
keeps_the_order_of_keys(void **state)
{
	struct json *object GM_JSON_AT_EXIT = json_new();

	(void)state;
	json_set_text(object, "z", "松江市");
	json_set_number(object, "a", INT64_MAX);
	json_set_flag(object, "m", false);
	json_set_text(object, "b", NULL);
	assert_prints(object,
	    "{\"z\":\"松江市\",\"a\":9223372036854775807,\"m\":false,"
	    "\"b\":null}\n");
}

static void
nests_lists(void **state)
{
	const char *words[] = { "lead", "tag:tourism" };
	struct text_list list = { words, 2 };
	struct json *object GM_JSON_AT_EXIT = json_new();
	struct json *articles = json_set_list(object, "articles");
	struct json *article = json_push_object(articles);

	(void)state;
	json_set_text(article, "slug", "forum");
	json_set_texts(article, "reasons", &list);
	json_push_object(articles);
	json_set_list(object, "omitted");
	assert_prints(object,
	    "{\"articles\":[{\"slug\":\"forum\",\"reasons\":[\"lead\","
	    "\"tag:tourism\"]},{}],\"omitted\":[]}\n");
}

static void
writes_any_bytes(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "550 \"no\"\\", "{\"t\":\"550 \\\"no\\\"\\\\\"}\n" },
		{ "a\r\nb\x01", "{\"t\":\"a\\r\\nb\\u0001\"}\n" },
		{ "\xff\xc3(", "{\"t\":\"\\\\xff\\\\xc3(\"}\n" },
		{ "", "{\"t\":\"\"}\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json *object GM_JSON_AT_EXIT = json_new();

		json_set_text(object, "t", cases[i].text);
		assert_prints(object, cases[i].line);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_order_of_keys),
		cmocka_unit_test(nests_lists),
		cmocka_unit_test(writes_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
