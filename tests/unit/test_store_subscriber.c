#include "store/store_subscriber.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "author.h"
#include "base/buf.h"
#include "store/db.h"
#include "store/store_suppression.h"
#include "store/store_tag.h"

struct fixture {
	char folder[64];
	struct store *store;
	struct arena *arena;
};

static struct err err;

static int
set_up(void **state)
{
	static const char *const tags[] = { "tourism", "culture", "sports" };
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	bool changed;

	strcpy(fixture->folder, "/tmp/glocal-store-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	assert_true(store_create(
	    fixture->folder, "sqlite:test.db", &fixture->store, &err));
	fixture->arena = arena_new();
	assert_true(store_begin_as(fixture->store, &author_of_tests, &err));
	for (size_t i = 0; i < 3; i++) {
		struct store_tag tag = { tags[i], "label", "名札", 0 };

		assert_true(
		    store_tag_put(fixture->store, &tag, &changed, &err));
		assert_true(changed);
	}
	assert_true(store_commit(fixture->store, &err));
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "test.db", "test.db-wal",
		"test.db-shm", "test.db.lock" };
	struct fixture *fixture = *state;

	store_close(fixture->store);
	for (size_t i = 0; i < 4; i++)
		unlink(arena_format(
		    fixture->arena, "%s/%s", fixture->folder, names[i]));
	assert_int_equal(rmdir(fixture->folder), 0);
	arena_free(fixture->arena);
	free(fixture);
	return 0;
}

static struct text_list
list(struct fixture *fixture, const char *words)
{
	return text_split(fixture->arena, words, ';');
}

/* Inserts a subscriber within the transaction that is open. */
static int64_t
insert(struct fixture *fixture, const char *address, const char *tags,
    const char *countries, enum subscriber_state state, enum basis basis)
{
	struct store_subscriber row = {
		.address = address,
		.address_key = address,
		.name = "名前",
		.organisation = "三郷町",
		.department = "企画課",
		.municipality = "324485",
		.language = LANGUAGE_JA,
		.format = FORMAT_HTML,
		.basis = basis,
		.state = state,
		.tags = list(fixture, tags),
		.countries = list(fixture, countries),
	};
	int64_t id;

	assert_true(store_subscriber_insert(fixture->store, &row, &id, &err));
	return id;
}

static void
insert_some(struct fixture *fixture)
{
	struct store_suppression none = { "d@x.example", "bounced", 1, "" };

	assert_true(store_begin_as(fixture->store, &author_of_tests, &err));
	insert(fixture, "a@x.example", "tourism;sports;culture", "GR;ID",
	    SUBSCRIBER_ACTIVE, BASIS_CONSENT);
	insert(
	    fixture, "b@x.example", "", "", SUBSCRIBER_ACTIVE, BASIS_PUBLISHED);
	insert(fixture, "c@x.example", "tourism", "US", SUBSCRIBER_ACTIVE,
	    BASIS_NONE);
	insert(fixture, "d@x.example", "tourism", "US", SUBSCRIBER_ACTIVE,
	    BASIS_CONSENT);
	insert(fixture, "e@x.example", "culture", "FR", SUBSCRIBER_REMOVED,
	    BASIS_CONSENT);
	insert(fixture, "f@x.example", "sports;culture", "FR",
	    SUBSCRIBER_ACTIVE, BASIS_CONSENT);
	assert_true(store_suppression_add(fixture->store, &none, &err));
	assert_true(store_commit(fixture->store, &err));
}

static void
write_words(struct buf *out, const struct text_list *words)
{
	buf_add_char(out, ' ');
	for (size_t i = 0; i < words->count; i++)
		buf_add_format(out, "%s,", words->items[i]);
}

static bool
write_member(const struct store_member *member, void *context, struct err *e)
{
	struct buf *out = context;

	(void)e;
	buf_add_str(out, member->person.address);
	write_words(out, &member->reader.tags);
	write_words(out, &member->reader.countries);
	buf_add_char(out, '\n');
	return true;
}

static void
test_audience(void **state)
{
	struct fixture *fixture = *state;
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, 10000);
	insert_some(fixture);
	assert_true(store_subscriber_audience(
	    fixture->store, "2026-04", NULL, write_member, &out, &err));
	assert_string_equal(buf_str(&out),
	    "a@x.example culture,sports,tourism, GR,ID,\n"
	    "b@x.example  \n"
	    "f@x.example culture,sports, FR,\n");
}

/* Plans a delivery for the member, as the planner does. */
static bool
plan(const struct store_member *member, void *context, struct err *e)
{
	struct fixture *fixture = context;

	return db_run(store_db(fixture->store), e,
	    "INSERT INTO delivery (mailing_id, issue, subscriber_id, address,"
	    " name, organisation, department, state, reason, attempts,"
	    " failures, next_ms, runner, generation)"
	    " VALUES (1, '2026-04', ?, ?, '', '', '', 'queued', '', 0, 0, 0,"
	    " 0, 0)",
	    "is", member->id, member->person.address);
}

