#include "model/address_slip.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

/* A guess, or none where there is nothing to guess. */
static void
test_slips(void **state)
{
	static const char *const cases[][2] = {
		{ "gmial.com", "gmail.com" },
		{ "gmai.com", "gmail.com" },
		{ "gmaill.com", "gmail.com" },
		{ "yahoo.co.jo", "yahoo.co.jp" },
		{ "yaho.co.jp", "yahoo.co.jp" },
		{ "docomo.ne.jq", "docomo.ne.jp" },
		{ "city.matsue.lg.jo", "city.matsue.lg.jp" },
		{ "city.matsue.lg.jpp", "city.matsue.lg.jp" },
		{ "city.matsue.lgjp", "city.matsue.lg.jp" },
		{ "city.matsue.1g.jp", "city.matsue.lg.jp" },
		{ "company.cojp", "company.co.jp" },
		{ "gmail.com", NULL },
		{ "ymail.com", NULL },
		{ "email.com", NULL },
		{ "ocm.ne.jp", NULL },
		{ "city.matsue.lg.jp", NULL },
		{ "company.co.uk", NULL },
		{ "embassy-greece.example", NULL },
		{ "x.example", NULL },
		{ "pref.shimane.jp", NULL },
		{ "a.b", NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *meant = address_slip(arena, cases[i][0]);

		if (!text_equal(meant, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], meant ? meant : "none");
	}
	arena_free(arena);
}

static void
test_mends(void **state)
{
	static const char *const cases[][2] = {
		{ "a@x.example.", "a@x.example" },
		{ "a@x,example", "a@x.example" },
		{ "a@x..example", "a@x.example" },
		{ "a@.x.example", "a@x.example" },
		{ "a @ x.example", "a@x.example" },
		{ "Aoi <a@x.example>", "a@x.example" },
		{ "mailto:a@x.example", "a@x.example" },
		{ "<MAILTO:a@x.example>;", "a@x.example" },
		{ "a@x.example;", "a@x.example" },
		{ "ax.example", NULL },
		{ "a@x", NULL },
		{ "a@b@x.example", NULL },
		{ "", NULL },
		{ "<", NULL },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *meant = address_mend(arena, cases[i][0]);

		if (!text_equal(meant, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], meant ? meant : "none");
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slips),
		cmocka_unit_test(test_mends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
