/* The history of contacts: what is recorded, that its chain shows whatever was
   changed afterwards, and taking changes back. */

#include "people/people_history.h"

#include "people/people_change.h"
#include "queue_fixture.h"

static int
set_up(void **state)
{
	static const char *const tags[] = { "culture", "sports" };
	enum people_verdict verdict;
	struct fixture *f;

	fixture_set_up(state);
	f = *state;
	for (size_t i = 0; i < 2; i++)
		fixture_must(people_add_tag(f->store, tags[i], "Label", "名札",
		    &author_at_work, &verdict, &err));
	return 0;
}

static void
add(struct fixture *f, const char *email, const char *basis)
{
	const struct people_contact contact = {
		.email = email,
		.name = "山田\\",
		.department = "国際課",
		.tags = "sports;culture",
		.basis = basis,
	};
	enum people_verdict verdict;

	fixture_must(
	    people_add(f->store, &contact, &author_at_work, &verdict, &err));
}

static struct store_subscriber *
find(struct fixture *f, const char *address)
{
	struct store_subscriber *row;

	fixture_must(people_find(f->arena, f->store, address, &row, &err));
	return row;
}

static bool
edit(struct fixture *f, const char *address, struct people_contact contact)
{
	enum people_verdict verdict;

	return people_edit(f->store, address, &contact, "by phone",
	    &author_at_work, &verdict, &err);
}

static int64_t
count(struct fixture *f, const char *sql)
{
	struct db_query *query = db_query(store_db(f->store), sql, "");
	int64_t n = db_next(query) ? db_int(query, 0) : -1;

	fixture_must(db_end(query, &err));
	return n;
}

/* The payload of a change, counted from the last: 0 is the newest. */
static const char *
payload(struct fixture *f, int64_t back)
{
	struct db_query *query = db_query(store_db(f->store),
	    "SELECT payload FROM change ORDER BY id DESC LIMIT 1 OFFSET ?", "i",
	    back);
	const char *text =
	    db_next(query) ? arena_strdup(f->arena, db_text(query, 0)) : "none";

	fixture_must(db_end(query, &err));
	return text;
}

static int64_t
verified(struct fixture *f)
{
	struct store_history_state found;

	fixture_must(people_history_verify(f->store, &found, &err));
	return found.count;
}

static void
test_records(void **state)
{
	struct fixture *f = *state;
	const struct people_withdrawal by_phone = { "operator", "a\tcall",
		"aoi", 0 };
	int64_t skipped;
	bool new;

	assert_string_equal(payload(f, 0),
	    "tag\tsports\tsports\nlabel_en\t\tLabel\nlabel_ja\t\t名札\n");
	add(f, "A@x.example", "consent");
	assert_string_equal(payload(f, 0),
	    "state\t\tactive\naddress\t\tA@x.example\nname\t\t山田\\\\\n"
	    "department\t\t国際課\nlanguage\t\tja\nformat\t\thtml\n"
	    "tags\t\tculture;sports\nbasis\t\tconsent\n"
	    "consent\t\tgranted consent operator\n");
	assert_true(edit(f, "a@x.example",
	    (struct people_contact){ .department = "", .tags = "sports" }));
	assert_string_equal(payload(f, 0),
	    "department\t国際課\t\ntags\tculture;sports\tsports\n");

	/* State, consent and suppression are one change. */
	fixture_must(people_unsubscribe(
	    f->store, "a@x.example", &by_phone, &skipped, &err));
	assert_string_equal(payload(f, 0),
	    "state\tactive\tunsubscribed\n"
	    "consent\t\twithdrawn consent operator\n"
	    "consent_address\t\tA@x.example\nconsent_source\t\ta\\tcall\n"
	    "suppression\t\tunsubscribed\nevidence\t\ta\\tcall\n");

	/* A suppression of nobody we know names the address. */
	fixture_must(people_suppress(f->store, "z@x.example", "operator", "",
	    &author_at_work, &new, &skipped, &err));
	assert_string_equal(payload(f, 0),
	    "address\tz@x.example\tz@x.example\nsuppression\t\toperator\n");
	fixture_must(
	    people_unsuppress(f->store, "z@x.example", &author_at_work, &err));
	assert_string_equal(payload(f, 0),
	    "address\tz@x.example\tz@x.example\nsuppression\toperator\t\n");
	assert_int_equal(count(f, "SELECT count(*) FROM change"), 7);
	assert_int_equal(count(f, "SELECT count(*) FROM act"), 7);
	assert_int_equal(count(f, "SELECT count(*) FROM act WHERE operator ="
				  " 'aoi' AND command ="
				  " 'subscriber unsubscribe'"),
	    1);
	assert_int_equal(verified(f), 7);
}

