#include "store/store_memo.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is found is what was put, whatever else took places meanwhile. */
static void
test_find(void **state)
{
	struct store_memo *memo = store_memo_new();
	char name[32];
	int64_t id = 0;
	int found = 0;

	(void)state;
	assert_false(store_memo_find(memo, "tag", "a", "b", &id));
	store_memo_put(memo, "tag", "a", "b", 7);
	assert_true(store_memo_find(memo, "tag", "a", "b", &id));
	assert_int_equal(id, 7);
	assert_false(store_memo_find(memo, "tag", "ab", "", &id));
	assert_false(store_memo_find(memo, "taga", "", "b", &id));
	for (int i = 0; i < 20000; i++) {
		sprintf(name, "n%d", i);
		store_memo_put(memo, "organisation", name, "011002", i);
	}
	for (int i = 0; i < 20000; i++) {
		sprintf(name, "n%d", i);
		if (!store_memo_find(memo, "organisation", name, "011002", &id))
			continue;
		assert_int_equal(id, i);
		found++;
	}
	assert_true(found > 6000 && found <= 8192);

	/* A few thousand are all known, under their newest ids. */
	store_memo_clear(memo);
	for (int i = 0; i < 6000; i++) {
		sprintf(name, "n%d", i % 3000);
		store_memo_put(memo, "organisation", name, "011002", i);
	}
	for (int i = 0; i < 3000; i++) {
		sprintf(name, "n%d", i);
		assert_true(
		    store_memo_find(memo, "organisation", name, "011002", &id));
		assert_int_equal(id, 3000 + i);
	}
	store_memo_clear(memo);
	sprintf(name, "n%d", 19999);
	assert_false(
	    store_memo_find(memo, "organisation", name, "011002", &id));
	store_memo_free(memo);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
