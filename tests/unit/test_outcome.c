#include "model/outcome.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* These words stand in databases and in what --json prints. */
static void
test_names(void **state)
{
	static const char *const words[] = { "sent", "deferred", "failed",
		"unknown" };
	enum outcome outcome = OUTCOME_SENT;

	(void)state;
	for (enum outcome i = 0; i < OUTCOMES; i++) {
		assert_string_equal(outcome_name(i), words[i]);
		assert_true(outcome_parse(words[i], &outcome));
		assert_int_equal(outcome, i);
	}
	assert_false(outcome_parse("lost", &outcome));
	assert_int_equal(outcome, OUTCOME_UNKNOWN);
	assert_string_equal(outcome_blame(BLAME_ADDRESS), "address");
	assert_string_equal(outcome_blame(BLAME_PROTOCOL), "protocol");
	assert_string_equal(outcome_phase(PHASE_CONNECT), "connect");
	assert_string_equal(outcome_phase(PHASE_FINAL), "final");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