static void
test_nothing_records_nothing(void **state)
{
	struct fixture *f = *state;
	const struct people_withdrawal by_page = { "page", "link", "", 0 };
	enum people_verdict verdict;
	int64_t skipped;
	bool new;

	add(f, "a@x.example", "consent");
	fixture_must(people_unsubscribe(
	    f->store, "a@x.example", &by_page, &skipped, &err));
	assert_int_equal(count(f, "SELECT count(*) FROM change"), 4);
	fixture_must(people_unsubscribe(
	    f->store, "a@x.example", &by_page, &skipped, &err));
	fixture_must(people_suppress(f->store, "a@x.example", "bounced", "",
	    &author_at_work, &new, &skipped, &err));
	fixture_must(people_add_tag(f->store, "sports", "Label", "名札",
	    &author_at_work, &verdict, &err));
	assert_true(edit(
	    f, "a@x.example", (struct people_contact){ .name = "山田\\" }));
	assert_false(edit(
	    f, "a@x.example", (struct people_contact){ .basis = "published" }));
	assert_non_null(strstr(err.text, "has unsubscribed"));
	assert_false(edit(f, "a@x.example",
	    (struct people_contact){ .email = "b@x.example" }));
	assert_non_null(strstr(err.text, "is another address"));
	assert_int_equal(count(f, "SELECT count(*) FROM change"), 4);
	assert_int_equal(count(f, "SELECT count(*) FROM act"), 4);
}

/* What is undone leaves no trace, and the chain goes on behind it. */
static void
test_rollback(void **state)
{
	struct fixture *f = *state;

	add(f, "a@x.example", "none");
	fixture_must(store_begin_as(f->store, &author_of_tests, &err));
	fixture_must(
	    store_subscriber_set_state(f->store, 1, SUBSCRIBER_REMOVED, &err));
	fixture_must(
	    store_subscriber_set_state(f->store, 1, SUBSCRIBER_ACTIVE, &err));
	store_rollback(f->store);
	assert_int_equal(verified(f), 3);
	add(f, "b@x.example", "none");
	assert_int_equal(verified(f), 4);
}

static void
test_import_lines(void **state)
{
	struct fixture *f = *state;
	struct people_import import = {
		.path = fixture_path(f, "c.csv"),
		.author = author_at_work,
	};
	struct complaints complaints = { 0 };
	struct people_tally tally;
	FILE *out = fopen(import.path, "w");

	fputs("email,name,basis\na@x.example,Bell\a,none\n"
	      "b@x.example,B,consent\nc@x.example,C,consent\n",
	    out);
	fclose(out);
	assert_false(
	    people_import(f->store, &import, &complaints, &tally, &err));
	complaints_clear(&complaints);
	assert_int_equal(count(f, "SELECT count(*) FROM change"), 2);
	out = fopen(import.path, "w");
	fputs("email,name,basis\na@x.example,A,none\nb@x.example,B,consent\n"
	      "c@x.example,C,consent\n",
	    out);
	fclose(out);
	for (int i = 0; i < 2; i++)
		fixture_must(people_import(
		    f->store, &import, &complaints, &tally, &err));
	complaints_clear(&complaints);
	assert_int_equal(count(f, "SELECT count(*) FROM change"), 5);
	assert_int_equal(
	    count(f, "SELECT count(*) FROM change c JOIN act a ON a.id ="
		     " c.act_id WHERE c.line = c.id - 1 AND c.subscriber_id ="
		     " c.id - 2 AND a.source LIKE '%/c.csv'"
		     " AND length(a.source_sha256) = 32"),
	    3);
	assert_int_equal(verified(f), 5);
}

/* Each is something that somebody might do to the database by hand. */
static void
test_tampering(void **state)
{
	static const struct {
		const char *sql;
		const char *found; /* in the error */
	} cases[] = {
		{ "UPDATE change SET payload = replace(payload, 'x.example',"
		  " 'y.example') WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE change SET salt = zeroblob(16) WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE change SET salt = NULL WHERE id = 4", "change 4 (" },
		{ "UPDATE change SET payload = NULL WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE change SET payload = NULL, salt = NULL,"
		  " digest = zeroblob(32) WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE change SET subscriber_id = 1 WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE change SET subscriber_id = NULL WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE change SET line = 7 WHERE id = 4", "change 4 (" },
		{ "UPDATE change SET undoes = 3 WHERE id = 4", "change 4 (" },
		{ "UPDATE change SET subject = 'tag' WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE change SET act_id = 3 WHERE id = 4", "change 4 (" },
		{ "UPDATE change SET chain = zeroblob(32) WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE act SET operator = 'else' WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE act SET command = 'else' WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE act SET at_ms = at_ms + 1 WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE act SET source = 'f' WHERE id = 4", "change 4 (" },
		{ "UPDATE act SET source_sha256 = zeroblob(32) WHERE id = 4",
		    "change 4 (" },
		{ "UPDATE act SET salt = NULL WHERE id = 4", "change 4 (" },
		{ "DELETE FROM change WHERE id = 4", "change 4 is missing" },
		{ "DELETE FROM change WHERE id = 1", "change 1 is missing" },
		{ "UPDATE change SET id = id + 10 WHERE id > 4",
		    "change 5 is missing" },
	};
	struct fixture *f = *state;
	struct store_history_state found;

	for (char name[] = "a@x.example"; name[0] < 'd'; name[0]++)
		add(f, name, "consent");
	assert_int_equal(verified(f), 5);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fixture_must(store_begin(f->store, &err));
		fixture_must(db_script(store_db(f->store), cases[i].sql, &err));
		if (people_history_verify(f->store, &found, &err))
			fail_msg("not found: %s", cases[i].sql);
		assert_int_equal(err.code, ERR_DATA);
		if (strstr(err.text, cases[i].found) == NULL)
			fail_msg("%s: %s", cases[i].sql, err.text);
		store_rollback(f->store);
	}
	assert_int_equal(verified(f), 5);
}

