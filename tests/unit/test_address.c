#include "model/address.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void
test_parse(void **state)
{
	static const struct {
		const char *given;
		const char *text; /* NULL: refused */
		const char *key;
	} cases[] = {
		{ "a@b.example", "a@b.example", "a@b.example" },
		{ "Kokusai.1@City.Misato.EXAMPLE",
		    "Kokusai.1@city.misato.example",
		    "kokusai.1@city.misato.example" },
		{ "a+b_c-d/e=f!@b.example", "a+b_c-d/e=f!@b.example",
		    "a+b_c-d/e=f!@b.example" },
		{ "o'brien@b.example", "o'brien@b.example",
		    "o'brien@b.example" },
		{ "a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp",
		    "a..b.@docomo.ne.jp" },
		{ ".a@ezweb.ne.jp", ".a@ezweb.ne.jp", ".a@ezweb.ne.jp" },
		{ "\"a..b.\"@docomo.ne.jp", "a..b.@docomo.ne.jp",
		    "a..b.@docomo.ne.jp" },
		{ "\"a\"@b.example", "a@b.example", "a@b.example" },
		{ "-a@au.com", "-a@au.com", "-a@au.com" },
		{ "\"a..b\"@b.example", NULL, NULL },
		{ "\"\"@b.example", NULL, NULL },
		{ "\"@b.example", NULL, NULL },
		{ "a..b@b.example", NULL, NULL },
		{ ".a@b.example", NULL, NULL },
		{ "a.@b.example", NULL, NULL },
		{ "", NULL, NULL },
		{ "a", NULL, NULL },
		{ "@b.example", NULL, NULL },
		{ "a@", NULL, NULL },
		{ "a@b", NULL, NULL },
		{ "a@.b.example", NULL, NULL },
		{ "a@b..example", NULL, NULL },
		{ "a@b.example.", NULL, NULL },
		{ "a@-b.example", NULL, NULL },
		{ "a@b-.example", NULL, NULL },
		{ "a@b_c.example", NULL, NULL },
		{ "a@[127.0.0.1]", NULL, NULL },
		{ "a@127.0.0.1", NULL, NULL },
		{ "a@b.2", NULL, NULL },
		{ "a@1.2b", "a@1.2b", "a@1.2b" },
		{ "a b@c.example", NULL, NULL },
		{ "a@b@c.example", NULL, NULL },
		{ "\"a b\"@c.example", NULL, NULL },
		{ "a@b.example\r\nRCPT TO:<x@y.example>", NULL, NULL },
		{ "a\n@b.example", NULL, NULL },
		{ "<a@b.example>", NULL, NULL },
		{ "a@b.example>", NULL, NULL },
		{ "a,b@c.example", NULL, NULL },
		{ "国際@b.example", NULL, NULL },
		{ "a@例え.example", NULL, NULL },
		{ "a@b.example ", NULL, NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address address;
		struct err err = { 0 };
		bool ok = address_parse(arena, cases[i].given, &address, &err);

		if (ok != (cases[i].text != NULL))
			fail_msg("'%s': %s", cases[i].given,
			    ok ? "taken" : err.text);
		if (!ok) {
			assert_int_equal(err.code, ERR_DATA);
			assert_false(text_has_control(err.text));
			continue;
		}
		assert_string_equal(address.text, cases[i].text);
		assert_string_equal(address.key, cases[i].key);
		assert_string_equal(
		    address.domain, strrchr(cases[i].text, '@') + 1);
	}
	arena_free(arena);
}

/* Whether a local part of `local` octets and labels of `label` are taken. */
static bool
takes(struct arena *arena, size_t local, size_t label, size_t labels)
{
	char *text = arena_take(arena, local + (label + 1) * labels + 20, 1);
	struct address address;
	struct err err = { 0 };

	memset(text, 'a', local);
	strcat(text, "@");
	for (size_t i = 0; i < labels; i++) {
		memset(text + strlen(text), 'b', label);
		strcat(text, i + 1 < labels ? "." : "");
	}
	return address_parse(arena, text, &address, &err);
}

static void
test_limits(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_true(takes(arena, 64, 63, 2));
	assert_false(takes(arena, 65, 63, 2));
	assert_false(takes(arena, 64, 64, 2));
	assert_true(takes(arena, 14, 59, 4));  /* 254 in all */
	assert_false(takes(arena, 15, 59, 4)); /* 255 */
	arena_free(arena);
}

static void
test_quoted(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(
	    address_quoted(arena, "a.b@c.example"), "a.b@c.example");
	assert_string_equal(address_quoted(arena, "a..b@docomo.ne.jp"),
	    "\"a..b\"@docomo.ne.jp");
	assert_string_equal(
	    address_quoted(arena, "a.@au.com"), "\"a.\"@au.com");
	arena_free(arena);
}

static void
test_roles(void **state)
{
	(void)state;
	assert_true(address_is_role("postmaster@b.example"));
	assert_true(address_is_role("MAILER-DAEMON@b.example"));
	assert_true(address_is_role("no-reply@b.example"));
	assert_true(address_is_role("abuse@b.example"));
	assert_false(address_is_role("kokusai@b.example"));
	assert_false(address_is_role("postmaster.general@b.example"));
	assert_false(address_is_role("kokusai1@b.example"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_quoted),
		cmocka_unit_test(test_roles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