static void
test_audience_leaves_out_who_has_it(void **state)
{
	struct fixture *fixture = *state;
	struct buf out GM_BUF_AT_EXIT;
	struct store_subscriber_mails mails;
	int64_t skipped;

	buf_init(&out, 10000);
	insert_some(fixture);
	assert_true(store_begin_as(fixture->store, &author_of_tests, &err));
	assert_true(db_run(store_db(fixture->store), &err,
	    "INSERT INTO mailing (id, issue, state, pause_reason, audience,"
	    " key_id, planned_ms)"
	    " VALUES (1, '2026-04', 'planned', '', '', '1', 0)",
	    ""));
	assert_true(store_subscriber_audience(
	    fixture->store, "2026-04", NULL, plan, fixture, &err));
	insert(
	    fixture, "g@x.example", "", "", SUBSCRIBER_ACTIVE, BASIS_CONSENT);
	assert_true(store_commit(fixture->store, &err));
	assert_true(store_subscriber_audience(
	    fixture->store, "2026-04", NULL, write_member, &out, &err));
	assert_string_equal(buf_str(&out), "g@x.example  \n");

	/* A delivery that is not on the wire is skipped with its reason. */
	assert_true(store_begin_as(fixture->store, &author_of_tests, &err));
	assert_true(store_subscriber_skip(
	    fixture->store, 1, "unsubscribed", &skipped, &err));
	assert_true(store_commit(fixture->store, &err));
	assert_int_equal(skipped, 1);
	assert_true(store_subscriber_mail_list(
	    fixture->arena, fixture->store, 1, &mails, &err));
	assert_int_equal(mails.count, 1);
	assert_string_equal(mails.items[0].state, "skipped");
	assert_string_equal(mails.items[0].reason, "unsubscribed");
}

static void
test_find_and_update(void **state)
{
	struct fixture *fixture = *state;
	struct store_subscriber *row;
	struct store_subscriber old;

	insert_some(fixture);
	assert_true(store_subscriber_find(
	    fixture->arena, fixture->store, "z@x.example", &row, &err));
	assert_null(row);
	assert_true(store_subscriber_find(
	    fixture->arena, fixture->store, "a@x.example", &row, &err));
	assert_non_null(row);
	assert_string_equal(row->organisation, "三郷町");
	assert_string_equal(row->municipality, "324485");
	assert_int_equal(row->tags.count, 3);

	old = *row;
	row->organisation = "";
	row->municipality = "";
	row->state = SUBSCRIBER_UNSUBSCRIBED;
	row->tags = list(fixture, "sports");
	row->countries = list(fixture, "");
	assert_true(store_begin_as(fixture->store, &author_of_tests, &err));
	assert_true(store_subscriber_update(fixture->store, &old, row, &err));
	assert_true(store_commit(fixture->store, &err));
	assert_true(store_subscriber_find(
	    fixture->arena, fixture->store, "a@x.example", &row, &err));
	assert_string_equal(row->organisation, "");
	assert_string_equal(row->municipality, "");
	assert_int_equal(row->state, SUBSCRIBER_UNSUBSCRIBED);
	assert_int_equal(row->tags.count, 1);
	assert_string_equal(row->tags.items[0], "sports");
	assert_int_equal(row->countries.count, 0);
}

static bool
write_row(const struct store_subscriber *row, void *context, struct err *e)
{
	(void)e;
	buf_add_format(context, "%c", row->address[0]);
	return true;
}

static void
test_filters(void **state)
{
	static const struct {
		struct store_subscriber_filter filter;
		const char *expected;
	} cases[] = {
		{ { 0 }, "abcdef" },
		{ { .state = "active" }, "abcdf" },
		{ { .tag = "culture" }, "aef" },
		{ { .tag = "culture", .state = "active" }, "af" },
		{ { .language = "en" }, "" },
		{ { .municipality = "324485" }, "abcdef" },
		{ { .municipality = "112372" }, "" },
	};
	struct fixture *fixture = *state;
	struct buf out GM_BUF_AT_EXIT;

	buf_init(&out, 10000);
	insert_some(fixture);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		assert_true(store_subscriber_each(
		    fixture->store, &cases[i].filter, write_row, &out, &err));
		assert_string_equal(buf_str(&out), cases[i].expected);
	}
}

static bool
refuse(const struct store_subscriber *row, void *context, struct err *e)
{
	(void)row;
	(void)context;
	return err_set(e, ERR_DATA, "enough");
}

static void
test_walk_stops(void **state)
{
	struct fixture *fixture = *state;
	struct store_subscriber_filter all = { 0 };

	insert_some(fixture);
	assert_false(
	    store_subscriber_each(fixture->store, &all, refuse, NULL, &err));
	assert_string_equal(err.text, "enough");

	/* All queries were ended: a transaction can begin. */
	assert_true(store_begin_as(fixture->store, &author_of_tests, &err));
	assert_true(store_commit(fixture->store, &err));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(test_audience),
		T(test_audience_leaves_out_who_has_it),
		T(test_find_and_update),
		T(test_filters),
		T(test_walk_stops),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
