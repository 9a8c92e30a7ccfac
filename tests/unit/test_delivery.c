#include "model/delivery.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* From each state (row) to each (column), in the order of the enum: queued
   leased sending unknown sent failed expired skipped held. */
static const char *const legal[DELIVERY_STATES] = {
	[DELIVERY_QUEUED] = ".x..xxxx.",
	[DELIVERY_LEASED] = "x.x..xxx.",
	[DELIVERY_SENDING] = "x..xxxxx.",
	[DELIVERY_UNKNOWN] = "x...xx.xx",
	[DELIVERY_SENT] = ".........",
	[DELIVERY_FAILED] = "x........",
	[DELIVERY_EXPIRED] = "x........",
	[DELIVERY_SKIPPED] = ".........",
	[DELIVERY_HELD] = "x...xx...",
};

static void
test_moves(void **state)
{
	(void)state;
	for (enum delivery_state from = 0; from < DELIVERY_STATES; from++)
		for (enum delivery_state to = 0; to < DELIVERY_STATES; to++)
			if (delivery_may_move(from, to) !=
			    (legal[from][to] == 'x'))
				fail_msg("%s to %s", delivery_state(from),
				    delivery_state(to));
}

static void
test_names(void **state)
{
	enum delivery_state s = DELIVERY_HELD;
	enum mailing_state m = MAILING_PAUSED;

	(void)state;
	for (enum delivery_state i = 0; i < DELIVERY_STATES; i++) {
		assert_true(delivery_parse_state(delivery_state(i), &s));
		assert_int_equal(s, i);
	}
	for (enum mailing_state i = 0; i < MAILING_STATES; i++) {
		assert_true(delivery_parse_mailing_state(
		    delivery_mailing_state(i), &m));
		assert_int_equal(m, i);
	}
	s = DELIVERY_HELD;
	assert_false(delivery_parse_state("Sent", &s));
	assert_false(delivery_parse_state("", &s));
	assert_int_equal(s, DELIVERY_HELD);
	assert_false(delivery_parse_mailing_state("sent", &m));
}

static void
test_open(void **state)
{
	(void)state;
	for (enum delivery_state i = 0; i < DELIVERY_STATES; i++)
		assert_int_equal(delivery_is_open(i),
		    i == DELIVERY_QUEUED || i == DELIVERY_LEASED ||
			i == DELIVERY_SENDING);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
