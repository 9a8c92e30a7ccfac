/* Consent: what is asked for, what confirms it, and what does not. */

#include "people/people_confirm.h"
#include "people/people_wording.h"
#include "queue_fixture.h"
#include "store/store_consent.h"

#define ADDRESS "hana@town.example"

static const struct sender sender = {
	.address = "news@news.example",
	.bounce_domain = "bounce.news.example",
	.public_url = "https://news.example",
};
static const struct secret_key old_key = { .id = 1, .bytes = "first" };
static const struct secret_key new_key = { .id = 2, .bytes = "second" };
static const struct secret_key foreign_key = { .id = 1, .bytes = "other" };
static const struct people_withdrawal by_link = {
	.method = "confirmation",
	.source = "link",
	.operator= "",
};

/* Adds or asks again; the id. */
static int64_t
add(struct fixture *f, bool confirm)
{
	const struct people_contact contact = {
		.email = ADDRESS,
		.basis = "consent",
		.confirm = confirm,
	};
	enum people_verdict verdict;

	fixture_must(
	    people_add(f->store, &contact, &author_at_work, &verdict, &err));
	return fixture_number(f, "SELECT id FROM subscriber WHERE"
				 " address_key = '" ADDRESS "'");
}

/* A token that is good for so many more seconds. */
static const char *
make_token(
    struct fixture *f, const struct secret_key *key, int64_t id, int64_t left_s)
{
	char *url = links_confirm_url(
	    f->arena, key, &sender, id, now_ms() / 1000 + left_s);

	return strrchr(url, '/') + 1;
}

static bool
confirm(struct fixture *f, const char *token, enum people_verdict *ret_verdict)
{
	const struct secret_key both[] = { old_key, new_key };
	struct secret_keys *keys = secret_keys_new(both, 2);
	const char *address;
	bool ok = people_confirm(f->arena, f->store, keys, token, &by_link,
	    &author_at_work, &address, ret_verdict, &err);

	secret_keys_free(keys);
	return ok;
}

static const char *
state(struct fixture *f)
{
	return fixture_text(f, "SELECT state FROM subscriber");
}

static void
test_confirm(void **context)
{
	struct fixture *f = *context;
	int64_t id = add(f, true);
	enum people_verdict verdict;
	int64_t count;

	assert_string_equal(state(f), "pending");

	/* Pending is never planned. */
	assert_true(fixture_plan(f->store, "2026-04", &f->mailing, &count));
	assert_int_equal(count, 0);
	assert_false(confirm(f, make_token(f, &old_key, id, -2), &verdict));
	assert_non_null(strstr(err.text, "this link was good until"));
	assert_false(confirm(f, make_token(f, &foreign_key, id, 60), &verdict));
	assert_false(confirm(f, make_token(f, &old_key, id + 1, 60), &verdict));
	assert_string_equal(state(f), "pending");

	/* A link that was made before the key was another one. */
	assert_true(confirm(f, make_token(f, &old_key, id, 60), &verdict));
	assert_int_equal(verdict, VERDICT_CHANGED);
	assert_string_equal(state(f), "active");
	assert_true(confirm(f, make_token(f, &new_key, id, 60), &verdict));
	assert_int_equal(verdict, VERDICT_UNCHANGED);
	assert_string_equal(
	    fixture_text(f, "SELECT group_concat(event || ' ' || method)"
			    " FROM consent"),
	    "requested operator,granted confirmation");
}

/* A link does not bring back who left meanwhile. */
static void
test_left(void **context)
{
	struct fixture *f = *context;
	int64_t id = add(f, true);
	const char *token = make_token(f, &new_key, id, 60);
	enum people_verdict verdict;
	int64_t skipped;

	fixture_must(
	    people_remove(f->store, ADDRESS, &author_at_work, &skipped, &err));
	assert_false(confirm(f, token, &verdict));
	assert_string_equal(state(f), "removed");

	/* Asked once more, by a link of its own or the one from before. */
	assert_int_equal(add(f, true), id);
	assert_int_equal(add(f, true), id);
	fixture_suppress(f, ADDRESS);
	assert_false(confirm(f, token, &verdict));
	assert_string_equal(state(f), "pending");
	fixture_must(
	    people_unsuppress(f->store, ADDRESS, &author_at_work, &err));
	assert_true(confirm(f, token, &verdict));
	assert_string_equal(state(f), "active");
}

/* An operator who knows better ends the waiting. */
static void
test_added_by_hand(void **context)
{
	struct fixture *f = *context;

	add(f, true);
	add(f, false);
	assert_string_equal(state(f), "active");
	assert_string_equal(
	    fixture_text(f, "SELECT event FROM consent ORDER BY id DESC"),
	    "granted");
}

static void
test_wording(void **context)
{
	static const struct {
		const char *name;
		const char *text;
		int64_t from_ms;
		enum people_verdict verdict; /* VERDICTS: refused */
	} cases[] = {
		{ "form", "one", 1000, VERDICT_NEW },
		{ "form", "one", 2000, VERDICT_UNCHANGED },
		{ "form", "two", 1000, VERDICTS },
		{ "form", "two", 999, VERDICTS },
		{ "form", "two", 2000, VERDICT_CHANGED },
		{ "form", " \n", 3000, VERDICTS },
		{ "form", "\xff", 3000, VERDICTS },
		{ "Form", "three", 3000, VERDICTS },
		{ "", "three", 3000, VERDICTS },
		{ "form", "one", 3000, VERDICT_CHANGED },
	};
	struct fixture *f = *context;
	struct store_wordings list;
	int64_t id;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum people_verdict verdict = VERDICTS;
		bool ok = people_add_wording(f->store, cases[i].name,
		    LANGUAGE_JA, cases[i].text, cases[i].from_ms,
		    &author_at_work, &verdict, &err);

		assert_int_equal(ok, cases[i].verdict != VERDICTS);
		if (ok)
			assert_int_equal(verdict, cases[i].verdict);
	}
	fixture_must(store_wording_list(f->arena, f->store, &list, &err));
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].to_ms, 2000);
	assert_int_equal(list.items[1].to_ms, 3000);
	assert_int_equal(list.items[2].to_ms, 0);
	fixture_must(people_find_wording(
	    f->arena, f->store, "form", LANGUAGE_JA, &id, &err));
	assert_int_equal(id, list.items[2].id);
	assert_false(people_find_wording(
	    f->arena, f->store, "form", LANGUAGE_EN, &id, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_confirm, fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_left, fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_added_by_hand, fixture_set_up, fixture_tear_down),
		cmocka_unit_test_setup_teardown(
		    test_wording, fixture_set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