static void
test_erasing(void **state)
{
	struct fixture *f = *state;
	struct store_history_state found;

	add(f, "a@x.example", "consent");
	add(f, "b@x.example", "consent");
	for (int i = 0; i < 2; i++) {
		fixture_must(store_begin(f->store, &err));
		fixture_must(
		    store_history_erase(f->store, &author_seal, 3, &err));
		fixture_must(store_commit(f->store, &err));
	}
	fixture_must(people_history_verify(f->store, &found, &err));
	assert_int_equal(found.count, 4);
	assert_int_equal(found.erased, 1);
	assert_int_equal(
	    count(f, "SELECT count(*) FROM change WHERE payload IS NULL"
		     " AND salt IS NULL AND length(digest) = 32"),
	    1);
	add(f, "c@x.example", "consent");
	assert_int_equal(verified(f), 5);
}

static bool
undo(struct fixture *f, int64_t number, int64_t *ret_change)
{
	return people_undo(
	    f->store, "a@x.example", number, &author_at_work, ret_change, &err);
}

static void
test_undo(void **state)
{
	struct fixture *f = *state;
	int64_t change;
	int64_t skipped;

	/* The tags were changes 1 and 2, the contact is 3. */
	add(f, "a@x.example", "consent");
	fixture_must(edit(f, "a@x.example",
	    (struct people_contact){ .name = "佐藤", .tags = "" }));
	fixture_must(edit(f, "a@x.example",
	    (struct people_contact){
		.language = "en", .email = "A@x.example" }));

	/* Step by step back, and forth again by number. */
	fixture_must(undo(f, 0, &change));
	assert_int_equal(change, 5);
	assert_int_equal(find(f, "a@x.example")->language, LANGUAGE_JA);
	assert_string_equal(find(f, "a@x.example")->address, "a@x.example");
	fixture_must(undo(f, 0, &change));
	assert_int_equal(change, 4);
	assert_string_equal(find(f, "a@x.example")->name, "山田\\");
	assert_int_equal(find(f, "a@x.example")->tags.count, 2);
	assert_string_equal(
	    payload(f, 0), "name\t佐藤\t山田\\\\\ntags\t\tculture;sports\n");
	fixture_must(undo(f, 7, &change));
	assert_string_equal(find(f, "a@x.example")->name, "佐藤");
	assert_int_equal(count(f, "SELECT undoes FROM change WHERE id = 8"), 7);

	/* Being taken off the list is undone; the mails stay skipped. */
	fixture_must(people_remove(
	    f->store, "a@x.example", &author_at_work, &skipped, &err));
	fixture_must(undo(f, 0, &change));
	assert_int_equal(change, 9);
	assert_int_equal(find(f, "a@x.example")->state, SUBSCRIBER_ACTIVE);
	assert_int_equal(verified(f), 10);
}

static void
test_undo_refuses(void **state)
{
	const struct people_withdrawal by_page = { "page", "link", "", 0 };
	struct fixture *f = *state;
	int64_t change;
	int64_t skipped;

	add(f, "a@x.example", "none");
	assert_false(undo(f, 0, &change));
	assert_non_null(strstr(err.text, "it added the contact"));
	assert_false(undo(f, 1, &change));
	assert_non_null(strstr(err.text, "change 1 is none of a@x.example"));
	fixture_must(
	    edit(f, "a@x.example", (struct people_contact){ .name = "佐藤" }));
	fixture_must(
	    edit(f, "a@x.example", (struct people_contact){ .name = "鈴木" }));
	assert_false(undo(f, 4, &change));
	assert_non_null(strstr(err.text, "changed again since, to '鈴木'"));
	fixture_must(edit(
	    f, "a@x.example", (struct people_contact){ .basis = "consent" }));
	assert_false(undo(f, 0, &change));
	assert_non_null(strstr(err.text, "consent is only ever added to"));
	fixture_must(people_unsubscribe(
	    f->store, "a@x.example", &by_page, &skipped, &err));
	assert_false(undo(f, 0, &change));
	assert_non_null(strstr(err.text, "their own wish"));
	fixture_must(store_begin(f->store, &err));
	fixture_must(store_history_erase(f->store, &author_seal, 5, &err));
	fixture_must(store_commit(f->store, &err));
	assert_false(undo(f, 5, &change));
	assert_non_null(strstr(err.text, "was erased"));
	assert_int_equal(err.code, ERR_DATA);
	assert_int_equal(verified(f), 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)
		TEST(test_records),
		TEST(test_nothing_records_nothing),
		TEST(test_rollback),
		TEST(test_import_lines),
		TEST(test_tampering),
		TEST(test_erasing),
		TEST(test_undo),
		TEST(test_undo_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
