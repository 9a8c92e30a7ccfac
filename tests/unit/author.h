#ifndef TESTS_UNIT_AUTHOR_H
#define TESTS_UNIT_AUTHOR_H

/* Who changes contacts in the tests. */

#include "people/people.h"
#include "secret/secret.h"
#include "store/store_history.h"

static const struct store_seal author_seal = { secret_sha256, secret_random };

static const struct store_author author_of_tests = {
	.seal = &author_seal,
	.operator= "tester",
	.command = "test",
	.source = "",
};

static const struct people_author author_at_work __attribute__((unused)) = {
	.operator= "tester",
	.command = "test",
};

#endif
